// What Claude Code asks before it acts: answered at once where weft can, else put to people. Knows no transport.

import { isRecord } from '../agent-text.ts';
import { describeCall, type Fields, labelsOf, listOf, readQuestions } from './claude-words.ts';
import type { Opening, Reply, Wire } from './conversation.ts';

/** Tools that write one file, and where their input names it. */
const WRITERS: ReadonlyMap<string, string> = new Map([
  ['Write', 'file_path'],
  ['Edit', 'file_path'],
  ['MultiEdit', 'file_path'],
  ['NotebookEdit', 'notebook_path'],
]);

/** What waits for an answer: what the agent wanted to do. */
export interface Request {
  readonly tool: string;
  readonly input: Fields;
  readonly suggestions: unknown;
}

/** See the file's first line. */
export interface Approvals {
  consider(id: string, request: Request): void;
  reply(id: string, reply: Reply): void;
  /** The agent does not wait for it any more. */
  withdraw(id: string): void;
  withdrawAll(): void;
}

/** Makes the desk of one conversation; `respond` gives the agent its answer. */
export function createApprovals(
  opening: Pick<Opening, 'guard' | 'approvals'>,
  tell: Wire['tell'],
  respond: (id: string, response: Fields) => void,
): Approvals {
  const open = new Map<string, Request>();
  const withdraw = (id: string): void => {
    if (open.delete(id)) tell({ kind: 'asks-no-more', id });
  };
  return {
    withdraw,
    withdrawAll: () => {
      for (const id of [...open.keys()]) withdraw(id);
    },
    consider: (id, request) => {
      const { tool, input } = request;
      if (tool === 'AskUserQuestion') {
        open.set(id, request);
        return tell({ kind: 'asks', ask: { id, ...readQuestions(input) } });
      }
      const path = input[WRITERS.get(tool) ?? ''];
      const refusal = typeof path === 'string' ? opening.guard(path) : null;
      if (refusal !== null) return respond(id, { behavior: 'deny', message: refusal, interrupt: false });
      if (opening.approvals === 'auto') return respond(id, { behavior: 'allow', updatedInput: input });
      open.set(id, request);
      tell({ kind: 'asks', ask: { id, text: `May it use ${describeCall(tool, input)}?`, labels: LABELS } });
    },
    reply: (id, reply) => {
      const request = open.get(id);
      if (request === undefined) return;
      open.delete(id);
      respond(id, request.tool === 'AskUserQuestion' ? answer(request, reply) : approve(request, reply));
    },
  };
}

const LABELS = ['Allow it.', 'Allow it, and the like of it from now on.', 'Refuse it.'] as const;

function approve({ input, suggestions }: Request, { choice, text }: Reply): Fields {
  if (choice === 0) return { behavior: 'allow', updatedInput: input };
  if (choice === 1) {
    const updatedPermissions = Array.isArray(suggestions) ? suggestions : [];
    return { behavior: 'allow', updatedInput: input, updatedPermissions };
  }
  const message = text === '' ? 'This was refused.' : text;
  return { behavior: 'deny', message, interrupt: false };
}

/** The chosen labels, or the words, as the answer to each of its questions. */
function answer({ input }: Request, { choice, text }: Reply): Fields {
  const questions = listOf(input['questions']).filter(isRecord);
  const [first] = questions;
  const label = choice === null ? undefined : labelsOf(first)[choice];
  const words = [label, text].filter((each) => each !== undefined && each !== '').join(': ');
  const answers = Object.fromEntries(questions.map(({ question }) => [String(question), words]));
  return { behavior: 'allow', updatedInput: { ...input, answers } };
}
