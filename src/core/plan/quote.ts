// Shows text from outside inside a sentence. Knows nothing of where the sentence is printed.

const MAX_SHOWN = 80;
// Controls, direction marks, lone surrogates, unassigned characters and line separators.
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/gu;

/** Puts text between double quotes, cut to 80 characters, with everything unprintable written as an escape. */
export function quote(text: string): string {
  const cut = text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
  return `"${escapeUnprintable(cut.replaceAll('\\', '\\\\').replaceAll('"', '\\"'))}"`;
}

/** Writes everything unprintable as an escape such as `\u001b`. */
export function escapeUnprintable(text: string): string {
  return text.replace(UNPRINTABLE, (glyph) =>
    Array.from(
      { length: glyph.length },
      (_, at) => `\\u${glyph.charCodeAt(at).toString(16).padStart(4, '0')}`,
    ).join(''),
  );
}

/** Tells whether text has a character that cannot be printed. */
export function hasUnprintable(text: string): boolean {
  return text.search(UNPRINTABLE) >= 0;
}

/** Lists names in a sentence: `"a", "b" and 3 more`. */
export function quoteList(names: readonly string[], most = 10): string {
  const shown = names.slice(0, most).map(quote);
  const hidden = names.length - shown.length;
  if (hidden > 0) return `${shown.join(', ')} and ${hidden} more`;
  return shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`;
}
