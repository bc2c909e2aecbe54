// Judges a round of the landing proof by what it left: a target that was never red, no work lost, every promise kept; and
// counts what the queue needed for it. Knows nothing of how the round was played.
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Event, Recorded } from '../../core/event.ts';
import { judgeProcesses, judgePromises } from '../faulty/judge.ts';
import type { Scene } from '../faulty/scene.ts';
import { runTestGit, testGitEnv } from '../temp-repo.ts';
import { compareLines, editsOf, linesWanted, parseDiary } from './diary.ts';
import type { Plot } from './plot.ts';
import type { Played } from './round.ts';
import { STRANGER } from './stranger.ts';

const runFile = promisify(execFile);

/** What a round came to. */
export interface Verdict {
  /** In sentences; none: all is well. */
  readonly wrongs: readonly string[];
  readonly landed: number;
  /** Times that weft moved the target. */
  readonly batches: number;
  /** Verdicts of gates on candidates, for each task that landed. */
  readonly runsPerLanded: number;
  /** All gate runs, of tasks alone too, and those that failed by accident. */
  readonly gateRuns: number;
  readonly shaken: number;
  /** Tasks that were said to have met a flaky gate on their way. */
  readonly flaky: number;
  /** Tasks that conflicted with the target, and how often. */
  readonly conflicting: number;
  readonly conflicts: number;
  /** Landings that found the target moved. */
  readonly stale: number;
  /** Tasks that the queue sent back, and those of them whose candidate passes when it is checked again. */
  readonly ejected: number;
  readonly ejectedWrongly: number;
  /** First-parent commits of the target, all of which were tried again, those below the last of a batch, and those refused. */
  readonly commits: number;
  readonly below: number;
  readonly red: number;
}

/** Judges a round that is over. */
export async function judgeRound(
  scene: Scene,
  of: { readonly plot: Plot; readonly played: Played },
): Promise<Verdict> {
  const { plot, played } = of;
  const events = played.records.map(({ event }: Recorded) => event);
  const check = await openCheck(scene);
  const target = await judgeTarget(scene, { check, played, isEachTried: plot.strategy !== 'rebase' });
  const ejections = findEjections(events);
  let ejectedWrongly = 0;
  for (const { commit } of ejections) if (await check(commit)) ejectedWrongly += 1;
  const landed = events.flatMap((event) => (event.type === 'task.landed' ? [event.task as string] : []));
  const wrongs = [
    ...(played.stuck === null ? [] : [played.stuck, played.said]),
    ...target.wrongs,
    ...judgeTasks(plot, landed),
    ...(await judgeLines(scene, { plot, landed })),
    ...(await judgePromises(scene, played.run)),
    ...(await judgeRest(scene, landed)),
    ...(await judgeProcesses(scene)),
  ];
  const verdicts = events.filter(
    ({ type }) => type === 'candidate.verified' || type === 'candidate.rejected',
  );
  const conflicts = events.flatMap((event) =>
    event.type === 'candidate.conflicted' && event.behind === undefined ? [event.task] : [],
  );
  return {
    ...target,
    wrongs,
    landed: landed.length,
    runsPerLanded: verdicts.length / Math.max(1, landed.length),
    gateRuns: (await readLines(join(scene.dir, 'runs'))).length,
    shaken: (await readLines(join(scene.dir, 'shook'))).length,
    flaky: countFlaky(events),
    conflicting: new Set(conflicts).size,
    conflicts: conflicts.length,
    stale: events.filter(({ type }) => type === 'landing.stale').length,
    ejected: ejections.length,
    ejectedWrongly,
  };
}

type Check = (commit: string) => Promise<boolean>;

/** Checks a commit out and runs the gate without its cover; each tree once. */
async function openCheck({ dir, repo }: Scene): Promise<Check> {
  const copy = join(dir, 'check');
  await runTestGit(dir, ['clone', '-q', '--shared', '--no-checkout', repo, copy]);
  const known = new Map<string, boolean>();
  return async (commit) => {
    const tree = await runTestGit(repo, ['rev-parse', `${commit}^{tree}`]);
    const before = known.get(tree);
    if (before !== undefined) return before;
    await runTestGit(copy, ['checkout', '-q', '--detach', '--force', commit]);
    await runTestGit(copy, ['clean', '-q', '-fdx']);
    const passes = await runFile('sh', [join(dir, 'check.sh')], { cwd: copy, env: testGitEnv() }).then(
      () => true,
      () => false,
    );
    known.set(tree, passes);
    return passes;
  };
}

/**
 * Everything that the target ever was passes, and so does every first-parent commit of it. A rebase puts all commits of a task
 * there, of which only the last has to.
 */
async function judgeTarget(
  { repo }: Scene,
  of: { readonly check: Check; readonly played: Played; readonly isEachTried: boolean },
): Promise<Pick<Verdict, 'wrongs' | 'batches' | 'commits' | 'below' | 'red'>> {
  const { check, played, isEachTried } = of;
  const wrongs: string[] = [];
  const log = await runTestGit(repo, ['log', '--walk-reflogs', '--format=%H %gs', 'main']);
  const moves = log.split('\n').map((line) => ({ commit: line.slice(0, 40), how: line.slice(41) }));
  const commits = (await runTestGit(repo, ['rev-list', '--first-parent', 'main'])).split('\n');
  const stops = new Map(moves.map(({ commit, how }) => [commit, how]));
  const ends = new Set(
    played.records.flatMap(({ event }) => (event.type === 'task.landed' ? [event.commit as string] : [])),
  );
  let red = 0;
  for (const commit of new Set([...stops.keys(), ...commits])) {
    if (await check(commit)) continue;
    red += 1;
    const how = stops.get(commit) ?? 'below the last of a batch';
    if (isEachTried || stops.has(commit) || ends.has(commit))
      wrongs.push(`the target was red at ${commit.slice(0, 12)}: ${how}`);
  }
  const line = new Set(commits);
  for (const [commit, how] of stops)
    if (!line.has(commit)) wrongs.push(`the target has lost ${commit.slice(0, 12)}: ${how}`);
  for (const commit of played.strange)
    if (!line.has(commit)) wrongs.push(`the target has lost ${commit.slice(0, 12)} of the stranger`);
  return {
    wrongs,
    batches: moves.filter(({ how }) => how.startsWith('weft: ')).length,
    commits: commits.length,
    below: commits.filter((commit) => !stops.has(commit)).length,
    red,
  };
}

/** Every task that can pass has landed, once, and no other. */
function judgeTasks({ parts }: Plot, landed: readonly string[]): readonly string[] {
  return parts.flatMap(({ task, character }) => {
    const times = landed.filter((each) => each === task).length;
    const wanted = character === 'hopeless' ? 0 : 1;
    return times === wanted ? [] : [`${task}, which is ${character}, has landed ${times} times`];
  });
}

/** The shared files have the lines that they have to have, each once, and every task that landed has its own file. */
async function judgeLines(
  { dir, repo }: Scene,
  { plot, landed }: { readonly plot: Plot; readonly landed: readonly string[] },
): Promise<readonly string[]> {
  const diary = parseDiary(await readFile(join(dir, 'diary'), 'utf8'));
  const wanted = linesWanted(
    plot.files,
    [...landed, STRANGER].flatMap((who) => editsOf(diary, who)),
  );
  const wrongs: string[] = [];
  for (const [file, lines] of Object.entries(wanted)) {
    const text = await runTestGit(repo, ['show', `main:${file}`]);
    wrongs.push(...compareLines({ file, wanted: lines, found: text.split('\n') }));
  }
  const own = new Set((await runTestGit(repo, ['ls-tree', '--name-only', 'main', 'own/'])).split('\n'));
  return [
    ...wrongs,
    ...landed.filter((task) => !own.has(`own/${task}.txt`)).map((task) => `own/${task}.txt is lost`),
  ];
}

/** The object store is sound, and of the tasks that landed nothing is left; what was given up stays for people to look at. */
async function judgeRest({ repo }: Scene, landed: readonly string[]): Promise<readonly string[]> {
  const sound = await runTestGit(repo, ['fsck', '--strict', '--no-dangling', '--no-progress']).catch(String);
  const refs = (await runTestGit(repo, ['for-each-ref', '--format=%(refname)'])).split('\n');
  const worktrees =
    (await runTestGit(repo, ['worktree', 'list', '--porcelain'])).match(/^worktree .*$/gm) ?? [];
  const left = [...refs.filter((ref) => !/^refs\/weft\/(?:landed|rescue)\//.test(ref)), ...worktrees];
  const names = new Set(landed);
  const over = left.filter((name) => name.split('/').some((part) => names.has(part)));
  return [...(sound === '' ? [] : [`git fsck: ${sound}`]), ...over.map((name) => `${name} is left over`)];
}

/** Tasks that were sent back for what the gate said of them on the target, each with the candidate that it was said of. */
export function findEjections(
  events: readonly Event[],
): readonly { readonly task: string; readonly commit: string }[] {
  const accused = new Map<string, string>();
  const found: { readonly task: string; readonly commit: string }[] = [];
  for (const event of events) {
    if (event.type === 'task.queued') accused.delete(event.task);
    if (event.type === 'candidate.rejected') accused.set(event.task, event.commit);
    if (event.type !== 'attempt.failed' || event.cause !== 'gate-failed') continue;
    const commit = accused.get(event.task);
    if (commit !== undefined) found.push({ task: event.task, commit });
    accused.delete(event.task);
  }
  return found;
}

/** Candidates that were refused and then passed. */
function countFlaky(events: readonly Event[]): number {
  const refused = new Set<string>();
  let count = 0;
  for (const event of events) {
    if (event.type === 'candidate.rejected') refused.add(event.commit);
    if (event.type === 'candidate.verified' && refused.has(event.commit)) count += 1;
  }
  return count;
}

async function readLines(path: string): Promise<readonly string[]> {
  return (await readFile(path, 'utf8')).split('\n').filter((line) => line !== '');
}
