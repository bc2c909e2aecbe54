// `weft merge`: the open pull requests that weft made, one row each, and what became of them.
import { ok } from '../../../core/failure.ts';
import type { MergeRow } from '../../../core/merge-table.ts';
import { type Handler, isAsked } from '../call.ts';
import { cleanLine } from '../clean.ts';
import { EXIT_OF_FAILURE } from '../exit-code.ts';
import type { Paint, Tone } from '../paint.ts';
import { printJson, printLine, printLines } from '../report.ts';
import { measureWidth } from '../width.ts';

/** `weft merge`. */
export const merge: Handler = async (call) => {
  const app = await call.openApp(call.io.cwd);
  if (!app.ok) return app;
  const dryRun = isAsked(call, 'dry-run');
  const words = call.parsed.arguments.get('TASK') ?? '';
  const tasks = words.split(/\s+/).filter((word) => word !== '');
  // a merge takes a second at least: each is shown when it is done
  const show = (row: MergeRow): void => {
    if (!call.json) printLines(call.io, drawRow(row, { dryRun, paint: call.paint }));
  };
  const merged = await app.value.merge({ tasks, dryRun }, show);
  if (!merged.ok) return merged;
  const rows = merged.value;
  if (call.json) printJson(call.io, { dryRun, pulls: rows });
  else printLine(call.io, sumUp(rows, { dryRun }));
  return ok(exitOf(rows));
};

type Verdict = MergeRow['verdict'];

/** In a dry run what would be done is said in the conditional; the rest is as it is. */
const LOOKS: Readonly<Record<Verdict, readonly [done: string, foreseen: string, tone: Tone]>> = {
  merge: ['merged', 'would merge', 'green'],
  enqueue: ['queued', 'would queue', 'green'],
  return: ['sent back', 'would send back', 'yellow'],
  wait: ['waits', 'waits', 'dim'],
  over: ['over', 'over', 'dim'],
  refused: ['refused', 'refused', 'red'],
  failed: ['failed', 'failed', 'red'],
};

function wordOf(verdict: Verdict, { dryRun }: { readonly dryRun: boolean }): string {
  const [done, foreseen] = LOOKS[verdict];
  return dryRun ? foreseen : done;
}

const NUMBER_COLUMNS = 5;
const TASK_COLUMNS = 20;
const WORD_COLUMNS = 15;

/** Longer texts are left as they are. */
function fill(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - measureWidth(text)));
}

function drawRow(
  { number, task, verdict, why, notes }: MergeRow,
  style: { readonly dryRun: boolean; readonly paint: Paint },
): readonly string[] {
  const [, , tone] = LOOKS[verdict];
  const cells = [
    fill(`#${number}`, NUMBER_COLUMNS),
    fill(cleanLine(task), TASK_COLUMNS),
    style.paint(tone, fill(wordOf(verdict, style), WORD_COLUMNS)),
    cleanLine(why),
  ];
  const indent = ' '.repeat(NUMBER_COLUMNS + 2);
  return [cells.join('  '), ...notes.map((note) => `${indent}${cleanLine(note)}`)];
}

function sumUp(rows: readonly MergeRow[], style: { readonly dryRun: boolean }): string {
  if (rows.length === 0) return 'There is no open pull request of weft.';
  const counts = (Object.keys(LOOKS) as Verdict[]).flatMap((verdict) => {
    const count = rows.filter((row) => row.verdict === verdict).length;
    return count === 0 ? [] : [`${count} ${wordOf(verdict, style)}`];
  });
  return counts.join(' · ');
}

function exitOf(rows: readonly MergeRow[]): number {
  const has = (...verdicts: readonly Verdict[]): boolean =>
    rows.some((row) => verdicts.includes(row.verdict));
  if (has('refused', 'failed')) return EXIT_OF_FAILURE.failed;
  return has('wait', 'return', 'enqueue') ? EXIT_OF_FAILURE.blocked : 0;
}
