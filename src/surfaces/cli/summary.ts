// What is said when a run has come to rest, and what `weft` alone says: what landed, what failed, what to do next.
import { describeGone } from '../../core/landed.ts';
import { type NextCommand, nextCommand, type RunView, type TaskView } from '../../core/view.ts';
import { cleanLine, cleanText } from './clean.ts';
import type { Paint } from './paint.ts';
import { drawQuestion } from './question.ts';
import { drawCounts, drawGlyph } from './rows.ts';

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

/** The end of a run: landed commits, failures with their reasons, questions with what to type, but for those said before. */
export function drawSummary(view: RunView, paint: Paint, said?: ReadonlySet<string>): readonly string[] {
  return [
    drawHeading(view, paint),
    ...drawLanded(view, paint),
    ...drawElsewhere(view, paint),
    ...drawForge(view, paint),
    ...drawOnTheirWay(view, paint),
    ...drawFailed(view, paint),
    ...drawAsking(view, paint, said),
    ...drawKeptBack(view, paint),
  ];
}

/** Where a run stands, in brief. */
export function drawBrief(view: RunView, paint: Paint): readonly string[] {
  return [
    drawHeading(view, paint),
    ...drawElsewhere(view, paint),
    ...drawFailed(view, paint),
    ...drawAsking(view, paint),
  ];
}

/** One line: which run, how it stands, how many tasks in which phase. */
export function drawHeading(view: RunView, paint: Paint): string {
  const counts = drawCounts(view.counts);
  return `${paint('bold', `run ${cleanLine(view.run)} ${HEADINGS[view.state]}`)} (${counts || 'no tasks'}) → ${cleanLine(placeOf(view))}`;
}

function placeOf({ tasks, target, aside }: RunView): string {
  if (aside === undefined) return target;
  const landed = tasks.filter((task) => task.landed !== undefined).length;
  return aside.tasks.length < landed ? `${target} and ${aside.ref}` : aside.ref;
}

/** Landed work that the target does not hold, one line each kind; none when it holds all of it. */
export function drawElsewhere({ aside, gone, target }: RunView, paint: Paint): readonly string[] {
  const mark = paint('yellow', '!');
  const lines = (gone ?? []).slice(0, MOST).map((each) => `${mark} ${cleanLine(describeGone(each))}`);
  if (aside === undefined) return lines;
  const count = aside.tasks.length === 1 ? '1 task' : `${aside.tasks.length} tasks`;
  const [ref, onto] = [cleanLine(aside.ref), cleanLine(target)];
  const merge = paint('cyan', `git merge ${ref}`);
  return [
    ...lines,
    `${mark} ${count} landed on ${ref}, not on ${onto}: ${merge} in a clean checkout of ${onto} brings it forward`,
  ];
}

function drawLanded(view: RunView, paint: Paint): readonly string[] {
  const aside = new Set<string>(view.aside?.tasks);
  const landed = view.tasks.filter((task) => task.phase === 'merged');
  return limit(landed, (task) => {
    const where = aside.has(task.id) ? ` on ${cleanLine(view.aside?.ref ?? '')}` : '';
    const how = task.landed === undefined ? 'done by hand' : `${task.landed.slice(0, 10)}${where}`;
    return `  ${paint('green', '✔')} ${cleanLine(task.id)}  ${how}  ${cleanLine(task.title)}`;
  });
}

/** Work that is verified and has not landed, and what it waits for. */
function drawOnTheirWay({ tasks }: RunView, paint: Paint): readonly string[] {
  const verified = tasks.filter(
    ({ phase, question }) =>
      question === undefined && (phase === 'committed' || phase === 'pr_created' || phase === 'queued'),
  );
  return limit(
    verified,
    (task) => `  ${drawGlyph(task, paint)} ${cleanLine(task.id)}  ${cleanLine(task.reason)}`,
  );
}

function drawFailed(view: RunView, paint: Paint): readonly string[] {
  const failed = view.tasks.filter((task) => task.phase === 'failed');
  return limit(failed, (task) => `  ${paint('red', '✘')} ${cleanLine(task.id)}  ${cleanLine(task.reason)}`);
}

function limit(tasks: readonly TaskView[], draw: (task: TaskView) => string): readonly string[] {
  const hidden = tasks.length - MOST;
  return [...tasks.slice(0, MOST).map(draw), ...(hidden > 0 ? [`  … ${hidden} more`] : [])];
}

function drawAsking(view: RunView, paint: Paint, said?: ReadonlySet<string>): readonly string[] {
  return view.tasks
    .filter(({ question }) => question !== undefined && said?.has(question.id) !== true)
    .slice(0, MOST)
    .flatMap((task) => drawQuestion(task, paint));
}

/** What was not begun, and why, where nothing that a person could be asked for explains it. */
function drawKeptBack({ state, tasks }: RunView, paint: Paint): readonly string[] {
  const isAsked = tasks.some(({ phase, awaits }) => awaits !== undefined || phase === 'failed');
  if (isAsked || (state !== 'complete' && state !== 'blocked')) return [];
  const waiting = tasks.filter(({ phase, paused }) => phase === 'waiting' && !paused);
  return limit(waiting, ({ id, reason }) => `  ${paint('dim', '·')} ${cleanLine(id)}  ${cleanLine(reason)}`);
}

/** The one best next command as a line; none when nothing has to be done. */
export function drawNext(view: RunView, paint: Paint): readonly string[] {
  return drawCommand(nextCommand(view), paint);
}

/** A command to type as a line; none when there is none. */
export function drawCommand(next: NextCommand | null, paint: Paint): readonly string[] {
  if (next === null) return [];
  return [`next: ${paint('cyan', cleanLine(next.command))}  (${cleanLine(next.reason)})`];
}

/** Why everything that needs the forge waits, and what is wrong with sources; nothing when all is well. */
export function drawForge({ forge, troubles = [] }: RunView, paint: Paint): readonly string[] {
  const lines = troubles.map((sentence) => paint('yellow', `! ${cleanLine(sentence)}`));
  return forge === undefined
    ? lines
    : [paint('yellow', `! all that needs the forge waits: ${cleanText(forge)}`), ...lines];
}
