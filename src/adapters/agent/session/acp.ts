// Speaks the Agent Client Protocol, version 1, with any agent that knows it: sessions and turns. Keeps no timers.
import { isRecord } from '../agent-text.ts';
import { type Approvals, createApprovals } from './acp-approvals.ts';
import { findSettings } from './acp-settings.ts';
import {
  type Call,
  cut,
  readCall,
  readCost,
  readFailure,
  readRefusal,
  readStop,
  readText,
  readUsage,
} from './acp-words.ts';
import type { Conversation, Fault, Opening, Protocol, Spending, Wire } from './conversation.ts';
import { type Fields, textOf } from './fields.ts';
import { type Answer, createPeer, METHOD_NOT_FOUND, type Peer } from './json-rpc.ts';

/** How to start an agent that speaks the protocol. */
export interface AcpAgent {
  readonly command: string;
  readonly args: readonly string[];
  /** The mode that suits work without anybody watching; absent: the one it begins with. */
  readonly mode?: string;
}

/** An agent that is known. */
export interface AcpPreset extends AcpAgent {
  /** Variables that make it ask before it acts, by whom it asks. */
  readonly env?: Readonly<Record<Opening['approvals'], Readonly<Record<string, string>>>>;
}

/** Agents that are known to speak it, by their names. In the modes given here they ask before they act, where they can. */
export const ACP_PRESETS: Readonly<Record<string, AcpPreset>> = {
  gemini: { command: 'gemini', args: ['--acp'] },
  qwen: { command: 'qwen', args: ['--acp'] },
  // Of itself it asks nothing. Commands are left as its own configuration has them, where nobody is asked about them.
  opencode: {
    command: 'opencode',
    args: ['acp'],
    env: {
      auto: { OPENCODE_PERMISSION: '{"edit":"ask"}' },
      ask: { OPENCODE_PERMISSION: '{"edit":"ask","bash":"ask"}' },
    },
  },
  copilot: { command: 'copilot', args: ['--acp'] },
  'claude-agent-acp': { command: 'claude-agent-acp', args: [] },
  // Its other modes keep git's folder closed to the agent, which then cannot commit.
  'codex-acp': { command: 'codex-acp', args: [], mode: 'agent-full-access' },
};

/** What these call the use of the session, as the protocol has it, is that of one turn. */
const COUNTING_BY_TURN: ReadonlySet<string> = new Set([
  '@agentclientprotocol/claude-agent-acp',
  '@agentclientprotocol/codex-acp',
  'OpenCode',
]);

/** What a session is told again with. */
const RETELLING: ReadonlySet<string> = new Set(['user_message_chunk', 'agent_message_chunk']);

const VERSION = 1;
/** Tool calls that are remembered: parts of one come soon after another. */
const MAX_CALLS = 256;
/** Turns in a row that are begun to say why something was refused; who does not take it in by then is left alone. */
const MAX_EXPLAINED = 5;
/** Words of one message that are kept. */
const MAX_WORDS_CHARS = 16_000;

/** Makes the protocol of one agent. */
export function createAcp(agent: AcpAgent): Protocol {
  return {
    launch: () => ({ argv: [agent.command, ...agent.args], env: {} }),
    converse: (opening, wire) =>
      createConversation({ ...opening, mode: opening.mode ?? agent.mode ?? null }, wire),
  };
}

/** Words for the agent; without a number they are not a person's. */
interface Words {
  readonly number: number | null;
  readonly text: string;
}

interface Desk {
  readonly opening: Opening;
  readonly wire: Wire;
  readonly peer: Peer;
  readonly approvals: Approvals;
  /** Null: it is not open yet, and what comes until then is a story of old. */
  session: string | null;
  /** Something of that story was told. */
  isRetold: boolean;
  isInTurn: boolean;
  waiting: Words[];
  /** The turn is to be stopped; `goesOn`: something was said since. */
  stop: { goesOn: boolean } | null;
  /** Turns since anybody said something: all but the first begin with why something was refused. */
  explained: number;
  readonly calls: Map<string, Call>;
  /** The message that is on its way, and the last whole one. */
  words: string;
  lastWords: string;
  spending: Spending;
  /** What it says that it has used is of one turn alone, and not of the session so far. */
  countsByTurn: boolean;
}

function createConversation(opening: Opening, wire: Wire): Conversation {
  const peer: Peer = createPeer((line) => wire.write(line), {
    request: (id, method, params) => {
      if (method !== 'session/request_permission') return false;
      if (desk.session === null || !desk.isInTurn || desk.stop !== null) {
        peer.respond(id, { outcome: { outcome: 'cancelled' } });
        return true;
      }
      const part = isRecord(params['toolCall']) ? params['toolCall'] : {};
      approvals.consider(id, takeCall(desk, part), params['options']);
      return true;
    },
    notification: (method, params) => {
      if (method !== 'session/update' || !isRecord(params['update'])) return;
      if (desk.session !== null) takeUpdate(desk, params['update']);
      else desk.isRetold ||= RETELLING.has(textOf(params['update']['sessionUpdate']));
    },
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
    session: null,
    isRetold: false,
    isInTurn: false,
    waiting: [],
    stop: null,
    explained: 0,
    calls: new Map(),
    words: '',
    lastWords: '',
    spending: { input: 0, output: 0, usd: null },
    countsByTurn: false,
  };
  return {
    begin: () => begin(desk),
    hear: (line) => peer.hear(line),
    say: (message) => {
      desk.waiting.push(message);
      if (desk.stop !== null) desk.stop.goesOn = true;
      pass(desk);
    },
    reply: (id, reply) => approvals.reply(id, reply),
    interrupt: () => {
      if (desk.session !== null && !desk.isInTurn) return;
      desk.stop ??= { goesOn: false };
      if (desk.session === null) return;
      peer.notify('session/cancel', { sessionId: desk.session });
      approvals.cancelAll();
    },
  };
}

function begin(desk: Desk): void {
  // Files and terminals stay with the agent: it works in a worktree on this machine, as we would.
  const clientCapabilities = { fs: { readTextFile: false, writeTextFile: false }, terminal: false };
  const clientInfo = { name: 'weft', title: 'weft', version: '1' };
  desk.peer.request('initialize', { protocolVersion: VERSION, clientCapabilities, clientInfo }, (answer) => {
    if (!answer.ok) return fail(desk, answer, 'protocol');
    const { protocolVersion, agentCapabilities, agentInfo } = answer.result;
    desk.countsByTurn = isRecord(agentInfo) && COUNTING_BY_TURN.has(textOf(agentInfo['name']));
    if (protocolVersion !== VERSION) {
      return end(
        desk,
        'protocol',
        `It speaks version ${String(protocolVersion)} of the protocol, not ${VERSION}.`,
      );
    }
    openSession(desk, isRecord(agentCapabilities) ? agentCapabilities : {});
  });
}

function openSession(desk: Desk, able: Fields): void {
  const { worktree, resume, tools } = desk.opening;
  const mcpServers = tools === null ? [] : [{ ...tools, env: entriesOf(tools.env) }];
  const place = { cwd: worktree, mcpServers };
  const [method, ...others] = resume === null ? [] : findResuming(able);
  if (resume === null || method === undefined) {
    return desk.peer.request('session/new', place, (answer) => {
      if (!answer.ok) return fail(desk, answer, 'protocol');
      settle(desk, textOf(answer.result['sessionId']), answer.result);
    });
  }
  const goOn = (by: string, left: readonly string[]): void =>
    desk.peer.request(by, { ...place, sessionId: resume }, (answer) => {
      const [next, ...rest] = left;
      // some open a new one under the old id, which knows nothing of what was said
      const isNew = by === 'session/load' && !desk.isRetold;
      if (answer.ok && isNew) end(desk, 'no-session', 'It has nothing of that session to tell.');
      else if (answer.ok) settle(desk, resume, answer.result);
      else if (answer.error.code === METHOD_NOT_FOUND && next !== undefined) goOn(next, rest);
      else fail(desk, answer, 'no-session');
    });
  goOn(method, others);
}

/** How a session may be gone on with: without telling it all again first, which some only say that they can. */
function findResuming({ loadSession, sessionCapabilities }: Fields): readonly string[] {
  const resumes = isRecord(sessionCapabilities) && isRecord(sessionCapabilities['resume']);
  return [...(resumes ? ['session/resume'] : []), ...(loadSession === true ? ['session/load'] : [])];
}

function entriesOf(env: Readonly<Record<string, string>>): readonly Fields[] {
  return Object.entries(env).map(([name, value]) => ({ name, value }));
}

/** Brings the session to what is wanted, one request after the other, and begins the first turn. */
function settle(desk: Desk, id: string, opened: Fields): void {
  if (id === '') return end(desk, 'protocol', 'It opened a session without an id.');
  const left = [...findSettings(opened, desk.opening)];
  const next = (): void => {
    const setting = left.shift();
    if (setting === undefined) return start(desk, id);
    const { what, method, params } = setting;
    if (method === null) return end(desk, 'protocol', `It has no setting for the ${what}.`);
    desk.peer.request(method, { ...params, sessionId: id }, (answer) => {
      if (answer.ok) next();
      else fail(desk, answer, 'protocol');
    });
  };
  next();
}

function start(desk: Desk, id: string): void {
  desk.session = id;
  desk.wire.tell({ kind: 'session', id });
  desk.waiting.unshift({ number: null, text: desk.opening.prompt });
  const isStopped = desk.stop?.goesOn === false;
  desk.stop = null;
  if (isStopped) end(desk, 'interrupted', readStop('cancelled').text);
  else pass(desk);
}

/** Gives the agent all that waits, as one prompt, unless a turn is under way. */
function pass(desk: Desk): void {
  const { session, waiting } = desk;
  if (session === null || desk.isInTurn || waiting.length === 0) return;
  desk.waiting = [];
  desk.isInTurn = true;
  desk.words = '';
  desk.lastWords = '';
  desk.explained = waiting.some(({ number }) => number !== null) ? 0 : desk.explained + 1;
  const text = waiting.map((words) => words.text).join('\n\n');
  desk.peer.request('session/prompt', { sessionId: session, prompt: [{ type: 'text', text }] }, (answer) =>
    takeEnd(desk, answer),
  );
  for (const { number } of waiting) {
    if (number !== null) desk.wire.tell({ kind: 'heard', number });
  }
}

/** Keeps a reason for the next prompt: the protocol has no place for it, and no way into the midst of a turn. */
function explain(desk: Desk, reason: string): void {
  if (desk.explained > MAX_EXPLAINED) return;
  if (desk.waiting.some(({ text }) => text === reason)) return;
  desk.waiting.push({ number: null, text: reason });
}

function takeUpdate(desk: Desk, update: Fields): void {
  switch (update['sessionUpdate']) {
    case 'agent_message_chunk':
      desk.words = `${desk.words}${readText(update['content'])}`.slice(0, MAX_WORDS_CHARS);
      return;
    case 'tool_call':
    case 'tool_call_update':
      takeCall(desk, update);
      return;
    case 'usage_update': {
      const usd = readCost(update['cost']);
      if (usd !== null) spend(desk, { ...desk.spending, usd });
      return;
    }
    default:
      return;
  }
}

/** Adds what is said of a call to what is known of it, and tells what is new about it. */
function takeCall(desk: Desk, part: Fields): Call {
  flush(desk);
  const { calls, wire } = desk;
  const id = textOf(part['toolCallId']);
  const before = calls.get(id);
  const call = readCall(part, before);
  calls.delete(id);
  calls.set(id, call);
  const [oldest] = calls.keys();
  if (calls.size > MAX_CALLS && oldest !== undefined) calls.delete(oldest);
  if (part['status'] === 'completed') wire.tell({ kind: 'passed-call' });
  if (part['status'] === 'failed') wire.tell({ kind: 'failed-call', text: readFailure(part, call) });
  else if (call.title !== before?.title || call.files.length > before.files.length) {
    wire.tell({ kind: 'doing', text: call.title, ...(call.files.length > 0 ? { files: call.files } : {}) });
  }
  return call;
}

/** Tells the message that is on its way: it comes in pieces, and something else begins now. */
function flush(desk: Desk): void {
  const words = desk.words.trim();
  desk.words = '';
  if (words === '') return;
  desk.lastWords = words;
  desk.wire.tell({ kind: 'doing', text: cut(words) });
}

function spend(desk: Desk, spending: Spending): void {
  desk.spending = spending;
  desk.wire.tell({ kind: 'spent', spending });
}

function takeEnd(desk: Desk, answer: Answer): void {
  flush(desk);
  desk.isInTurn = false;
  const { stop } = desk;
  desk.stop = null;
  desk.approvals.cancelAll();
  if (!answer.ok && stop === null) return fail(desk, answer, 'api-error');
  const used = answer.ok ? readUsage(answer.result, desk) : null;
  if (used !== null) spend(desk, { ...desk.spending, ...used });
  const { fault, text } = readStop(answer.ok ? answer.result['stopReason'] : 'cancelled');
  // Some end their turn when they are refused something: they learn why, and go on.
  const goesOn = stop?.goesOn ?? true;
  if (goesOn && (fault === null || fault === 'interrupted') && desk.waiting.length > 0) return pass(desk);
  end(desk, fault, fault === null ? cut(desk.lastWords) : text);
}

function fail(desk: Desk, answer: Answer & { readonly ok: false }, otherwise: Fault): void {
  const { fault, text } = readRefusal(answer.error, otherwise);
  end(desk, fault, text);
}

function end(desk: Desk, fault: Fault | null, text: string): void {
  if (fault === 'limit') desk.wire.tell({ kind: 'limited', untilMs: null, text });
  desk.wire.tell({ kind: 'turn-over', fault, text });
}
