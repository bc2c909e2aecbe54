// What is heard of agents at work: who neither printed nor reported anything for long is quiet, and nobody else.
import { expect, test } from 'vitest';
import type { RunView, TaskView } from '../../src/core/view.ts';
import { noteHeard } from '../../src/engine/heard.ts';

const NOW = 1_790_000_000_000;
const AFTER = 600_000;

/** A picture of one task, looked at when its files were written so many ms ago. */
async function look(
  task: Partial<TaskView>,
  ages: Readonly<Record<string, number>>,
  said: string | null = null,
  cpu: number[] = [],
): Promise<TaskView> {
  const whole = {
    id: 'a',
    phase: 'working',
    attempts: 2,
    worktree: null,
    reason: 'at work for 9 s',
    ...task,
  };
  const view = { run: 'r', tasks: [whole] } as unknown as RunView;
  const seen = await noteHeard(
    {
      files: {
        writtenAt: async (path: string) => {
          const age = ages[path.replace('/runs/r/attempts/a/2/', '')] ?? ages[path];
          return age === undefined ? null : NOW - age;
        },
        list: async (path: string) => (path === '/w' ? ['.git', 'src', 'a.ts'] : []),
        readText: async (path: string) => {
          if (path !== '/runs/r/attempts/a/2/session.json') throw new Error('there is something odd');
          return said;
        },
      } as never,
      readStatus: async (path: string) =>
        path === '/runs/r/attempts/a/2/status.json' && 'status.json' in ages
          ? ({ status: 'working', note: 'Half done' } as never)
          : null,
      clock: { wallMs: () => NOW, sleep: async () => undefined } as never,
      process: { cpuMs: async (tag: string) => (tag === 'r/a/2' ? (cpu.shift() ?? null) : null) } as never,
    },
    { view, runDir: '/runs/r', afterMs: AFTER },
  );
  return seen.tasks[0] as TaskView;
}

test.each<[string, Partial<TaskView>, Readonly<Record<string, number>>, number | undefined]>([
  ['silent since it began', {}, { pid: AFTER }, AFTER],
  ['silent since it last printed', {}, { pid: 9e6, 'out.jsonl': 720_000, 'err.log': 8e6 }, 720_000],
  ['a report is heard', {}, { pid: 9e6, 'session.json': AFTER - 1 }, undefined],
  ['a word in the status file is heard', {}, { pid: 9e6, 'status.json': 5 }, undefined],
  ['who changes files is not quiet', { worktree: '/w' }, { pid: 9e6, '/w/src': 5 }, undefined],
  [
    'who changed them long ago',
    { worktree: '/w' },
    { pid: 9e6, '/w/a.ts': AFTER + 5, '/w/.git': 5 },
    AFTER + 5,
  ],
  ['who asks is not quiet', { question: {} as never }, { pid: 9e6 }, undefined],
  ['nobody is at work', { phase: 'verifying' }, { pid: 9e6 }, undefined],
  ['there is nothing to go by', {}, {}, undefined],
])('%s', async (_name, task, ages, quietMs) => {
  const seen = await look(task, ages);
  expect(seen.quietMs).toBe(quietMs);
  expect(seen.reason.includes('; quiet for ')).toBe(quietMs !== undefined);
});

test('it is said in the words that people read', async () => {
  expect((await look({}, { pid: 720_000 })).reason).toBe('at work for 9 s; quiet for 12 min');
});

test.each<[string, number[], boolean]>([
  ['computes', [1_000, 1_060], true],
  ['idles', [1_000, 1_020], false],
  ['cannot be looked at', [], false],
  ['is gone meanwhile', [1_000], false],
])('whose tree %s while it is silent', async (_name, cpu, computes) => {
  const { reason } = await look({}, { pid: 720_000 }, null, cpu);
  expect(reason).toBe(
    `at work for 9 s; quiet for 12 min${computes ? ', and its processes are computing' : ''}`,
  );
});

test('the files that it is at are said of who works, asking or not', async () => {
  const report = '{"files":["a.ts"]}';
  expect((await look({}, {}, report)).touching).toEqual(['a.ts']);
  expect((await look({ question: {} as never }, {}, report)).touching).toEqual(['a.ts']);
  expect((await look({ phase: 'verifying' }, {}, report)).touching).toBeUndefined();
  // what is found in the place of the report, and cannot be read, is no report
  expect((await look({ attempts: 3 }, {}, report)).touching).toBeUndefined();
});

test('what it reported is said', async () => {
  expect((await look({}, { 'status.json': 5 })).doing).toBe('Half done');
  expect((await look({}, { pid: 5 })).doing).toBeUndefined();
});
