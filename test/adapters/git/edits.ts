// Random trees and random edits of them, and what is true of a tree line by line: where each file is, whether it can be run,
// and which lines there are. No two lines are alike but for brackets. Knows nothing of git.
import type { Tape } from '../../../src/testing/world/tape.ts';

/** One file. Its first line names it, wherever it is, and is never edited. */
export interface TestFile {
  readonly path: string;
  readonly isExecutable: boolean;
  /** Without line ends, but with the carriage returns before them. One line with a NUL is a binary file. */
  readonly lines: readonly string[];
  /** Whether no line end follows the last line. */
  readonly isOpen: boolean;
}

/** Files by name, which is what their first line says. */
export type TestTree = ReadonlyMap<string, TestFile>;

const FOLDERS = ['', 'src/', 'dir one/', 'dir one/deep/'];
const NOISE = ['}', '', '  {'];

/** A tree of eight files, one of them binary. */
export function drawTree(tape: Tape): TestTree {
  const tree = new Map<string, TestFile>();
  for (let n = 0; n < 8; n += 1) {
    const name = `f${n}`;
    if (n === 7) tree.set(name, { ...drawFile(tape, name), lines: [`${name} \0 first`], isOpen: false });
    else tree.set(name, drawFile(tape, name));
  }
  return tree;
}

function drawFile(tape: Tape, name: string): TestFile {
  const end = tape.chance(60) ? '\r' : '';
  const lines = [`${name} is here`];
  for (let at = 0; at < 8 + tape.pick(10); at += 1) {
    lines.push(`${name} line ${at}`);
    if (tape.chance(50)) lines.push(NOISE[tape.pick(NOISE.length)] ?? '}');
  }
  return {
    path: `${FOLDERS[tape.pick(FOLDERS.length)]}${name}.txt`,
    isExecutable: tape.chance(40),
    lines: lines.map((line) => `${line}${end}`),
    isOpen: tape.chance(80),
  };
}

/** Edits a tree once; `by` names the edit, no other has that name. */
export function editTree(tape: Tape, of: { readonly tree: TestTree; readonly by: string }): TestTree {
  const { tree, by } = of;
  const names = [...tree.keys()];
  const name = names[tape.pick(names.length)];
  const file = name === undefined ? undefined : tree.get(name);
  const edited = new Map(tree);
  if (name === undefined || file === undefined || tape.chance(12)) {
    const made = `n${by}`;
    edited.set(made, drawFile(tape, made));
  } else if (tape.chance(8)) edited.delete(name);
  else edited.set(name, editFile(tape, { file, name, by }));
  return edited;
}

function editFile(
  tape: Tape,
  of: { readonly file: TestFile; readonly name: string; readonly by: string },
): TestFile {
  const { file, name, by } = of;
  const kind = tape.pick(16);
  if (kind === 0) return { ...file, isExecutable: !file.isExecutable };
  // git takes a file that is moved and written anew for another one: it is only ever one of both
  if (kind === 1) return Number(name.at(-1)) % 2 === 0 ? move(tape, file, by) : convert(file);
  if (file.lines[0]?.includes('\0') === true) return { ...file, lines: [`${name} \0 by ${by}`] };
  if (kind === 2) return { ...file, isOpen: !file.isOpen };
  return { ...file, lines: editLines(tape, { lines: file.lines, by }) };
}

function editLines(
  tape: Tape,
  { lines, by }: { readonly lines: readonly string[]; readonly by: string },
): readonly string[] {
  const end = lines[0]?.endsWith('\r') === true ? '\r' : '';
  const made = Array.from({ length: 1 + tape.pick(2) }, (_, n) => `${by} adds ${n}${end}`);
  // places near one another are as likely as far ones
  const at = 1 + (tape.chance(128) ? tape.pick(lines.length) : tape.pick(4));
  switch (tape.pick(5)) {
    case 0:
      return [...lines, ...made];
    case 1:
    case 2:
      return lines.toSpliced(at, 0, ...made);
    case 3:
      return lines.toSpliced(at, 1, ...made);
    default:
      return lines.toSpliced(at, 1 + tape.pick(2));
  }
}

function move(tape: Tape, file: TestFile, by: string): TestFile {
  const folder = FOLDERS[tape.pick(FOLDERS.length)];
  return { ...file, path: `${folder}${by}-${file.path.split('/').at(-1)}` };
}

function convert(file: TestFile): TestFile {
  const isDos = file.lines[0]?.endsWith('\r') === true;
  return { ...file, lines: file.lines.map((line) => (isDos ? line.replace(/\r$/, '') : `${line}\r`)) };
}

/** The bytes of a file, each as one letter. */
export function textOf({ lines, isOpen }: TestFile): string {
  return `${lines.join('\n')}${isOpen ? '' : '\n'}`;
}

/** Reads a file back from its bytes. */
export function parseFile(of: {
  readonly path: string;
  readonly isExecutable: boolean;
  readonly text: string;
}): TestFile {
  const { path, isExecutable, text } = of;
  const isOpen = !text.endsWith('\n');
  return { path, isExecutable, lines: (isOpen ? text : text.slice(0, -1)).split('\n'), isOpen };
}

/** Name of a file by its first line. */
export function nameOf({ lines }: TestFile): string {
  return lines[0]?.split(' ')[0] ?? '';
}

/** All that is true of a tree, in sentences; a line that is there twice says so. */
export function tellTree(
  files: Iterable<TestFile>,
  options: { readonly lineEnds: boolean },
): ReadonlySet<string> {
  const facts = new Set<string>();
  for (const file of files) {
    facts.add(`${nameOf(file)} is at ${file.path}`);
    if (file.isExecutable) facts.add(`${nameOf(file)} can be run`);
    for (const whole of file.lines) {
      const line = options.lineEnds ? whole : whole.trimEnd();
      if (!/[a-z]/.test(line)) continue;
      const fact = `there is the line ${JSON.stringify(line)}`;
      facts.add(facts.has(fact) ? `${fact} again` : fact);
    }
  }
  return facts;
}

/** What somebody did: facts that became true, and facts that are no more. */
export interface Deed {
  readonly added: ReadonlySet<string>;
  readonly removed: ReadonlySet<string>;
}

/** What made one set of facts of another. */
export function compareFacts(before: ReadonlySet<string>, after: ReadonlySet<string>): Deed {
  return { added: without(after, before), removed: without(before, after) };
}

/** One deed and then another. */
export function joinDeeds(one: Deed, other: Deed): Deed {
  return {
    added: new Set([...without(one.added, other.removed), ...without(other.added, one.removed)]),
    removed: new Set([...without(one.removed, other.added), ...without(other.removed, one.added)]),
  };
}

/** What has to be true when a deed is done on top of something: nothing more, nothing less. */
export function doDeed(facts: ReadonlySet<string>, { added, removed }: Deed): ReadonlySet<string> {
  return new Set([...without(facts, removed), ...added]);
}

function without(facts: ReadonlySet<string>, others: ReadonlySet<string>): ReadonlySet<string> {
  return new Set([...facts].filter((fact) => !others.has(fact)));
}
