// The checks of a turn, with real commands: what an agent is told of one that fails, and what is left of it.
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Checks, createChecks } from '../../../../src/adapters/agent/session/checks.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weft-checks-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const ENV = { PATH: process.env['PATH'] ?? '', MY_KEY: 'hunter2hunter2', MY_DIR: '/d' };

function checksOf(
  commands: readonly string[],
  over: { readonly timeoutMs?: number; readonly excerptBytes?: number } = {},
): Checks {
  const statusFile = join(folder, 'status.json');
  const limits = { timeoutMs: 30_000, excerptBytes: 4_096, ...over };
  const checks = createChecks(
    { worktree: folder, secrets: ['MY_KEY'], checks: { commands, statusFile, ...limits } },
    { env: ENV, tag: 'weft-test-checks', redact: (text) => text.replaceAll('hunter2', '[secret]') },
  );
  if (checks === null) throw new Error('there are checks');
  return checks;
}

/** What the agent is told, and what people see meanwhile. */
async function look(checks: Checks, signal: AbortSignal = new AbortController().signal) {
  const notes: string[] = [];
  const failure = await checks.run(signal, (text) => notes.push(text));
  return { failure, notes };
}

describe('the checks of a turn', () => {
  it('pass one after the other, where the agent works', async () => {
    const { failure, notes } = await look(checksOf(['echo made > made', 'grep made made']));
    expect(failure).toBeNull();
    expect(notes).toEqual(['Check: echo made > made', 'Check: grep made made']);
  });

  it('stop at the first that fails, and tell how and what it printed', async () => {
    const command = "printf '\\140\\140\\140\\n'; echo no hunter2 >&2; exit 3";
    const { failure, notes } = await look(checksOf(['true', command, 'touch c']));
    expect(failure).toContain(`\`${command.replace('hunter2', '[secret]')}\` ended with exit code 3.`);
    expect(failure).toContain('\n````\n```\nno [secret]\n````\n');
    expect(notes.at(-1)).toMatch(/^Check: .* ended with exit code 3\.$/);
    expect(existsSync(join(folder, 'c'))).toBe(false);
  });

  it.each([
    ['seq 1 20000; exit 1', /\n19999\n20000\n/],
    ['exit 1', /It printed nothing\./],
    ['kill -9 $$', /ended with SIGKILL\./],
    ['no-such-program', /ended with exit code 127\./],
  ])('tell of %s within bounds', async (command, expected) => {
    const { failure } = await look(checksOf([command], { excerptBytes: 1_024 }));
    expect(failure).toMatch(expected);
    expect(failure?.length).toBeLessThan(2_048);
  });

  it('are run with what the agent has, without its secrets, and with CI', async () => {
    await look(checksOf(['echo "$MY_DIR,$MY_KEY,$CI,$WEFT_TAG" > seen']));
    expect(await readFile(join(folder, 'seen'), 'utf8')).toBe('/d,,1,weft-test-checks\n');
  });

  it('have one time for all of them', async () => {
    const { failure } = await look(checksOf(['true', 'sleep 1000'], { timeoutMs: 300 }));
    expect(failure).toContain('`sleep 1000` took too long.');
  });

  it('are not run for an agent that says that it is stuck', async () => {
    await writeFile(join(folder, 'status.json'), '{"status":"stuck","stuckReason":"Which?"}');
    expect(await look(checksOf(['exit 1']))).toEqual({ failure: null, notes: [] });
  });

  it.each(['the signal', 'the end'])('are ended with all that they started by %s', async (by) => {
    const checks = checksOf(['sleep 1000 & echo $! > pid; wait']);
    const wanted = new AbortController();
    const looked = look(checks, wanted.signal);
    const pid = await vi.waitFor(async () => {
      const text = await readFile(join(folder, 'pid'), 'utf8');
      expect(text).toMatch(/^\d+\n$/);
      return Number(text);
    }, 10_000);
    if (by === 'the end') await checks.end();
    else wanted.abort();
    expect((await looked).failure).toBeNull();
    // who is ended and not buried yet has no words left
    expect(await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).toBe('');
    if (by === 'the end') expect(await look(checks)).toEqual({ failure: null, notes: [] });
  });
});
