// The live picture of a run as lines that fit a terminal. Draws; knows nothing of cursors.
import type { RunView } from '../../core/view.ts';
import { cleanLine } from './clean.ts';
import { writeSpan } from './duration.ts';
import type { Paint } from './paint.ts';
import { drawQuestion, leaveToQuestion } from './question.ts';
import { drawCounts, drawRows, pickTasks } from './rows.ts';
import { cutToWidth } from './width.ts';

/** Room and looks of a frame. */
export interface FrameStyle {
  readonly columns: number;
  readonly rows: number;
  readonly nowMs: number;
  readonly paint: Paint;
  /** Leaves the open questions out: somebody else says them. */
  readonly quiet?: boolean;
}

const MOST_QUESTIONS = 3;
const LEAST_TASK_ROWS = 3;

/** Draws a frame of at most `rows - 1` lines: the tasks that matter most, the open questions, the counts. */
export function drawFrame(view: RunView, style: FrameStyle): readonly string[] {
  const most = Math.max(2, style.rows - 1);
  const footer = drawFooter(view, style);
  const asking = style.quiet === true ? [] : drawQuestions(view, style);
  const questions = asking.slice(0, Math.max(0, most - footer.length - LEAST_TASK_ROWS));
  const room = Math.max(1, most - footer.length - questions.length);
  const whole = view.tasks.length <= room;
  const shown = pickTasks(view.tasks, whole ? room : room - 1);
  const hidden = view.tasks.length - shown.length;
  const askers = view.tasks.filter((task) => task.question !== undefined).length;
  // whoever's question is not drawn says in its row what it is about
  const isSaid = style.quiet !== true && questions.length === asking.length && askers <= MOST_QUESTIONS;
  return [
    ...drawRows(isSaid ? shown.map(leaveToQuestion) : shown, style),
    ...(hidden === 0 ? [] : [style.paint('dim', `  … ${hidden} more`)]),
    ...questions,
    ...footer,
  ].slice(-most);
}

function drawQuestions(view: RunView, style: FrameStyle): readonly string[] {
  const asking = view.tasks.filter((task) => task.question !== undefined);
  const lines = asking.slice(0, MOST_QUESTIONS).flatMap((task) => drawQuestion(task, style.paint));
  const more = asking.length - MOST_QUESTIONS;
  return [
    ...lines,
    ...(more > 0 ? [`? ${more} more ${more === 1 ? 'question' : 'questions'}: weft status`] : []),
  ].map((line) => cutPainted(line, style.columns));
}

function drawFooter(view: RunView, style: FrameStyle): readonly string[] {
  const span = writeSpan(style.nowMs - Date.parse(view.startedAt));
  const asked = view.tasks.filter((task) => task.question !== undefined).length;
  const close = view.conflicts?.length ?? 0;
  const parts = [
    cleanLine(view.run),
    ...(view.state === 'running' ? [] : [view.state]),
    drawCounts(view.counts),
    ...(asked === 0 ? [] : [asked === 1 ? '1 question' : `${asked} questions`]),
    ...(close === 0 ? [] : [close === 1 ? '1 conflict' : `${close} conflicts`]),
    ...(view.forge === undefined ? [] : ['the forge is waited for']),
    span,
  ];
  const line = cutToWidth(parts.filter((part) => part !== '').join(' · '), style.columns);
  return [style.paint('bold', line)];
}

// The tones are escape sequences: a line that is too long gives its tones up rather than be measured with them.
function cutPainted(line: string, columns: number): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: weft's own tones
  const bare = line.replace(/\u001b\[\d+m/g, '');
  const cut = cutToWidth(bare, columns);
  return cut === bare ? line : cut;
}
