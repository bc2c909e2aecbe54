// Claude Code, talked to in its stream of JSON lines both ways. Knows nothing of processes and of what weft decides.
import { isRecord, parseObject } from '../agent-text.ts';
import { createApprovals, type Request } from './claude-approvals.ts';
import { createBill } from './claude-bill.ts';
import { describeCall, type Fields, filesOf, readBlocks, readEnd, readFailures } from './claude-words.ts';
import type { Conversation, Opening, Protocol, Wire } from './conversation.ts';

/** Makes the protocol of Claude Code; `program` is its executable. */
export function createClaude(options: { readonly program: string }): Protocol {
  return {
    launch: (opening) => ({ argv: [options.program, ...argumentsOf(opening)], env: {} }),
    converse: (opening, wire) => converse(opening, wire),
  };
}

function argumentsOf(opening: Opening): readonly string[] {
  const { resume, session, model, effort, mode, tools } = opening;
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
    ...(tools === null ? [] : ['--mcp-config', writeServers(tools), '--allowedTools', `mcp__${tools.name}`]),
  ];
}

function writeServers({ name, command, args, env }: NonNullable<Opening['tools']>): string {
  return JSON.stringify({ mcpServers: { [name]: { type: 'stdio', command, args, env } } });
}

type Hearers = Readonly<Record<string, (message: Fields) => void>>;

function converse(opening: Opening, wire: Wire): Conversation {
  const write = (message: Fields): void => wire.write(JSON.stringify(message));
  const approvals = createApprovals(opening, wire.tell, (id, response) =>
    write({ type: 'control_response', response: { subtype: 'success', request_id: id, response } }),
  );
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
      const id = String(message['request_id']);
      const request = readRequest(message);
      if (request !== null) return approvals.consider(id, request);
      const error = 'weft does not do that';
      write({ type: 'control_response', response: { subtype: 'error', request_id: id, error } });
    },
    control_cancel_request: (message) => approvals.withdraw(String(message['request_id'])),
  };
  return {
    begin: () => {
      control({ subtype: 'initialize', hooks: null });
      speak(opening.session, opening.prompt);
    },
    hear: (line) => {
      const message = parseObject(line);
      if (message === null) return;
      const type = String(message['type']);
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

/** What it does, and what that costs. */
function hearWork(wire: Wire, sent: ReadonlyMap<string, number>): Hearers {
  const bill = createBill();
  return {
    system: (message) => hearSystem(message, wire),
    rate_limit_event: (message) => hearLimit(message, wire),
    assistant: (message) => {
      for (const { name, input, text } of readBlocks(message)) {
        if (name !== null) wire.tell({ kind: 'doing', text: describeCall(name, input), ...filesOf(input) });
        else if (text !== '') wire.tell({ kind: 'doing', text });
      }
      if (bill.note(message)) wire.tell({ kind: 'spent', spending: bill.sum() });
    },
    user: (message) => {
      const number = sent.get(String(message['uuid']));
      if (number !== undefined) wire.tell({ kind: 'heard', number });
      for (const text of readFailures(message)) wire.tell({ kind: 'failed-call', text });
    },
    result: (message) => {
      if (bill.close(message)) wire.tell({ kind: 'spent', spending: bill.sum() });
      wire.tell({ kind: 'turn-over', ...readEnd(message) });
    },
  };
}

function readRequest({ request }: Fields): Request | null {
  if (!isRecord(request) || request['subtype'] !== 'can_use_tool') return null;
  const { tool_name: tool, input, permission_suggestions: suggestions } = request;
  return { tool: String(tool), input: isRecord(input) ? input : {}, suggestions };
}

function hearSystem(message: Fields, wire: Wire): void {
  const { subtype, session_id: session } = message;
  if (subtype === 'init' && typeof session === 'string') wire.tell({ kind: 'session', id: session });
  if (subtype !== 'api_retry') return;
  const { attempt, max_retries: most, error_status: status, error } = message;
  const why = typeof status === 'number' ? `status ${status}` : String(error ?? 'no answer');
  wire.tell({
    kind: 'retries',
    text: `The model is asked again (${why}), ${attempt} of at most ${most} times.`,
  });
}

function hearLimit(message: Fields, wire: Wire): void {
  const info = message['rate_limit_info'];
  if (!isRecord(info) || info['status'] !== 'rejected') return;
  const { resetsAt } = info;
  const untilMs = typeof resetsAt === 'number' ? resetsAt * 1_000 : null;
  wire.tell({
    kind: 'limited',
    untilMs,
    text: `Its ${String(info['rateLimitType'] ?? 'limit')} is used up.`,
  });
}

/** A UUID for a message: that of the session with the number in its last digits. */
function idOf(session: string, number: number): string {
  const tail = number.toString(16).padStart(12, '0').slice(-12);
  return `${session.slice(0, 24)}${tail}`;
}
