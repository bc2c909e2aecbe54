// No line of any landed task is lost: random edits by several tasks, landed in any order, one behind the other, by every
// strategy, with and without a merge driver, while a stranger moves the target. What a landing makes of the target is held
// against what the task did, line by line.
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Oid, oid } from '../../../src/core/model.ts';
import type { Candidate, CandidateSpec } from '../../../src/ports/git.ts';
import { testGitEnv } from '../../../src/testing/temp-repo.ts';
import { seedTape, type Tape } from '../../../src/testing/world/tape.ts';
import {
  compareFacts,
  type Deed,
  doDeed,
  drawTree,
  editTree,
  joinDeeds,
  nameOf,
  parseFile,
  type TestFile,
  type TestTree,
  tellTree,
  textOf,
} from './edits.ts';
import { createRig, type Rig, value } from './rig.ts';

const runFile = promisify(execFile);
/** Rounds for each strategy and driver. */
const ROUNDS = Number(process.env['KEPT_ROUNDS'] ?? 1);
const FIRST_SEED = Number(process.env['KEPT_SEED'] ?? 1);
const TASKS = 7;

let rig: Rig;
beforeEach(async () => {
  rig = await createRig();
});
afterEach(() => rig.remove());

/** A task with its branch. */
interface Task {
  readonly name: string;
  readonly base: Oid;
  readonly head: Oid;
  /** What it did by itself, whatever its branch contains. */
  readonly deed: Deed;
  readonly after: string | null;
}

type Build = (spec: CandidateSpec) => Promise<Candidate>;

interface Plan {
  readonly seed: number;
  readonly strategy: CandidateSpec['strategy'];
  readonly driver: string | null;
  readonly build: Build;
}

interface Count {
  landed: number;
  conflicts: number;
  driven: number;
  stale: number;
}

async function commitTree(tree: TestTree, parents: readonly Oid[]): Promise<Oid> {
  const ref = 'refs/test/next';
  const [first, ...others] = parents;
  const files = [...tree.values()].map((file) => {
    const text = textOf(file);
    return `M ${file.isExecutable ? '100755' : '100644'} inline ${file.path}\ndata ${text.length}\n${text}\n`;
  });
  const lines = [
    `reset ${ref}\n`,
    ...(first === undefined ? [] : [`from ${first}\n\n`]),
    `commit ${ref}\ncommitter Ada Agent <ada@example.org> 1700000000 +0000\ndata 4\nwork\n`,
    ...(first === undefined ? [] : [`from ${first}\n`]),
    ...others.map((parent) => `merge ${parent}\n`),
    'deleteall\n',
    ...files,
  ];
  const stream = join(rig.repo.around, 'stream');
  await writeFile(stream, lines.join(''), 'latin1');
  const script = 'git fast-import --quiet --force <"$1" && git rev-parse "$2"';
  const { stdout } = await runFile('sh', ['-c', script, 'sh', stream, ref], {
    cwd: rig.repo.path,
    env: testGitEnv(),
  });
  return oid(stdout.trim());
}

const READ = `
git ls-tree -r -z "$1"; printf '\\0'
git ls-tree -r --format='%(objectname)' "$1" | git cat-file --batch`;

async function readTree(commit: string): Promise<TestTree> {
  const { stdout } = await runFile('sh', ['-c', READ, 'sh', commit], {
    cwd: rig.repo.path,
    env: testGitEnv(),
    encoding: 'latin1',
  });
  const list = stdout.slice(0, stdout.indexOf('\0\0'));
  let rest = stdout.slice(list.length + 2);
  const tree = new Map<string, TestFile>();
  for (const entry of list.split('\0')) {
    const [, mode, path = ''] = /^(\d+) blob \w+\t(.*)$/s.exec(entry) ?? [];
    const [head = '', size] = /^\w+ blob (\d+)\n/.exec(rest) ?? [];
    const text = rest.slice(head.length, head.length + Number(size));
    rest = rest.slice(head.length + Number(size) + 1);
    const file = parseFile({ path, isExecutable: mode === '100755', text });
    // one that is there twice, or has lost its name, is not overwritten
    tree.set(tree.has(nameOf(file)) ? path : nameOf(file), file);
  }
  return tree;
}

/** All that is true of a tree. Whether white space came through a merge driver is nobody's promise. */
type Tell = (tree: TestTree) => ReadonlySet<string>;

/** Goes on with a task's branch by a few commits. */
async function work(tape: Tape, task: Task, tell: Tell): Promise<Task> {
  let { head, deed } = task;
  for (let commits = 1 + tape.pick(2); commits > 0; commits -= 1) {
    const before = await readTree(head);
    let tree = before;
    for (let edits = 1 + tape.pick(3); edits > 0; edits -= 1)
      tree = editTree(tape, { tree, by: `${task.name}.${head.slice(0, 6)}.${edits}` });
    head = await commitTree(tree, [head]);
    deed = joinDeeds(deed, compareFacts(tell(before), tell(tree)));
  }
  return { ...task, head, deed };
}

/** Takes the target in; where that conflicts, its files are taken as they are there. Null: it is too much of a tangle. */
async function takeIn(task: Task, target: Oid, tell: Tell): Promise<Task | null> {
  const args = ['merge-tree', '--write-tree', '-z', '--name-only', '--no-messages', target, task.head];
  const merged = await runFile('git', args, { cwd: rig.repo.path, env: testGitEnv() }).then(
    ({ stdout }) => ({ stdout, isClean: true }),
    ({ stdout }: { stdout: string }) => ({ stdout, isClean: false }),
  );
  const [made = '', ...files] = merged.stdout.split('\0').filter((field) => field !== '');
  const there = await readTree(target);
  const tree = new Map(await readTree(made));
  for (const [name, file] of tree) if (files.includes(file.path)) tree.delete(name);
  for (const [name, file] of there) if (files.includes(file.path)) tree.set(name, file);
  const facts = tell(tree);
  if ([...facts].some((fact) => /<<<<<<<|>>>>>>>| again$/.test(fact))) return null;
  const paths = [...tree.values()].map(({ path }) => path);
  if (new Set(paths).size < paths.length) return null;
  const head = await commitTree(tree, [task.head, target]);
  const list = async (sides: 'ours' | 'both'): Promise<readonly string[]> =>
    value(await rig.port.listLost({ ours: target, theirs: task.head, result: head, files, sides }));
  const lost = await list('ours');
  if (lost.length > 0) throw new Error(`said to be lost from ${files}: ${lost}`);
  const given = [...task.deed.added].filter((fact) => !facts.has(fact) && / adds /.test(fact));
  if (given.length > 0 && (await list('both')).length === 0)
    throw new Error(`nobody was told that ${given} went`);
  return { ...task, head, deed: compareFacts(tell(there), facts) };
}

const NOTHING: Deed = { added: new Set(), removed: new Set() };

/** Holds what was made of a target against what was done. */
async function check(of: {
  readonly target: Oid;
  readonly made: string;
  readonly task: Task;
  readonly tell: Tell;
}): Promise<void> {
  const { target, made, task, tell } = of;
  const wanted = doDeed(tell(await readTree(target)), task.deed);
  const { added, removed } = compareFacts(wanted, tell(await readTree(made)));
  const wrongs = [
    ...[...removed].map((fact) => `lost: ${fact}`),
    ...[...added].map((fact) => `nobody said: ${fact}`),
  ];
  if (wrongs.length > 0) throw new Error(`${task.name} on ${target.slice(0, 8)}\n${wrongs.join('\n')}`);
}

/** A round as it stands. */
interface Round extends Plan {
  readonly tape: Tape;
  readonly tell: Tell;
  readonly branch: string;
  readonly count: Count;
  readonly tasks: Map<string, Task>;
  readonly landed: Set<string>;
  queue: readonly string[];
  tip: Oid;
  /** All that has to be true of the target. */
  expected: ReadonlySet<string>;
}

async function beginRound(plan: Plan): Promise<Round> {
  const tape = seedTape(plan.seed);
  const tell: Tell = (tree) => tellTree(tree.values(), { lineEnds: plan.driver === null });
  const tree = drawTree(tape);
  const tip = await commitTree(tree, [await rig.head()]);
  const branch = `target-${plan.seed}`;
  await rig.repo.git('update-ref', `refs/heads/${branch}`, tip);
  return {
    ...plan,
    tape,
    tell,
    branch,
    count: { landed: 0, conflicts: 0, driven: 0, stale: 0 },
    tasks: new Map(),
    landed: new Set(),
    queue: [],
    tip,
    expected: tell(tree),
  };
}

/** Queues one task more, on the target or on another task. */
async function addTask(round: Round): Promise<void> {
  const { tape, tasks, landed, queue } = round;
  const name = `t${tasks.size + 1}`;
  const alive = [...tasks.values()].filter((task) => queue.includes(task.name) || landed.has(task.name));
  const below = tape.chance(70) ? alive[tape.pick(alive.length)] : undefined;
  const base = below?.head ?? round.tip;
  const task = { name, base, head: base, deed: NOTHING, after: below?.name ?? null };
  tasks.set(name, await work(tape, task, round.tell));
  round.queue = queue.toSpliced(tape.pick(queue.length + 1), 0, name);
}

/** Takes a task out of the queue, and those that stand on it. */
function giveUp(round: Round, name: string): void {
  round.queue = round.queue.filter((each) => each !== name);
  for (const task of round.tasks.values())
    if (task.after === name && round.queue.includes(task.name)) giveUp(round, task.name);
}

interface Link {
  readonly task: Task;
  readonly commit: Oid;
}

/** Builds candidates one behind the other; those that are stacked may ride on what they stand on. */
async function buildChain(round: Round): Promise<readonly Link[]> {
  const { tasks, landed, tape, count, driver, strategy, tip } = round;
  const chain: Link[] = [];
  for (const name of round.queue) {
    const task = tasks.get(name);
    if (task === undefined || chain.length === 3 || !round.queue.includes(name)) continue;
    const { after, base, head } = task;
    if (after !== null && !landed.has(after) && !chain.some((link) => link.task.name === after)) continue;
    const target = chain.at(-1)?.commit ?? tip;
    const spec = { target, base, head, strategy, message: `${name}\n`, pin: `kept/${name}` };
    const made = await round.build(driver === null ? spec : { ...spec, driver });
    if (made.kind === 'built') {
      await check({ target, made: made.commit, task, tell: round.tell });
      chain.push({ task, commit: made.commit });
      if (made.note?.includes('driver') === true) count.driven += 1;
      continue;
    }
    // behind another it waits; with the target itself it is for its agent
    if (target !== tip) continue;
    count.conflicts += 1;
    const again = after === null && tape.chance(170) ? await takeIn(task, tip, round.tell) : null;
    if (again === null) giveUp(round, name);
    else tasks.set(name, again);
  }
  return chain;
}

/** A stranger moves the target; what was built for where it was is too late. */
async function moveTarget(round: Round, late: Link | undefined): Promise<void> {
  const { branch, tip } = round;
  const outsider = { name: `s${round.count.stale}`, base: tip, head: tip, deed: NOTHING, after: null };
  const { head, deed } = await work(round.tape, outsider, round.tell);
  await rig.repo.git('update-ref', `refs/heads/${branch}`, head, tip);
  round.tip = head;
  round.expected = doDeed(round.expected, deed);
  round.count.stale += 1;
  if (late === undefined) return;
  const done = value(await rig.port.land({ branch, from: tip, to: late.commit, note: 'weft: late' }));
  expect(done.kind).toBe(late.commit === tip ? 'landed' : 'stale');
}

/** Lands a chain up to a link. */
async function landChain(round: Round, links: readonly Link[]): Promise<void> {
  const { branch, tip } = round;
  const to = links.at(-1)?.commit ?? tip;
  expect(value(await rig.port.land({ branch, from: tip, to, note: 'weft: land' })).kind).toBe('landed');
  round.tip = to;
  for (const { task } of links) {
    round.landed.add(task.name);
    round.queue = round.queue.filter((each) => each !== task.name);
    round.expected = doDeed(round.expected, task.deed);
    round.count.landed += 1;
  }
}

/** Somebody merges the target before there is any need, and goes on. */
async function mergeEarly(round: Round): Promise<void> {
  const { tape, tasks, queue, tell } = round;
  const idle = tasks.get(queue[tape.pick(queue.length)] ?? '');
  if (idle === undefined || idle.after !== null || !tape.chance(60)) return;
  const merged = await takeIn(idle, round.tip, tell);
  if (merged !== null) tasks.set(idle.name, await work(tape, merged, tell));
}

async function playRound(plan: Plan): Promise<Count> {
  const round = await beginRound(plan);
  const { tape, tasks } = round;
  while (tasks.size < TASKS - 2) await addTask(round);
  while (round.queue.length > 0 || tasks.size < TASKS) {
    if (tasks.size < TASKS && (round.queue.length === 0 || tape.chance(100))) await addTask(round);
    const chain = await buildChain(round);
    // the gate may refuse what is above
    const passing = chain.slice(0, 1 + tape.pick(chain.length));
    if (passing.length === 0 || tape.chance(60)) await moveTarget(round, passing.at(-1));
    else {
      await landChain(round, passing);
      await mergeEarly(round);
    }
  }
  const found = compareFacts(round.expected, round.tell(await readTree(`refs/heads/${round.branch}`)));
  expect([...found.removed, ...found.added]).toEqual([]);
  return round.count;
}

const STRATEGIES = ['merge', 'squash', 'rebase', 'fast-forward'] as const;
/** None; one that keeps both sides of a conflict; one that throws one side away; one that loses lines anywhere. */
const DRIVERS: Readonly<Record<string, string | null>> = {
  'no driver': null,
  'a driver that keeps both sides': 'git merge-file --union %A %O %B',
  'a driver that takes one side': 'cp %B %A',
  'a driver that loses lines': 'git merge-file --union %A %O %B; sed -i 3d %A',
};

const build: Build = async (spec) => value(await rig.port.buildCandidate(spec));

describe.each(Object.entries(DRIVERS))('with %s', (name, driver) => {
  // two that differ are enough to see a driver at work, unless somebody wants to know
  test.each(driver === null || ROUNDS > 1 ? STRATEGIES : (['squash', 'rebase'] as const))(
    'all that was done is there after each landing by %s, and nothing else',
    async (strategy) => {
      const sum: Count = { landed: 0, conflicts: 0, driven: 0, stale: 0 };
      const first =
        FIRST_SEED + (STRATEGIES.indexOf(strategy) + 4 * Object.keys(DRIVERS).indexOf(name)) * 1_000_000;
      for (let seed = first; seed < first + ROUNDS; seed += 1) {
        const count = await playRound({ seed, strategy, driver, build }).catch((error: Error) => {
          throw new Error(`seed ${seed}: ${error.message}`);
        });
        for (const key of ['landed', 'conflicts', 'driven', 'stale'] as const) sum[key] += count[key];
      }
      if (ROUNDS > 1) process.stdout.write(`${strategy} ${name}: ${JSON.stringify(sum)}\n`);
      expect(sum.landed).toBeGreaterThan(ROUNDS);
    },
    60_000 + ROUNDS * 30_000,
  );
});

test.each(STRATEGIES)('a merge by %s that drops one line is found out', async (strategy) => {
  const dropping: Build = async (spec) => {
    const made = await build(spec);
    if (made.kind !== 'built') return made;
    const tree = new Map(await readTree(made.commit));
    const [name, file] = [...tree].find(([, { lines }]) => lines.length > 4) ?? [];
    if (name === undefined || file === undefined) return made;
    const at = file.lines.findLastIndex((line) => / line | adds /.test(line));
    tree.set(name, { ...file, lines: file.lines.toSpliced(at, 1) });
    return { ...made, commit: await commitTree(tree, [spec.target]) };
  };
  const round = playRound({ seed: FIRST_SEED, strategy, driver: null, build: dropping });
  await expect(round).rejects.toThrow(/^t\d on \w+\nlost: there is the line "[^"]+"$/);
});
