// What Claude Code asks before it acts: answered at once where weft can, else put to people. Knows no transport.
import { isRecord } from '../agent-text.ts';
import { describeCall, type Question, readQuestions } from './claude-words.ts';
import type { Opening, Reply, Wire } from './conversation.ts';
import { type Fields, listOf, textOf } from './fields.ts';
import { placeIn, spellChange, wordProposal } from './proposal.ts';

/** Tools that write one file, and where their input names it. */
const WRITERS: ReadonlyMap<string, string> = new Map([
  ['Write', 'file_path'],
  ['Edit', 'file_path'],
  ['MultiEdit', 'file_path'],
  ['NotebookEdit', 'notebook_path'],
]);

/** The tools that write files, as a pattern for hooks. */
export const WRITING_TOOLS: string = [...WRITERS.keys()].join('|');

/** What the agent wants to do. */
export interface Request {
  readonly tool: string;
  readonly input: Fields;
  readonly suggestions: unknown;
}

/** See the file's first line. */
export interface Approvals {
  /** Why the call must not happen; null: it may, as far as files are concerned. */
  refusalOf(request: Pick<Request, 'tool' | 'input'>): string | null;
  consider(id: string, request: Request): void;
  reply(ask: string, reply: Reply): void;
  /** The agent does not wait for it any more. */
  withdraw(id: string): void;
  withdrawAll(): void;
}

/** A request that waits for people. */
interface Waiting {
  readonly request: Request;
  /** Questions of the agent's; null: it wants leave. */
  readonly questions: readonly Question[] | null;
  /** Ids of what people are asked, one for each question. */
  readonly asks: readonly string[];
  readonly replies: Map<string, Reply>;
}

/** Makes the desk of one conversation; `respond` gives the agent its answer. */
export function createApprovals(
  opening: Pick<Opening, 'guard' | 'approvals' | 'worktree'>,
  tell: Wire['tell'],
  respond: (id: string, response: Fields) => void,
): Approvals {
  const open = new Map<string, Waiting>();
  const refusalOf: Approvals['refusalOf'] = ({ tool, input }) => {
    const path = input[WRITERS.get(tool) ?? ''];
    return typeof path === 'string' ? opening.guard(path) : null;
  };
  const put = (id: string, request: Request, questions: readonly Question[] | null): void => {
    const texts = questions ?? [{ text: describe(request, opening.worktree), labels: LABELS }];
    const asks = texts.length === 1 ? [id] : texts.map((_, at) => `${id}/${at + 1}`);
    open.set(id, { request, questions, asks, replies: new Map() });
    const leave = questions === null ? { leave: spell(request) } : {};
    for (const [at, { text, labels }] of texts.entries())
      tell({ kind: 'asks', ask: { id: asks[at] ?? id, text, labels, ...leave } });
  };
  const withdraw = (id: string): void => {
    const waiting = open.get(id);
    open.delete(id);
    for (const ask of waiting?.asks ?? [])
      if (waiting?.replies.has(ask) === false) tell({ kind: 'asks-no-more', id: ask });
  };
  return {
    refusalOf,
    withdraw,
    withdrawAll: () => {
      for (const id of [...open.keys()]) withdraw(id);
    },
    consider: (id, request) => {
      const { tool, input } = request;
      if (tool === 'AskUserQuestion') return put(id, request, readQuestions(input));
      const message = refusalOf(request);
      if (message !== null) return respond(id, { behavior: 'deny', message, interrupt: false });
      if (opening.approvals === 'auto') return respond(id, { behavior: 'allow', updatedInput: input });
      put(id, request, null);
    },
    reply: (ask, reply) => {
      for (const [id, { request, questions, asks, replies }] of open) {
        if (!asks.includes(ask)) continue;
        replies.set(ask, reply);
        if (replies.size < asks.length) return;
        open.delete(id);
        const all = asks.map((each) => replies.get(each) ?? reply);
        respond(id, questions === null ? approve(request, reply) : answer(request, questions, all));
      }
    },
  };
}

/** The call as people are asked about it. */
function describe({ tool, input }: Request, worktree: string): string {
  const field = WRITERS.get(tool) ?? '';
  const path = input[field];
  const named = typeof path === 'string' ? { ...input, [field]: placeIn(worktree, path) } : input;
  return wordProposal(`May it use ${describeCall({ tool, input: named })}?`, readChange(input));
}

/** What a call that writes would change, as far as it says. */
function readChange(input: Fields): readonly string[] {
  const edits = [input, ...listOf(input['edits']).filter(isRecord)];
  return edits.flatMap(({ old_string: before, new_string: after, content, new_source: source }) =>
    spellChange(textOf(before), textOf(content) || textOf(source) || textOf(after)),
  );
}

/** Exactly what it wants to do. What it says of a command beside the command itself changes from time to time, and nothing. */
function spell({ tool, input }: Request): string {
  const { description: _, ...rest } = input;
  return JSON.stringify([tool, tool === 'Bash' ? rest : input]);
}

const LABELS = ['Allow it.', 'Allow it, and the like of it from now on.', 'Refuse it.'] as const;

function approve({ input, suggestions }: Request, { choice, text }: Reply): Fields {
  if (choice === 0) return { behavior: 'allow', updatedInput: input };
  if (choice === 1) {
    // as it proposes them, rules would be written down among the files of the task
    const updatedPermissions = listOf(suggestions)
      .filter(isRecord)
      .map((each) => ({ ...each, destination: 'session' }));
    return { behavior: 'allow', updatedInput: input, updatedPermissions };
  }
  const message = text === '' ? 'This was refused.' : text;
  return { behavior: 'deny', message, interrupt: false };
}

/** To each of its questions the chosen label, or the words. */
function answer({ input }: Request, questions: readonly Question[], replies: readonly Reply[]): Fields {
  const answers = questions.map(({ key, labels }, at) => {
    const { choice = null, text = '' } = replies[at] ?? {};
    const words = [choice === null ? '' : (labels[choice] ?? ''), text];
    return [key, words.filter((each) => each !== '').join(': ')] as const;
  });
  return { behavior: 'allow', updatedInput: { ...input, answers: Object.fromEntries(answers) } };
}
