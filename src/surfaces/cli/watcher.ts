// Shows the views of a run as they come: a live table on a terminal, lines elsewhere, JSON lines on request.
import type { RunView, TaskView } from '../../core/view.ts';
import type { Call } from './call.ts';
import { createChangeFinder } from './changes.ts';
import { cleanLine } from './clean.ts';
import { writeTimeOfDay } from './duration.ts';
import { drawFrame } from './frame.ts';
import { plainPaint } from './paint.ts';
import { drawQuestion } from './question.ts';
import { printJson, printLines } from './report.ts';
import { openScreen } from './screen.ts';
import { cutToWidth } from './width.ts';

/** Shows views until it is closed. */
export interface Watcher {
  show(view: RunView): void;
  /** Says something of weft's own beside the views. */
  note(line: string): void;
  close(): void;
}

/** Frames a second are ten at most; without news one a second, for the clocks in it. */
const FRAME_MS = 100;
const IDLE_FRAME_MS = 1000;

/** Chooses how to show by the call's flags and terminal. */
export function createWatcher(call: Call): Watcher {
  if (call.json) return createJsonWatcher(call);
  return call.io.stdout.isTTY && call.io.env['TERM'] !== 'dumb'
    ? createTableWatcher(call)
    : createLineWatcher(call);
}

function createTableWatcher({ io, paint }: Call): Watcher {
  const screen = openScreen(io.stdout);
  let last: RunView | null = null;
  let note = '';
  let drawnAt = Number.NEGATIVE_INFINITY;
  let news = false;
  let open = true;
  const draw = (): void => {
    if (last === null || !open) return;
    const { columns, rows } = io.stdout;
    const frame = drawFrame(last, {
      columns,
      rows: note === '' ? rows : rows - 1,
      nowMs: io.now(),
      paint,
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
  return {
    show: (view) => {
      last = view;
      news = true;
      drawWhenDue();
    },
    note: (line) => {
      note = line;
      draw();
    },
    close: () => {
      if (!open) return;
      draw();
      open = false;
      stopTicks();
      stopResize();
      screen.close();
    },
  };
}

function createLineWatcher({ io }: Call): Watcher {
  const findChanges = createChangeFinder();
  return {
    show: (view) => {
      for (const task of findChanges(view)) {
        printLines(io, drawChange(task, io.now()));
      }
    },
    note: (line) => io.stderr.write(`${line}\n`),
    close: () => undefined,
  };
}

/** `12:04:05 api-auth working at work for 3s`, then the question when there is one. */
export function drawChange(task: TaskView, nowMs: number): readonly string[] {
  const reason = task.question === undefined ? cleanLine(task.reason) : '';
  const words = [writeTimeOfDay(nowMs), cleanLine(task.id), task.phase, reason];
  return [words.filter((word) => word !== '').join(' '), ...drawQuestion(task, plainPaint)];
}

function createJsonWatcher({ io }: Call): Watcher {
  const findChanges = createChangeFinder();
  return {
    show: (view) => {
      for (const task of findChanges(view)) {
        printJson(io, { type: 'task', run: view.run, at: new Date(io.now()).toISOString(), task });
      }
    },
    note: (line) => io.stderr.write(`${line}\n`),
    close: () => undefined,
  };
}
