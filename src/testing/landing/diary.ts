// What everybody who changed shared files says of it, outside of the tree: enough to tell which lines there have to be in the
// end. Knows nothing of git.
import type { Edit, Part } from './plot.ts';

/** One entry. A file that is taken as it is on the target is `reset`: what its author did to it counts no more. */
export type Entry =
  | { readonly who: string; readonly file: string; readonly kind: 'reset' }
  | {
      readonly who: string;
      readonly file: string;
      readonly kind: 'edit';
      readonly edit: Edit;
      /** The line that it removed; null: none. */
      readonly gone: string | null;
    };

type Done = Extract<Entry, { readonly kind: 'edit' }>;

/** Reads entries, one a line, oldest first. */
export function parseDiary(text: string): readonly Entry[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Entry);
}

/** What of the entries of one author counts. */
export function editsOf(diary: readonly Entry[], who: string): readonly Done[] {
  let done: readonly Done[] = [];
  for (const entry of diary) {
    if (entry.who !== who) continue;
    done = entry.kind === 'edit' ? [...done, entry] : done.filter(({ file }) => file !== entry.file);
  }
  return done;
}

/** What of a part is still to be done. */
export function editsLeft(diary: readonly Entry[], part: Part): readonly Edit[] {
  const done = new Set(editsOf(diary, part.task).map(({ edit }) => edit.text));
  return part.edits.filter(({ text }) => !done.has(text));
}

/** The lines that each file has to have in the end, sorted: what was there and what was added, without what was removed. */
export function linesWanted(
  files: Readonly<Record<string, readonly string[]>>,
  done: readonly Done[],
): Readonly<Record<string, readonly string[]>> {
  const wanted: Record<string, readonly string[]> = {};
  for (const [file, lines] of Object.entries(files)) {
    const here = done.filter((entry) => entry.file === file);
    const gone = new Set(here.map((entry) => entry.gone));
    const added = here.filter(({ edit }) => edit.kind !== 'delete').map(({ edit }) => edit.text);
    wanted[file] = [...lines, ...added].filter((line) => !gone.has(line)).sort();
  }
  return wanted;
}

/** Says in sentences how a file's lines differ from those it has to have. */
export function compareLines(of: {
  readonly file: string;
  readonly wanted: readonly string[];
  readonly found: readonly string[];
}): readonly string[] {
  const { file, wanted, found } = of;
  const left = [...found].sort();
  const lost: string[] = [];
  for (const line of wanted) {
    const at = left.indexOf(line);
    if (at < 0) lost.push(line);
    else left.splice(at, 1);
  }
  return [
    ...lost.map((line) => `${file} lacks “${line}”`),
    ...left.map((line) => `${file} has “${line}”, which somebody removed or somebody else has written too`),
  ];
}
