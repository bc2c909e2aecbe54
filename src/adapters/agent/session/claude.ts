// Claude Code, talked to in its stream of JSON lines both ways. Knows nothing of processes and of what weft decides.
import { isRecord, parseObject } from '../agent-text.ts';
import { type Approvals, createApprovals, type Request, WRITING_TOOLS } from './claude-approvals.ts';
import { createBill } from './claude-bill.ts';
import {
  describeCall,
  filesOf,
  hasPassed,
  readBlocks,
  readEnd,
  readFailures,
  wordsOf,
} from './claude-words.ts';
import type { Conversation, Opening, Protocol, Wire } from './conversation.ts';
import { type Fields, numberOf } from './fields.ts';

/** Makes the protocol of Claude Code; `program` is its executable. */
export function createClaude(options: { readonly program: string }): Protocol {
  return {
    launch: (opening) => ({
      argv: [options.program, ...argumentsOf(opening)],
      env: Object.fromEntries(
        Object.entries(opening.tools?.env ?? {}).map(([name, value]) => [`${OF_TOOLS}${name}`, value]),
      ),
    }),
    converse: (opening, wire) => converse(opening, wire),
  };
}

/** How variables of its tools begin in its own environment. */
const OF_TOOLS = 'WEFT_TOOL_';

function argumentsOf(opening: Opening): readonly string[] {
  const { resume, session, model, effort, mode, maxTurns, maxUsd, tools } = opening;
  return [
    '-p',
    '--verbose',
    ...['--input-format', 'stream-json'],
    ...['--output-format', 'stream-json'],
    '--replay-user-messages',
    ...['--permission-prompt-tool', 'stdio'],
    // what changes something is asked about, and answered at once: that is how the guard sees it first
    ...['--permission-mode', mode ?? 'default'],
    ...(resume === null ? ['--session-id', session] : ['--resume', resume]),
    ...(model === null ? [] : ['--model', model]),
    ...(effort === null ? [] : ['--effort', effort]),
    ...(maxTurns === null ? [] : ['--max-turns', String(maxTurns)]),
    ...(maxUsd === null ? [] : ['--max-budget-usd', String(maxUsd)]),
    ...(tools === null ? [] : ['--mcp-config', writeServers(tools), '--allowedTools', `mcp__${tools.name}`]),
  ];
}

/** Everybody on the machine sees command lines: what tools get in variables is only named there. */
function writeServers({ name, command, args, env }: NonNullable<Opening['tools']>): string {
  const named = Object.fromEntries(Object.keys(env).map((key) => [key, `\${${OF_TOOLS}${key}}`]));
  return JSON.stringify({ mcpServers: { [name]: { type: 'stdio', command, args, env: named } } });
}

type Hearers = Readonly<Record<string, (message: Fields) => void>>;

function converse(opening: Opening, wire: Wire): Conversation {
  const write = (message: Fields): void => wire.write(JSON.stringify(message));
  const respond = (id: string, response: Fields): void =>
    write({ type: 'control_response', response: { subtype: 'success', request_id: id, response } });
  const approvals = createApprovals(opening, wire.tell, respond);
  /** Numbers of messages by the id that they were sent under. */
  const sent = new Map<string, number>();
  let requests = 0;
  const control = (request: Fields): void => {
    requests += 1;
    write({ type: 'control_request', request_id: `weft-${requests}`, request });
  };
  const speak = (uuid: string, text: string): void => {
    const message = { role: 'user', content: [{ type: 'text', text }] };
    write({ type: 'user', uuid, session_id: opening.session, parent_tool_use_id: null, message });
  };
  const hearers: Hearers = {
    ...hearWork(wire, sent),
    control_request: (message) => {
      const id = wordsOf(message['request_id']);
      const request = isRecord(message['request']) ? message['request'] : {};
      if (request['subtype'] === 'can_use_tool') return approvals.consider(id, readRequest(request));
      if (request['subtype'] === 'hook_callback') return respond(id, judgeWrite(request, approvals));
      const error = 'weft does not do that';
      write({ type: 'control_response', response: { subtype: 'error', request_id: id, error } });
    },
    system: (message) => {
      hearSystem(message, wire);
      if (isHopeless(message)) {
        wire.tell({ kind: 'turn-over', fault: 'login', text: describeRefusal(message) });
        control({ subtype: 'interrupt' });
      }
    },
    control_cancel_request: (message) => approvals.withdraw(wordsOf(message['request_id'])),
  };
  return {
    begin: () => {
      control({ subtype: 'initialize', hooks: HOOKS });
      speak(opening.session, opening.prompt);
    },
    hear: (line) => {
      const message = parseObject(line);
      if (message === null) return;
      const type = wordsOf(message['type']);
      if (type === 'result') approvals.withdrawAll();
      if (Object.hasOwn(hearers, type)) hearers[type]?.(message);
    },
    say: ({ number, text }) => {
      const uuid = idOf(opening.session, number);
      sent.set(uuid, number);
      speak(uuid, text);
    },
    reply: approvals.reply,
    interrupt: () => control({ subtype: 'interrupt' }),
  };
}

/** What writes a file is looked at before any settings that may allow it. */
const HOOKS = { PreToolUse: [{ matcher: WRITING_TOOLS, hookCallbackIds: ['guard'] }] };

/** What a hook says to a call that writes; nothing: it goes its way. */
function judgeWrite({ input }: Fields, approvals: Approvals): Fields {
  const { tool_name: tool, tool_input: given } = isRecord(input) ? input : {};
  const reason = approvals.refusalOf({ tool: wordsOf(tool), input: isRecord(given) ? given : {} });
  if (reason === null) return {};
  const decision = { permissionDecision: 'deny', permissionDecisionReason: reason };
  return { hookSpecificOutput: { hookEventName: 'PreToolUse', ...decision } };
}

/** Calls under way that are remembered, so that a failure can be told with what failed. */
const MAX_CALLS = 1_000;

/** What it does, and what that costs. */
function hearWork(wire: Wire, sent: ReadonlyMap<string, number>): Hearers {
  const bill = createBill();
  const calls = new Map<string, string>();
  return {
    rate_limit_event: (message) => hearLimit(message, wire),
    assistant: (message) => {
      for (const { id, name, input, text } of readBlocks(message)) {
        if (name === null && text !== '') wire.tell({ kind: 'doing', text });
        if (name === null) continue;
        const call = describeCall({ tool: name, input });
        if (calls.size < MAX_CALLS) calls.set(id, call);
        wire.tell({ kind: 'doing', text: call, ...filesOf(input) });
      }
      if (bill.note(message)) wire.tell({ kind: 'spent', spending: bill.sum() });
    },
    user: (message) => {
      const number = sent.get(wordsOf(message['uuid']));
      if (number !== undefined) wire.tell({ kind: 'heard', number });
      for (const { call, text } of readFailures(message))
        wire.tell({ kind: 'failed-call', text: `${calls.get(call) ?? 'A call'} failed: ${text}` });
      if (hasPassed(message)) wire.tell({ kind: 'passed-call' });
    },
    result: (message) => {
      calls.clear();
      if (bill.close(message)) wire.tell({ kind: 'spent', spending: bill.sum() });
      wire.tell({ kind: 'turn-over', ...readEnd(message) });
    },
  };
}

function readRequest({ tool_name: tool, input, permission_suggestions: suggestions }: Fields): Request {
  return { tool: wordsOf(tool), input: isRecord(input) ? input : {}, suggestions };
}

/** Who is refused for the second time is let in by no third: it would be asked for minutes. */
function isHopeless({ subtype, attempt, error_status: status }: Fields): boolean {
  return subtype === 'api_retry' && (status === 401 || status === 403) && numberOf(attempt) >= 2;
}

function describeRefusal({ error_status: status }: Fields): string {
  return `Its model refuses it (status ${wordsOf(status)}): it is not logged in, or its key is not taken.`;
}

function hearSystem(message: Fields, wire: Wire): void {
  const { subtype, session_id: session } = message;
  if (subtype === 'init' && typeof session === 'string') wire.tell({ kind: 'session', id: session });
  if (subtype === 'api_retry') hearRetry(message, wire);
}

function hearRetry(message: Fields, wire: Wire): void {
  const { attempt, max_retries: most, error_status: status, error } = message;
  const why = typeof status === 'number' ? `status ${status}` : wordsOf(error) || 'no answer';
  wire.tell({
    kind: 'retries',
    text: `The model is asked again (${why}), ${numberOf(attempt)} of at most ${numberOf(most)} times.`,
  });
}

function hearLimit(message: Fields, wire: Wire): void {
  const info = message['rate_limit_info'];
  if (!isRecord(info) || info['status'] !== 'rejected') return;
  const { resetsAt, rateLimitType } = info;
  const untilMs = typeof resetsAt === 'number' ? resetsAt * 1_000 : null;
  wire.tell({ kind: 'limited', untilMs, text: `Its ${wordsOf(rateLimitType) || 'limit'} is used up.` });
}

/** A UUID for a message: that of the session with the number in its last digits. */
function idOf(session: string, number: number): string {
  const tail = number.toString(16).padStart(12, '0').slice(-12);
  return `${session.slice(0, 24)}${tail}`;
}
