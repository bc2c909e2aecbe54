// Speaks with the app server of Codex: threads, turns and what is said in the midst of them. Keeps no timers.
import { isRecord } from '../agent-text.ts';
import { type Approvals, createApprovals } from './codex-approvals.ts';
import {
  cut,
  readError,
  readLastWords,
  readOutcome,
  readReset,
  readSpending,
  readStart,
  readWait,
  wordPrompt,
} from './codex-words.ts';
import type { Conversation, Fault, Opening, Protocol, Wire } from './conversation.ts';
import { type Fields, textOf } from './fields.ts';
import { createPeer, type Peer } from './json-rpc.ts';

/**
 * What Codex's own sandbox lets commands do, unless the agent's mode says otherwise. All, because with less than that
 * Codex runs a command that was allowed inside of its sandbox first and, when that seems to have been the trouble, a second
 * time outside: half of it happens twice, or not at all, as chance has it. Besides, the folder of git stays closed to it.
 */
export const OPEN_SANDBOX = 'danger-full-access';
/** Asks before every change of files and every command that does more than look: the only policy that shows us changes. */
const ASK_FIRST = 'untrusted';
/** A tool may wait for people; how long is its own affair. */
export const TOOL_TIMEOUT_SECONDS = 86_400;
/** Reports that nobody reads and that grow with the work. */
const UNWANTED = ['turn/diff/updated', 'item/commandExecution/outputDelta', 'item/fileChange/outputDelta'];

const INTERRUPTED = 'It was interrupted.';

/** Makes the protocol of `codex app-server`; `program` is the native program, not its launcher. */
export function createCodex(options: { readonly program: string }): Protocol {
  return {
    launch: () => ({ argv: [options.program, 'app-server'], env: {} }),
    converse: (opening, wire) => createConversation(opening, wire),
  };
}

/** Words for the agent, and the numbers of the messages in them; the prompt has none. */
interface Words {
  readonly numbers: readonly number[];
  readonly text: string;
}

interface Turn {
  /** Null: its start is not answered yet. */
  id: string | null;
  /** What it was started with; null: it was not we who started it. */
  readonly key: string | null;
  /** It takes words. */
  isOpen: boolean;
}

interface Desk {
  readonly opening: Opening;
  readonly wire: Wire;
  readonly peer: Peer;
  readonly approvals: Approvals;
  thread: string | null;
  turn: Turn | null;
  /** Not given to the agent yet. */
  waiting: Words[];
  /** Given to the agent, which has not shown them as part of the conversation; by the id they were given under. */
  readonly given: Map<string, Words>;
  /** Words given so far, for their ids. */
  count: number;
  /** The turn is to be stopped; `goesOn`: something was said since. */
  stop: { goesOn: boolean } | null;
  lastWords: string;
  resetMs: number | null;
  /** The model did not answer once, and it was looked whether there is a login. */
  hasRetried: boolean;
}

function createConversation(opening: Opening, wire: Wire): Conversation {
  const peer: Peer = createPeer((line) => wire.write(line), {
    request: (id, method, params) => approvals.consider(id, method, params),
    notification: (method, params) => take(desk, method, params),
  });
  const approvals = createApprovals(opening, {
    tell: (news) => wire.tell(news),
    respond: (id, result) => peer.respond(id, result),
    explain: (reason) => explain(desk, reason),
  });
  const desk: Desk = {
    opening,
    wire,
    peer,
    approvals,
    thread: null,
    turn: null,
    waiting: [],
    given: new Map(),
    count: 0,
    stop: null,
    lastWords: '',
    resetMs: null,
    hasRetried: false,
  };
  return {
    begin: () => begin(desk),
    hear: (line) => peer.hear(line),
    say: ({ number, text }) => {
      desk.waiting.push({ numbers: [number], text });
      if (desk.stop !== null) desk.stop.goesOn = true;
      pass(desk);
    },
    reply: (id, reply) => approvals.reply(id, reply),
    interrupt: () => {
      if (desk.thread !== null && desk.turn === null) return;
      desk.stop ??= { goesOn: false };
      halt(desk);
    },
  };
}

function begin(desk: Desk): void {
  const capabilities = {
    experimentalApi: false,
    requestAttestation: false,
    optOutNotificationMethods: UNWANTED,
  };
  const clientInfo = { name: 'weft', title: 'weft', version: '1' };
  desk.peer.request('initialize', { clientInfo, capabilities }, (answer) => {
    if (!answer.ok) return end(desk, 'protocol', answer.error.message);
    desk.peer.notify('initialized');
    openThread(desk);
  });
}

function openThread(desk: Desk): void {
  const { worktree, resume, model, mode, tools } = desk.opening;
  const server = tools === null ? null : { command: tools.command, args: tools.args, env: tools.env };
  const asked = {
    cwd: worktree,
    approvalPolicy: ASK_FIRST,
    approvalsReviewer: 'user',
    sandbox: mode ?? OPEN_SANDBOX,
    ...(model === null ? {} : { model }),
    ...(tools === null ? {} : { config: { [`mcp_servers.${tools.name}`]: { ...server, ...TOOL_SETTINGS } } }),
  };
  const [method, params] =
    resume === null
      ? ['thread/start', asked]
      : ['thread/resume', { ...asked, threadId: resume, excludeTurns: true }];
  desk.peer.request(method, params, (answer) => {
    if (!answer.ok) return end(desk, resume === null ? 'protocol' : 'no-session', answer.error.message);
    const { thread } = answer.result;
    const id = isRecord(thread) ? textOf(thread['id']) : '';
    if (id === '') return end(desk, 'protocol', 'It opened a thread without an id.');
    desk.thread = id;
    desk.wire.tell({ kind: 'session', id });
    desk.waiting.unshift({ numbers: [], text: wordPrompt(desk.opening) });
    const isStopped = desk.stop?.goesOn === false;
    desk.stop = null;
    if (isStopped) end(desk, 'interrupted', INTERRUPTED);
    else pass(desk);
  });
}

const TOOL_SETTINGS = { default_tools_approval_mode: 'approve', tool_timeout_sec: TOOL_TIMEOUT_SECONDS };

/** Gives the agent what waits: with a turn of its own, or in the midst of the one under way. */
function pass(desk: Desk): void {
  const { thread, turn, waiting, opening } = desk;
  if (thread === null || waiting.length === 0) return;
  if (turn !== null && (!turn.isOpen || desk.stop !== null)) return;
  const key = give(desk);
  const common = { threadId: thread, clientUserMessageId: key, input: inputOf(desk.given.get(key)) };
  if (turn !== null) {
    desk.peer.request('turn/steer', { ...common, expectedTurnId: turn.id }, (answer) => {
      // It cannot be steered, most likely since it is over: what was said waits for the next one.
      if (!answer.ok && takeBack(desk, key) && desk.turn === turn) turn.isOpen = false;
    });
    return;
  }
  const next: Turn = { id: null, key, isOpen: false };
  desk.turn = next;
  const effort = opening.effort === null ? {} : { effort: opening.effort };
  desk.peer.request('turn/start', { ...common, ...effort }, (answer) => {
    if (desk.turn !== next) return;
    if (answer.ok) {
      const started = answer.result['turn'];
      next.id ??= isRecord(started) ? textOf(started['id']) : null;
      return;
    }
    desk.turn = null;
    desk.stop = null;
    takeBack(desk, key);
    const { fault, text } = readError(answer.error);
    end(desk, fault === 'api-error' ? 'protocol' : fault, text);
  });
}

/** Moves what waits to what is given, as one; gives the id it goes under. */
function give(desk: Desk): string {
  desk.count += 1;
  const key = `weft-${desk.count}`;
  desk.given.set(key, {
    numbers: desk.waiting.flatMap((words) => words.numbers),
    text: desk.waiting.map((words) => words.text).join('\n\n'),
  });
  desk.waiting = [];
  return key;
}

/** Moves what was given in vain back to what waits; false: it is not known as given any more. */
function takeBack(desk: Desk, key: string): boolean {
  const words = desk.given.get(key);
  if (words === undefined) return false;
  desk.given.delete(key);
  desk.waiting.unshift(words);
  return true;
}

function inputOf(words: Words | undefined): readonly Fields[] {
  return [{ type: 'text', text: words?.text ?? '', text_elements: [] }];
}

/** Says in the midst of the turn why something was refused; a turn that is over needs no reason. */
function explain(desk: Desk, reason: string): void {
  const { thread, turn } = desk;
  if (thread === null || turn === null || !turn.isOpen) return;
  const input = inputOf({ numbers: [], text: reason });
  desk.peer.request('turn/steer', { threadId: thread, expectedTurnId: turn.id, input }, () => undefined);
}

function halt({ thread, turn, peer }: Desk): void {
  if (thread === null || turn === null || turn.id === null) return;
  peer.request('turn/interrupt', { threadId: thread, turnId: turn.id }, () => undefined);
}

/** Takes what the agent reports. It may report on threads of its own helpers too: those are not our conversation. */
function take(desk: Desk, method: string, params: Fields): void {
  const { wire, approvals } = desk;
  const item = isRecord(params['item']) ? params['item'] : {};
  const isOurs = desk.thread !== null && params['threadId'] === desk.thread;
  switch (method) {
    case 'turn/started':
      return isOurs ? takeStart(desk, params['turn']) : undefined;
    case 'turn/completed':
      return isOurs ? takeEnd(desk, params['turn']) : undefined;
    case 'item/started': {
      approvals.note(item);
      if (isOurs && item['type'] === 'userMessage') return noteHeard(desk, textOf(item['clientId']));
      const news = readStart(item);
      return news === null ? undefined : wire.tell(news);
    }
    case 'item/fileChange/patchUpdated':
      return approvals.note({ type: 'fileChange', id: params['itemId'], changes: params['changes'] });
    case 'item/completed': {
      if (isOurs && item['type'] === 'agentMessage') desk.lastWords = cut(item['text']);
      const news = readOutcome(item);
      return news === null ? undefined : wire.tell(news);
    }
    case 'thread/tokenUsage/updated': {
      const spending = isOurs ? readSpending(params['tokenUsage']) : null;
      return spending === null ? undefined : wire.tell({ kind: 'spent', spending });
    }
    case 'account/rateLimits/updated':
      desk.resetMs = readReset(params['rateLimits'], desk.resetMs);
      return;
    case 'error':
      return params['willRetry'] === true ? takeRetry(desk, readError(params['error']).text) : undefined;
    case 'serverRequest/resolved': {
      const id = params['requestId'];
      return typeof id === 'string' || typeof id === 'number' ? approvals.withdraw(id) : undefined;
    }
    default:
      return;
  }
}

/** Who is not logged in tries for long, and does not say so by itself. */
function takeRetry(desk: Desk, text: string): void {
  desk.wire.tell({ kind: 'retries', text });
  if (desk.hasRetried) return;
  desk.hasRetried = true;
  desk.peer.request('account/read', { refreshToken: false }, (answer) => {
    if (!answer.ok || answer.result['account'] !== null || answer.result['requiresOpenaiAuth'] !== true)
      return;
    end(desk, 'login', 'It is not logged in.');
    halt(desk);
  });
}

function takeStart(desk: Desk, started: unknown): void {
  const id = isRecord(started) ? textOf(started['id']) : '';
  if (id === '') return;
  desk.turn ??= { id, key: null, isOpen: true };
  desk.turn.id = id;
  desk.turn.isOpen = true;
  if (desk.stop === null) pass(desk);
  else halt(desk);
}

function noteHeard(desk: Desk, key: string): void {
  const numbers = desk.given.get(key)?.numbers ?? [];
  desk.given.delete(key);
  for (const number of numbers) desk.wire.tell({ kind: 'heard', number });
}

function takeEnd(desk: Desk, completed: unknown): void {
  const turn: Fields = isRecord(completed) ? completed : {};
  const { turn: current, stop } = desk;
  if (current === null || (current.id !== null && current.id !== turn['id'])) return;
  desk.turn = null;
  desk.stop = null;
  desk.approvals.withdrawAll();
  const status = turn['status'];
  if (status === 'completed' && current.key !== null) noteHeard(desk, current.key);
  // What was given but is not in the conversation by now is lost to the agent, even where it had accepted it.
  for (const key of [...desk.given.keys()].reverse()) takeBack(desk, key);
  const goesOn = status === 'completed' || (status === 'interrupted' && stop?.goesOn === true);
  if (goesOn && desk.waiting.length > 0) return pass(desk);
  if (status === 'completed') return end(desk, null, readLastWords(turn) || desk.lastWords);
  if (status === 'interrupted') return end(desk, 'interrupted', INTERRUPTED);
  const { fault, text } = readError(turn['error']);
  end(desk, fault, text);
}

function end(desk: Desk, fault: Fault | null, text: string): void {
  const untilMs = desk.resetMs ?? readWait(text, Date.now());
  if (fault === 'limit') desk.wire.tell({ kind: 'limited', untilMs, text });
  desk.wire.tell({ kind: 'turn-over', fault, text });
}
