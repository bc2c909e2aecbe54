// An open question as lines: what is asked, the options, and what to type. Prints nothing itself.
import type { TaskView } from '../../core/view.ts';
import { cleanLine, cleanText } from './clean.ts';
import { quoteWord } from './completion.ts';
import type { Paint } from './paint.ts';

const MOST_LINES = 12;
const MOST_FILES = 5;

/** Draws the question of a task; empty when it has none. */
export function drawQuestion(task: TaskView, paint: Paint): readonly string[] {
  const { question } = task;
  if (question === undefined) return [];
  const [first = '', ...more] = cleanText(question.text).trim().split('\n').slice(0, MOST_LINES);
  const asks = question.from === 'agent' ? 'asks' : 'needs a decision';
  const files = question.files.slice(0, MOST_FILES).map(cleanLine).join(', ');
  const hidden = question.files.length - MOST_FILES;
  return [
    `${paint('yellow', `? ${cleanLine(task.id)} ${asks}:`)} ${first}`,
    ...more.map((line) => `  ${line}`),
    ...(files === '' ? [] : [`  files: ${files}${hidden > 0 ? ` and ${hidden} more` : ''}`]),
    ...question.options.map((option, at) => `  ${at + 1}  ${cleanLine(option.label)}`),
    `  ${paint('dim', '→')} ${paint('cyan', answerCommand(task))}`,
  ];
}

/** The task without the words of its question, for a row above it. */
export function leaveToQuestion(task: TaskView): TaskView {
  return task.question === undefined ? task : { ...task, reason: 'needs an answer' };
}

/** What to type to answer. */
export function answerCommand(task: TaskView): string {
  const id = quoteWord(cleanLine(task.id));
  if (task.question?.options.length === 0) return `weft answer ${id} "…"`;
  return `weft answer ${id} 1   (or another number, or "…" in your own words)`;
}
