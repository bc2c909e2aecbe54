// Between weft and an agent that converses: starts the agent, talks to it in its protocol, and keeps a report for weft. It
// outlives the engine, so an agent gets its answers from whoever leads. Knows no protocol and takes no decisions of weft's.
import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SessionEnd, SessionReport } from '../../../ports/agent.ts';
import { splitLines } from '../../process/line-splitter.ts';
import type { Opening, Protocol } from './conversation.ts';
import type { Leaves } from './leaves.ts';
import { addNews, beginReport, endReport, type Gathering } from './report.ts';
import { createTalk } from './talk.ts';

const MAX_LINE_BYTES = 32 * 1024 * 1024;
/** What is beyond that of a line of standard error is dropped. */
const MAX_ERROR_BYTES = 64 * 1024;
/** How long an agent that was let go, or told to go, may take. */
const LEAVE_MS = 5_000;
const KILL_MS = 3_000;
/** How long its last words are waited for when something that it left behind keeps its output open. */
const LAST_WORDS_MS = 1_000;
/** Messages that wait at most. */
const MAX_WAITING = 1_000;

/** Something that people say to the agent. */
export interface Message {
  readonly number: number;
  readonly text: string;
}

/** What the host is given. */
export interface HostSetting {
  readonly protocol: Protocol;
  /** Another way to talk to the agent, for a program that does not know the first; absent: there is none. */
  readonly fallback?: Fallback;
  readonly opening: Opening;
  /** The prompt of a new conversation, should there be none to go on with. */
  readonly wholePrompt: string;
  /** The whole environment of the agent. */
  readonly env: Readonly<Record<string, string>>;
  /** Hands over the report when it has changed. */
  readonly publish: (gathering: Gathering) => void;
  /** Shows a line to people. */
  readonly print: (line: string) => void;
  /** Passes on a line of the agent's standard error. */
  readonly printError: (line: string) => void;
  /** Keeps a line of the protocol for those who look for faults. */
  readonly record: (direction: '<' | '>', line: string) => void;
  /** Notes what the agent is told, for a tool of its that asks. */
  readonly noteTold: (message: Message) => void;
  /** Hides what must not be shown to anybody. */
  readonly redact: (text: string) => string;
  /** Answers a tool call that waits for these very words; false: none does. */
  readonly answerTool: (text: string) => Promise<boolean>;
  /** Leave that was given, or is waited for, by tasks of which this is an attempt. */
  readonly leaves: Leaves;
  /** Limits of patience with the model and with the agent. */
  readonly patience: { readonly retryMs: number; readonly sameFailures: number };
}

/**
 * Taken when a program ends, or refuses to talk, before its conversation has a name. Only for protocols that name it before
 * the agent is given anything to do: nothing is begun twice.
 */
export interface Fallback {
  readonly protocol: Protocol;
  /** What people are told then. */
  readonly notice: string;
}

/** How the agent's process ended. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A session under way. */
export interface Session {
  say(message: Message): void;
  /** Interrupts the agent and lets it go. */
  stop(): void;
  /** Resolves when the agent is gone. */
  readonly over: Promise<SessionOver>;
}

/** How a session came to its end; `process` is how its agent's did, when the host did not bring that about. */
export interface SessionOver {
  readonly end: SessionEnd;
  readonly process: ProcessEnd | null;
}

/** Starts the agent and talks to it until its turn is over and nothing more is to be said. */
export function openSession(setting: HostSetting): Session {
  let gathering = beginReport();
  let current: Run | null = null;
  const shared: Shared = {
    waiting: [],
    isStopped: false,
    gathering: () => gathering,
    update: (next) => {
      if (next === gathering) return;
      gathering = next;
      setting.publish(gathering);
    },
  };
  const run = async (way: Way): Promise<SessionOver> => {
    const started = tryToStart({ ...setting, ...way }, shared);
    if ('end' in started) return started;
    current = started;
    const over = await started.over;
    const next = shared.isStopped ? null : findNext(setting, { way, over, report: gathering.report });
    if (next === null) return over;
    setting.print(`! ${next.notice}`);
    shared.update(addNews(beginReport(), { kind: 'doing', text: next.notice }));
    shared.waiting.unshift(...started.unheard());
    return run(next);
  };
  return {
    over: run(setting).then((over) => {
      // somebody else ended it, for reasons that are not the agent's: memory that ran out, as a rule
      shared.update(endReport(gathering, over.process?.signal == null ? over.end : null));
      return over;
    }),
    say: (message) => {
      if (shared.waiting.length < MAX_WAITING) shared.waiting.push(message);
      current?.pump();
    },
    stop: () => {
      shared.isStopped = true;
      current?.stop();
    },
  };
}

/** How a process of the agent is talked to, and with what. */
type Way = Pick<HostSetting, 'protocol' | 'opening'>;

/** What to try after a process that was given nothing to do; null: nothing. */
function findNext(
  { fallback, wholePrompt }: HostSetting,
  last: { readonly way: Way; readonly over: SessionOver; readonly report: SessionReport },
): (Way & { readonly notice: string }) | null {
  const { way, over, report } = last;
  const { fault } = over.end;
  // what there was to go on with is gone: the prompt says all that a new conversation needs
  if (fault === 'no-session' && way.opening.resume !== null) {
    const opening = { ...way.opening, resume: null, prompt: wholePrompt };
    const notice = 'There is no conversation to go on with: a new one begins.';
    return { protocol: way.protocol, opening, notice };
  }
  const isStranger = fault === 'protocol' && report.session === null && over.process?.signal == null;
  if (!isStranger || fallback === undefined || way.protocol === fallback.protocol) return null;
  return { ...fallback, opening: way.opening };
}

/** What the runs of a session share. */
interface Shared {
  readonly waiting: Message[];
  isStopped: boolean;
  readonly gathering: () => Gathering;
  readonly update: (next: Gathering) => void;
}

/** One process of the agent. */
interface Run {
  /** Hands over what can be handed over by now. */
  pump(): void;
  stop(): void;
  /** Messages that were said, and not heard as far as is known. */
  unheard(): readonly Message[];
  readonly over: Promise<SessionOver>;
}

/** What no process can be made of is as good as not there. */
function tryToStart(setting: HostSetting, shared: Shared): Run | SessionOver {
  try {
    return startRun(setting, shared);
  } catch (error) {
    return { end: { fault: 'missing', text: String(error) }, process: null };
  }
}

function startRun(setting: HostSetting, shared: Shared): Run {
  const { protocol, opening, env, record, print, printError } = setting;
  const launch = protocol.launch(opening);
  const [program, ...args] = launch.argv;
  const child = spawn(program, args, {
    cwd: opening.worktree,
    env: { ...env, ...launch.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const talk = createTalk(setting, shared, (line) => {
    record('>', line);
    if (child.stdin.writable) child.stdin.write(`${line}\n`);
  });
  const splitter = splitLines({
    maxLineBytes: MAX_LINE_BYTES,
    onLine: ({ bytes, truncated }) => {
      if (truncated) return print('! A line of its was too long to be read.');
      const line = bytes.toString('utf8');
      record('<', line);
      if (line.trim() !== '') talk.hear(line);
    },
  });
  child.stdout.on('data', (chunk: Buffer) => splitter.push(chunk));
  child.stdout.on('end', splitter.flush);
  const errors = splitLines({
    maxLineBytes: MAX_ERROR_BYTES,
    onLine: ({ bytes, truncated }) => printError(`${bytes.toString('utf8')}${truncated ? ' (cut)' : ''}`),
  });
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
  child.stderr.on('end', errors.flush);
  // who is gone reads no more; its end is told by its exit
  child.stdin.on('error', () => undefined);
  const gone = untilGone(child);
  talk.begin();
  const over = Promise.race([talk.over, gone]).then(async (first): Promise<SessionOver> => {
    if ('fault' in first) {
      await letGo(child, gone);
      return { end: first, process: null };
    }
    // its last lines may still be on their way: they are read by now
    const end = talk.ended();
    if (end !== null) return { end, process: null };
    if (first.error !== null) return { end: { fault: 'missing', text: first.error }, process: null };
    // that is how shells, and launchers of programs, say that there is none
    const isMissing =
      (first.code === 126 || first.code === 127) && shared.gathering().report.session === null;
    if (isMissing) {
      const text = `It ended with ${first.code} before a word: its program is not there, or cannot be run.`;
      return { end: { fault: 'missing', text }, process: first };
    }
    const how = `It ended with ${first.signal ?? first.code} in the midst of its turn.`;
    return { end: { fault: 'protocol', text: how }, process: first };
  });
  return {
    pump: talk.pump,
    unheard: talk.unheard,
    over: over.finally(talk.close),
    stop: () => {
      talk.stop();
      child.kill('SIGTERM');
    },
  };
}

interface Gone extends ProcessEnd {
  /** Why it could not be started. */
  readonly error: string | null;
}

function untilGone(child: ChildProcess): Promise<Gone> {
  return new Promise((resolve) => {
    child.on('error', (error) => resolve({ code: null, signal: null, error: error.message }));
    child.on('close', (code, signal) => resolve({ code, signal, error: null }));
    child.on('exit', (code, signal) => {
      setTimeout(() => resolve({ code, signal, error: null }), LAST_WORDS_MS);
    });
  });
}

/** Closes its input, and ends it when that is no word to it. */
async function letGo(child: ChildProcess, gone: Promise<unknown>): Promise<void> {
  child.stdin?.end();
  for (const [waitMs, signal] of [
    [LEAVE_MS, 'SIGTERM'],
    [KILL_MS, 'SIGKILL'],
  ] as const) {
    const timer = new AbortController();
    const late = sleep(waitMs, 'late', { signal: timer.signal }).catch(() => null);
    const first = await Promise.race([gone, late]);
    timer.abort();
    if (first !== 'late') return;
    child.kill(signal);
  }
  await gone;
}
