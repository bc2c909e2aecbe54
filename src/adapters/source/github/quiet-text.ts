// Tells what a Markdown text says from what it does not: code, quotations, and what people are not shown. Knows no issue.

/** Which parts are blanked. */
export type Part = 'fences' | 'quotes' | 'comments' | 'code-spans';

const FENCE = /^ {0,3}(?<marks>`{3,}|~{3,})(?<info>[^\n]*)$/;
/**
 * Comments, wherever they are: what is code, and shown, depends on more of the text than is worth knowing here. One that
 * is not ended hides the rest only where a block begins with it.
 */
const COMMENT = /<!--[\s\S]*?-->|^[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+){0,5}<!--[\s\S]*/gm;
/** A definition that leads nowhere and is not shown: `[//]: # (some text)`. */
const NOWHERE = /^ {0,3}\[[^\]\n]{1,99}\]:[ \t]*(?:#|<>)[ \t]*["'(][^\n]*$/gm;
const CODE_SPAN = /(?<marks>`+)(?!`)[^\n]*?(?<!`)\k<marks>(?!`)/g;

/** A text with spaces in place of these parts; line ends stay. */
export function blank(text: string, parts: readonly Part[]): string {
  const wanted = new Set(parts);
  let quiet = wanted.has('comments') ? text.replace(COMMENT, erase) : text;
  if (wanted.has('fences') || wanted.has('quotes')) quiet = blankLines(quiet, wanted);
  if (wanted.has('code-spans')) quiet = quiet.replace(CODE_SPAN, erase);
  return quiet;
}

/** A text without what GitHub does not show: whoever read it and said yes did not see that. */
export function dropHidden(text: string): string {
  const notice = '[what GitHub does not show was left out]';
  return text.replace(COMMENT, notice).replace(NOWHERE, notice);
}

function erase(text: string): string {
  return text.replace(/[^\n]/g, ' ');
}

function blankLines(text: string, wanted: ReadonlySet<Part>): string {
  let open: string | null = null;
  return text
    .split('\n')
    .map((line) => {
      const marks = FENCE.exec(line)?.groups?.['marks'];
      if (open !== null) {
        if (marks !== undefined && closes(line, open)) open = null;
        return wanted.has('fences') ? erase(line) : line;
      }
      if (marks !== undefined) {
        open = marks;
        return wanted.has('fences') ? erase(line) : line;
      }
      return wanted.has('quotes') && /^ {0,3}>/.test(line) ? erase(line) : line;
    })
    .join('\n');
}

/** A fence is closed by at least as many of the same marks and nothing else. */
function closes(line: string, open: string): boolean {
  const marks = line.trim();
  return marks.length >= open.length && [...marks].every((mark) => mark === open[0]);
}

/** Gives the inside of fenced blocks whose first line names this language. */
export function listFenced(
  text: string,
  language: string,
): readonly { readonly text: string; readonly at: number }[] {
  const found: { text: string; at: number }[] = [];
  let open: { readonly marks: string; readonly isWanted: boolean } | null = null;
  let at = 0;
  for (const line of text.split('\n')) {
    const { marks, info = '' } = FENCE.exec(line)?.groups ?? {};
    if (open !== null) {
      if (marks !== undefined && closes(line, open.marks)) open = null;
      else if (open.isWanted) found.push({ text: line, at });
    } else if (marks !== undefined) {
      open = { marks, isWanted: info.trim().toLowerCase() === language };
    }
    at += line.length + 1;
  }
  return found;
}
