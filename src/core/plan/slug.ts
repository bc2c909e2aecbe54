// Turns task ids into names that are safe in paths and branches everywhere. Knows nothing of where they are used.
import { hasUnprintable, quote } from './quote.ts';

/** Bounds the length of a task id, in UTF-16 code units. */
export const MAX_ID_LENGTH = 100;

/** What a task id may be made of, for people. */
export const ID_RULE =
  'An id has letters, digits and . _ - # @ +, begins with a letter, a digit, # or _, and has at most 100 characters.';

const MAX_STEM = 40;
// Device names of Windows.
const RESERVED = /^(?:con|prn|aux|nul|com\d|lpt\d)$/;
// What a slug with a hash looks like: an id must not be able to pretend to be one.
const LOOKS_HASHED = /-[0-9a-f]{8}$/;

// Nothing that a shell, a path or a command line of weft's own could take for more than a name.
const FOREIGN = /[^\p{L}\p{M}\p{N}._#@+-]/u;
const BAD_START = /^[^\p{L}\p{N}#_]/u;

/** Says what keeps a text from being a task id, as the rest of a sentence; null: nothing. */
export function findIdProblem(id: string): string | null {
  if (id.trim() === '') return 'is empty';
  if (id.length > MAX_ID_LENGTH) return `is longer than ${MAX_ID_LENGTH} characters`;
  if (hasUnprintable(id)) return 'contains a character that cannot be printed';
  const foreign = FOREIGN.exec(id)?.[0];
  if (foreign !== undefined) return `contains ${foreign.trim() === '' ? 'a space' : quote(foreign)}`;
  const start = BAD_START.exec(id)?.[0];
  return start === undefined ? null : `begins with ${quote(start)}`;
}

/**
 * Gives `[a-z0-9-]{1,40}` for an id, plus `-` and 8 hexadecimal digits of a hash when anything had to be changed. Ids
 * that differ only in case, form or length get different slugs; should two hashes ever meet, the compiler refuses.
 */
export function slugId(id: string): string {
  const stem = id
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-/, '')
    .slice(0, MAX_STEM)
    .replace(/-$/, '');
  const unchanged = stem !== '' && stem === id && !RESERVED.test(stem) && !LOOKS_HASHED.test(stem);
  return unchanged ? stem : `${stem === '' ? 'task' : stem}-${hashText(id)}`;
}

/** Places in patterns that stand for a task: its slug, and its id as far as that can be a name. */
export const TASK_PLACES = ['task', 'id'] as const;

// What git takes in a branch and every file system as a folder, just as it is written.
const PLAIN = /^[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_-])?$/;

/** Gives the id as it is where any file system and git take it for a name, else its slug. Some differ only in case. */
export function spellId(id: string): string {
  const [stem = ''] = id.toLowerCase().split('.');
  const isPlain = PLAIN.test(id) && !RESERVED.test(stem) && !id.includes('..') && !/\.lock$/i.test(id);
  return isPlain ? id : slugId(id);
}

/** What the places of a pattern stand for. */
export interface NamePlaces {
  readonly run: string;
  readonly task: string;
  readonly repo: string;
}

/** Fills in a pattern with `{run}`, `{task}`, `{id}` and `{repo}`, in one pass: what looks like a place in a name is none. */
export function nameTask(pattern: string, { run, task, repo }: NamePlaces): string {
  const names: Readonly<Record<string, string>> = { run, repo, task: slugId(task), id: spellId(task) };
  return pattern.replace(/\{(run|repo|task|id)\}/g, (_place, name: string) => names[name] as string);
}

/** Tells whether it is by its id alone that a task gets names of its own from a pattern. */
export function isSpeltOut(pattern: string): boolean {
  return !pattern.includes('{task}');
}

/** FNV-1a over the code units, then murmur's mixing, so that near ids get far hashes. */
function hashText(text: string): string {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    hash = Math.imul(hash ^ (unit & 0xff), 0x01000193);
    hash = Math.imul(hash ^ (unit >> 8), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0).toString(16).padStart(8, '0');
}
