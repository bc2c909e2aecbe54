// Shows a run that this process leads, passes signals on to it, and turns its end into an exit code.
import type { Outcome } from '../../../core/event.ts';
import { ok, type Result } from '../../../core/failure.ts';
import type { RunView } from '../../../core/view.ts';
import type { LedRun } from '../../app.ts';
import type { Call } from '../call.ts';
import { EXIT_OF_OUTCOME, EXIT_OF_SIGNAL } from '../exit-code.ts';
import { printJson, printLines } from '../report.ts';
import { drawNext, drawSummary } from '../summary.ts';
import { createWatcher } from '../watcher.ts';

const STOPPING_WORDS = [
  'Nothing more is started; what is at work is finished. Once more stops the agents.',
  'The agents are being stopped. Once more leaves at once; `weft resume` goes on.',
  'Left. `weft resume` goes on from here.',
];

/** What a command adds to the usual. */
export interface LeadOptions {
  /** Sees each view, too. */
  readonly also?: (view: RunView) => void;
  /** How the run stood before it was resumed: no news. */
  readonly known?: RunView;
  /** Lines below the summary; by default the next command. */
  readonly close?: (view: RunView) => readonly string[];
}

/** How long a run that is left may take to put its papers in order. */
const LEAVE_MS = 1000;

/** Follows the run to its end or until a third signal leaves it. */
export async function leadRun(call: Call, led: LedRun, options: LeadOptions = {}): Promise<Result<number>> {
  let last: RunView | null = null;
  const watcher = createWatcher(call, options.known);
  const stopViews = led.onView((view) => {
    last = view;
    watcher.show(view);
    options.also?.(view);
  });
  const signals = listenToSignals(call, led, watcher.note);
  try {
    const outcome = await Promise.race([led.outcome, signals.left]);
    watcher.closeForSummary();
    const code = exitCode(outcome, signals.signal());
    const close = options.close ?? ((view: RunView) => drawNext(view, call.paint));
    end(call, { led, last, outcome: signals.isLeft() ? 'left' : outcome, code, close, said: watcher.said() });
    return ok(code);
  } finally {
    watcher.close();
    signals.stop();
    stopViews();
  }
}

interface Signals {
  /** Settles when a human does not want to wait any longer, and the run takes too long to be left. */
  readonly left: Promise<'left'>;
  isLeft(): boolean;
  /** Exit code of the first signal that came, or null. */
  signal(): number | null;
  stop(): void;
}

function listenToSignals(call: Call, led: LedRun, note: (line: string) => void): Signals {
  let first: number | null = null;
  let count = 0;
  let leave = (_: 'left'): void => undefined;
  const left = new Promise<'left'>((resolve) => {
    leave = resolve;
  });
  const stops = (['SIGINT', 'SIGTERM', 'SIGHUP'] as const).map((signal) =>
    call.io.onSignal(signal, () => {
      if (count === STOPPING_WORDS.length) return;
      first ??= EXIT_OF_SIGNAL[signal];
      note(STOPPING_WORDS[count] ?? '');
      count += 1;
      led.interrupt();
      if (count === STOPPING_WORDS.length) stops.push(call.io.every(LEAVE_MS, () => leave('left')));
    }),
  );
  // the engine goes on when nobody reads what it says
  stops.push(call.io.onSignal('SIGPIPE', () => undefined));
  const stop = (): void => {
    for (const each of stops) each();
  };
  return { left, isLeft: () => count === STOPPING_WORDS.length, signal: () => first, stop };
}

function exitCode(outcome: Outcome | 'left', signal: number | null): number {
  if (outcome === 'left') return signal ?? EXIT_OF_OUTCOME.stopped;
  return outcome === 'complete' ? 0 : (signal ?? EXIT_OF_OUTCOME[outcome]);
}

function end(
  call: Call,
  of: {
    readonly led: LedRun;
    readonly last: RunView | null;
    readonly outcome: Outcome | 'left';
    readonly code: number;
    /** Questions that need not be said again. */
    readonly said: ReadonlySet<string>;
    readonly close: (view: RunView) => readonly string[];
  },
): void {
  const { led, last, outcome, code, said, close } = of;
  const state: RunView['state'] = outcome === 'left' ? 'interrupted' : outcome;
  if (call.json) {
    printJson(call.io, { type: 'run', run: led.run, state, counts: last?.counts ?? {}, exitCode: code });
    return;
  }
  if (last === null) return;
  const view = last.state === 'running' ? { ...last, state } : last;
  printLines(call.io, ['', ...drawSummary(view, call.paint, said), ...close(view)]);
}
