// `weft doctor`, and the same checks before a run: what is wrong with the machine and how to mend it.
import { ok } from '../../../core/failure.ts';
import type { Check } from '../../app.ts';
import type { Call, Handler } from '../call.ts';
import { cleanLine } from '../clean.ts';
import { EXIT_OF_FAILURE } from '../exit-code.ts';
import { choosePaint, type Paint } from '../paint.ts';
import { printJson, printLines } from '../report.ts';

/** `weft doctor`. */
export const doctor: Handler = async (call) => {
  const app = await call.openApp(call.io.cwd);
  if (!app.ok) return app;
  const checks = await app.value.check(null);
  if (call.json) printJson(call.io, { checks });
  else for (const check of checks) printCheck(call, check);
  return ok(hasFailed(checks) ? EXIT_OF_FAILURE.environment : 0);
};

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
  failed: ['red', 'error:  '],
} as const;

function drawCheck(check: Check, paint: Paint): readonly string[] {
  const [tone, mark] = MARKS[check.state];
  const line = `${paint(tone, mark)} ${cleanLine(check.name)}: ${cleanLine(check.sentence)}`;
  return check.hint === undefined ? [line] : [line, `         ${cleanLine(check.hint)}`];
}
