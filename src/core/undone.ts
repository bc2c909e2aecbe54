// What somebody put back of a side's change that no line shows: modes, moves, empty files, other repositories. Compares files as
// wholes and reads none.

/** A file as it is in a tree: its mode, and the name of its content. */
export interface Entry {
  readonly mode: string;
  readonly content: string;
}

/** What becomes of a file between two trees; null: it is not there. */
export interface Change {
  readonly path: string;
  readonly before: Entry | null;
  readonly after: Entry | null;
}

/** A file of which a side's change is gone as a whole. */
export interface Undone {
  readonly path: string;
  /** `content` is as it was before the side; `mode` too; `gone` and `back` are files that the side brought or took away. */
  readonly what: 'content' | 'mode' | 'gone' | 'back';
}

/**
 * Lists what of a side's changes was put back `beside`, that is after the sides were merged. A file that went elsewhere, with
 * the content that the side gave it, is not gone.
 */
export function findUndone(of: {
  readonly side: readonly Change[];
  readonly beside: readonly Change[];
}): readonly Undone[] {
  const later = new Map(of.beside.map((change) => [change.path, change]));
  const taken = new Map(of.side.map(({ path, before }) => [path, before?.content]));
  // where the old name is back, the file did not go on to a new one
  const arrived = countContents(
    of.beside.flatMap(({ path, before, after }) =>
      before === null && after !== null && taken.get(path) !== after.content ? [after.content] : [],
    ),
  );
  return of.side.flatMap(({ path, before, after }): Undone[] => {
    const beside = later.get(path);
    if (beside === undefined) return [];
    const is = beside.after;
    if (before === null) {
      if (is !== null || after === null || takeOne(arrived, after.content)) return [];
      return [{ path, what: 'gone' }];
    }
    if (is === null) return [];
    if (after === null) return is.content === before.content ? [{ path, what: 'back' }] : [];
    if (is.content === before.content && after.content !== before.content) return [{ path, what: 'content' }];
    return is.mode === before.mode && after.mode !== before.mode ? [{ path, what: 'mode' }] : [];
  });
}

function countContents(contents: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const content of contents) counts.set(content, (counts.get(content) ?? 0) + 1);
  return counts;
}

function takeOne(counts: Map<string, number>, content: string): boolean {
  const left = counts.get(content) ?? 0;
  counts.set(content, left - 1);
  return left > 0;
}
