// Words for what an agent wants to write, for people who are to allow it: paths as they are in the worktree, and the beginning
// of the change. Knows no protocol.
import { isAbsolute, relative } from 'node:path';

const LINES = 20;
const LINE_CHARS = 160;

/** A path as people know it: relative to the worktree, or as it is when it leads elsewhere. */
export function placeIn(worktree: string, path: string): string {
  if (!isAbsolute(path)) return path;
  const inside = relative(worktree, path);
  return inside === '' || inside.startsWith('..') ? path : inside;
}

/** A question and the beginning of the change that it is about, line by line. */
export function wordProposal(question: string, change: readonly string[]): string {
  const shown = change.slice(0, LINES).map((line) => line.slice(0, LINE_CHARS));
  const left = change.length - shown.length;
  const rest = left === 0 ? [] : [`… ${left} more ${left === 1 ? 'line' : 'lines'}`];
  return [question, ...shown, ...rest].join('\n');
}

/** What goes and what comes, as lines of a difference. */
export function spellChange(before: string, after: string): readonly string[] {
  return [...linesOf(before).map((line) => `- ${line}`), ...linesOf(after).map((line) => `+ ${line}`)];
}

/** Lines of a text; none of an empty one. */
export function linesOf(text: string): readonly string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}
