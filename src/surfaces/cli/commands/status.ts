// `weft`, `weft status` and `weft explain`: how a run stands, in brief, in full, live, or one task of it.
import { ok, type Result } from '../../../core/failure.ts';
import type { RunView, TaskView } from '../../../core/view.ts';
import type { App } from '../../app.ts';
import { createBell } from '../bell.ts';
import { argumentOf, type Call, findTask, type Handler, isAsked, viewOf } from '../call.ts';
import { findUnfinished } from '../glance.ts';
import { listenForEnd } from '../interruption.ts';
import { printJson, printLine, printLines } from '../report.ts';
import { drawSessions } from '../session-lines.ts';
import { drawExplanation, drawStatus, printBrief, printStatus } from '../status.ts';
import { drawNext } from '../summary.ts';
import { createWatcher } from '../watcher.ts';

/** `weft`. */
export const front: Handler = async (call) => {
  const app = await call.openApp(call.io.cwd);
  if (!app.ok) return app;
  const latest = await app.value.findRun('latest');
  if (!latest.ok) return (await sayHowToBegin(call, app.value)) ?? latest;
  const view = await app.value.view(latest.value);
  if (!view.ok) return view;
  printBrief(call, { view: view.value, earlier: findUnfinished(app.value.stateDir, latest.value) });
  return ok(0);
};

/** Where there never was a run that is no mistake: it is said how to begin. Null: there were some. */
async function sayHowToBegin({ io, json, paint }: Call, app: App): Promise<Result<number> | null> {
  if ((await app.runs()).length > 0) return null;
  const next = await app.firstStep();
  if (json) printJson(io, { run: null, state: null, tasks: [], next });
  else {
    printLine(io, 'No run yet.');
    printLine(io, `next: ${paint('cyan', next.command)}  (${next.reason})`);
  }
  return ok(0);
}

/** `weft status [RUN]`. */
export const status: Handler = async (call) => {
  const found = await viewOf(call);
  if (!found.ok) {
    const opened = await call.openApp(call.io.cwd);
    const isNamed = call.parsed.arguments.has('RUN');
    return (opened.ok && !isNamed ? await sayHowToBegin(call, opened.value) : null) ?? found;
  }
  const { app, view } = found.value;
  if (isAsked(call, 'watch')) return watch(call, app, view);
  if (isAsked(call, 'report')) {
    const noted = await app.noteChanges(view);
    printLines(call.io, drawSessions(noted, { nowMs: call.io.now(), paint: call.paint }));
    return ok(0);
  }
  printStatus(call, { view, earlier: findUnfinished(app.stateDir, view.run) });
  return ok(0);
};

async function watch(call: Call, app: App, view: RunView): Promise<Result<number>> {
  const known = printKnown(call, view);
  const watcher = createWatcher(call, known);
  const interruption = listenForEnd(call.io);
  const ring = createBell(call.io, view);
  let last = view;
  const show = (next: RunView): void => {
    last = next;
    watcher.show(next);
    ring(next);
  };
  try {
    show(view);
    await app.followView(view.run, show, interruption.signal);
  } finally {
    watcher.close();
    interruption.close();
  }
  const code = interruption.code();
  if (!call.json && code === null) printLines(call.io, drawNext(last, call.paint));
  return ok(code ?? 0);
}

/** Where only changes are printed, how things stand is said first. */
function printKnown(call: Call, view: RunView): RunView | undefined {
  const { io, json, paint } = call;
  if (json || (io.stdout.isTTY && io.env['TERM'] !== 'dumb')) return undefined;
  printLines(io, drawStatus(view, { columns: Number.MAX_SAFE_INTEGER, nowMs: io.now(), paint }));
  return view;
}

function styleOf({ io, paint }: Call): Parameters<typeof drawExplanation>[2] {
  return { columns: io.stdout.columns, nowMs: io.now(), paint };
}

/** `weft explain TASK`. */
export const explain: Handler = async (call) => {
  const found = await viewOf(call);
  if (!found.ok) return found;
  const { view } = found.value;
  const task = findTask(view, argumentOf(call, 'TASK'));
  if (!task.ok) return task;
  printExplanation(call, view, task.value);
  return ok(0);
};

function printExplanation(call: Call, view: RunView, task: TaskView): void {
  if (call.json) return printJson(call.io, { run: view.run, task });
  printLines(call.io, drawExplanation(view, task, styleOf(call)));
}
