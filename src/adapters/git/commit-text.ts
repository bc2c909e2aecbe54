// Reads a commit's own text. Knows nothing of repositories.
import { type Oid, oid } from '../../core/model.ts';
import type { Person } from '../../ports/git.ts';

/** What a commit says of itself. */
export interface CommitText {
  readonly tree: Oid;
  readonly parents: readonly Oid[];
  readonly author: Person;
  /** Dates as git takes them: `@seconds zone`. */
  readonly date: { readonly author: string; readonly committer: string };
  readonly message: string;
}

const PERSON = /^(.*?) ?<([^>]*)> (\d+ [-+]\d{4})$/;

/** Parses the bytes of a commit; null when it is not in UTF-8 or not as git writes them: git itself has to be asked. */
export function parseCommit(bytes: Buffer): CommitText | null {
  const text = decode(bytes);
  const end = text?.indexOf('\n\n') ?? -1;
  if (text === null || end < 0) return null;
  const fields = text.slice(0, end).split('\n');
  const valuesOf = (name: string): readonly string[] =>
    fields.filter((field) => field.startsWith(`${name} `)).map((field) => field.slice(name.length + 1));
  const [tree] = valuesOf('tree');
  const author = PERSON.exec(valuesOf('author')[0] ?? '');
  const committer = PERSON.exec(valuesOf('committer')[0] ?? '');
  if (tree === undefined || author === null || committer === null || valuesOf('encoding').length > 0)
    return null;
  const [, name = '', email = '', authored = ''] = author;
  return {
    tree: oid(tree),
    parents: valuesOf('parent').map(oid),
    author: { name: name === '' ? 'unknown' : name, email },
    date: { author: `@${authored}`, committer: `@${committer[3] ?? ''}` },
    message: text.slice(end + 2),
  };
}

function decode(bytes: Buffer): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}
