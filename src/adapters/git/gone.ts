// Reads files line by line, and says of lines that they are gone. Compares nothing.
import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import type { Oid } from '../../core/model.ts';
import type { Vanished } from '../../core/vanish.ts';
import { git, type Place } from './exec.ts';

export const MAX_FILES = 100;
/** What is longer is compared as a whole. */
const MAX_BYTES = 16 * 1024 * 1024;
export const MAX_LINES = 20;
export const LINE_CHARS = 160;

/** Finds what is gone, one after the other, until there are twenty lines of it. */
export async function listEach<T>(
  all: readonly T[],
  find: (each: T) => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const gone: string[] = [];
  for (const each of all) {
    gone.push(...(await find(each)));
    if (gone.length >= MAX_LINES) break;
  }
  return gone.slice(0, MAX_LINES);
}

const WORDS: Readonly<Record<Vanished['what'], string>> = {
  'added line': 'is gone',
  'kept line': 'is gone',
  'removed line': 'is back',
  'doubled line': 'is there twice',
  'removed file': 'is back',
  order: 'an order, indentation or signs of lines are as on the other side',
};

/** One row: the file, what became of the line, whose it is where that is to be said, and the line. */
export function tell(path: string, { what, line }: Vanished, whose = ''): string {
  const text = line === '' ? '' : `: ${line.slice(0, LINE_CHARS)}`;
  return `${path}: ${WORDS[what]}${whose}${text}`;
}

/** A file as it is compared. */
export interface FileRead {
  readonly text: string | null;
  readonly standIn: string;
}

/** A file's text, or a line that stands for one that is binary, too long or another repository; null: it is not there. */
export async function readFile(place: Place, from: Oid, path: string): Promise<FileRead | null> {
  const args = ['cat-file', 'blob', `${from}:${path}`];
  const { code, stdout } = await git(place, { args, codes: [0, 128], encoding: 'latin1' });
  if (code !== 0) return readLink(place, from, path);
  const bytes = Buffer.from(stdout, 'latin1');
  const isLong = bytes.length > MAX_BYTES;
  const isText = !isLong && !bytes.includes(0);
  const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 12);
  // bytes that are no letters must not become the same letter
  const letters = isUtf8(bytes) ? 'utf8' : 'latin1';
  return {
    text: isText ? bytes.toString(letters) : null,
    standIn: `${isLong ? 'the long file' : 'the file without lines'} ${hash}`,
  };
}

/** The commit of another repository that is checked out below this one. */
async function readLink(place: Place, from: Oid, path: string): Promise<FileRead | null> {
  const { stdout } = await git(place, { args: ['ls-tree', '-z', from, '--', path], codes: [0, 128] });
  const commit = /^160000 commit (\w+)\t/.exec(stdout)?.[1];
  return commit === undefined ? null : { text: null, standIn: `the submodule at ${commit.slice(0, 12)}` };
}
