// Judges a run that is over by what it left: the same work on the target, every promise kept, and nothing lying about.
// Knows nothing of how it was struck.
import { readdir, readFile, readlink, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createGitPort } from '../../adapters/git/git-port.ts';
import { createJournalStore } from '../../adapters/journal/file-journal.ts';
import { createProcessPort } from '../../adapters/process/process-port.ts';
import { createFiles } from '../../adapters/system/files.ts';
import type { TaskReceipt } from '../../core/documents/receipt.ts';
import { readReceipt } from '../../engine/read-run.ts';
import { verifyRun } from '../../engine/verify-run.ts';
import { runTestGit } from '../temp-repo.ts';
import type { Scene, Stage } from './scene.ts';

/** What is said when the folder that worktrees are in is there after the run. */
export const FOLDER_LEFT = 'the folder of worktrees is left';

/** What every run of the scene has to end with. */
export interface Standard {
  /** The files on the target, one a line, but for what is the user's. */
  readonly files: readonly string[];
}

/** What a person did beside the run, below `USER_FOLDER`. */
export interface Deeds {
  /** Commits on the target, each of which has to stay there. */
  readonly commits: readonly string[];
  /** Refs that are the person's; the branches among them stay where they were made. */
  readonly refs: readonly string[];
}

/** Folder in which the person beside a run works. */
export const USER_FOLDER = 'user';

const NO_DEEDS: Deeds = { commits: [], refs: [] };

/** Looks at what an undisturbed run left. */
export async function readStandard(stage: Stage): Promise<Standard> {
  return { files: await listFiles(stage) };
}

/** Says in sentences what is wrong; nothing is when there are none. */
export async function judge(
  stage: Stage,
  of: { readonly run: string; readonly standard: Standard | null; readonly deeds?: Deeds },
): Promise<readonly string[]> {
  const deeds = of.deeds ?? NO_DEEDS;
  const wrongs = await Promise.all([
    judgePromises(stage, of.run),
    judgeReceipts(stage, of.run),
    judgeWork(stage, of.standard),
    judgeCommits(stage),
    judgeDeeds(stage, deeds),
    judgeGit(stage, deeds),
    judgeCheckout(stage),
  ]);
  // not before the judges' own have ended
  return [...wrongs.flat(), ...(await judgeProcesses(stage))];
}

/** Each task that landed is said to have landed as a commit that is on the target; and what is beyond says the same. */
async function judgeReceipts({ script, beyond, repo }: Stage, run: string): Promise<readonly string[]> {
  const git = await createGitPort(repo);
  if (!git.ok) return [git.failure.sentence];
  const parts = { stateDir: join(git.value.repository, '.weft'), git: git.value, files: createFiles() };
  const read = await readReceipt({ ...parts, journals: createJournalStore() }, { run, write: false });
  await git.value.close();
  if (!read.ok) return [read.failure.sentence];
  const { tasks } = read.value.json;
  const wrongs = await Promise.all(script.lands.map((task) => judgeReceipt(beyond.target, { task, tasks })));
  return [...wrongs.flat(), ...(await beyond.judge(tasks))];
}

async function judgeReceipt(
  target: string,
  { task, tasks }: { readonly task: string; readonly tasks: readonly TaskReceipt[] },
): Promise<readonly string[]> {
  const receipt = tasks.find(({ task_id }) => task_id === task);
  const commit = receipt?.merge?.commit;
  if (receipt?.phase !== 'merged' || commit === undefined)
    return [`the receipt has ${task} ${receipt?.phase}`];
  const isThere = runTestGit(target, ['merge-base', '--is-ancestor', commit, 'main']);
  return isThere.then(
    () => [],
    () => [`the receipt has ${task} as ${commit}, which is not on the target`],
  );
}

/** The product's own check of a run. */
export async function judgePromises(scene: Scene, run: string): Promise<readonly string[]> {
  const git = await createGitPort(scene.repo);
  if (!git.ok) return [git.failure.sentence];
  const parts = {
    repository: git.value.repository,
    stateDir: join(git.value.repository, '.weft'),
    git: git.value,
    process: createProcessPort(),
    files: createFiles(),
    journals: createJournalStore(),
  };
  const found = await verifyRun(parts, run);
  await git.value.close();
  if (!found.ok) return [found.failure.sentence];
  const silent = found.value.filter(({ id, state }) => state === 'unseen' && id !== 'I10' && id !== 'I14');
  return [
    ...found.value.flatMap(({ id, wrong }) => wrong.map((sentence) => `${id}: ${sentence}`)),
    ...silent.map(({ id }) => `${id}: nothing was looked at`),
  ];
}

/** The target holds the same files, each task landed once, and no two agents met. */
async function judgeWork(stage: Stage, standard: Standard | null): Promise<readonly string[]> {
  const { dir, script, beyond } = stage;
  const wrongs: string[] = [];
  const files = await listFiles(stage);
  const wanted = standard?.files ?? files;
  for (const file of wanted) if (!files.includes(file)) wrongs.push(`the target lacks ${file}`);
  for (const file of files) if (!wanted.includes(file)) wrongs.push(`the target has ${file}`);
  // whoever merged it, weft or people or a forge, the commit bears the task's title
  const subjects = await runTestGit(beyond.target, ['log', '--format=%s', 'main']);
  const landed = [...subjects.matchAll(/^Task (\w+)/gm)].map(([, task = '']) => task);
  for (const task of new Set([...script.lands, ...landed])) {
    const times = landed.filter((each) => each === task).length;
    if (times !== 1 || !script.lands.includes(task))
      wrongs.push(`I6: ${task} is on the target ${times} times`);
  }
  const starts = await readLines(join(dir, 'starts'));
  const again = starts.filter((who, at) => starts.indexOf(who) !== at);
  return [
    ...wrongs,
    ...again.map((who) => `I2: ${who} was started again`),
    ...(await readLines(join(dir, 'met'))),
  ];
}

/** Mode, blob and path of each file on the target outside of the user's folder. */
async function listFiles({ beyond }: Stage): Promise<readonly string[]> {
  const all = (await runTestGit(beyond.target, ['ls-tree', '-r', 'main'])).split('\n');
  return all.filter((line) => !line.includes(`\t${USER_FOLDER}/`));
}

/** Each commit that an agent made is in some ref. */
async function judgeCommits({ dir, repo }: Scene): Promise<readonly string[]> {
  const made = new Set(await readLines(join(dir, 'commits')));
  const kept = new Set((await runTestGit(repo, ['rev-list', '--all'])).split('\n'));
  return [...made]
    .filter((commit) => !kept.has(commit))
    .map((commit) => `I1: ${commit}, made by an agent, is in no ref`);
}

/** Each commit that the user made on the target is still there, and no other branch of the user's ever moved. */
async function judgeDeeds({ repo }: Scene, { commits, refs }: Deeds): Promise<readonly string[]> {
  const kept = new Set((await runTestGit(repo, ['rev-list', 'main'])).split('\n'));
  const wrongs = commits
    .filter((commit) => !kept.has(commit))
    .map((commit) => `${commit}, made by the user on the target, is not there any more`);
  for (const branch of refs.filter((ref) => ref.startsWith('refs/heads/'))) {
    const moves = (await runTestGit(repo, ['log', '--walk-reflogs', '--format=%gs', branch])).split('\n');
    for (const move of moves.slice(0, -1)) wrongs.push(`I14: ${branch} was moved: ${move}`);
  }
  return wrongs;
}

/** The object store is sound, and nothing of weft's is left but what keeps work reachable. */
async function judgeGit({ repo, beyond }: Stage, deeds: Deeds): Promise<readonly string[]> {
  const wrongs: string[] = [];
  const sound = await runTestGit(repo, ['fsck', '--strict', '--no-dangling', '--no-progress']).catch(String);
  if (sound !== '') wrongs.push(`git fsck: ${sound}`);
  const locks = (await readdir(join(repo, '.git'), { recursive: true })).filter((name) =>
    name.endsWith('.lock'),
  );
  for (const lock of locks) if (!lock.startsWith('weft-kept')) wrongs.push(`the lock ${lock} is left over`);
  const refs = await runTestGit(repo, ['for-each-ref', '--format=%(refname)']);
  for (const ref of refs.split('\n')) {
    const isKept = ref === 'refs/heads/main' || /^refs\/weft\/(?:landed|rescue)\//.test(ref);
    if (!isKept && ![...deeds.refs, ...beyond.refs].includes(ref)) wrongs.push(`the ref ${ref} is left over`);
  }
  const worktrees = (await runTestGit(repo, ['worktree', 'list', '--porcelain'])).match(/^worktree /gm);
  if (worktrees?.length !== 1) wrongs.push(`${worktrees?.length} worktrees are left`);
  if ((await stat(`${repo}.weft`).catch(() => null)) !== null) wrongs.push(FOLDER_LEFT);
  return wrongs;
}

/** I14: what is the user's is as it was, but for the target that came forward. */
async function judgeCheckout({ repo, config: before }: Stage): Promise<readonly string[]> {
  const wrongs: string[] = [];
  const asked = ['--no-optional-locks', 'status', '--porcelain=v2', '--untracked-files=all'];
  const status = await runTestGit(repo, asked);
  if (status !== '') wrongs.push(`I14: the checkout is not clean: ${status}`);
  const head = await runTestGit(repo, ['symbolic-ref', 'HEAD']);
  if (head !== 'refs/heads/main') wrongs.push(`I14: the checkout has ${head}`);
  const config = await readFile(join(repo, '.git', 'config'), 'utf8');
  if (config !== before) wrongs.push(`I14: the configuration changed to ${config}`);
  const stash = await runTestGit(repo, ['stash', 'list']);
  return stash === '' ? wrongs : [...wrongs, `I14: the stash holds ${stash}`];
}

/** Tag of the process that is none of the run's. */
export const BYSTANDER = 'another/task/1';

const GOING_MS = 2_000;

/** I12: nothing of the run still runs; what is on its way out may take a moment. */
export async function judgeProcesses({ dir }: Scene): Promise<readonly string[]> {
  const until = performance.now() + GOING_MS;
  for (;;) {
    const left = await findProcesses(dir);
    if (left.length === 0 || performance.now() > until) return left.map((who) => `I12: ${who} still runs`);
    await sleep(20);
  }
}

/** Processes of the scene, by the environment that they were started with or where they are; not the bystander. */
export async function findProcesses(dir: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
    const variables = environment.split('\0');
    const folder = await readlink(`/proc/${pid}/cwd`).catch(() => '');
    const isThere = folder === dir || folder.startsWith(`${dir}/`);
    if (variables.includes(`WEFT_TAG=${BYSTANDER}`)) continue;
    if (!isThere && !variables.includes(`ACTOR_DIR=${dir}`)) continue;
    const command = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).replaceAll('\0', ' ');
    if (command !== '') found.push(`process ${pid} (${command.slice(0, 80)}) in ${folder}`);
  }
  return found;
}

async function readLines(path: string): Promise<readonly string[]> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text.split('\n').filter((line) => line !== '');
}
