// What an agent's tools say of its work, one thing after another, as people see only the last. Knows no protocol.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Question, Report, WorkerDesk } from './desk.ts';

/** Says one thing after another, as there is one status. */
export interface Reporter {
  /** False: nothing was said, as the question is what people have to see. */
  report(report: Report, signal: AbortSignal): Promise<boolean>;
  /** Null: the answer comes later. */
  ask(question: Question, signal: AbortSignal): Promise<string | null>;
  isAsking(): boolean;
}

/** Reports are at least `leastMs` apart: who says more has to wait, and nothing is lost. */
export function createReporter(desk: WorkerDesk, leastMs: number): Reporter {
  let isAsking = false;
  let tail: Promise<unknown> = Promise.resolve();
  let nextMs = 0;
  const write = async (report: Report, signal: AbortSignal): Promise<boolean> => {
    const waitMs = nextMs - performance.now();
    if (waitMs > 0 && !isAsking) await sleep(waitMs, undefined, { signal }).catch(() => undefined);
    if (isAsking) return false;
    nextMs = performance.now() + leastMs;
    await desk.report(report);
    return true;
  };
  return {
    report: (report, signal) => {
      const done = tail.then(() => write(report, signal));
      tail = done.catch(() => undefined);
      return done;
    },
    ask: async (question, signal) => {
      isAsking = true;
      try {
        await tail;
        return await desk.ask(question, signal);
      } finally {
        isAsking = false;
      }
    },
    isAsking: () => isAsking,
  };
}
