// Detached checkouts in which commits are verified: an exact tree, clean, reused from one commit to the next.
// Knows nothing of gates.
import { join } from 'node:path';
import type { Oid } from '../../core/model.ts';
import { attempt, git, gitText, giveUp, type Place } from './exec.ts';
import { forCheckout, withSettings } from './large-files.ts';
import {
  dropEntry,
  findEntry,
  gitDirOf,
  isOurs,
  markReady,
  type PlacedEntry,
  placeOf,
  placeOfEntry,
} from './metadata.ts';
import { findCommit, findHeadRef, type Repository, stampOf } from './repository.ts';
import { excludePaths, findSetUp, forgetSetUp, isSetUp, noteSetUp } from './set-up.ts';
import { hasHiddenEntries, listChanges } from './status.ts';
import { fillSubmodules } from './submodules.ts';
import { claimEntry } from './worktree.ts';

const CHECKOUT_MS = 1_800_000;

/** By metadata folder, how the index was when it was seen to hide nothing. */
const seenOpen = new Map<string, string>();

/** Where a commit is to be checked out. */
export interface CheckoutSpec {
  readonly path: string;
  readonly commit: Oid;
  readonly reason: string;
  /** Command that sets it up; what it made stays while its note holds. */
  readonly setUp?: string;
}

/** Puts the commit's exact tree into a detached, clean worktree, made on first use and reused after. */
export async function ensureCheckout(repo: Repository, spec: CheckoutSpec): Promise<void> {
  const first = await claimCheckout(repo, spec);
  const filled = await attempt(() => fill(repo, { ...spec, ...first }));
  if (filled.ok && filled.value) return;
  // whatever was done to a used checkout, a new one has none of it
  await discard(repo, first.entry);
  const second = await claimCheckout(repo, spec);
  if (await fill(repo, { ...spec, ...second })) return;
  const [sample] = await listChanges(placeOfEntry(repo, second.entry));
  giveUp(
    `A new checkout of ${spec.commit} is not clean${sample === undefined ? '' : `: ${sample.path} differs`}.`,
    'Files that differ right after a checkout are mostly a matter of line endings: see .gitattributes.',
  );
}

/** Removes a checkout made here; one that is gone already is none to remove. */
export async function removeCheckout(repo: Repository, path: string): Promise<void> {
  const entry = await findEntry(repo, path);
  if (entry === null) return;
  if (!isOurs(entry)) giveUp(`${path} is a worktree that weft did not make.`);
  await discard(repo, entry);
}

function discard(repo: Repository, entry: PlacedEntry): Promise<void> {
  return repo.exclusive(async () => {
    await repo.trash.discard(entry.path);
    await dropEntry(repo, entry);
  });
}

function claimCheckout(
  repo: Repository,
  spec: CheckoutSpec,
): Promise<{ readonly entry: PlacedEntry; readonly fresh: boolean }> {
  const { path, reason, commit } = spec;
  const prepare = (at: string): Promise<readonly string[]> => Promise.resolve(['--detach', at, commit]);
  return repo.exclusive(() => claimEntry(repo, { path, reason, prepare, forget: () => Promise.resolve() }));
}

/** Returns whether the checkout is exactly the commit. */
async function fill(
  repo: Repository,
  of: CheckoutSpec & { readonly entry: PlacedEntry; readonly fresh: boolean },
): Promise<boolean> {
  const place = await wholeTree(placeOfEntry(repo, of.entry));
  // entries that git is told not to look at would survive the reset, and a look after it
  const isSeen = seenOpen.get(of.entry.dir) === (await stampOf(join(of.entry.dir, 'index')));
  if (!of.fresh && !isSeen && (await hasHiddenEntries(place))) return false;
  // a gate may have switched to a branch: detached first, or the reset would move that branch
  if ((await findHeadRef(place)) !== null) {
    await gitText(place, 'update-ref', '--no-deref', '-m', 'weft: verify', 'HEAD', of.commit);
  }
  await git(place, { args: ['reset', '--hard', '--quiet', of.commit], timeoutMs: CHECKOUT_MS });
  if (!of.fresh) {
    const keep = await findKept(place, of);
    await git(place, { args: ['clean', '-ffdxq', ...keep], timeoutMs: CHECKOUT_MS });
  }
  const beside = (await isSetUp(of.entry.dir)) ? 'ignored' : 'none';
  await fillSubmodules(repo, place, { beside });
  if ((await findCommit(place, 'HEAD')) !== of.commit || (await listChanges(place)).length > 0) return false;
  await markReady(of.entry);
  return true;
}

/** What of the files that are not tracked stays, in words for `git clean`: only what the set-up made. */
async function findKept(
  place: Place,
  of: CheckoutSpec & { readonly entry: PlacedEntry },
): Promise<readonly string[]> {
  const { dir } = of.entry;
  if (of.setUp !== undefined) return excludePaths((await findSetUp({ place, dir }, of.setUp)) ?? []);
  await forgetSetUp(dir);
  return [];
}

/** Notes that the set-up command ran to its end in a checkout. */
export async function noteCheckoutSetUp(
  repo: Repository,
  of: { readonly path: string; readonly setUp: string },
): Promise<void> {
  const place = await wholeTree(await placeOf(repo, of.path));
  await noteSetUp({ place, dir: gitDirOf(repo, place) }, of.setUp);
}

/** Tells whether the set-up noted for a checkout still holds; `ensureCheckout` takes the note away when it does not. */
export async function isCheckoutSetUp(repo: Repository, path: string): Promise<boolean> {
  return isSetUp(gitDirOf(repo, await placeOf(repo, path)));
}

/** Tells whether the checkout still has exactly that commit's tree and nothing beside it but ignored files. */
export async function isUntouched(
  repo: Repository,
  where: { readonly path: string; readonly commit: Oid },
): Promise<boolean> {
  const place = await wholeTree(await placeOf(repo, where.path));
  if ((await findCommit(place, 'HEAD')) !== where.commit) return false;
  if ((await listChanges(place)).length > 0 || (await hasHiddenEntries(place))) return false;
  const dir = gitDirOf(repo, place);
  seenOpen.set(dir, await stampOf(join(dir, 'index')));
  return true;
}

/** The user's sparse checkout must not hide files from the gates. */
function wholeTree(place: Place): Promise<Place> {
  return forCheckout(withSettings(place, { 'core.sparsecheckout': 'false' }));
}
