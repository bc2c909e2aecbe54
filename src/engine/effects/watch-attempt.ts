// Watches one agent until it is gone: its end, and what it says in its status file. Adoption after a restart is the same call.
import { join } from 'node:path';
import type { Effect } from '../../core/effect.ts';
import type { Event } from '../../core/event.ts';
import { ok } from '../../core/failure.ts';
import { MAX_PARTS } from '../../core/limits.ts';
import type { Exit, Identity, Option, Question } from '../../core/model.ts';
import { tagOf } from '../../core/names.ts';
import { type RunState, taskOf } from '../../core/state.ts';
import type { AgentStatus, SessionReport } from '../../ports/agent.ts';
import type { EffectContext, Performed } from '../perform.ts';
import { attemptDirOf } from '../places.ts';
import { findHeard } from './deliver-guidance.ts';
import { endProcesses } from './stop-attempt.ts';

type WatchAttempt = Extract<Effect, { kind: 'watch-attempt' }>;

const STATUS_FILE = 'status.json';
const SESSION_FILE = 'session.json';

/** Performs `watch-attempt`. */
export async function watchAttempt(effect: WatchAttempt, context: EffectContext): Performed {
  const { parts, state } = context;
  const identity = taskOf(state, effect.task).attempt?.identity;
  if (identity == null) throw new Error('Internal error: nothing to watch');
  const dir = attemptDirOf(parts.places, effect.task, effect.attempt);
  const look = createLook(effect, context, dir);
  // its output grows in the same folder, and is nobody's business here
  const stopWatching = parts.files.watchDir(dir, (name) => {
    if (name === null || name === STATUS_FILE || name === SESSION_FILE) look.again();
  });
  look.again();
  try {
    const tag = tagOf(state, effect.task, effect.attempt);
    const exit = await waitForEnd(context, { dir, tag, identity });
    if (exit === null) return ok([]);
    // what it started and left behind ends with it, even when nothing else happens to the task for a while
    await endProcesses(effect, context);
    await look.settled();
    const words = await readWords(context, dir);
    const asked = questionOf(effect, state, words);
    const used = usageOf(effect, state, words);
    const finished = findFinished(effect, state, words);
    const withdrawn = findWithdrawn(effect, state, words);
    const heard = await findHeard(effect, context);
    return ok([
      ...(used === null ? [] : [used]),
      ...(finished === null ? [] : [finished]),
      ...(withdrawn === null ? [] : [withdrawn]),
      ...(asked === null || look.isAsked(asked) ? [] : [asked]),
      {
        type: 'attempt.exited',
        task: effect.task,
        attempt: effect.attempt,
        exit,
        ...lastWordsOf(words),
        ...(heard === undefined ? {} : { heard }),
      },
    ]);
  } finally {
    stopWatching();
  }
}

/** What an agent, and the host of its session, say of themselves. */
interface Words {
  readonly status: AgentStatus | null;
  readonly report: SessionReport | null;
}

async function readWords({ parts }: EffectContext, dir: string): Promise<Words> {
  const [status, report] = await Promise.all([
    parts.readStatus(join(dir, STATUS_FILE)),
    parts.readSession(dir),
  ]);
  return { status, report };
}

type Exited = Extract<Event, { readonly type: 'attempt.exited' }>;

function lastWordsOf({ status, report }: Words): Pick<Exited, 'reason' | 'fault' | 'heard'> {
  const reason = status?.status === 'stuck' ? null : (status?.reason ?? null);
  if (report === null) return { reason };
  const kind = report.end?.fault ?? null;
  const untilMs = report.limit?.untilMs ?? null;
  const fault = kind === null ? null : { kind, text: report.end?.text ?? '', untilMs };
  return { reason, fault, heard: report.heard };
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
  isAsked(question: Asked): boolean;
}

function createLook(effect: WatchAttempt, context: EffectContext, dir: string): Look {
  let running: Promise<void> = Promise.resolve();
  let queued = false;
  let lastKey: string | null = null;
  const read = async (): Promise<void> => {
    queued = false;
    const words = await readWords(context, dir);
    if (context.signal.aborted) return;
    const used = usageOf(effect, context.state, words);
    if (used !== null && hasGrown(context.state, used)) context.emit([used]);
    const finished = findFinished(effect, context.state, words);
    if (finished !== null) context.emit([finished]);
    const withdrawn = findWithdrawn(effect, context.state, words);
    if (withdrawn !== null) context.emit([withdrawn]);
    const asked = questionOf(effect, context.state, words);
    if (asked === null || keyOf(asked) === lastKey) return;
    lastKey = keyOf(asked);
    context.emit([asked]);
  };
  return {
    again: () => {
      if (queued) return;
      queued = true;
      running = running.then(read);
    },
    settled: () => running,
    isAsked: (question) => keyOf(question) === lastKey,
  };
}

/** Use of the model is noted while an agent works when it has grown by a tenth. */
const STEP = 1.1;

type Used = Extract<Event, { readonly type: 'usage.noted' }>;

/** What the conversation has used, as a fact; null: it does not say, or not more than is known. */
function usageOf(effect: WatchAttempt, state: RunState, { report }: Words): Used | null {
  if (report?.session == null || report.spending === null) return null;
  const { session, spending } = report;
  const known = taskOf(state, effect.task).spending[session];
  const isKnown =
    known !== undefined &&
    known.input >= spending.input &&
    known.output >= spending.output &&
    (spending.usd === null || (known.usd ?? -1) >= spending.usd);
  const of = { task: effect.task, attempt: effect.attempt };
  return isKnown ? null : { type: 'usage.noted', ...of, session, ...spending };
}

function hasGrown(state: RunState, { task, session, input, output }: Used): boolean {
  const known = taskOf(state, task).spending[session];
  return known === undefined || input + output >= STEP * (known.input + known.output);
}

/** Parts that the agent says are finished and nobody knew of, as a fact; or null. */
function findFinished(
  effect: WatchAttempt,
  state: RunState,
  { status }: Words,
): Extract<Event, { readonly type: 'parts.finished' }> | null {
  const known = new Set(taskOf(state, effect.task).finished);
  const parts = (status?.finished ?? []).filter((part) => !known.has(part));
  // what is too many is never known, and would be news again and again
  if (parts.length === 0 || known.size >= MAX_PARTS) return null;
  return { type: 'parts.finished', task: effect.task, attempt: effect.attempt, parts };
}

type Asked = Extract<Event, { readonly type: 'question.asked' }>;

function keyOf({ key, question }: Asked): string {
  return key ?? question.text;
}

/** The question that an agent, or the host of its session, has open; null when there is none or it was asked already. */
function questionOf(effect: WatchAttempt, state: RunState, { status, report }: Words): Asked | null {
  const ts = taskOf(state, effect.task);
  const open = report?.ask == null ? readStuck(status) : readAsk(report.ask);
  if (open === null || ts.attempts !== effect.attempt || ts.attempt?.askedText === (open.key ?? open.text))
    return null;
  const { from, key, text, options } = open;
  return {
    type: 'question.asked',
    task: effect.task,
    attempt: effect.attempt,
    question: {
      id: `${effect.task}/${ts.questions + 1}`,
      task: effect.task,
      from,
      cause: 'asked',
      text,
      options,
      files: [],
    },
    ...(key === null ? {} : { key }),
  };
}

/** That the host of its session has no question open any more although a human is asked one, as a fact; or null. */
function findWithdrawn(
  effect: WatchAttempt,
  state: RunState,
  { status, report }: Words,
): Extract<Event, { readonly type: 'question.withdrawn' }> | null {
  const { question, attempts, attempt } = taskOf(state, effect.task);
  // who is ended, or gone for another reason than that it is done, would still like to know
  const isCutOff = attempt?.stop != null || (report?.end != null && report.end.fault !== null);
  const isOpen = report === null || report.ask !== null || status?.status === 'stuck';
  if (isOpen || isCutOff || attempts !== effect.attempt || question?.cause !== 'asked') return null;
  return { type: 'question.withdrawn', task: effect.task, attempt: effect.attempt, id: question.id };
}

interface OpenQuestion {
  readonly from: Question['from'];
  readonly key: string | null;
  readonly text: string;
  readonly options: readonly Option[];
}

function readStuck(status: AgentStatus | null): OpenQuestion | null {
  if (status?.status !== 'stuck') return null;
  const text = status.stuckReason ?? 'It is stuck and did not say why.';
  return { from: 'agent', key: null, text, options: status.options };
}

/** How the ids of questions begin that the host itself has, of an agent that gets nowhere. */
const OF_HOST = 'weft:';

/** What weft does with an agent that gets nowhere. */
const CHOICES: readonly Option[] = [
  { label: 'Let it go on.', then: 'retry' },
  { label: 'End this attempt, and leave the task to me.', then: 'hold' },
  { label: 'End this attempt, and give the task up.', then: 'give-up' },
];

/** Whatever is chosen goes to the agent as an answer, when it is the agent that asks. */
function readAsk({ id, text, labels }: NonNullable<SessionReport['ask']>): OpenQuestion {
  if (id.startsWith(OF_HOST)) return { from: 'weft', key: id, text, options: CHOICES };
  return { from: 'agent', key: id, text, options: labels.map((label) => ({ label, then: 'retry' })) };
}
