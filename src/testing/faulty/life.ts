// Lets engines live in a scene, one after another, until the run is over, and answers what is asked meanwhile.
// Judges nothing.
import { type ChildProcess, spawn } from 'node:child_process';
import { type FSWatcher, mkdirSync, watch } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createControlPort } from '../../adapters/control/control-port.ts';
import { createJournalStore } from '../../adapters/journal/file-journal.ts';
import { createFiles } from '../../adapters/system/files.ts';
import type { Recorded } from '../../core/event.ts';
import { replay } from '../../core/evolve/evolve.ts';
import type { Question } from '../../core/model.ts';
import type { RunState } from '../../core/state.ts';
import { testGitEnv } from '../temp-repo.ts';
import { type Point, type Seen, spellPoint } from './point.ts';
import { ANSWER, type Scene, type Stage } from './scene.ts';

/** Engines in one run before it counts as wedged. */
const MAX_LIVES = 10;
/** Time of one engine before it counts as wedged. */
const LIFE_MS = 180_000;

/** How one engine ended. */
export interface Life {
  readonly args: readonly string[];
  readonly code: number | null;
  readonly signal: string | null;
  /** What it said, its end. */
  readonly said: string;
}

/** How a run went. */
export interface Lived {
  readonly lives: readonly Life[];
  /** The run's name, or null: none was ever begun. */
  readonly run: string | null;
  /** Operations of the first engine when nothing was to be struck, else the one that was. */
  readonly seen: readonly Seen[];
  /** Why it was given up, or null. */
  readonly stuck: string | null;
}

/** Starts the plan and goes on with it until an engine says that all is done. Only the first engine is struck. */
export async function liveThrough(
  scene: Stage,
  of: { readonly point: Point | null; readonly dist: string },
): Promise<Lived> {
  const log = join(scene.dir, 'operations.jsonl');
  const lives: Life[] = [];
  for (;;) {
    const run = await findRun(scene);
    const isFirst = lives.length === 0;
    // what never wrote its first fact is no run to go on with
    const args = run === null ? ['run', 'tracks.yaml'] : ['resume', 'latest'];
    const point = of.point === null ? '' : spellPoint(of.point);
    const life = await live(scene, {
      args,
      entry: resolve(of.dist, isFirst ? 'faulty.cjs' : 'weft.cjs'),
      env: isFirst ? { WEFT_FAULT: point, WEFT_FAULT_LOG: log } : {},
    });
    lives.push(life);
    const stuck = findStuck(life, lives.length);
    if (life.code === 0 || stuck !== null)
      return { lives, run: await findRun(scene), seen: await readSeen(log), stuck };
    await scene.beyond.heed();
  }
}

function findStuck(life: Life, lives: number): string | null {
  if (life.code === null && life.signal === 'SIGALRM') return `an engine did not end within ${LIFE_MS} ms`;
  return life.code !== 0 && lives === MAX_LIVES ? `the run is not over after ${MAX_LIVES} engines` : null;
}

async function readSeen(log: string): Promise<readonly Seen[]> {
  const text = await readFile(log, 'utf8').catch(() => '');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Seen);
}

/** The latest run that has a fact. */
export async function findRun(scene: Scene): Promise<string | null> {
  const runs = await readdir(join(scene.repo, '.weft', 'runs')).catch(() => []);
  for (const run of runs.sort().reverse()) if ((await readRecords(scene, run)).length > 0) return run;
  return null;
}

async function readRecords(scene: Scene, run: string): Promise<readonly Recorded[]> {
  const read = await createJournalStore().read(join(scene.repo, '.weft', 'runs', run));
  return read.ok ? read.value.records : [];
}

/** Lets one engine live to its end, whoever brings that about; what is asked meanwhile is answered. */
export async function live(
  scene: Stage,
  of: {
    readonly args: readonly string[];
    /** The built program. */
    readonly entry: string;
    readonly env?: Readonly<Record<string, string>>;
    /** Is given the engine as soon as it was started. */
    readonly strike?: (engine: ChildProcess) => void;
  },
): Promise<Life> {
  const env = {
    ...testGitEnv(),
    NO_COLOR: '1',
    ACTOR_DIR: scene.dir,
    TMPDIR: join(scene.dir, 'tmp'),
    ...scene.beyond.env,
    ...of.env,
  };
  const answers = answerAll(scene);
  const child = spawn(process.argv[0] ?? 'node', [of.entry, ...of.args], {
    cwd: scene.repo,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    // agents outlive it, and a wedged one is ended with all it has in its group
    detached: true,
  });
  of.strike?.(child);
  const ended = await waitForEnd(child);
  await answers.stop();
  return { args: of.args, ...ended };
}

async function waitForEnd(child: ChildProcess): Promise<Omit<Life, 'args'>> {
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk) => {
      said = `${said}${String(chunk)}`.slice(-4_000);
    });
  }
  let wedged = false;
  const timer = setTimeout(() => {
    wedged = true;
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  }, LIFE_MS);
  // not `close`: a gate that outlives its engine may hold the pipe
  const [code, signal] = await new Promise<[number | null, string | null]>((done) => {
    child.once('exit', (...how) => done(how));
  });
  clearTimeout(timer);
  await new Promise((done) => setImmediate(done));
  child.stdout?.destroy();
  child.stderr?.destroy();
  return { code, signal: wedged ? 'SIGALRM' : signal, said };
}

/** Answers each question once it is open: through the engine, or through the inbox when none runs. */
function answerAll(scene: Scene): { stop(): Promise<void> } {
  const runs = join(scene.repo, '.weft', 'runs');
  mkdirSync(runs, { recursive: true });
  const given = new Set<string>();
  const watchers: FSWatcher[] = [];
  const watched = new Set<string>();
  let busy: Promise<void> = Promise.resolve();
  let queued = false;
  const look = async (): Promise<void> => {
    queued = false;
    for (const run of await readdir(runs)) {
      if (!watched.has(run)) watchers.push(watch(join(runs, run), lookSoon));
      watched.add(run);
      for (const question of openQuestions(replay(await readRecords(scene, run)))) {
        if (!given.has(question.id) && (await answer(scene, run, question))) given.add(question.id);
      }
    }
  };
  const lookSoon = (): void => {
    if (queued) return;
    queued = true;
    busy = busy.then(look).catch(() => undefined);
  };
  watchers.push(watch(runs, lookSoon));
  lookSoon();
  return {
    stop: async () => {
      for (const watcher of watchers) watcher.close();
      queued = false;
      // what is open now is answered before the next engine starts
      lookSoon();
      await busy;
      for (const watcher of watchers) watcher.close();
    },
  };
}

function openQuestions(state: RunState): readonly Question[] {
  return [...state.tasks.values()].flatMap(({ question }) => (question === null ? [] : [question]));
}

/** Tells whether the answer was taken. */
async function answer(scene: Scene, run: string, question: Question): Promise<boolean> {
  const stateDir = join(scene.repo, '.weft');
  const again = question.options.findIndex(({ then }) => then === 'retry');
  const command = { kind: 'answer', task: question.task, option: again < 0 ? null : again + 1, text: ANSWER };
  const told = await createControlPort().call(stateDir, { run, command }, 5_000);
  if (!told.ok) return false;
  if (told.value !== null) return (told.value as { readonly ok?: boolean }).ok === true;
  const files = createFiles();
  await files.makeDir(join(stateDir, 'runs', run, 'inbox'));
  const name = `${String(question.id).replace('/', '-')}.json`;
  await files.replace(join(stateDir, 'runs', run, 'inbox', name), `${JSON.stringify(command)}\n`);
  return true;
}
