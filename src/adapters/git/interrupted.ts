// Undoes a fast-forward of a checkout that was cut off half-way, by the note that was made before it began. Touches only
// files that are as one of the two commits has them, or that are gone.
import { readFileSync } from 'node:fs';
import { lstat, readlink, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GITLINK, listChanges } from './changes.ts';
import { git, gitFields, type Place, runGit } from './exec.ts';
import { type Checkout, rewriteIndex } from './index-lock.ts';

/** As git writes it of a file that is not there. */
const NO_MODE = '000000';
/** Where there is no file. */
export const ABSENT = 'absent';
/** The note, in the git directory of the checkout. */
const NOTE = 'weft-forward';

/** One path that a fast-forward changes: the blobs before and after, or `absent`. */
export interface Step {
  readonly path: string;
  readonly before: string;
  readonly after: string;
  /** Mode of the blob before, in octal. */
  readonly mode: string;
}

interface Between {
  readonly from: string;
  readonly to: string;
}

/** Notes, before any file is touched, that a checkout is being brought from one commit to another. Needs its index lock. */
export async function noteForward({ gitDir }: Checkout, { from, to }: Between): Promise<void> {
  const path = join(gitDir, NOTE);
  await writeFile(`${path}.new`, `${from} ${to}\n`);
  await rename(`${path}.new`, path);
}

/** Notes that it is done with. */
export async function forgetForward({ gitDir }: Checkout): Promise<void> {
  await rm(join(gitDir, NOTE), { force: true });
}

/** Tells whether a fast-forward was begun in a git directory and never done with. */
export function isInterrupted(gitDir: string): boolean {
  return readNote(gitDir) !== null;
}

function readNote(gitDir: string): Between | null {
  try {
    const text = readFileSync(join(gitDir, NOTE), 'utf8');
    const [, from, to] = /^([0-9a-f]{40,64}) ([0-9a-f]{40,64})\n$/.exec(text) ?? [];
    return from === undefined || to === undefined ? null : { from, to };
  } catch {
    return null;
  }
}

/**
 * Puts back what a fast-forward that was cut off left in a checkout: each file that HEAD has as it was before, and that is
 * on disk the old one, the new one or none, and in the index the old or the new one. Needs the index lock; no branch moves.
 */
export async function mendInterrupted(checkout: Checkout): Promise<void> {
  const { place, gitDir } = checkout;
  const between = readNote(gitDir);
  if (between === null) return;
  const moved = await listUnfinished(place, between);
  for (const { path } of moved.filter(({ before }) => before === ABSENT))
    await rm(join(place.cwd, path), { force: true });
  const back = moved.filter(({ before }) => before !== ABSENT);
  const lines = moved.map(({ path, before, mode }) =>
    before === ABSENT ? `0 ${'0'.repeat(between.from.length)}\t${path}` : `${mode} ${before}\t${path}`,
  );
  if (moved.length > 0) {
    await rewriteIndex(checkout, async (own) => {
      const input = lines.map((line) => `${line}\0`).join('');
      await git(own, { args: ['update-index', '-z', '--index-info'], input });
      const paths = back.map(({ path }) => `${path}\0`).join('');
      await git(own, { args: ['checkout-index', '--force', '--index', '-z', '--stdin'], input: paths });
      return null;
    });
  }
  await forgetForward(checkout);
}

/** What a fast-forward has begun to change, and its branch does not have. */
async function listUnfinished(place: Place, between: Between): Promise<readonly Step[]> {
  const there = await runGit(place, { args: ['cat-file', '-e', `${between.to}^{commit}`] });
  if (there.code !== 0) return [];
  const steps = await listSteps(place, between);
  const since = await listSteps(place, { from: between.from, to: 'HEAD' });
  const changed = new Set(since.map(({ path }) => path));
  const known = new Set(steps.map(({ path }) => path));
  const [onDisk, inIndex] = await Promise.all([hashFiles(place, steps), readIndex(place, known)]);
  return steps.filter(({ path, before, after }) => {
    const [disk, index] = [onDisk.get(path) ?? ABSENT, inIndex.get(path) ?? ABSENT];
    const isOurs = [before, after, ABSENT].includes(disk) && [before, after].includes(index);
    return isOurs && !changed.has(path) && (disk !== before || index !== before);
  });
}

/** What changes between two commits, file by file; other repositories are not ours to put anywhere. */
export async function listSteps(place: Place, between: Between): Promise<readonly Step[]> {
  const changes = await listChanges(place, between);
  return changes.flatMap(({ path, before, after }) => {
    if (before?.mode === GITLINK || after?.mode === GITLINK) return [];
    const mode = before?.mode ?? NO_MODE;
    return [{ path, before: before?.content ?? ABSENT, after: after?.content ?? ABSENT, mode }];
  });
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
