// Shows the views of a run as they come: a live table on a terminal, lines elsewhere, JSON lines on request.
import type { RunView } from '../../core/view.ts';
import type { Call } from './call.ts';
import { type Change, createChangeFinder } from './changes.ts';
import { cleanLine, cleanText } from './clean.ts';
import { writeTimeOfDay } from './duration.ts';
import { drawFrame } from './frame.ts';
import { plainPaint } from './paint.ts';
import { drawQuestion } from './question.ts';
import { printJson, printLines } from './report.ts';
import { openScreen } from './screen.ts';
import { drawForge } from './summary.ts';
import { cutToWidth } from './width.ts';

/** Shows views until it is closed. */
export interface Watcher {
  show(view: RunView): void;
  /** Says something of weft's own beside the views. */
  note(line: string): void;
  /** Ids of the questions that were said for good. */
  said(): ReadonlySet<string>;
  close(): void;
  /** Closes before a summary; what that says is not said twice. */
  closeForSummary(): void;
}

/** Frames a second are ten at most; without news one a second, for the clocks in it. */
const FRAME_MS = 100;
const IDLE_FRAME_MS = 1000;

/** Chooses how to show by the call's flags and terminal; lines leave out what `known` shows already. */
export function createWatcher(call: Call, known?: RunView): Watcher {
  if (call.json) return createJsonWatcher(call, known);
  return call.io.stdout.isTTY && call.io.env['TERM'] !== 'dumb'
    ? createTableWatcher(call)
    : createLineWatcher(call, known);
}

const NOTHING: ReadonlySet<string> = new Set();

function createTableWatcher({ io, paint }: Call): Watcher {
  const screen = openScreen(io.stdout);
  let last: RunView | null = null;
  let note = '';
  let drawnAt = Number.NEGATIVE_INFINITY;
  let news = false;
  let open = true;
  let quiet = false;
  const draw = (): void => {
    if (last === null || !open) return;
    const { columns, rows } = io.stdout;
    const frame = drawFrame(last, {
      columns,
      rows: note === '' ? rows : rows - 1,
      nowMs: io.now(),
      paint,
      quiet,
    });
    screen.draw(note === '' ? frame : [...frame, paint('yellow', cutToWidth(note, columns))]);
    drawnAt = io.now();
    news = false;
  };
  const drawWhenDue = (): void => {
    const sinceMs = io.now() - drawnAt;
    // a clock that was set back must not stop the picture
    if (sinceMs < 0 || sinceMs >= (news ? FRAME_MS : IDLE_FRAME_MS)) draw();
  };
  const stopTicks = io.every(FRAME_MS, drawWhenDue);
  const stopResize = io.onSignal('SIGWINCH', () => {
    screen.resize();
    draw();
  });
  const close = (): void => {
    if (!open) return;
    draw();
    open = false;
    stopTicks();
    stopResize();
    screen.close();
  };
  return {
    show: (view) => {
      last = view;
      news = true;
      drawWhenDue();
    },
    said: () => NOTHING,
    note: (line) => {
      note = line;
      draw();
    },
    close,
    closeForSummary: () => {
      quiet = true;
      close();
    },
  };
}

function createLineWatcher({ io }: Call, known?: RunView): Watcher {
  const findChanges = createChangeFinder(known);
  const said = new Set<string>();
  let forge = known?.forge;
  const tellForge = (view: RunView): void => {
    if ((view.forge === undefined) !== (forge === undefined))
      printLines(
        io,
        view.forge === undefined
          ? ['the forge answers again']
          : drawForge({ ...view, troubles: [] }, plainPaint),
      );
    forge = view.forge;
  };
  let troubles = known?.troubles ?? [];
  const tellTroubles = (view: RunView): void => {
    const now = view.troubles ?? [];
    printLines(
      io,
      now.filter((each) => !troubles.includes(each)).map((each) => `! ${cleanLine(each)}`),
    );
    if (now.length === 0 && troubles.length > 0) printLines(io, ['all is well with the sources again']);
    troubles = now;
  };
  return {
    show: (view) => {
      tellForge(view);
      tellTroubles(view);
      for (const change of findChanges(view)) {
        const { question } = change.task;
        const isNew = question !== undefined && !said.has(question.id);
        if (isNew) said.add(question.id);
        const asks = isNew ? drawQuestion(change.task, plainPaint) : [];
        printLines(io, [...drawChange(change, io.now()), ...asks]);
      }
    },
    said: () => said,
    note: (line) => io.stderr.write(`${line}\n`),
    close: () => undefined,
    closeForSummary: () => undefined,
  };
}

/** `12:04:05 api-auth working attempt 2 at work`; before it, why the attempt before is tried again. */
export function drawChange({ task, retried, answered, moved }: Change, nowMs: number): readonly string[] {
  const begin = `${writeTimeOfDay(nowMs)} ${cleanLine(task.id)}`;
  const lines: string[] = [];
  if (retried !== undefined) {
    const [head = '', next = ''] = cleanText(retried.detail).trim().split('\n', 2);
    // a line that only announces a list says nothing without the first of it
    const what = head.endsWith(':') ? `${head} ${next.replace(/^- /, '')}` : head;
    const why = what === '' ? retried.cause : `${retried.cause}: ${what.replace(/[.:]$/, '')}`;
    const waits = task.phase === 'waiting' && task.reason.startsWith('waits');
    const then = waits ? cleanLine(task.reason) : 'trying again';
    lines.push(`${begin} attempt ${retried.attempt} ended (${why}): ${then}`);
  }
  if (moved) {
    const words = [
      task.phase,
      ...(task.attempts > 1 && task.phase !== 'merged' ? [`attempt ${task.attempts}`] : []),
      ...(answered ? ['asks no more;'] : []),
      ...(task.question === undefined ? [cleanLine(task.reason)] : []),
    ];
    lines.push([begin, ...words.filter((word) => word !== '')].join(' '));
  }
  return lines;
}

function createJsonWatcher({ io }: Call, known?: RunView): Watcher {
  const findChanges = createChangeFinder(known);
  return {
    said: () => NOTHING,
    closeForSummary: () => undefined,
    show: (view) => {
      for (const { task } of findChanges(view)) {
        printJson(io, { type: 'task', run: view.run, at: new Date(io.now()).toISOString(), task });
      }
    },
    note: (line) => io.stderr.write(`${line}\n`),
    close: () => undefined,
  };
}
