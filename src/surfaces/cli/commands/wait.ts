// `weft wait` and `weft receipt`: the end of a run, for scripts.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ok, type Result } from '../../../core/failure.ts';
import { nextCommand, type RunView } from '../../../core/view.ts';
import type { App } from '../../app.ts';
import { type Call, findRunOf, type Handler, isAsked, viewOf } from '../call.ts';
import { cleanText } from '../clean.ts';
import { EXIT_OF_FAILURE } from '../exit-code.ts';
import { listenForEnd } from '../interruption.ts';
import { numberOption } from '../parse.ts';
import { printJson, printLines } from '../report.ts';
import { drawElsewhere, drawHeading, drawNext } from '../summary.ts';

/** Longest wait that a timer can hold. */
const MAX_WAIT_MS = 2 ** 31 - 1;

/** `weft wait [RUN] --for … --timeout S`. */
export const wait: Handler = async (call) => {
  const found = await viewOf(call);
  if (!found.ok) return found;
  const { app, view } = found.value;
  const began = call.io.now();
  const ended = await waitForEnd(call, app, view);
  if (!ended.ok) return ended;
  const end = ended.value;
  const { state } = end.view;
  const over = state !== 'running';
  // who waits goes on with what is there: nothing of it may still be on its way
  if (over) await app.departed(end.view.run);
  const code = end.code ?? (state === 'complete' ? 0 : over ? 1 : EXIT_OF_FAILURE.timeout);
  const waitedMs = call.io.now() - began;
  if (call.json) {
    const handoff = over ? await readHandoff(app, end.view) : {};
    const { run, counts } = end.view;
    printJson(call.io, {
      ...handoff,
      run,
      state,
      counts,
      next: nextCommand(end.view),
      waitedMs,
      exitCode: code,
    });
  } else {
    printLines(call.io, [drawHeading(end.view, call.paint), ...drawElsewhere(end.view, call.paint)]);
    if (code !== 0) printLines(call.io, drawNext(end.view, call.paint));
  }
  return ok(code);
};

interface End {
  readonly view: RunView;
  /** Exit code of the signal that ended the wait, or null. */
  readonly code: number | null;
}

async function waitForEnd(call: Call, app: App, first: RunView): Promise<Result<End>> {
  if (isOver(first)) return ok({ view: first, code: null });
  const interruption = listenForEnd(call.io);
  let last = first;
  const note = (view: RunView): void => {
    last = view;
    if (isOver(view)) interruption.end();
  };
  const stopTimer = startTimer(numberOption(call.parsed, 'timeout'), interruption.end);
  try {
    await app.followView(first.run, note, interruption.signal);
  } finally {
    stopTimer();
    interruption.close();
  }
  if (isOver(last) || interruption.signal.aborted) return ok({ view: last, code: interruption.code() });
  const now = await app.view(first.run);
  return now.ok ? ok({ view: now.value, code: null }) : now;
}

function startTimer(seconds: number | undefined, act: () => void): () => void {
  if (seconds === undefined) return () => undefined;
  const timer = setTimeout(act, Math.min(seconds * 1000, MAX_WAIT_MS));
  return () => clearTimeout(timer);
}

function isOver(view: RunView): boolean {
  return view.state !== 'running';
}

/** What the engine left for whoever takes over; nothing when it left nothing. */
async function readHandoff(app: App, view: RunView): Promise<object> {
  const name = view.state === 'complete' ? 'complete.json' : 'stop.json';
  try {
    const text = await readFile(join(app.stateDir, 'runs', view.run, 'handoffs', name), 'utf8');
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}

/** `weft receipt [RUN] [--json] [--write]`. */
export const receipt: Handler = async (call): Promise<Result<number>> => {
  const app = await call.openApp(call.io.cwd);
  if (!app.ok) return app;
  const run = await findRunOf(call, app.value);
  if (!run.ok) return run;
  const made = await app.value.receipt(run.value, { write: isAsked(call, 'write') });
  if (!made.ok) return made;
  const { json, markdown } = made.value;
  if (call.json) printJson(call.io, typeof json === 'object' && json !== null ? json : { receipt: json });
  else call.io.stdout.write(`${cleanText(markdown).trimEnd()}\n`);
  return ok(0);
};
