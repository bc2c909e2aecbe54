// Names that one side gave to things: a line of the other side that says the same with the new name has not vanished. Knows no
// files.

/** Names that a change took away for good, and names that it brought. */
export interface Renames {
  readonly gone: ReadonlySet<string>;
  readonly come: ReadonlySet<string>;
}

/** Finds the names that are in no file any more, and those that were in none; files as they were and as they became. */
export function findRenames(files: readonly { readonly before: string; readonly after: string }[]): Renames {
  const [before, after] = [new Set<string>(), new Set<string>()];
  for (const file of files) {
    for (const name of listNames(file.before)) before.add(name);
    for (const name of listNames(file.after)) after.add(name);
  }
  return {
    gone: new Set([...before].filter((name) => !after.has(name))),
    come: new Set([...after].filter((name) => !before.has(name))),
  };
}

/** Whether one of the lines is this one, letter by letter but for names that were given up, where there are new ones. */
export function isRenamed(line: string, made: readonly string[], renames: Renames): boolean {
  const words = listWords(line);
  if (!words.some((word) => renames.gone.has(word))) return false;
  return made.some((other) => {
    const there = listWords(other);
    return (
      there.length === words.length &&
      words.every((word, at) => {
        const is = there[at] ?? '';
        return word === is || (renames.gone.has(word) && renames.come.has(is));
      })
    );
  });
}

const NAME = /[\p{L}_$][\p{L}\p{N}_$]*/gu;

function listNames(text: string): readonly string[] {
  return text.match(NAME) ?? [];
}

/** Names, and what is between them but for white space. */
function listWords(line: string): readonly string[] {
  return line.match(/[\p{L}_$][\p{L}\p{N}_$]*|[^\s\p{L}_$]+/gu) ?? [];
}
