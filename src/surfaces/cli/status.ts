// How a run stands, as lines or JSON; small enough for the quick start. Reads nothing.
import type { RunView, TaskView } from '../../core/view.ts';
import { cleanLine, cleanText } from './clean.ts';
import { spanOf, writeSpan } from './duration.ts';
import type { Glance } from './glance.ts';
import type { Io } from './io.ts';
import type { Paint } from './paint.ts';
import { drawQuestion } from './question.ts';
import { printJson, printLines } from './report.ts';
import { drawGlyph, drawRows } from './rows.ts';
import { drawBrief, drawHeading, drawNext, findNext } from './summary.ts';

/** What printing needs of a call. */
export interface Surface {
  readonly io: Io;
  readonly paint: Paint;
  readonly json: boolean;
}

/** Room and looks. */
export interface StatusStyle {
  readonly columns: number;
  readonly nowMs: number;
  readonly paint: Paint;
}

/** Prints what `weft` alone says. */
export function printBrief(surface: Surface, { view, mail }: Glance): void {
  const { io, paint, json } = surface;
  if (json) return printJson(io, { ...view, next: findNext(view, mail) });
  printLines(io, [...drawBrief(view, paint), ...drawNext(view, paint, mail)]);
}

/** Prints what `weft status` says. */
export function printStatus(surface: Surface, { view, mail }: Glance): void {
  const { io, paint, json } = surface;
  if (json) return printJson(io, { ...view, next: findNext(view, mail) });
  // a pipe has no width: nothing is cut there
  const columns = io.stdout.isTTY ? io.stdout.columns : Number.MAX_SAFE_INTEGER;
  const lines = drawStatus(view, { columns, nowMs: io.now(), paint });
  printLines(io, [...lines, ...drawNext(view, paint, mail)]);
}

/** Draws all tasks and the open questions. */
export function drawStatus(view: RunView, style: StatusStyle): readonly string[] {
  return [
    drawHeading(view, style.paint),
    ...drawRows(view.tasks, style),
    ...view.tasks.flatMap((task) => drawQuestion(task, style.paint)),
  ];
}

/** Draws everything there is to know about one task. */
export function drawExplanation(view: RunView, task: TaskView, style: StatusStyle): readonly string[] {
  const span = spanOf(task, style.nowMs);
  const phases = new Map(view.tasks.map((each) => [each.id, each.phase]));
  const facts: readonly (readonly [string, string | null])[] = [
    ['track', task.track],
    ['agent', task.agent],
    ['attempts', `${task.attempts}${span === null ? '' : `, ${writeSpan(span)}`}`],
    ['after', task.dependsOn.map((id) => `${id} (${phases.get(id) ?? 'unknown'})`).join(', ') || null],
    ['owns', task.owns === null ? 'not declared' : task.owns.join(' ') || 'nothing'],
    ['changed', task.files === 0 ? null : `${task.files} files, +${task.added} -${task.deleted}`],
    ['branch', task.branch],
    ['worktree', task.worktree],
    ['pull request', task.pr === undefined ? null : `#${task.pr}`],
    ['landed', task.landed === undefined ? null : `${task.landed} on ${task.landedOn}`],
  ];
  return [
    `${drawGlyph(task, style.paint)} ${style.paint('bold', cleanLine(task.id))} · ${task.phase} · ${cleanLine(task.title)}`,
    ...(task.reason === '' ? [] : [`  ${cleanText(task.reason)}`]),
    ...facts.flatMap(([name, value]) =>
      value === null ? [] : [`  ${style.paint('dim', name.padEnd(12))}  ${cleanLine(value)}`],
    ),
    ...drawQuestion(task, style.paint),
  ];
}
