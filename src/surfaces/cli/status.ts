// How a run stands, as lines or JSON; small enough for the quick start. Reads nothing.
import { describeGuess } from '../../core/guess.ts';
import { nextOfTask } from '../../core/next-of-task.ts';
import { nextCommand, type RunView, type TaskView } from '../../core/view.ts';
import { cleanLine, cleanText } from './clean.ts';
import { describeConflicts, drawConflicts } from './conflicts.ts';
import { spanOf, writeSpan } from './duration.ts';
import type { Glance } from './glance.ts';
import type { Io } from './io.ts';
import type { Paint } from './paint.ts';
import { drawQuestion, leaveToQuestion } from './question.ts';
import { printJson, printLines } from './report.ts';
import { drawGlyph, drawRows } from './rows.ts';
import {
  drawBrief,
  drawCommand,
  drawElsewhere,
  drawForge,
  drawHeading,
  drawNext,
  drawSummary,
} from './summary.ts';

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
export function printBrief({ io, paint, json }: Surface, glance: Glance): void {
  const { view } = glance;
  if (json) return printJson(io, documentStatus(glance));
  printLines(io, [...drawBrief(view, paint), ...drawEarlier(glance), ...drawNext(view, paint)]);
}

/** Prints what `weft status` says. */
export function printStatus({ io, paint, json }: Surface, glance: Glance): void {
  const { view } = glance;
  if (json) return printJson(io, documentStatus(glance));
  // a pipe has no width: nothing is cut there
  const columns = io.stdout.isTTY ? io.stdout.columns : Number.MAX_SAFE_INTEGER;
  const lines = drawStatus(view, { columns, nowMs: io.now(), paint });
  printLines(io, [...lines, ...drawEarlier(glance), ...drawNext(view, paint)]);
}

/** Prints what is said of a complete run that nothing is left to do for. */
export function printEnd({ io, paint, json }: Surface, view: RunView): void {
  const { run, state, counts } = view;
  if (json) return printJson(io, { type: 'run', run, state, counts, exitCode: 0 });
  printLines(io, [...drawSummary(view, paint), ...drawNext(view, paint)]);
}

function documentStatus({ view, earlier }: Glance): object {
  return { ...view, next: nextCommand(view), ...(earlier === null ? {} : { earlier }) };
}

/** Says that a run before this one is not finished; nothing when all are. */
export function drawEarlier({ earlier }: Pick<Glance, 'earlier'>): readonly string[] {
  return earlier === null ? [] : [`an earlier run ${earlier} is not finished: weft resume ${earlier}`];
}

/** Draws all tasks and the open questions. */
export function drawStatus(view: RunView, style: StatusStyle): readonly string[] {
  return [
    drawHeading(view, style.paint),
    ...drawRows(view.tasks.map(leaveToQuestion), style),
    ...drawConflicts(view, style),
    ...drawElsewhere(view, style.paint),
    ...drawForge(view, style.paint),
    ...view.tasks.flatMap((task) => drawQuestion(task, style.paint)),
  ];
}

const DONE_BY = { agent: null, command: 'its own command', human: 'by hand' } as const;

/** Draws everything there is to know about one task. */
export function drawExplanation(view: RunView, task: TaskView, style: StatusStyle): readonly string[] {
  const span = spanOf(task, style.nowMs);
  const phases = new Map(view.tasks.map((each) => [each.id, each.phase]));
  const facts: readonly (readonly [string, string | null])[] = [
    ['track', task.track],
    ['done by', DONE_BY[task.doneBy] ?? `agent ${task.agent}`],
    ['attempts', `${task.attempts}${span === null ? '' : `, ${writeSpan(span)}`}`],
    ['after', task.dependsOn.map((id) => `${id} (${phases.get(id) ?? 'unknown'})`).join(', ') || null],
    ...describeConflicts(view, task, style.nowMs).map((text) => ['conflict', text] as const),
    ['doing', task.doing ?? null],
    ['working on', task.touching?.join(', ') ?? null],
    ['owns', task.owns === null ? 'not declared' : task.owns.join(' ') || 'nothing'],
    ['guessed', task.guessed === undefined ? null : describeGuess(task.guessed)],
    ['changed', task.files === 0 ? null : drawChanged(task)],
    ['branch', task.branch],
    ['worktree', task.worktree],
    ['pull request', task.pr === undefined ? null : `#${task.pr} ${task.prUrl ?? ''}`.trim()],
    ['landed', task.landed === undefined ? null : `${task.landed} on ${task.landedOn}`],
  ];
  return [
    `${drawGlyph(task, style.paint)} ${style.paint('bold', cleanLine(task.id))} · ${task.phase} · ${cleanLine(task.title)}`,
    ...(task.reason === '' || task.question !== undefined ? [] : [`  ${cleanText(task.reason)}`]),
    ...facts.flatMap(([name, value]) =>
      value === null ? [] : [`  ${style.paint('dim', name.padEnd(12))}  ${cleanLine(value)}`],
    ),
    ...(task.question === undefined ? drawEnded(task, style.paint) : drawQuestion(task, style.paint)),
    ...drawCommand(nextOfTask(view, task), style.paint),
  ];
}

function drawChanged({ files, added, deleted }: TaskView): string {
  return `${files} ${files === 1 ? 'file' : 'files'}, +${added} -${deleted}`;
}

/** How the latest attempt ended, with the end of what it said; of a failed task the reason says the first of it. */
function drawEnded({ ended, phase }: TaskView, paint: Paint): readonly string[] {
  if (ended === undefined) return [];
  const [first = '', ...more] = cleanText(ended.detail).trim().split('\n');
  const said = `  ${paint('dim', 'last end'.padEnd(12))}  attempt ${ended.attempt}: ${ended.cause}: ${first}`;
  return [...(phase === 'failed' ? [] : [said]), ...more.map((line) => `  ${paint('dim', '│')} ${line}`)];
}
