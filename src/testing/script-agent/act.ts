// How each step is acted out. The steps of git are in `git-acts.ts`. Knows nothing of scenario files.
import { execFile, spawn } from 'node:child_process';
import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setImmediate as breathe, setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { commitAll, leaveRebase, mergeTarget, switchBranch } from './git-acts.ts';
import { writeLedger } from './ledger.ts';
import type { Stage } from './stage.ts';
import { type Ask, fillStep, type Step, type StepName, type StepValues } from './step.ts';

const runFile = promisify(execFile);
const OUTPUT_BYTES = 1024 * 1024;

/** Resolves when the step is over; with a number, the exit code, when the agent ends there. */
type Act<V> = (stage: Stage, value: V) => unknown;

/** Acts the steps in order; the exit code the agent ends with. Rejects when a step cannot be done. */
export async function actSteps(stage: Stage, steps: readonly Step[]): Promise<number> {
  const facts = { task: stage.task, attempt: String(stage.attempt), port: stage.port };
  for (const step of steps) {
    const { name, value } = fillStep(step, facts);
    const act = ACTS[name] as Act<unknown>;
    const ending = await act(stage, value);
    if (typeof ending === 'number') return ending;
  }
  return 0;
}

const ACTS: { readonly [K in StepName]: Act<StepValues[K]> } = {
  write: (stage, { path, text }) => writeFileSync(makeRoom(stage, path), text),
  append: (stage, { path, text }) => appendFileSync(makeRoom(stage, path), text),
  delete: (stage, path) => rmSync(stage.at(path), { recursive: true }),
  foreign: (stage, path) => appendFileSync(makeRoom(stage, path), `Touched by ${stage.task}.\n`),
  say: (_, text) => print({ type: 'message', text }),
  ask,
  'expect-guidance': expectGuidance,
  reason: (stage, reason) => stage.report({ status: 'complete', reason }),
  result: (stage, value) => stage.answer(value),
  lie,
  exit: (_, code) => code,
  sleep: async (_, ms) => {
    await wait(ms);
  },
  busy,
  flood,
  hang,
  crash,
  daemon,
  run: async (stage, line) => print(await runFile('sh', ['-c', line], childOptions(stage))),
  commit: commitAll,
  'switch-branch': switchBranch,
  'leave-rebase': leaveRebase,
  merge: mergeTarget,
};

function childOptions(stage: Stage): { cwd: string; maxBuffer: number } {
  return { cwd: stage.worktree, maxBuffer: OUTPUT_BYTES };
}

function print(line: unknown): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function makeRoom(stage: Stage, path: string): string {
  const full = stage.at(path);
  mkdirSync(dirname(full), { recursive: true });
  return full;
}

async function ask(
  stage: Stage,
  { question, options, tried, wait: stays }: Ask,
): Promise<number | undefined> {
  const stuck = { status: 'stuck', stuckReason: question, options, tried, forwardedMessage: null };
  const answer = stays ? stage.listen() : null;
  stage.report(stuck);
  print({ type: 'question', text: question });
  if (answer === null) return 0;
  print({ type: 'guided', text: await answer });
  stage.report({ status: 'working' });
  return undefined;
}

function expectGuidance(stage: Stage, pattern: string): void {
  if (new RegExp(pattern).test(stage.heard())) return;
  writeLedger(stage, { kind: 'unguided' });
  throw new Error(
    `expect-guidance: neither prompt nor guidance matches /${pattern}/ (${stage.heard().length} characters heard)`,
  );
}

function lie(stage: Stage): number {
  stage.report({ status: 'complete' });
  print({ type: 'message', text: 'All done, every test passes.' });
  return 0;
}

/** Works in slices, because a signal is only heard between them. */
async function busy(_: Stage, ms: number): Promise<void> {
  const end = performance.now() + ms;
  while (performance.now() < end) {
    const slice = performance.now() + 20;
    while (performance.now() < slice) Math.sqrt(slice);
    await breathe();
  }
}

async function flood(_: Stage, { bytes, line }: StepValues['flood']): Promise<void> {
  const chunk = line ? 'x'.repeat(65_536) : `${'x'.repeat(127)}\n`.repeat(512);
  for (let left = bytes; left > 0; left -= chunk.length) {
    if (!process.stdout.write(chunk.slice(0, left))) {
      await new Promise((drained) => process.stdout.once('drain', drained));
    }
    await breathe();
  }
  if (line) process.stdout.write('\n');
}

async function hang(stage: Stage, { stubborn }: StepValues['hang']): Promise<never> {
  if (stubborn) stage.resist();
  return new Promise(() => {});
}

async function crash(stage: Stage, signal: NodeJS.Signals): Promise<never> {
  stage.leave(signal);
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
  return new Promise(() => {});
}

function daemon(stage: Stage, { setsid, scrub }: StepValues['daemon']): void {
  const env = scrub ? { PATH: process.env['PATH'] ?? '' } : process.env;
  const child = spawn('sleep', ['600'], { cwd: stage.worktree, detached: setsid, env, stdio: 'ignore' });
  child.unref();
  writeLedger(stage, { kind: 'daemon', pid: child.pid ?? 0 });
}
