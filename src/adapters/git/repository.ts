// One repository as the rest of this folder sees it: where it is, its mutex, and questions about its commits.
// Knows nothing of worktrees' contents.
import { readFileSync, realpathSync, statSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve as resolvePath } from 'node:path';
import { type Oid, oid } from '../../core/model.ts';
import type { Person } from '../../ports/git.ts';
import { parseCommit } from './commit-text.ts';
import { attempt, git, gitText, giveUp, type Place, runGit, type Shared } from './exec.ts';
import { createObjectReader } from './object-reader.ts';
import { createPool, type Pool } from './pool.ts';
import { type LiveProcess, listGitsIn } from './processes.ts';
import { createPrograms } from './programs.ts';
import { createRefWriter, type RefWriter } from './ref-writer.ts';
import { createTrash, type Trash } from './trash.ts';

/** Begins the names of all refs that are ours alone. */
export const OURS = 'refs/weft/';

const NEEDED: readonly [number, number] = [2, 38];

/** The repository being worked on. */
export interface Repository {
  /** Real path of the main checkout. */
  readonly root: string;
  /** Real path of the checkout that the folder lies in: the main one or a linked worktree. */
  readonly checkout: string;
  /** Real path of the git directory that all worktrees share. */
  readonly commonDir: string;
  /** Version of git: `2.39.5`. */
  readonly version: string;
  readonly main: Place;
  readonly trash: Trash;
  readonly pool: Pool;
  readonly refs: RefWriter;
  /** Runs work that must not meet another of its kind: making, removing and pruning worktrees. */
  exclusive<T>(work: () => Promise<T>): Promise<T>;
}

/** Opens the repository that a folder lies in; gives up when it cannot be worked on. */
export async function openRepository(folder: string): Promise<Repository> {
  const from: Place = { cwd: folder, env: {} };
  const version = await checkVersion(from);
  const commonDir = await findCommonDir(from);
  const root = await findMainCheckout(from);
  const bare: Place = { cwd: root, env: {} };
  const objects = createObjectReader(bare);
  const programs = createPrograms();
  const main: Place = { ...bare, shared: { commonDir, objects, programs, ancestry: new Map() } };
  const exclusive = createMutex();
  const trash = createTrash({ exclusive, programs });
  const checkout = await findCheckout(from, root);
  const pool = createPool(trash);
  const refs = createRefWriter(main);
  return { root, checkout, commonDir, version, main, trash, pool, refs, exclusive };
}

async function checkVersion(place: Place): Promise<string> {
  const end = await runGit(place, { args: ['--version'] });
  if (end.trouble !== null)
    giveUp(`git ${end.trouble}.`, 'Install git 2.38 or newer and check the folder exists.');
  const [, major = 0, minor = 0] = /(\d+)\.(\d+)/.exec(end.stdout)?.map(Number) ?? [];
  const enough = major > NEEDED[0] || (major === NEEDED[0] && minor >= NEEDED[1]);
  if (!enough)
    giveUp(`git ${major}.${minor} is too old.`, 'weft needs git 2.38 or newer (merge-tree --write-tree).');
  return end.stdout.trim().replace(/^git version /, '');
}

async function findCommonDir(from: Place): Promise<string> {
  const end = await runGit(from, { args: ['rev-parse', '--path-format=absolute', '--git-common-dir'] });
  if (end.code === 0) return realpath(end.stdout.trim());
  const unsafe = /dubious ownership/.test(end.stderr);
  if (unsafe) {
    giveUp(
      `git does not trust the repository at ${from.cwd}: it belongs to another user.`,
      `If it is yours: git config --global --add safe.directory ${from.cwd}`,
    );
  }
  giveUp(
    `${from.cwd} is not in a git repository.`,
    'Run weft inside a repository, or make one with git init.',
  );
}

async function findMainCheckout(from: Place): Promise<string> {
  const answers = await gitText(from, 'rev-parse', '--is-bare-repository', '--git-dir', '--git-common-dir');
  const [bare, gitDir, commonDir] = answers.split('\n');
  const isMain = resolvePath(from.cwd, gitDir ?? '') === resolvePath(from.cwd, commonDir ?? '');
  if (bare === 'false' && isMain) return realpath(await gitText(from, 'rev-parse', '--show-toplevel'));
  const first = (await gitText(from, 'worktree', 'list', '--porcelain', '-z')).split('\0\0')[0] ?? '';
  const fields = first.split('\0');
  const path = fields.find((field) => field.startsWith('worktree '))?.slice('worktree '.length) ?? '';
  if (fields.includes('bare') || path === '') {
    giveUp('The repository is bare: it has no checkout of its own.', 'Run weft in a clone with a checkout.');
  }
  return realpath(path);
}

/** The checkout around a folder; the main one for a folder that lies in none, such as the git directory. */
async function findCheckout(from: Place, root: string): Promise<string> {
  const end = await runGit(from, { args: ['rev-parse', '--show-toplevel'] });
  return end.code === 0 ? realpath(end.stdout.trim()) : root;
}

/** Lists the gits that work in, or were told of, one of the folders; null when that cannot be known. */
export async function listGitsAtWork(
  repo: Repository,
  folders: readonly string[],
): Promise<readonly LiveProcess[] | null> {
  // ours that waits for refs to write would pass for one at work
  await repo.refs.close();
  return listGitsIn(folders);
}

/** Tells whether a git works in, or was told of, one of the folders; null when that cannot be known. */
export async function isGitAtWork(repo: Repository, folders: readonly string[]): Promise<boolean | null> {
  const gits = await listGitsAtWork(repo, folders);
  return gits === null ? null : gits.length > 0;
}

/** Makes a queue of one: each piece of work starts when the one before it has ended, however it ended. */
export function createMutex(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const next = last.then(work, work);
    last = next.catch(() => undefined);
    return next;
  };
}

/** Makes a queue of one for each key. */
export function createMutexes(): <T>(key: string, work: () => Promise<T>) => Promise<T> {
  const lasts = new Map<string, Promise<unknown>>();
  return (key, work) => {
    const next = (lasts.get(key) ?? Promise.resolve()).then(work);
    const last = next
      .catch(() => undefined)
      .then(() => {
        if (lasts.get(key) === last) lasts.delete(key);
      });
    lasts.set(key, last);
    return next;
  };
}

/** Real path of what exists of a path, with the rest as it is; how git writes paths into its files. */
export async function canonical(path: string): Promise<string> {
  const full = resolvePath(path);
  try {
    return realpathSync.native(full);
  } catch {
    const parent = dirname(full);
    return parent === full ? full : join(await canonical(parent), basename(full));
  }
}

/** Ids and full names of refs mean the same in every worktree, but for these. */
const SHARED_NAME = /^(?:[0-9a-f]{40}|[0-9a-f]{64}|refs\/(?!bisect\/|worktree\/|rewritten\/)\S+)$/;
const REF_LINE = /^ref: (refs\/\S+)$/;
/** What a `HEAD` file says when refs are not kept in files. */
const NO_FILE = 'refs/heads/.invalid';

/** Commit that a revision names, or null. */
export async function findCommit(place: Place, revision: string): Promise<Oid | null> {
  const { shared } = place;
  const name = revision === 'HEAD' && shared !== undefined ? await readHead(place, shared) : revision;
  if (shared !== undefined && name !== null && SHARED_NAME.test(name)) {
    const found = await shared.objects.find(`${name}^{commit}`);
    return found === null ? null : oid(found);
  }
  const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`];
  const end = await runGit(place, { args });
  if (end.trouble !== null) giveUp(`git rev-parse ${end.trouble}.`);
  return end.code === 0 ? oid(end.stdout.trim()) : null;
}

/** What a place's HEAD says: a full ref name when a branch is checked out, else an id; null: git has to be asked. */
async function readHead(place: Place, shared: Shared): Promise<string | null> {
  const file = join(place.env['GIT_DIR'] ?? shared.commonDir, 'HEAD');
  const line = readNow(file).trimEnd();
  const name = REF_LINE.exec(line)?.[1] ?? line;
  return name === NO_FILE || !SHARED_NAME.test(name) ? null : name;
}

function readNow(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** Full name of the ref that a place has checked out; null: detached. */
export async function findHeadRef(place: Place): Promise<string | null> {
  const name = place.shared === undefined ? null : await readHead(place, place.shared);
  if (name !== null) return name.startsWith('refs/') ? name : null;
  const end = await git(place, { args: ['symbolic-ref', '--quiet', 'HEAD'], codes: [0, 1] });
  return end.code === 0 ? end.stdout.trim() : null;
}

/** Commit that a revision names; gives up when it names none. */
export async function needCommit(place: Place, revision: string): Promise<Oid> {
  return (await findCommit(place, revision)) ?? giveUp(`There is no commit ${revision}.`);
}

/** Tree of a commit. */
export async function findTree(place: Place, commit: string): Promise<Oid> {
  if (place.shared !== undefined && SHARED_NAME.test(commit)) {
    return oid(
      (await place.shared.objects.find(`${commit}^{tree}`)) ?? giveUp(`There is no commit ${commit}.`),
    );
  }
  return oid(await gitText(place, 'rev-parse', '--verify', `${commit}^{tree}`));
}

/** Tells whether one commit is the other or one of its ancestors. */
export async function isAncestor(
  place: Place,
  what: { readonly ancestor: Oid; readonly of: Oid },
): Promise<boolean> {
  if (what.ancestor === what.of || (await isNear(place, what))) return true;
  const args = ['merge-base', '--is-ancestor', what.ancestor, what.of];
  return (await askHistory(place, args)) !== null;
}

/** Tells whether an ancestor is found among the last few commits, as the start of a short branch is; false says nothing. */
async function isNear(
  { shared }: Place,
  what: { readonly ancestor: Oid; readonly of: Oid },
): Promise<boolean> {
  const open: Oid[] = [what.of];
  for (let looks = 0; looks < NEAR && shared !== undefined; looks += 1) {
    const commit = open.shift();
    const text = commit === undefined ? null : await shared.objects.read(commit);
    const parents = (text === null ? null : parseCommit(text))?.parents ?? [];
    if (parents.includes(what.ancestor)) return true;
    open.push(...parents);
  }
  return false;
}

/** A best common ancestor, or null. */
export async function findMergeBase(place: Place, one: Oid, other: Oid): Promise<Oid | null> {
  return (await listMergeBases(place, one, other))[0] ?? null;
}

/** All best common ancestors; more than one when the two were merged crosswise. */
export async function listMergeBases(place: Place, one: Oid, other: Oid): Promise<readonly Oid[]> {
  if (one === other) return [one];
  const said = await askHistory(place, ['merge-base', '--all', ...[one, other].sort()]);
  const bases = (said ?? '').split('\n').filter(Boolean).map(oid);
  for (const ancestor of bases) {
    for (const of of [one, other]) noteAncestor(place, { ancestor, of });
  }
  return bases;
}

/** Spares git a question whose answer is known. */
export function noteAncestor(place: Place, what: { readonly ancestor: Oid; readonly of: Oid }): void {
  remember(place, ['merge-base', '--is-ancestor', what.ancestor, what.of], '');
}

/** Commits read before git is asked about a history: it takes about as long as reading these. */
const NEAR = 8;
const MAX_ANCESTRY = 10_000;

/** What git prints, or null when it says no. History between two commits never changes, so it is asked once. */
async function askHistory(place: Place, args: readonly string[]): Promise<string | null> {
  const known = place.shared?.ancestry;
  const key = args.join(' ');
  const before = known?.get(key);
  if (before !== undefined) return before;
  const end = await git(place, { args, codes: [0, 1] });
  const said = end.code === 0 ? end.stdout : null;
  remember(place, args, said);
  return said;
}

function remember({ shared }: Place, args: readonly string[], said: string | null): void {
  if (shared === undefined) return;
  if (shared.ancestry.size >= MAX_ANCESTRY) shared.ancestry.clear();
  shared.ancestry.set(args.join(' '), said);
}

/** Points a ref somewhere; with `from` only when it still is there (null: does not exist). False: it was elsewhere. */
export async function moveRef(
  repo: Repository,
  what: { readonly ref: string; readonly to: Oid; readonly from?: Oid | null; readonly note: string },
): Promise<boolean> {
  const from = what.from === undefined ? [] : [what.from ?? '0'.repeat(what.to.length)];
  const moved = await attempt(async () => {
    if (what.ref.startsWith(OURS)) return repo.refs.write([['update', what.ref, what.to, ...from].join(' ')]);
    // somebody may read in the log of a branch why it moved
    await git(repo.main, { args: ['update-ref', '-m', what.note, what.ref, what.to, ...from] });
  });
  const now = await findCommit(repo.main, what.ref);
  if (moved.ok && now === what.to) return true;
  if (what.from !== undefined && now !== what.from) return false;
  giveUp(
    moved.ok ? `${what.ref} did not move.` : `${what.ref} could not be moved: ${moved.failure.sentence}`,
  );
}

/** Deletes refs that still point where they are said to, in one transaction; those that are at null are none. */
export async function deleteRefs(
  repo: Repository,
  refs: readonly { readonly ref: string; readonly at: Oid | null }[],
): Promise<void> {
  await repo.refs.write(refs.flatMap(({ ref, at }) => (at === null ? [] : [`delete ${ref} ${at}`])));
}

/** What the configuration says, asked again only after the repository's own configuration file changed. */
interface Settings {
  readonly stamp: string;
  readonly answers: Map<string, Promise<string | null>>;
}

const settings = new WeakMap<Shared, Settings>();

/** What git prints of the configuration, or null when it fails. `args` must not depend on the worktree. */
export async function askSettings(place: Place, args: readonly string[]): Promise<string | null> {
  const { shared } = place;
  const answerNow = async (): Promise<string | null> => {
    const end = await runGit(place, { args });
    return end.code === 0 ? end.stdout.trim() : null;
  };
  if (shared === undefined) return answerNow();
  const stamp = await stampOf(join(shared.commonDir, 'config'));
  const known = settings.get(shared);
  const answers: Settings['answers'] = known?.stamp === stamp ? known.answers : new Map();
  if (known?.answers !== answers) settings.set(shared, { stamp, answers });
  const key = args.join(' ');
  const answer = answers.get(key) ?? answerNow();
  answers.set(key, answer);
  return answer;
}

/** Changes whenever the file is written or replaced. */
export async function stampOf(file: string): Promise<string> {
  const seen = statSync(file, { bigint: true, throwIfNoEntry: false });
  return seen === undefined ? '' : `${seen.ino} ${seen.size} ${seen.mtimeNs}`;
}

const committers = new WeakMap<Repository, Promise<Person>>();

/** Who weft commits as: the user as configured when that was asked first, else weft itself. Agents may configure another. */
export function findCommitter(repo: Repository): Promise<Person> {
  const committer = committers.get(repo) ?? readCommitter(repo);
  committers.set(repo, committer);
  return committer;
}

async function readCommitter(repo: Repository): Promise<Person> {
  const said = await askSettings(repo.main, ['-c', 'user.useConfigOnly=true', 'var', 'GIT_COMMITTER_IDENT']);
  const [, name, email] = /^(.+) <(.+)> \d+ [-+]\d+$/.exec(said ?? '') ?? [];
  return name === undefined || email === undefined
    ? { name: 'weft', email: 'weft@localhost' }
    : { name, email };
}

/** Tells whether two spellings of a path are one file here. */
export async function foldsCase(repo: Repository): Promise<boolean> {
  return (await askSettings(repo.main, ['config', '--type=bool', '--get', 'core.ignoreCase'])) === 'true';
}
