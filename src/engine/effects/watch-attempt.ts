// Watches one agent until it is gone: its end, and what it says in its status file. Adoption after a restart is the same call.
import { join } from 'node:path';
import type { Effect } from '../../core/effect.ts';
import type { Event } from '../../core/event.ts';
import { ok } from '../../core/failure.ts';
import type { Exit, Identity } from '../../core/model.ts';
import { tagOf } from '../../core/names.ts';
import { type RunState, taskOf } from '../../core/state.ts';
import type { AgentStatus } from '../../ports/agent.ts';
import type { EffectContext, Performed } from '../perform.ts';
import { attemptDirOf } from '../places.ts';
import { endProcesses } from './stop-attempt.ts';

type WatchAttempt = Extract<Effect, { kind: 'watch-attempt' }>;

const STATUS_FILE = 'status.json';

/** Performs `watch-attempt`. */
export async function watchAttempt(effect: WatchAttempt, context: EffectContext): Performed {
  const { parts, state } = context;
  const identity = taskOf(state, effect.task).attempt?.identity;
  if (identity == null) throw new Error('Internal error: nothing to watch');
  const dir = attemptDirOf(parts.places, effect.task, effect.attempt);
  const statusFile = join(dir, STATUS_FILE);
  const look = createLook(effect, context, statusFile);
  // its output grows in the same folder, and is nobody's business here
  const stopWatching = parts.files.watchDir(dir, (name) => {
    if (name === null || name === STATUS_FILE) look.again();
  });
  look.again();
  try {
    const tag = tagOf(state, effect.task, effect.attempt);
    const exit = await waitForEnd(context, { dir, tag, identity });
    if (exit === null) return ok([]);
    // what it started and left behind ends with it, even when nothing else happens to the task for a while
    await endProcesses(effect, context);
    await look.settled();
    const status = await parts.readStatus(statusFile);
    const asked = status === null ? null : questionOf(effect, state, status);
    const reason = status?.status === 'stuck' ? null : (status?.reason ?? null);
    const exited: Event = {
      type: 'attempt.exited',
      task: effect.task,
      attempt: effect.attempt,
      exit,
      reason,
    };
    return ok(asked === null || look.isAsked(asked) ? [exited] : [asked, exited]);
  } finally {
    stopWatching();
  }
}

/** How the agent ended; null: nobody wants to know any more. One whose shim alone is gone is waited for all the same. */
async function waitForEnd(
  { parts, signal }: EffectContext,
  of: { readonly dir: string; readonly tag: string; readonly identity: Identity },
): Promise<Exit | null> {
  let { identity } = of;
  for (;;) {
    const exit = await parts.process.waitForExit({ dir: of.dir, identity }, signal);
    if (exit === null || exit.code !== null || exit.signal !== null) return exit;
    const left = await parts.process.inspect(of);
    if (left.kind === 'ended') return left.exit;
    if (left.kind === 'none' || left.identity.pid === identity.pid) return exit;
    identity = left.identity;
  }
}

interface Look {
  /** Reads the status file soon; calls in between join. */
  again(): void;
  settled(): Promise<void>;
  isAsked(question: Event): boolean;
}

function createLook(effect: WatchAttempt, context: EffectContext, statusFile: string): Look {
  let running: Promise<void> = Promise.resolve();
  let queued = false;
  let lastText: string | null = null;
  const textOf = (event: Event): string => (event.type === 'question.asked' ? event.question.text : '');
  const read = async (): Promise<void> => {
    queued = false;
    const status = await context.parts.readStatus(statusFile);
    if (status === null || context.signal.aborted) return;
    const asked = questionOf(effect, context.state, status);
    if (asked === null || textOf(asked) === lastText) return;
    lastText = textOf(asked);
    context.emit([asked]);
  };
  return {
    again: () => {
      if (queued) return;
      queued = true;
      running = running.then(read);
    },
    settled: () => running,
    isAsked: (question) => textOf(question) === lastText,
  };
}

/** The question in a status, as a fact; null when there is none or it was asked already. */
function questionOf(effect: WatchAttempt, state: RunState, status: AgentStatus): Event | null {
  const ts = taskOf(state, effect.task);
  const text = status.stuckReason ?? 'It is stuck and did not say why.';
  if (status.status !== 'stuck' || ts.attempts !== effect.attempt || ts.attempt?.askedText === text)
    return null;
  return {
    type: 'question.asked',
    task: effect.task,
    attempt: effect.attempt,
    question: {
      id: `${effect.task}/${ts.questions + 1}`,
      task: effect.task,
      from: 'agent',
      cause: 'asked',
      text,
      options: status.options,
      files: [],
    },
  };
}
