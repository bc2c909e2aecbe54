// A person and a housekeeper beside a run, with real git: commits on the target, switches of branches, fetches, gc.
// Knows nothing of engines or of how they are killed.
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { runTestGit, testGitEnv } from '../temp-repo.ts';
import { seedTape, type Tape } from '../world/tape.ts';
import { type Deeds, USER_FOLDER } from './judge.ts';
import type { Scene } from './scene.ts';

const runFile = promisify(execFile);

/** What came of it. */
export interface Noise extends Deeds {
  /** Commands that went through. */
  readonly done: number;
  /** What git said to the person that it should not have. */
  readonly wrongs: readonly string[];
}

const SIDE = 'side';
const INTEGRATION = 'weft/integration';
/** Refs of the others in the repository. */
export const NEIGHBOURS: readonly string[] = [
  `refs/heads/${SIDE}`,
  'refs/remotes/origin/main',
  `refs/remotes/origin/${SIDE}`,
];
/** Pauses of the person and of the housekeeper, ms. */
const PAUSE_MS = { user: 1_500, keeper: 1_500 };
const SHORTEST_MS = 50;
/** After this they pause twice as long, after twice this three times. */
const WEARY_MS = 15_000;
/** How often a person tries what a lock is in the way of, and how long in between. */
const PATIENCE = 240;
const RETRY_MS = 250;

/**
 * What a person meets who shares a repository with a program that is killed: a lock that another git holds or left, a
 * branch that moved under a commit, a worktree that is half made, files of a landing that was cut short. And what gits do
 * to each other: one that repacks takes away a folder into which another is about to write.
 */
const PASSING =
  /\.lock': File exists|packed-refs\.new: File exists|cannot lock ref|could not lock|gc is already running|worktrees\/|commondir|MERGE_HEAD|would be overwritten|unable to create temporary file/i;

/** Prepares the built scene: a branch of the person's own, and a remote to fetch from. */
export async function addNeighbours({ dir, repo }: Scene): Promise<void> {
  await runTestGit(repo, ['branch', SIDE]);
  await runTestGit(dir, ['clone', '--quiet', '--bare', repo, join(dir, 'origin.git')]);
  // a path that is right in every copy
  await runTestGit(repo, ['remote', 'add', 'origin', '../origin.git']);
  await runTestGit(repo, ['fetch', '--quiet', 'origin', 'main']);
}

/** Begins; `stop` lets what is under way come to its end, and leaves the checkout clean on the target. */
export function makeNoise(
  scene: Scene,
  seed: number,
): {
  /** Resolves when the person has done what a run that waits asks for. */
  heed(): Promise<void>;
  stop(): Promise<Noise>;
} {
  const books: Books = { scene, commits: [], wrongs: [], done: 0, isOver: false, errands: [] };
  const actors = [
    act(books, { tape: seedTape(seed), deeds: USER, pauseMs: PAUSE_MS.user }),
    act(books, { tape: seedTape(seed + 1), deeds: KEEPER, pauseMs: PAUSE_MS.keeper }),
  ];
  return {
    heed: () => new Promise((resolve) => books.errands.push(resolve)),
    stop: async () => {
      books.isOver = true;
      await Promise.all(actors);
      await finish(books).catch((error: unknown) => books.wrongs.push(String(error)));
      return { commits: books.commits, refs: NEIGHBOURS, done: books.done, wrongs: books.wrongs };
    },
  };
}

interface Books {
  readonly scene: Scene;
  readonly commits: string[];
  readonly wrongs: string[];
  done: number;
  isOver: boolean;
  /** Told when the person has looked after the run. */
  readonly errands: (() => void)[];
}

type Deed = (books: Books, tape: Tape) => Promise<void>;

async function act(
  books: Books,
  of: { readonly tape: Tape; readonly deeds: readonly Deed[]; readonly pauseMs: number },
): Promise<void> {
  const { tape, deeds, pauseMs } = of;
  const began = performance.now();
  while (!books.isOver) {
    // a target that moves more often than checks take would never be caught up with on a slow machine
    const weary = 1 + (performance.now() - began) / WEARY_MS;
    await sleep(SHORTEST_MS + (tape.byte() / 256) * pauseMs * weary);
    const deed = deeds[tape.pick(deeds.length)];
    if (deed === undefined || books.isOver) return;
    await deed(books, tape).catch((error: unknown) => books.wrongs.push(String(error)));
  }
}

/** Runs a command as the person, who tries again what may pass; throws what does not. */
async function insist(books: Books, ...command: readonly string[]): Promise<string> {
  for (let tries = 1; ; tries += 1) {
    const said = await tryOnce(books, ...command);
    if (said !== null) return said;
    if (tries === PATIENCE) throw new Error(`${command.join(' ')}: given up after ${tries} tries`);
    await sleep(RETRY_MS);
  }
}

/** Runs a command once and returns what it printed; null: something is in the way that may pass. Throws the rest. */
async function tryOnce(books: Books, ...command: readonly string[]): Promise<string | null> {
  const [program = '', ...args] = command;
  try {
    const { stdout } = await runFile(program, args, { cwd: books.scene.repo, env: testGitEnv() });
    books.done += 1;
    return stdout.trimEnd();
  } catch (error) {
    if (PASSING.test(String(error))) return null;
    throw error;
  }
}

/** Commits a file of the person's own in the checkout, and nothing else that may lie there. */
async function commitHere(books: Books): Promise<void> {
  const { repo } = books.scene;
  await takeIntegration(books);
  const path = nextFile(books);
  await mkdir(join(repo, USER_FOLDER), { recursive: true });
  await writeFile(join(repo, path), `${path}\n`);
  await insist(books, 'git', 'add', '--', path);
  await insist(books, 'git', 'commit', '--quiet', '-m', `user: ${path}`, '--', path);
  books.commits.push(await insist(books, 'git', 'rev-list', '-1', 'HEAD', '--', path));
}

/** Leaves the target for a while, commits on it from beside, and comes back. */
async function commitBeside(books: Books, tape: Tape): Promise<void> {
  // what a killed landing left in the files would come along to the other branch
  if ((await insist(books, 'git', 'status', '--porcelain')) !== '') return;
  if ((await tryOnce(books, 'git', 'switch', '--quiet', SIDE)) === null) return;
  for (let left = 1 + tape.pick(3); left > 0; left -= 1) {
    const index = join(books.scene.dir, 'tmp', 'index');
    books.commits.push(await insist(books, 'sh', '-c', PLUMBING, 'sh', nextFile(books), index));
    await sleep(SHORTEST_MS + tape.byte());
  }
  await insist(books, 'git', 'switch', '--quiet', 'main');
}

/** Commits a file onto the target without any checkout. Nothing is lost when the target moves meanwhile. */
const PLUMBING = `
set -eu
export GIT_INDEX_FILE=$2
tip=$(git rev-parse main)
git read-tree "$tip"
blob=$(echo "$1" | git hash-object -w --stdin)
git update-index --add --cacheinfo "100644,$blob,$1"
tree=$(git write-tree)
commit=$(git commit-tree -p "$tip" -m "user: $1, from beside" "$tree")
git update-ref -m "user: from beside" refs/heads/main "$commit" "$tip"
echo "$commit"
`;

function nextFile({ commits }: Books): string {
  return `${USER_FOLDER}/${commits.length + 1}.txt`;
}

/** Brings what landed beside the target forward, as `weft` says to; it may lie across what landed on the target since. */
async function takeIntegration(books: Books): Promise<void> {
  const beside = await insist(books, 'git', 'for-each-ref', `refs/heads/${INTEGRATION}`);
  if (beside === '' || (await insist(books, 'git', 'status', '--porcelain')) !== '') return;
  await tryOnce(books, 'sh', '-c', MERGE, 'sh', INTEGRATION);
}

const MERGE = `
git merge --quiet --no-edit "$1" && exit
[ -f .git/MERGE_HEAD ] || exit
printf 'one\\ntwo\\n' >shared.txt
git add shared.txt && git commit --quiet --no-edit
`;

async function look(books: Books): Promise<void> {
  await tryOnce(books, 'git', 'status', '--porcelain');
}

const USER: readonly Deed[] = [commitHere, commitHere, commitBeside, look].map(
  (deed) => async (books: Books, tape: Tape) => {
    await deed(books, tape);
    if (books.errands.length > 0) await takeIntegration(books);
    for (const tell of books.errands.splice(0)) tell();
  },
);

/** Somebody else pushed meanwhile. */
async function fetch(books: Books): Promise<void> {
  await insist(books, 'sh', '-c', PUSHED);
  await tryOnce(books, 'git', 'fetch', '--quiet', '--prune', 'origin');
}

const PUSHED = `
set -eu
cd ../origin.git
tip=$(git rev-parse main)
commit=$(git commit-tree -p "$tip" -m pushed "$tip^{tree}")
git update-ref refs/heads/main "$commit" "$tip"
`;

/** What people run, or have run for them, to keep a repository small. Each keeps what is younger than two weeks. */
const UPKEEP: readonly (readonly string[])[] = [
  ['gc', '--quiet'],
  ['repack', '-a', '-d', '--quiet'],
  ['pack-refs', '--all'],
  ['worktree', 'prune'],
];

const KEEPER: readonly Deed[] = [
  fetch,
  ...UPKEEP.map(
    (args): Deed =>
      async (books) =>
        void (await tryOnce(books, 'git', ...args)),
  ),
];

/** When all is over every command works at once, and the checkout is on the target. */
async function finish(books: Books): Promise<void> {
  await takeIntegration(books);
  const beside = await insist(books, 'git', 'for-each-ref', `refs/heads/${INTEGRATION}`);
  if (beside !== '') await insist(books, 'git', 'branch', '--quiet', '--delete', INTEGRATION);
  for (const args of [...UPKEEP, ['fetch', '--quiet', 'origin']]) {
    if ((await tryOnce(books, 'git', ...args)) === null)
      books.wrongs.push(`something is still in the way of git ${args.join(' ')}`);
  }
}
