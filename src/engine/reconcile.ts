// Brings belief and world together before the first decision: mends what a killed engine left, takes waiting commands in.
import { join } from 'node:path';
import { judgeCommand } from '../core/decide/command.ts';
import { gateTagOf } from '../core/names.ts';
import { parseCommand } from '../core/pending.ts';
import type { Ledger } from './ledger.ts';
import type { Parts } from './parts.ts';
import { countCheckouts, strayWorktrees } from './places.ts';

const MAX_COMMAND_BYTES = 256 * 1024;

/** Mends git, ends gates that nobody waits for any more, and reads the inbox folder. Says what it mended. */
export async function reconcile(parts: Parts, ledger: Ledger): Promise<readonly string[]> {
  const { state } = ledger;
  const roots = [parts.places.worktrees, ...strayWorktrees(parts.places, state)];
  const mended = await parts.git.repair(roots);
  for (let slot = 0; slot < countCheckouts(state.policy); slot += 1) {
    await parts.process.killTree({ identity: null, tag: gateTagOf(state, slot), cwd: null, graceMs: 0 });
  }
  await takeCommands(parts, ledger);
  return mended;
}

/** Commands given while no engine ran; each is judged once, and removed only after its facts are durable. */
async function takeCommands(parts: Parts, ledger: Ledger): Promise<void> {
  const dir = join(parts.places.runDir, 'inbox');
  const names = (await parts.files.list(dir)).filter((name) => name.endsWith('.json'));
  for (const name of names) {
    const text = await parts.files.readText(join(dir, name), MAX_COMMAND_BYTES);
    const command = text === null ? null : parseCommand(text);
    const judged = command === null ? null : judgeCommand(ledger.state, command);
    if (judged?.ok) ledger.record(judged.value.events);
  }
  await ledger.flush();
  for (const name of names) await parts.files.remove(join(dir, name));
}
