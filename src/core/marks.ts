// The marks that git leaves in a text where two sides conflict. Knows no files.

/** One conflict: its lines before both, and on each side. */
export interface Hunk {
  readonly base: readonly string[];
  readonly ours: readonly string[];
  readonly theirs: readonly string[];
}

/** A merged text: what is clear in it, and the conflicts, each with how many of the clear lines are before it. */
export interface Marked {
  readonly clean: readonly string[];
  readonly hunks: readonly (Hunk & { readonly at: number })[];
}

/** How long marks are where weft has git leave them: no heading of a text is underlined like that by chance. */
export const MARK_SIZE = 31;
const LEAST_SIZE = 7;
const LONG = new RegExp(`^<{${MARK_SIZE},} `, 'm');

/** Takes the conflicts out of a text; the marks of one within another are longer. Where there are long marks, shorter ones are text. */
export function readMarks(text: string): Marked {
  const least = LONG.test(text) ? MARK_SIZE : LEAST_SIZE;
  const clean: string[] = [];
  const hunks: { at: number; base: string[]; ours: string[]; theirs: string[] }[] = [];
  let size = 0;
  let part: 'base' | 'ours' | 'theirs' = 'ours';
  for (const line of text.split('\n')) {
    const found = /^(<{7,}|\|{7,}|={7,}|>{7,})(?: |\r?$)/.exec(line)?.[1] ?? '';
    const mark = found.length < least ? '' : found;
    const hunk = size === 0 ? undefined : hunks.at(-1);
    if (hunk === undefined) {
      if (mark.startsWith('<')) {
        size = mark.length;
        part = 'ours';
        hunks.push({ at: clean.length, base: [], ours: [], theirs: [] });
      } else clean.push(line);
    } else if (mark.length !== size || mark.startsWith('<')) hunk[part].push(line);
    else if (mark.startsWith('>')) size = 0;
    else if (mark.startsWith('|') && part === 'ours') part = 'base';
    else if (mark.startsWith('=') && part !== 'theirs') part = 'theirs';
    else hunk[part].push(line);
  }
  return { clean, hunks };
}
