// Turns task ids into names that are safe in paths and branches everywhere. Knows nothing of where they are used.
import { hasUnprintable } from './quote.ts';

/** Bounds the length of a task id, in UTF-16 code units. */
export const MAX_ID_LENGTH = 200;

const MAX_STEM = 40;
// Device names of Windows.
const RESERVED = /^(?:con|prn|aux|nul|com\d|lpt\d)$/;
// What a slug with a hash looks like: an id must not be able to pretend to be one.
const LOOKS_HASHED = /-[0-9a-f]{8}$/;

/** Says what keeps a text from being a task id, as the rest of a sentence; null: nothing. */
export function findIdProblem(id: string): string | null {
  if (id === '') return 'is empty';
  if (id.length > MAX_ID_LENGTH) return `is longer than ${MAX_ID_LENGTH} characters`;
  if (hasUnprintable(id)) return 'contains a character that cannot be printed';
  if (id !== id.trim()) return 'starts or ends with a space';
  return null;
}

/**
 * Gives `[a-z0-9-]{1,40}` for an id, plus `-` and 8 hexadecimal digits of a hash when anything had to be changed. Ids
 * that differ only in case, form or length get different slugs; should two hashes ever meet, the compiler refuses.
 */
export function slugId(id: string): string {
  const stem = id
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+/, '')
    .slice(0, MAX_STEM)
    .replace(/-+$/, '');
  const unchanged = stem !== '' && stem === id && !RESERVED.test(stem) && !LOOKS_HASHED.test(stem);
  return unchanged ? stem : `${stem === '' ? 'task' : stem}-${hashText(id)}`;
}

/** Gives the branch of a task from a pattern with `{run}`, `{task}` and `{repo}`. */
export function nameBranch(
  pattern: string,
  names: { readonly run: string; readonly task: string; readonly repo: string },
): string {
  return pattern
    .replaceAll('{run}', names.run)
    .replaceAll('{task}', slugId(names.task))
    .replaceAll('{repo}', names.repo);
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
