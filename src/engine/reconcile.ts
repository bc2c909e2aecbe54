// Brings belief and world together before the first decision: mends what a killed engine left, takes waiting commands in.
import { join } from 'node:path';
import type { Command } from '../core/decide/command.ts';
import { judgeCommand } from '../core/decide/command.ts';
import { gateTagOf } from '../core/names.ts';
import type { Ledger } from './ledger.ts';
import type { Parts } from './parts.ts';

const MAX_COMMAND_BYTES = 256 * 1024;

/** Mends git, ends gates that nobody waits for any more, and reads the inbox folder. Says what it mended. */
export async function reconcile(parts: Parts, ledger: Ledger): Promise<readonly string[]> {
  const mended = await parts.git.repair([parts.places.worktrees]);
  const { state } = ledger;
  for (let slot = 0; slot <= state.policy.limits.gateSlots; slot += 1) {
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

/** Reads a command file; null when it is not one (a half-written or foreign file). */
export function parseCommand(text: string): Command | null {
  try {
    const value: unknown = JSON.parse(text);
    return isCommand(value) ? value : null;
  } catch {
    return null;
  }
}

const WITH_TASK = new Set(['answer', 'guide', 'restart', 'cancel', 'done']);
const WITH_OPTIONAL_TASK = new Set(['approve', 'pause', 'unpause', 'stop']);

/** Tells whether a value from outside is a command. */
export function isCommand(value: unknown): value is Command {
  if (typeof value !== 'object' || value === null || !('kind' in value) || typeof value.kind !== 'string')
    return false;
  const { kind } = value;
  if (kind === 'drain') return true;
  const task = 'task' in value ? value.task : undefined;
  if (WITH_OPTIONAL_TASK.has(kind)) return task === null || typeof task === 'string';
  if (!WITH_TASK.has(kind) || typeof task !== 'string') return false;
  const text = 'text' in value ? value.text : undefined;
  if (kind === 'guide') return typeof text === 'string';
  const option = 'option' in value ? value.option : undefined;
  return kind !== 'answer' || (typeof text === 'string' && (option === null || Number.isInteger(option)));
}
