// Undoes a fast-forward of a checkout that was killed half-way. Touches only files that are the new commit's, to the byte.
import { lstat, readlink, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Oid } from '../../core/model.ts';
import { git, gitFields, type Place } from './exec.ts';
import { type Checkout, rewriteIndex } from './index-lock.ts';

const MAX_PATHS = 5_000;
const GITLINK = '160000';
/** Where there is no file. */
export const ABSENT = 'absent';

/** One path that a fast-forward changes: the blobs before and after, or `absent`. */
export interface Step {
  readonly path: string;
  readonly before: string;
  readonly after: string;
}

/**
 * Puts a checkout back to `from` when all that differs in it came from a half-done fast-forward to `to`: each of those
 * files is, on disk and in the index, either the old or the new one. Needs the lock of the index; no branch moves. Tells
 * whether it did.
 */
export async function undoInterrupted(
  checkout: Checkout,
  of: { readonly from: Oid; readonly to: Oid; readonly changed: readonly string[] },
): Promise<boolean> {
  const { place } = checkout;
  const steps = await listSteps(place, of);
  const known = new Set(steps.map((step) => step.path));
  if (steps.length > MAX_PATHS || of.changed.some((path) => !known.has(path))) return false;
  const [onDisk, inIndex] = await Promise.all([hashFiles(place, steps), readIndex(place, known)]);
  const isOurs = ({ path, before, after }: Step): boolean =>
    [onDisk.get(path) ?? ABSENT, inIndex.get(path) ?? ABSENT].every(
      (blob) => blob === before || blob === after,
    );
  if (!steps.every(isOurs)) return false;
  const moved = steps.filter(({ path, before }) =>
    [onDisk, inIndex].some((at) => (at.get(path) ?? ABSENT) !== before),
  );
  if (moved.length === 0) return false;
  for (const { path, before } of moved) {
    if (before === ABSENT) await rm(join(place.cwd, path), { force: true });
  }
  const input = moved
    .filter(({ before }) => before !== ABSENT)
    .map(({ path }) => path)
    .join('\0');
  await rewriteIndex(checkout, async (own) => {
    await git(own, { args: ['read-tree', '--reset', of.from] });
    await git(own, { args: ['checkout-index', '--force', '--index', '-z', '--stdin'], input });
    return null;
  });
  return true;
}

/** What changes between two commits, file by file. */
export async function listSteps(
  place: Place,
  between: { readonly from: Oid; readonly to: Oid },
): Promise<readonly Step[]> {
  const args = ['diff-tree', '-r', '-z', '--raw', '--no-renames', between.from, between.to];
  const fields = await gitFields(place, { args });
  const steps: Step[] = [];
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [oldMode, newMode, before = '', after = ''] = (fields[at] ?? '').slice(1).split(' ');
    if (oldMode === GITLINK || newMode === GITLINK) continue;
    const blobOf = (blob: string): string => (/^0+$/.test(blob) ? ABSENT : blob);
    steps.push({ path: fields[at + 1] ?? '', before: blobOf(before), after: blobOf(after) });
  }
  return steps;
}

/** Blobs that the files would become if they were added now. */
async function hashFiles(place: Place, steps: readonly Step[]): Promise<ReadonlyMap<string, string>> {
  const blobs = new Map<string, string>();
  for (const { path } of steps) {
    const stats = await lstat(join(place.cwd, path)).catch(() => null);
    if (stats === null) continue;
    const link = stats.isSymbolicLink() ? await readlink(join(place.cwd, path)) : null;
    if (link === null && !stats.isFile()) blobs.set(path, 'folder');
    else if (link === null)
      blobs.set(path, (await git(place, { args: ['hash-object', '--', path] })).stdout.trim());
    else blobs.set(path, (await git(place, { args: ['hash-object', '--stdin'], input: link })).stdout.trim());
  }
  return blobs;
}

async function readIndex(place: Place, paths: ReadonlySet<string>): Promise<ReadonlyMap<string, string>> {
  const blobs = new Map<string, string>();
  for (const field of await gitFields(place, { args: ['ls-files', '-s', '-z'] })) {
    const [, blob = '', rest = ''] = /^\d+ ([0-9a-f]+) (\d\t.*)$/s.exec(field) ?? [];
    const path = rest.slice(2);
    // an unmerged path has several blobs and is nobody's but the user's
    if (paths.has(path)) blobs.set(path, rest.startsWith('0') ? blob : 'unmerged');
  }
  return blobs;
}
