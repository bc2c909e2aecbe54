// A patch as lines for people: coloured, made safe for a terminal, with comments beside the lines they are about. Holds one
// line at a time.
import type { Comment } from '../../core/model.ts';
import { cleanText } from './clean.ts';
import type { Paint, Tone } from './paint.ts';

/** Takes the lines of a patch in turn. */
export interface DiffView {
  /** What is to be printed for a line of the patch. */
  draw(line: string): readonly string[];
  /** What is to be printed after the last one: comments on lines that the patch does not show. */
  end(): readonly string[];
}

/** Where in the new files the patch is. */
interface Place {
  path: string | null;
  /** Number of the next line of the new file. */
  line: number;
  /** Lines of the hunk that are still to come, old and new. */
  old: number;
  new: number;
}

const HUNK = /^@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/;

/** Starts a view. */
export function createDiffView(comments: readonly Comment[], paint: Paint): DiffView {
  const at: Place = { path: null, line: 0, old: 0, new: 0 };
  const left = new Set(comments);
  const draw = (line: string): readonly string[] => {
    const [tone, shown] = take(at, line);
    const text = cleanCode(line);
    const drawn = tone === null ? text : paint(tone, text);
    if (shown === null) return [drawn];
    const here = [...left].filter((comment) => isAbout(comment, { path: at.path, line: shown, text: line }));
    for (const comment of here) left.delete(comment);
    return [drawn, ...here.flatMap((comment) => drawComment(comment, paint))];
  };
  const end = (): readonly string[] =>
    left.size === 0
      ? []
      : ['', 'Comments on other lines:', ...[...left].flatMap((each) => drawComment(each, paint))];
  return { draw, end };
}

/** Follows a line of the patch; gives its tone, and its number when it is a line of the new file. */
function take(at: Place, line: string): readonly [tone: Tone | null, shown: number | null] {
  if (at.old > 0 || at.new > 0) return takeChanged(at, line);
  const hunk = HUNK.exec(line);
  if (hunk !== null) {
    at.old = Number(hunk[1] ?? 1);
    at.line = Number(hunk[2]);
    at.new = Number(hunk[3] ?? 1);
    return ['cyan', null];
  }
  if (line.startsWith('+++ ')) at.path = readPath(line.slice(4));
  return [line.startsWith('\\') ? 'dim' : 'bold', null];
}

function takeChanged(at: Place, line: string): readonly [tone: Tone | null, shown: number | null] {
  const mark = line[0];
  if (mark === '\\') return ['dim', null];
  if (mark !== '+') at.old -= 1;
  if (mark === '-') return ['red', null];
  at.new -= 1;
  at.line += 1;
  return [mark === '+' ? 'green' : null, at.line - 1];
}

/** What would land may have other lines before it: the line has to be the one that was commented on. */
function isAbout(
  { path, to, quote }: Comment,
  at: { readonly path: string | null; readonly line: number; readonly text: string },
): boolean {
  return path === at.path && to === at.line && at.text.slice(1) === quote.slice(quote.lastIndexOf('\n') + 1);
}

/** `b/src/a.ts`, quoted as in C where it has unusual letters; null: the file is gone. */
function readPath(text: string): string | null {
  const name = text.replace(/\t$/, '');
  if (name === '/dev/null') return null;
  if (!name.startsWith('"')) return name.slice(2);
  const plain = name.slice(3, -1);
  return plain.replace(/\\(["\\])/g, '$1').replaceAll('\\t', '\t');
}

/** A comment with its place, a bar before each line. */
export function drawComment({ path, line, to, text }: Comment, paint: Paint): readonly string[] {
  const place = `${cleanCode(path)}:${line}${to === line ? '' : `-${to}`}`;
  const [first = '', ...more] = cleanText(text).split('\n');
  const bar = paint('yellow', '  ┃');
  return [
    `${bar} ${paint('dim', place)}  ${paint('yellow', first)}`,
    ...more.map((each) => `${bar} ${paint('yellow', each)}`),
  ];
}

/** A line of code as it is, but for what would move the cursor. */
function cleanCode(line: string): string {
  return line
    .split('\t')
    .map((part) => cleanText(part).replaceAll('\n', ''))
    .join('\t');
}
