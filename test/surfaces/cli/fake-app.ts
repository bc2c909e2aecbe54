// An App in memory: one run whose views, end and answers the test decides, and a list of what was asked of it.
import type { Command } from '../../../src/core/decide/command.ts';
import type { StreamProgress } from '../../../src/core/documents/streams.ts';
import type { Outcome } from '../../../src/core/event.ts';
import { fail, ok } from '../../../src/core/failure.ts';
import { DEFAULT_POLICY, type Phase } from '../../../src/core/model.ts';
import type { RunView, TaskView } from '../../../src/core/view.ts';
import type { App, LedRun, MigrationRow, Planned } from '../../../src/surfaces/app.ts';
import type { Demo } from '../../../src/surfaces/cli/call.ts';
import { runCommand } from '../../../src/surfaces/cli/commands.ts';
import { runFront } from '../../../src/surfaces/cli/front.ts';
import { buildTask } from '../../core/build.ts';
import { createFakeIo, type FakeIo } from './fake-io.ts';

/** Id of the one run. */
export const RUN = '20260301-115500-ab12';

/** A task as a view shows it. */
export function viewTask(id: string, changes: Partial<TaskView> = {}): TaskView {
  return {
    id,
    title: `Title of ${id}`,
    track: null,
    phase: 'waiting',
    reason: '',
    attempts: 0,
    agent: 'claude',
    doneBy: 'agent',
    branch: null,
    worktree: null,
    startedAt: null,
    endedAt: null,
    paused: false,
    files: 0,
    added: 0,
    deleted: 0,
    owns: null,
    dependsOn: [],
    ...changes,
  };
}

/** A view of the tasks; counts are counted. */
export function viewRun(tasks: readonly TaskView[], changes: Partial<RunView> = {}): RunView {
  const counts: Partial<Record<Phase, number>> = {};
  for (const { phase } of tasks) counts[phase] = (counts[phase] ?? 0) + 1;
  return {
    schemaVersion: 1,
    run: RUN,
    state: 'running',
    target: 'main',
    integrate: 'human',
    maxAgents: 4,
    startedAt: '2026-03-01T11:55:00.000Z',
    updatedAt: '2026-03-01T12:00:00.000Z',
    counts,
    tasks,
    ...changes,
  };
}

/** Two tasks, one of which asks something. */
export const ASKING: TaskView = viewTask('api-auth', {
  phase: 'working',
  attempts: 1,
  startedAt: '2026-03-01T11:58:00.000Z',
  question: {
    id: 'api-auth/1',
    from: 'agent',
    cause: 'asked',
    text: 'Which limiter?\nBoth fit.',
    options: [
      { label: 'Sliding window', then: 'retry' },
      { label: 'Token bucket', then: 'retry' },
    ],
    files: ['src/api/limit.ts'],
    askedAt: '2026-03-01T11:59:00.000Z',
  },
});

/** The app and the strings by which the test pulls it. */
export interface FakeApp {
  readonly app: App;
  /** What was asked, as `name argument`. */
  readonly asked: unknown[][];
  /** Shows a view to whoever follows or leads. */
  show(view: RunView): void;
  /** Ends the led run. */
  end(outcome: Outcome): void;
  /** Fires when somebody listens to the views. */
  readonly followed: Promise<void>;
  interrupts(): number;
}

/** What a migration did. */
const MIGRATED: readonly MigrationRow[] = [
  {
    kind: 'task',
    file: '.plan/x/tasks/1_a.md',
    title: 'A\u001b[31m',
    issue: 't-1.1',
    did: 'created',
    why: '',
    waitsFor: ['.plan/x/tasks/0_z.md'],
  },
];

/** Streams of a database. */
const STREAMS: readonly StreamProgress[] = [
  { id: 'A', name: 'Base', state: 'done', completed: 2, inProgress: 0, pending: 0, blocked: 0, cancelled: 0 },
  { id: 'B', name: 'B', state: 'working', completed: 0, inProgress: 1, pending: 1, blocked: 0, cancelled: 0 },
];

/** A plan of one task. */
export const PLANNED: Planned = {
  plan: { tasks: [buildTask('a')] },
  policy: DEFAULT_POLICY,
  dryRun: { tasks: [], waves: [], collisions: [] },
  sources: [],
  withheld: [],
  notes: [],
};

/** Makes an app whose run has the view; `changes` replace parts of it. */
export function createFakeApp(view: RunView, changes: Partial<App> = {}): FakeApp {
  const asked: unknown[][] = [];
  const shows = new Set<(view: RunView) => void>();
  let interrupts = 0;
  let current = view;
  let end = (_: Outcome): void => undefined;
  const outcome = new Promise<Outcome>((resolve) => {
    end = resolve;
  });
  let follow = (): void => undefined;
  const followed = new Promise<void>((resolve) => {
    follow = resolve;
  });
  const listen = (show: (view: RunView) => void): (() => void) => {
    shows.add(show);
    follow();
    return () => shows.delete(show);
  };
  const led: LedRun = {
    run: RUN,
    outcome,
    onView: listen,
    interrupt: () => {
      interrupts += 1;
    },
  };
  const app: App = {
    repository: '/repository',
    stateDir: '/repository/.weft',
    plan: async (...words) => note('plan', words, ok(PLANNED)),
    check: async () => [],
    verify: async (...words) => note('verify', words, ok([])),
    start: async (_, options) => note('start', [options], ok(led)),
    findUnfinished: async () => null,
    resume: async (...words) =>
      note('resume', words, ok({ ...led, changes: [], before: Promise.resolve(current) })),
    runs: async () => [
      { run: RUN, startedAt: view.startedAt, state: current.state, tasks: view.tasks.length },
    ],
    findRun: async (name) =>
      name === 'latest' || RUN.startsWith(name)
        ? ok(RUN)
        : fail({ kind: 'usage', sentence: `There is no run ${name}.` }),
    view: async () => ok(current),
    noteChanges: async (seen) => seen,
    followView: (_, show, signal) =>
      new Promise((resolve) => {
        const stop = listen(show);
        signal.addEventListener('abort', () => {
          stop();
          resolve();
        });
      }),
    command: async (_, command: Command) =>
      note('command', [command], ok({ sentence: 'Heard.', by: 'engine' })),
    reviews: async () => ok([]),
    review: async (_, task) => fail({ kind: 'usage', sentence: `${task} has no work.` }),
    comment: async (_, comment) => note('comment', [comment], ok({ sentence: 'Noted.', by: 'engine' })),
    showChange: async (range, show) => {
      await show(['@@ -1 +1 @@', '-a', '+b']);
      return note('showChange', [range], ok(undefined));
    },
    openPager: () => null,
    openDiffTool: async (range) => note('openDiffTool', [range], ok(0)),
    receipt: async (...words) =>
      note('receipt', words, ok({ json: { schema_version: '1' }, markdown: '# Receipt\n' })),
    logs: async (_, task, { signal, ...options }, show) => {
      show({ stream: 'out', text: `\u001b[31mline of ${task}` });
      show({ stream: 'err', text: 'an error' });
      return note('logs', [task, options, signal.aborted], ok(undefined));
    },
    merge: async (...words) => note('merge', words, ok([])),
    worktrees: async () => [],
    clean: async (...words) => note('clean', words, ok({ removed: [], kept: [] })),
    prune: async () => ({ dropped: [], removed: [], kept: [] }),
    init: async (options) =>
      note('init', [options], ok({ written: ['.weft/config.yaml'], note: 'Nobody is there.' })),
    migrate: async (options, show) => {
      for (const row of MIGRATED) show(row);
      return note('migrate', [options], ok(MIGRATED));
    },
    streams: async (...words) => note('streams', words, ok(STREAMS)),
    firstStep: async () => ({ command: 'weft init', reason: 'writes samples' }),
    leader: async () => ({ pid: 1 }),
    departed: async () => undefined,
    ...changes,
  };
  function note<T>(name: string, words: unknown[], result: T): T {
    asked.push([name, ...words]);
    return result;
  }
  return {
    app,
    asked,
    show: (next) => {
      current = next;
      for (const each of [...shows]) each(next);
    },
    end,
    followed,
    interrupts: () => interrupts,
  };
}

const NO_DEMO: Demo = {
  stage: async () => fail({ kind: 'environment', sentence: 'There is no stage.' }),
  pick: () => null,
  crashes: {
    files: new Map(),
    scenes: [],
    agentFile: '',
    goFile: '',
    openApp: async () => fail({ kind: 'environment', sentence: 'No demo here.' }),
    atForge: { files: new Map(), scenes: [], open: () => Promise.reject(new Error('No demo here.')) },
  },
};

/** A command line under way. */
export interface Typed extends FakeIo {
  readonly code: Promise<number>;
}

/** Types a command line, words separated by spaces, `'…'` keeping some together. */
export function type(line: string, fake: FakeApp, options: Parameters<typeof createFakeIo>[1] = {}): Typed {
  const argv = [...line.matchAll(/'([^']*)'|(\S+)/g)].map((match) => match[1] ?? match[2] ?? '');
  const terminal = createFakeIo(argv, options);
  const openApp = async (): Promise<ReturnType<typeof ok<App>>> => ok(fake.app);
  const code = runFront(
    terminal.io,
    async () => (io, parsed) => runCommand(io, parsed, { openApp, demo: NO_DEMO }),
  );
  return { ...terminal, code };
}
