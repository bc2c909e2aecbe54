// What every command is given, and how it reaches a repository, a run and a task. Runs no command itself.
import { fail, ok, type Result } from '../../core/failure.ts';
import { findNearest } from '../../core/plan/nearest.ts';
import type { QuestionView, RunView, TaskView } from '../../core/view.ts';
import type { App, OpenApp } from '../app.ts';
import { cleanLine } from './clean.ts';
import type { Io } from './io.ts';
import type { Paint } from './paint.ts';
import { hasFlag, type Parsed, textOption } from './parse.ts';

/** Programs of the user's that can play in the demo. */
export type DemoAgent = 'claude' | 'codex';

/** What `weft demo` plays with. */
export interface Demo {
  /** Sets its stage in a folder of its own, for a program of the user's, or null for actors. */
  stage(agent: DemoAgent | null, folder: string): Promise<Result<DemoStage>>;
  /** Number of the option that its human picks, from 1; null: no opinion. */
  pick(question: QuestionView): number | null;
  /** What `--crash` plays with. */
  readonly crashes: CrashDemo;
}

/** One crash, and what has to come of it. */
export interface CrashScene {
  /** What dies, and when. */
  readonly title: string;
  /** Path of its plan, and the task in it that is looked at. */
  readonly plan: string;
  readonly task: string;
  /** When weft is killed: as soon as the task is in this phase; null: it is not, the agent dies by itself. */
  readonly at: 'working' | 'committed' | 'merged' | 'pushed' | 'pr_created' | null;
  /** Who is killed with it. */
  readonly with?: 'agent';
  /** Attempts that the task takes in the end. */
  readonly attempts: number;
  /** What has become of it when all is well. */
  readonly outcome: string;
}

/** A repository for crashes. */
export interface CrashDemo {
  readonly files: ReadonlyMap<string, string>;
  readonly scenes: readonly CrashScene[];
  /** Where an agent that waits notes its process id, and what it waits for, relative to the repository. */
  readonly agentFile: string;
  readonly goFile: string;
  readonly openApp: OpenApp;
  readonly atForge: {
    readonly files: ReadonlyMap<string, string>;
    readonly scenes: readonly CrashScene[];
    /** Makes a forge the remote of the repository; what it keeps lies in the folder. */
    open(repository: string, folder: string): Promise<CrashForge>;
  };
}

/** A forge on the way to which weft is killed. */
export interface CrashForge {
  readonly env: Readonly<Record<string, string>>;
  readonly openApp: OpenApp;
  /** Until it may go on no pull request is made, or no check ends. */
  hold(what: 'pulls' | 'checks'): void;
  /** Resolves when somebody has asked for a pull request in vain, or, false, after the signal. */
  wasAsked(signal: AbortSignal): Promise<boolean>;
  goOn(): void;
  /** What is wrong with its pull requests, of which there have to be so many. */
  judge(pulls: number): readonly string[];
  close(): Promise<void>;
}

/** Where the demo is played, until it is closed. */
export interface DemoStage {
  /** Files of its repository by path; `plan.yaml` is the one to run. */
  readonly files: ReadonlyMap<string, string>;
  readonly openApp: OpenApp;
  /** Who plays, in one sentence; null: actors. */
  readonly sentence: string | null;
  /** Ends what was started beside the run. */
  close(): Promise<void>;
}

/** One call of a command. */
export interface Call {
  readonly io: Io;
  readonly parsed: Parsed;
  readonly openApp: OpenApp;
  readonly demo: Demo;
  /** For standard output. */
  readonly paint: Paint;
  readonly json: boolean;
}

/** Runs a command; gives the exit code, or the failure that decides it. */
export type Handler = (call: Call) => Promise<Result<number>>;

/** Value of an argument that the table says is needed. */
export function argumentOf(call: Call, name: string): string {
  const value = call.parsed.arguments.get(name);
  if (value === undefined)
    throw new Error(`Internal error: ${call.parsed.command.name} has no argument ${name}`);
  return value;
}

/** The run that `--run` or the RUN argument names, else the latest. */
export async function findRunOf(call: Call, app: App): Promise<Result<string>> {
  const named = call.parsed.arguments.get('RUN') ?? textOption(call.parsed, 'run');
  return app.findRun(named ?? 'latest');
}

/** The view of the run that the call means. */
export async function viewOf(call: Call): Promise<Result<{ readonly app: App; readonly view: RunView }>> {
  const app = await call.openApp(call.io.cwd);
  if (!app.ok) return app;
  const run = await findRunOf(call, app.value);
  if (!run.ok) return run;
  const view = await app.value.view(run.value);
  return view.ok ? ok({ app: app.value, view: view.value }) : view;
}

/** The task with the id, or the only one whose id begins so. */
export function findTask(view: RunView, name: string): Result<TaskView> {
  const exact = view.tasks.find((task) => task.id === name);
  const beginning = view.tasks.filter((task) => task.id.startsWith(name));
  const found = exact ?? (beginning.length === 1 ? beginning[0] : undefined);
  if (found !== undefined) return ok(found);
  const nearest = findNearest(
    name,
    view.tasks.map((task) => task.id),
  );
  const several = beginning.slice(0, 5).map((task) => cleanLine(task.id));
  return fail({
    kind: 'usage',
    sentence:
      beginning.length > 1
        ? `"${cleanLine(name)}" is the beginning of ${beginning.length} tasks: ${several.join(', ')}${beginning.length > 5 ? ' …' : ''}.`
        : `There is no task "${cleanLine(name)}" in run ${cleanLine(view.run)}.`,
    hint: nearest === null ? '`weft status` lists the tasks.' : `Did you mean ${cleanLine(nearest)}?`,
  });
}

/** Tells whether the call was given the flag. */
export function isAsked(call: Call, flag: string): boolean {
  return hasFlag(call.parsed, flag);
}
