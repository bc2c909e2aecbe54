// `weft doctor`: what is wrong with the machine and how to mend it, before a run too; or what became of a run.
import { fail, ok, type Result } from '../../../core/failure.ts';
import type { PromiseFinding } from '../../../core/promise.ts';
import type { App, Check } from '../../app.ts';
import type { Call, Handler } from '../call.ts';
import { cleanLine } from '../clean.ts';
import { EXIT_OF_FAILURE } from '../exit-code.ts';
import { choosePaint, type Paint } from '../paint.ts';
import { hasFlag, textOption } from '../parse.ts';
import { printJson, printLines } from '../report.ts';

/** `weft doctor`. */
export const doctor: Handler = async (call) => {
  const app = await call.openApp(call.io.cwd);
  if (!app.ok) return app;
  const run = textOption(call.parsed, 'verify');
  if (run !== undefined) return verify(call, app.value, run);
  const checks = await app.value.check(null, { tryAgents: hasFlag(call.parsed, 'probe') });
  if (call.json) printJson(call.io, { checks });
  else for (const check of checks) printCheck(call, check);
  return ok(hasFailed(checks) ? EXIT_OF_FAILURE.environment : 0);
};

/** `weft doctor --verify RUN`. */
async function verify(call: Call, app: App, name: string): Promise<Result<number>> {
  const run = await app.findRun(name);
  if (!run.ok) return run;
  const view = await app.view(run.value);
  if (view.ok && view.value.state === 'running') {
    const sentence = `Run ${run.value} is going on: what it has under way would look like what it left undone.`;
    return fail({ kind: 'usage', sentence, hint: '`weft wait` waits for its end.' });
  }
  const verified = await app.verify(run.value);
  if (!verified.ok) return verified;
  const promises = verified.value;
  if (call.json) printJson(call.io, { run: run.value, promises });
  else
    printLines(call.io, [`run ${run.value}`, ...promises.flatMap((each) => drawPromise(each, call.paint))]);
  return ok(promises.some(({ state }) => state === 'broken') ? EXIT_OF_FAILURE.failed : 0);
}

const PROMISE_MARKS = {
  held: ['green', 'held  '],
  broken: ['red', 'BROKEN'],
  unseen: ['dim', 'unseen'],
} as const;

function drawPromise(
  { id, promise, state, looked, wrong, wrongs }: PromiseFinding,
  paint: Paint,
): readonly string[] {
  const [tone, mark] = PROMISE_MARKS[state];
  const lines = [`${paint(tone, mark)}  ${id.padEnd(3)}  ${promise}  ${paint('dim', `(${looked})`)}`];
  for (const sentence of wrong) lines.push(`             ${cleanLine(sentence)}`);
  if (wrongs > wrong.length) lines.push(`             and ${wrongs - wrong.length} more`);
  return lines;
}

/** Says what is wrong before a run; gives the exit code when it must not begin, else null. */
export function reportChecks(call: Call, checks: readonly Check[]): number | null {
  const paint = choosePaint(call.io, call.io.stderr);
  for (const check of checks) {
    if (check.state !== 'ok') for (const line of drawCheck(check, paint)) call.io.stderr.write(`${line}\n`);
  }
  if (!hasFailed(checks)) return null;
  if (call.json) {
    const failed = checks.find((check) => check.state === 'failed');
    printJson(call.io, {
      error: { kind: 'environment', sentence: failed?.sentence, hint: failed?.hint },
      checks,
    });
  }
  return EXIT_OF_FAILURE.environment;
}

function hasFailed(checks: readonly Check[]): boolean {
  return checks.some((check) => check.state === 'failed');
}

function printCheck(call: Call, check: Check): void {
  printLines(call.io, drawCheck(check, call.paint));
}

const MARKS = {
  ok: ['green', 'ok:     '],
  warning: ['yellow', 'warning:'],
  failed: ['red', 'fail:   '],
} as const;

function drawCheck(check: Check, paint: Paint): readonly string[] {
  const [tone, mark] = MARKS[check.state];
  const line = `${paint(tone, mark)} ${cleanLine(check.name)}: ${cleanLine(check.sentence)}`;
  return check.hint === undefined ? [line] : [line, `         ${cleanLine(check.hint)}`];
}
