// Tasks as rows of a table, fitted to a width. Knows nothing of terminals' cursors.
import { isTerminal } from '../../core/lifecycle.ts';
import type { Phase } from '../../core/model.ts';
import type { TaskView } from '../../core/view.ts';
import { cleanLine } from './clean.ts';
import { spanOf, writeSpan } from './duration.ts';
import type { Paint, Tone } from './paint.ts';
import { cutToWidth, measureWidth, padToWidth } from './width.ts';

const LOOKS: Readonly<Record<Phase, readonly [glyph: string, tone: Tone]>> = {
  waiting: ['·', 'dim'],
  spawned: ['○', 'cyan'],
  working: ['●', 'cyan'],
  verifying: ['◐', 'cyan'],
  committed: ['◆', 'green'],
  pr_created: ['◇', 'green'],
  queued: ['◈', 'green'],
  merged: ['✔', 'green'],
  failed: ['✘', 'red'],
  cancelled: ['–', 'dim'],
};

const WIDEST_ID = 32;
const PHASE_WIDTH = 10;
const LEAST_REASON = 12;
/** Files that an agent is at, in one row. */
const TOUCHED = 2;

/** How a phase is shown: one column wide. */
export function drawGlyph(task: TaskView, paint: Paint): string {
  if (task.question !== undefined) return paint('yellow', '?');
  if (task.paused && !isTerminal(task.phase)) return paint('yellow', '‖');
  const [glyph, tone] = LOOKS[task.phase];
  return paint(tone, glyph);
}

/** Draws one row per task, each at most `columns` wide: glyph, task, phase, time, attempts, changed lines, reason. */
export function drawRows(
  tasks: readonly TaskView[],
  style: { readonly columns: number; readonly nowMs: number; readonly paint: Paint },
): readonly string[] {
  const cells = tasks.map((task) => ({
    task,
    id: cleanLine(task.id),
    span: drawSpan(task, style.nowMs),
    tries: task.attempts > 1 ? `×${task.attempts}` : '',
    lines: task.added + task.deleted === 0 ? '' : `+${task.added} -${task.deleted}`,
  }));
  const widest = (texts: readonly string[], most: number): number =>
    Math.min(most, Math.max(0, ...texts.map(measureWidth)));
  const widths = {
    id: widest(
      cells.map((cell) => cell.id),
      Math.min(WIDEST_ID, Math.floor(style.columns / 3)),
    ),
    span: widest(
      cells.map((cell) => cell.span),
      8,
    ),
    tries: widest(
      cells.map((cell) => cell.tries),
      3,
    ),
    lines: widest(
      cells.map((cell) => cell.lines),
      14,
    ),
  };
  return cells.map((cell) => {
    const left = [
      padToWidth(cell.id, widths.id),
      padToWidth(cell.task.phase, PHASE_WIDTH),
      cell.span.padStart(widths.span),
      ...(widths.tries === 0 ? [] : [padToWidth(cell.tries, widths.tries)]),
      ...(widths.lines === 0 ? [] : [padToWidth(cell.lines, widths.lines)]),
    ].join('  ');
    return drawRow(cell.task, left, style);
  });
}

function drawRow(
  task: TaskView,
  left: string,
  style: { readonly columns: number; readonly paint: Paint },
): string {
  const glyph = drawGlyph(task, style.paint);
  const room = style.columns - 2;
  const on = task.touching === undefined ? '' : `; on ${task.touching.slice(0, TOUCHED).join(', ')}`;
  const doing = task.doing === undefined ? '' : `: ${task.doing}`;
  const reason = cleanLine(`${task.reason}${doing}${on}`);
  const free = room - measureWidth(left) - 2;
  if (reason === '' || free < LEAST_REASON) return `${glyph} ${cutToWidth(left.trimEnd(), room)}`;
  return `${glyph} ${left}  ${style.paint('dim', cutToWidth(reason, free))}`;
}

function drawSpan(task: TaskView, nowMs: number): string {
  const span = spanOf(task, nowMs);
  return span === null ? '' : writeSpan(span);
}

const ORDER: readonly Phase[] = [
  'working',
  'verifying',
  'spawned',
  'queued',
  'committed',
  'pr_created',
  'failed',
  'waiting',
  'cancelled',
  'merged',
];

/** How many tasks are in which phase, as one line: `3 working · 5 waiting · 2 merged`. */
export function drawCounts(counts: Readonly<Partial<Record<Phase, number>>>): string {
  return ORDER.filter((phase) => (counts[phase] ?? 0) > 0)
    .map((phase) => `${counts[phase]} ${phase}`)
    .join(' · ');
}

/** Picks at most `most` tasks to show, those a human should see first, in the order of the plan. */
export function pickTasks(tasks: readonly TaskView[], most: number): readonly TaskView[] {
  if (tasks.length <= most) return tasks;
  const buckets: number[][] = [[], ...ORDER.map(() => [])];
  tasks.forEach((task, at) => {
    const rank = task.question !== undefined ? 0 : ORDER.indexOf(task.phase) + 1;
    (buckets[rank] as number[]).push(at);
  });
  const picked = buckets.flat().slice(0, Math.max(0, most));
  return picked.sort((one, other) => one - other).map((at) => tasks[at] as TaskView);
}
