// Speaks with a Codex that has no app server: `codex exec --json`, one process for each turn. Keeps no timers.
//
// Less is possible than with the app server. What people say while a turn is under way waits for its end and is given to the
// next one, in the same thread. Codex asks nobody before it acts: what it may not write cannot be refused beforehand and is
// only found when its work is inspected, and where people want to be asked it is not started at all.
import { isRecord, parseObject } from '../agent-text.ts';
import { OPEN_SANDBOX, TOOL_TIMEOUT_SECONDS } from './codex.ts';
import { cut, readError, readOutcome, readStart, readWait, wordPrompt } from './codex-words.ts';
import type { Conversation, Fault, Opening, Protocol, Wire } from './conversation.ts';
import { type Fields, numberOf, textOf } from './fields.ts';
import { GONE, orderHalt, orderTurn } from './turns.ts';

const UNASKED =
  'This Codex has no app server, and without it nobody can be asked before it acts: update it, or set `approvals: auto`.';

/** What begins the command lines. */
interface Programs {
  /** The native program, not its launcher. */
  readonly program: string;
  /** Takes the turns as they are ordered. */
  readonly turns: readonly [string, ...string[]];
}

/** Makes the protocol of `codex exec`. */
export function createCodexExec(programs: Programs): Protocol {
  return {
    launch: ({ tools }) => ({ argv: programs.turns, env: tools?.env ?? {} }),
    converse: (opening, wire) => converse(programs.program, opening, wire),
  };
}

/** Words for the agent, and the numbers of the messages in them; the prompt has none. */
interface Words {
  readonly numbers: readonly number[];
  readonly text: string;
}

/** One process of Codex. */
interface Turn {
  /** What it was given, and has not begun to work on. */
  given: Words | null;
  /** How it ended by its own word; null: it has not said. */
  end: { readonly fault: Fault | null; readonly text: string } | null;
}

interface Desk {
  readonly program: string;
  readonly opening: Opening;
  readonly wire: Wire;
  /** Null: none that is known to be there. */
  thread: string | null;
  turn: Turn | null;
  waiting: Words[];
  isHalted: boolean;
  lastWords: string;
}

function converse(program: string, opening: Opening, wire: Wire): Conversation {
  const waiting = [{ numbers: [], text: wordPrompt(opening) }];
  const desk: Desk = {
    ...{ program, opening, wire, waiting },
    ...{ thread: null, turn: null, isHalted: false, lastWords: '' },
  };
  const canBegin = opening.approvals === 'auto';
  return {
    begin: () => {
      if (canBegin) pass(desk);
      else end(desk, 'protocol', UNASKED);
    },
    hear: (line) => {
      const event = parseObject(line);
      if (event !== null) take(desk, event);
    },
    say: ({ number, text }) => {
      desk.waiting.push({ numbers: [number], text });
      if (canBegin && desk.turn === null) pass(desk);
    },
    // it asks nothing
    reply: () => undefined,
    interrupt: () => {
      if (desk.turn === null) return;
      desk.isHalted = true;
      wire.write(orderHalt());
    },
  };
}

/** Starts a turn with all that waits. */
function pass(desk: Desk): void {
  const { program, opening, waiting, thread } = desk;
  const text = waiting.map((words) => words.text).join('\n\n');
  desk.turn = { given: { numbers: waiting.flatMap(({ numbers }) => numbers), text }, end: null };
  desk.waiting = [];
  desk.wire.write(
    orderTurn({ argv: [program, ...argumentsOf(opening, thread ?? opening.resume)], input: text }),
  );
}

function argumentsOf({ model, effort, mode, tools }: Opening, thread: string | null): readonly string[] {
  const settings = {
    approval_policy: 'never',
    sandbox_mode: mode ?? OPEN_SANDBOX,
    ...(model === null ? {} : { model }),
    ...(effort === null ? {} : { model_reasoning_effort: effort }),
  };
  return [
    ...['exec', '--json', '--skip-git-repo-check'],
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${JSON.stringify(value)}`]),
    ...(tools === null ? [] : writeServer(tools)),
    ...(thread === null ? [] : ['resume', thread]),
    '-',
  ];
}

/** Everybody on the machine sees command lines: what tools get in variables is only named there. */
function writeServer({ name, command, args, env }: NonNullable<Opening['tools']>): readonly string[] {
  const server = {
    command,
    args,
    env_vars: Object.keys(env),
    tool_timeout_sec: TOOL_TIMEOUT_SECONDS,
    default_tools_approval_mode: 'approve',
  };
  return Object.entries(server).flatMap(([key, value]) => [
    '-c',
    `mcp_servers.${name}.${key}=${JSON.stringify(value)}`,
  ]);
}

function take(desk: Desk, event: Fields): void {
  const { wire, turn } = desk;
  switch (event['type']) {
    case 'thread.started': {
      desk.thread = textOf(event['thread_id']) || desk.thread;
      return desk.thread === null ? undefined : wire.tell({ kind: 'session', id: desk.thread });
    }
    case 'turn.started': {
      const numbers = turn?.given?.numbers ?? [];
      if (turn !== null) turn.given = null;
      for (const number of numbers) wire.tell({ kind: 'heard', number });
      return;
    }
    case 'item.started':
    case 'item.completed':
      return takeItem(desk, event['type'], readItem(event['item']));
    case 'turn.completed': {
      if (turn !== null) turn.end = { fault: null, text: desk.lastWords };
      const usage = isRecord(event['usage']) ? event['usage'] : {};
      const [input, output] = [numberOf(usage['input_tokens']), numberOf(usage['output_tokens'])];
      return wire.tell({ kind: 'spent', spending: { input, output, usd: null } });
    }
    case 'turn.failed':
      if (turn !== null) turn.end = readError(event['error']);
      return;
    // it tries again, or says next that the turn has failed
    case 'error':
      return wire.tell({ kind: 'retries', text: readError(event).text });
    case GONE:
      return takeEnd(desk, event);
    default:
      return;
  }
}

function takeItem(desk: Desk, when: 'item.started' | 'item.completed', item: Fields): void {
  const isOver = when === 'item.completed';
  if (isOver && item['type'] === 'agentMessage') desk.lastWords = cut(item['text']);
  const news = isOver ? readOutcome(item) : readStart(item);
  if (news !== null) desk.wire.tell(news);
}

/** An item, named as the app server names it. */
function readItem(item: unknown): Fields {
  const fields = isRecord(item) ? item : {};
  const named = Object.entries(fields).map(([name, value]) => [toCamel(name), value]);
  return { ...Object.fromEntries(named), type: toCamel(textOf(fields['type'])) };
}

function toCamel(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** The process is gone. A first one that found no thread to go on with has begun nothing. */
function takeEnd(desk: Desk, { code, signal, error }: Fields): void {
  const { turn, opening } = desk;
  if (turn === null) return;
  desk.turn = null;
  if (desk.isHalted) return end(desk, 'interrupted', 'It was interrupted.');
  if (typeof error === 'string') return end(desk, 'missing', error);
  if (turn.end?.fault === null && desk.waiting.length > 0) return pass(desk);
  if (turn.end !== null) return end(desk, turn.end.fault, turn.end.text);
  const how = `It ended with ${textOf(signal) || numberOf(code)} in the midst of its turn.`;
  const foundNone = desk.thread === null && opening.resume !== null && typeof code === 'number';
  end(desk, foundNone ? 'no-session' : 'protocol', how);
}

function end(desk: Desk, fault: Fault | null, text: string): void {
  if (fault === 'limit') desk.wire.tell({ kind: 'limited', untilMs: readWait(text, Date.now()), text });
  desk.wire.tell({ kind: 'turn-over', fault, text });
}
