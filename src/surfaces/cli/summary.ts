// What is said when a run has come to rest, and what `weft` alone says: what landed, what failed, what to do next.
import { nextCommand, type RunView, type TaskView } from '../../core/view.ts';
import { cleanLine } from './clean.ts';
import type { Paint } from './paint.ts';
import { drawQuestion } from './question.ts';
import { drawCounts } from './rows.ts';

const MOST = 20;

const HEADINGS: Readonly<Record<RunView['state'], string>> = {
  running: 'is going on',
  interrupted: 'was interrupted: no engine leads it',
  complete: 'is complete',
  failed: 'ended with failures',
  blocked: 'waits for you',
  stopped: 'was stopped',
  timeout: 'used up its time',
};

/** The end of a run: landed commits, failures with their reasons, questions with what to type. */
export function drawSummary(view: RunView, paint: Paint): readonly string[] {
  return [
    drawHeading(view, paint),
    ...drawLanded(view, paint),
    ...drawFailed(view, paint),
    ...drawAsking(view, paint),
  ];
}

/** Where a run stands, in brief. */
export function drawBrief(view: RunView, paint: Paint): readonly string[] {
  return [drawHeading(view, paint), ...drawFailed(view, paint), ...drawAsking(view, paint)];
}

/** One line: which run, how it stands, how many tasks in which phase. */
export function drawHeading(view: RunView, paint: Paint): string {
  const counts = drawCounts(view.counts);
  return `${paint('bold', `run ${cleanLine(view.run)} ${HEADINGS[view.state]}`)} (${counts || 'no tasks'}) → ${cleanLine(view.target)}`;
}

function drawLanded(view: RunView, paint: Paint): readonly string[] {
  const landed = view.tasks.filter((task) => task.landed !== undefined);
  return limit(landed, (task) => {
    const commit = (task.landed ?? '').slice(0, 10);
    return `  ${paint('green', '✔')} ${cleanLine(task.id)}  ${commit}  ${cleanLine(task.title)}`;
  });
}

function drawFailed(view: RunView, paint: Paint): readonly string[] {
  const failed = view.tasks.filter((task) => task.phase === 'failed');
  return limit(failed, (task) => `  ${paint('red', '✘')} ${cleanLine(task.id)}  ${cleanLine(task.reason)}`);
}

function limit(tasks: readonly TaskView[], draw: (task: TaskView) => string): readonly string[] {
  const hidden = tasks.length - MOST;
  return [...tasks.slice(0, MOST).map(draw), ...(hidden > 0 ? [`  … ${hidden} more`] : [])];
}

function drawAsking(view: RunView, paint: Paint): readonly string[] {
  return view.tasks
    .filter((task) => task.question !== undefined)
    .slice(0, MOST)
    .flatMap((task) => drawQuestion(task, paint));
}

/** The one best next command, `mail` commands waiting for an engine; null when nothing has to be done. */
export function findNext(view: RunView, mail = 0): ReturnType<typeof nextCommand> {
  if (view.state === 'interrupted') return { command: 'weft resume', reason: 'it goes on where it was' };
  if (view.state === 'running' || mail === 0) return nextCommand(view);
  const waiting = mail === 1 ? '1 command waits' : `${mail} commands wait`;
  return { command: 'weft resume', reason: `${waiting} for an engine` };
}

/** The one best next command as a line; none when nothing has to be done. */
export function drawNext(view: RunView, paint: Paint, mail = 0): readonly string[] {
  const next = findNext(view, mail);
  if (next === null) return [];
  return [`next: ${paint('cyan', cleanLine(next.command))}  (${cleanLine(next.reason)})`];
}
