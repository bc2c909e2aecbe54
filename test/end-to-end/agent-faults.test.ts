// Agents that crash, are killed, are silent, leave servers behind or are not there, with all of weft around them.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isUp } from '../adapters/process/ground.ts';
import { openStage, type Stage, type TestTask } from './rig.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(() => stage.remove());

/** A task whose agent is a shell script. */
function scripted(id: string, run: string): TestTask {
  return { id, acts: [], frontmatter: { run } };
}

test.each([
  ['crashes', 'exit 7', /agent-crashed|ended with 7/],
  ['is killed, as by a kernel without memory', 'kill -KILL $$', /out-of-memory/],
])('one that %s gets another attempt, in the worktree with what it left [F6] [F9]', async (_, end, cause) => {
  const run = `echo "$WEFT_ATTEMPT" >>tries.txt; [ "$WEFT_ATTEMPT" = 2 ] || ${end}`;
  await stage.script([[scripted('shaky', run)]], { limits: { backoffMs: 1 } });
  const done = await stage.run();
  expect(done.outcome).toBe('complete');
  expect(stage.task(done.view, 'shaky').attempts).toBe(2);
  expect(await stage.repo.git('show', 'main:tries.txt')).toBe('1\n2');
  const journal = readFileSync(join(stage.repo.path, '.weft/runs', done.run, 'journal.jsonl'), 'utf8');
  expect(journal.split('\n').find((line) => line.includes('"attempt.failed"'))).toMatch(cause);
});

test('when memory runs out an agent goes before the engine [F9]', async () => {
  await stage.script([[scripted('first', 'cat /proc/self/oom_score_adj >score.txt')]]);
  expect((await stage.run()).outcome).toBe('complete');
  const score = Number(await stage.repo.git('show', 'main:score.txt'));
  expect(score).toBe(500);
  expect(Number(readFileSync('/proc/self/oom_score_adj', 'utf8'))).toBeLessThan(score);
});

test('one that works without a word is left alone [F8]', async () => {
  const busy = { busy: 700 };
  await stage.script([[{ id: 'quiet', acts: [busy, { write: { path: 'a.txt', text: 'a\n' } }] }]]);
  const { outcome, view } = await stage.run();
  expect(outcome).toBe('complete');
  expect(stage.task(view, 'quiet')).toMatchObject({ attempts: 1, phase: 'merged' });
});

test('servers of one that ended well end with it [F46]', async () => {
  const pids = join(stage.repo.around, 'pids');
  const serve = (how: string): string => `${how} sh -c 'echo $$ >>"${pids}"; exec sleep 1000' &`;
  const wait = `while [ "$(wc -l <'${pids}')" -lt 2 ]; do sleep 0.01; done`;
  const run = `: >'${pids}'; ${serve('')} ${serve('setsid')} ${wait}; echo a >a.txt`;
  await stage.script([[scripted('server', run)]]);
  expect((await stage.run()).outcome).toBe('complete');
  const left = readFileSync(pids, 'utf8').trimEnd().split('\n').map(Number);
  expect(left).toHaveLength(2);
  expect(left.filter(isUp)).toEqual([]);
});

test('one that is not there is not tried again, and the others go on [F42]', async () => {
  await stage.script([
    [scripted('missing', 'no-such-program-anywhere')],
    [scripted('there', 'echo a >a.txt')],
  ]);
  const { outcome, view } = await stage.run();
  expect(outcome).toBe('failed');
  expect(stage.task(view, 'missing')).toMatchObject({ phase: 'failed', attempts: 1 });
  expect(stage.task(view, 'missing').reason).toContain('agent-missing');
  expect(stage.task(view, 'there').phase).toBe('merged');
});

test('one that asks at a terminal finds neither a terminal nor an endless input [F42]', async () => {
  const ask =
    '(read -r answer </dev/tty) 2>/dev/null || echo none >tty.txt; cat >/dev/null; echo ended >>tty.txt';
  await stage.script([[scripted('asking', ask)]]);
  expect((await stage.run()).outcome).toBe('complete');
  expect(await stage.repo.git('show', 'main:tty.txt')).toBe('none\nended');
});
