// What Codex asks before it acts: answered at once where weft can, else put to people. Knows no transport and no turns.
import { isRecord } from '../agent-text.ts';
import { cut, readFiles } from './codex-words.ts';
import type { Ask, Opening, Reply, Wire } from './conversation.ts';
import { type Fields, listOf, textOf } from './fields.ts';
import type { RequestId } from './json-rpc.ts';
import { linesOf, placeIn, spellChange, wordProposal } from './proposal.ts';

/** What the desk may do. */
interface Means {
  readonly tell: Wire['tell'];
  respond(id: RequestId, result: Fields): void;
  /** Tells the agent why something was refused: its answers have no place for a reason. */
  explain(reason: string): void;
}

/** See the file's first line. */
export interface Approvals {
  /** False: that is no request that can be answered here. */
  consider(id: RequestId, method: string, params: Fields): boolean;
  /** Remembers which files a change is about: the request for its approval does not say. */
  note(item: Fields): void;
  reply(id: string, reply: Reply): void;
  /** The agent does not wait for it any more. */
  withdraw(id: RequestId): void;
  withdrawAll(): void;
}

/** One request in the forms it may take an answer. */
interface Request {
  readonly text: string;
  /** What exactly is asked for, in one written form. */
  readonly leave: string;
  /** Paths that would be written. */
  readonly paths: readonly string[];
  /** Why nobody can allow it; null: they can. */
  readonly obstacle: string | null;
  readonly allow: Fields;
  /** As `allow`, from now on. */
  readonly allowAlways: Fields;
  readonly refuse: Fields;
}

const LABELS = ['Allow it.', 'Allow it, and the like of it from now on.', 'Refuse it.'] as const;
const MAX_LABELS = 9;
const MAX_OPEN = 32;
/** Changes whose files are remembered: one is asked about right after it was announced. */
const MAX_CHANGES = 64;

/** Makes the desk of one conversation. */
export function createApprovals(
  opening: Pick<Opening, 'guard' | 'approvals' | 'worktree'>,
  means: Means,
): Approvals {
  const open = new Map<string, (reply: Reply) => void>();
  const changes = new Map<string, unknown>();

  const ask = (id: RequestId, of: Omit<Ask, 'id'>, answer: Settle): void => {
    open.set(String(id), (reply) => means.respond(id, answer(reply)));
    means.tell({ kind: 'asks', ask: { id: String(id), ...of } });
  };
  const decide = (id: RequestId, request: Request): void => {
    const refusal = findRefusal(request, opening.guard);
    if (refusal !== null || open.size >= MAX_OPEN) {
      // Before the answer: the agent then reads the reason together with the refusal.
      means.explain(refusal ?? 'Too much has been asked at a time.');
      return means.respond(id, request.refuse);
    }
    if (opening.approvals === 'auto') return means.respond(id, request.allow);
    ask(id, { text: request.text, labels: LABELS, leave: request.leave }, ({ choice, text }) => {
      if (choice === 0) return request.allow;
      if (choice === 1) return request.allowAlways;
      if (text !== '') means.explain(text);
      return request.refuse;
    });
  };
  const withdraw = (id: string): void => {
    if (open.delete(id)) means.tell({ kind: 'asks-no-more', id });
  };
  return {
    note: (item) => {
      if (item['type'] !== 'fileChange' || typeof item['id'] !== 'string') return;
      changes.delete(item['id']);
      changes.set(item['id'], item['changes']);
      const [oldest] = changes.keys();
      if (changes.size > MAX_CHANGES && oldest !== undefined) changes.delete(oldest);
    },
    consider: (id, method, params) => {
      if (method === 'item/tool/requestUserInput') {
        const questions = listOf(params['questions']).filter(isRecord);
        if (open.size >= MAX_OPEN || questions.length === 0) means.respond(id, { answers: {} });
        else ask(id, describeQuestions(questions), (reply) => answerQuestions(questions, reply));
        return true;
      }
      const request = readRequest(method, params, { changes, worktree: opening.worktree });
      if (request !== null) decide(id, request);
      return request !== null;
    },
    reply: (id, reply) => {
      const answer = open.get(id);
      open.delete(id);
      answer?.(reply);
    },
    withdraw: (id) => withdraw(String(id)),
    withdrawAll: () => {
      for (const id of [...open.keys()]) withdraw(id);
    },
  };
}

type Settle = (reply: Reply) => Fields;

function findRefusal({ paths, obstacle }: Request, guard: Opening['guard']): string | null {
  return obstacle ?? paths.map((path) => guard(path)).find((refusal) => refusal !== null) ?? null;
}

/** Understands a request for leave to do something; null: it is none. */
function readRequest(
  method: string,
  params: Fields,
  of: { readonly changes: ReadonlyMap<string, unknown>; readonly worktree: string },
): Request | null {
  const change = of.changes.get(textOf(params['itemId']));
  const leave = spell(method, params, change);
  switch (method) {
    case 'item/commandExecution/requestApproval':
      return {
        text: cut(`May it run this? ${textOf(params['command'])} ${textOf(params['reason'])}`),
        leave,
        paths: [],
        obstacle: null,
        ...DECISIONS,
      };
    case 'item/fileChange/requestApproval': {
      const paths = readFiles(change);
      return {
        text: describeChange(change, of.worktree),
        leave,
        paths,
        obstacle: paths.length === 0 ? 'It is not known which files this changes.' : null,
        ...DECISIONS,
      };
    }
    case 'item/permissions/requestApproval':
      return { ...readPermissions(params), leave };
    case 'mcpServer/elicitation/request':
      return { ...readToolCall(params), leave };
    default:
      return null;
  }
}

/** A change of files as people are asked about it. */
function describeChange(change: unknown, worktree: string): string {
  const places = readFiles(change).map((path) => placeIn(worktree, path));
  const lines = listOf(change)
    .filter(isRecord)
    .flatMap(({ kind, diff }) => {
      const type = isRecord(kind) ? kind['type'] : null;
      if (type === 'add') return spellChange('', textOf(diff));
      return type === 'delete' ? spellChange(textOf(diff), '') : linesOf(textOf(diff));
    });
  return cut(wordProposal(`May it change ${places.join(', ')}?`, lines));
}

/** All of a request but what names this one among others of the same, and the words that it gives for it. */
function spell(method: string, params: Fields, change: unknown): string {
  const {
    threadId: _t,
    turnId: _u,
    itemId: _i,
    approvalId: _a,
    startedAtMs: _s,
    reason: _r,
    ...exact
  } = params;
  return JSON.stringify([method, exact, change ?? null]);
}

const DECISIONS = {
  allow: { decision: 'accept' },
  allowAlways: { decision: 'acceptForSession' },
  refuse: { decision: 'decline' },
} as const;

function readPermissions(params: Fields): Omit<Request, 'leave'> {
  const wanted = isRecord(params['permissions']) ? params['permissions'] : {};
  const permissions = Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== null));
  const files = permissions['fileSystem'];
  const paths = isRecord(files) ? writtenPaths(files) : [];
  return {
    text: cut(`May it have more rights? ${textOf(params['reason'])} ${JSON.stringify(permissions)}`),
    paths: paths ?? [],
    obstacle: paths === null ? 'Only rights for single paths can be given.' : null,
    allow: { permissions, scope: 'turn' },
    allowAlways: { permissions, scope: 'session' },
    refuse: { permissions: {}, scope: 'turn' },
  };
}

/** The paths of a wish to write; null: one of them is a pattern, or a place with a name of its own. */
function writtenPaths(files: Fields): readonly string[] | null {
  const places = listOf(files['entries'])
    .filter((entry) => !isRecord(entry) || entry['access'] === 'write')
    .map((entry) => (isRecord(entry) && isRecord(entry['path']) ? entry['path']['path'] : null));
  const paths = [...listOf(files['write']), ...places];
  return paths.every((path) => typeof path === 'string') ? paths : null;
}

/** A call of somebody else's tool. A form is declined: nobody could fill it in. */
function readToolCall(params: Fields): Omit<Request, 'leave'> {
  const meta = isRecord(params['_meta']) ? params['_meta'] : {};
  const accept = { action: 'accept', content: {}, _meta: null };
  return {
    text: cut(params['message']),
    paths: [],
    obstacle: meta['codex_approval_kind'] === 'mcp_tool_call' ? null : 'Nobody is there to fill in a form.',
    allow: accept,
    allowAlways: { ...accept, _meta: { persist: 'session' } },
    refuse: { action: 'decline', content: null, _meta: null },
  };
}

function describeQuestions(questions: readonly Fields[]): { text: string; labels: readonly string[] } {
  const [first] = questions;
  if (first !== undefined && questions.length === 1) {
    return { text: cut(first['question']), labels: labelsOf(first) };
  }
  const lines = questions.map((each) => `${cut(each['question'])} (${labelsOf(each).join(' · ')})`);
  return { text: cut(lines.join('\n')), labels: [] };
}

function answerQuestions(questions: readonly Fields[], { choice, text }: Reply): Fields {
  const entries = questions.map((question) => {
    const label = choice === null ? undefined : labelsOf(question)[choice];
    return [textOf(question['id']), { answers: [label, text].filter((word) => word) }] as const;
  });
  return { answers: Object.fromEntries(entries) };
}

function labelsOf(question: Fields): readonly string[] {
  return listOf(question['options'])
    .filter(isRecord)
    .map((option) => cut(option['label']))
    .slice(0, MAX_LABELS);
}
