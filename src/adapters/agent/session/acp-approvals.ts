// What agents of the Agent Client Protocol ask before they act: answered at once where weft can, else put to people.
// Knows no transport and no turns.
import { isRecord } from '../agent-text.ts';
import { type Call, cut } from './acp-words.ts';
import type { Opening, Reply, Wire } from './conversation.ts';
import { type Fields, listOf, textOf } from './fields.ts';
import type { RequestId } from './json-rpc.ts';
import { placeIn, spellChange, wordProposal } from './proposal.ts';

/** What the desk may do. */
interface Means {
  readonly tell: Wire['tell'];
  respond(id: RequestId, result: Fields): void;
  /** Tells the agent why something was refused: its answers have no place for a reason. */
  explain(reason: string): void;
}

/** See the file's first line. */
export interface Approvals {
  consider(id: RequestId, call: Call, options: unknown): void;
  reply(id: string, reply: Reply): void;
  /** Answers everything that is open by saying that it came to nothing. */
  cancelAll(): void;
}

interface Option {
  readonly id: string;
  readonly name: string;
  readonly kind: string;
}

interface Open {
  readonly id: RequestId;
  readonly options: readonly Option[];
}

const MAX_OPEN = 32;
const MAX_OPTIONS = 9;
const CANCELLED = { outcome: { outcome: 'cancelled' } } as const;

/** Makes the desk of one conversation. */
export function createApprovals(
  opening: Pick<Opening, 'guard' | 'approvals' | 'worktree'>,
  means: Means,
): Approvals {
  const open = new Map<string, Open>();
  const choose = (id: RequestId, options: readonly Option[], kinds: readonly string[]): void => {
    const found = kinds.map((kind) => options.find((option) => option.kind === kind)).find(Boolean);
    means.respond(id, found === undefined ? CANCELLED : select(found));
  };
  return {
    consider: (id, call, offered) => {
      const options = keepAsking(readOptions(offered));
      const refusal = call.written.map((path) => opening.guard(path)).find((reason) => reason !== null);
      if (typeof refusal === 'string') {
        means.explain(refusal);
        return choose(id, options, REFUSING);
      }
      if (opening.approvals === 'auto') return choose(id, options, ALLOWING);
      if (open.size >= MAX_OPEN || options.length === 0) return choose(id, options, REFUSING);
      open.set(String(id), { id, options });
      const text = cut(describe(call, opening.worktree));
      const labels = options.map(({ name }) => name);
      means.tell({ kind: 'asks', ask: { id: String(id), text, labels, ...spell(call) } });
    },
    reply: (key, { choice, text }) => {
      const request = open.get(key);
      if (request === undefined) return;
      open.delete(key);
      if (text !== '') means.explain(text);
      const chosen = choice === null ? undefined : request.options[choice];
      if (chosen === undefined) choose(request.id, request.options, REFUSING);
      else means.respond(request.id, select(chosen));
    },
    cancelAll: () => {
      for (const [key, { id }] of open) {
        means.respond(id, CANCELLED);
        means.tell({ kind: 'asks-no-more', id: key });
      }
      open.clear();
    },
  };
}

/** The call as people are asked about it. */
function describe({ title, files, diffs }: Call, worktree: string): string {
  const places = files.map((path) => placeIn(worktree, path));
  const lines = diffs
    .filter(isRecord)
    .flatMap(({ oldText, newText }) => spellChange(textOf(oldText), textOf(newText)));
  return wordProposal(`May it do this? ${[title, ...places].join(' ')}`, lines);
}

/** What exactly it wants to do; a title alone says too little of that. */
function spell({ title, kind, files, input, diffs }: Call): { readonly leave?: string } {
  return input === null && diffs.length === 0
    ? {}
    : { leave: JSON.stringify([title, kind, files, input, diffs]) };
}

/** What is allowed for good is not asked about, and so not looked at, any more: that is offered where nothing else is. */
function keepAsking(options: readonly Option[]): readonly Option[] {
  if (!options.some(({ kind }) => kind === 'allow_once')) return options;
  return options.filter(({ kind }) => kind !== 'allow_always');
}

/** Once before for good. */
const ALLOWING = ['allow_once', 'allow_always'] as const;
const REFUSING = ['reject_once', 'reject_always'] as const;

function select(option: Option): Fields {
  return { outcome: { outcome: 'selected', optionId: option.id } };
}

function readOptions(offered: unknown): readonly Option[] {
  return listOf(offered)
    .filter(isRecord)
    .map(({ optionId, name, kind }) => ({
      id: textOf(optionId),
      name: cut(name) || textOf(optionId),
      kind: textOf(kind),
    }))
    .filter(({ id }) => id !== '')
    .slice(0, MAX_OPTIONS);
}
