// A few engines struck at operations of theirs, and each time the run ends as if nothing had happened. `npm run kill-points`
// strikes many more. Also shown: what the judge says when something is wrong.
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type Ground,
  kindOf,
  listTargets,
  rank,
  type Struck,
  scout,
  strikeAll,
  type Target,
} from '../../src/testing/faulty/campaign.ts';
import { judge, type Standard } from '../../src/testing/faulty/judge.ts';
import { liveThrough } from '../../src/testing/faulty/life.ts';
import { parsePoint, type Seen, spellPoint } from '../../src/testing/faulty/point.ts';
import { buildScene, copyScene, type Scene } from '../../src/testing/faulty/scene.ts';
import { runTestGit } from '../../src/testing/temp-repo.ts';

/** Monotonic time for striking; what has begun comes to its end. */
const STRIKING_MS = 15_000;
const LIMIT_MS = 240_000;

let ground: Ground;
let seen: readonly Seen[];
let standard: Standard;

beforeAll(async () => {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'weft-struck-')));
  ground = { scene: await buildScene(root), root, dist: resolve('dist') };
  ({ seen, standard } = await scout(ground));
}, LIMIT_MS);
afterAll(() => rm(ground.root, { recursive: true, force: true, maxRetries: 5 }));

test('the undisturbed pass meets what the scene is for', () => {
  const facts = seen.flatMap(({ lane, to }) => (lane === 'journal' ? to.split('+') : []));
  const needed = [
    'question.asked two',
    'attempt.rejected three',
    'attempt.spawned five',
    'attempt.spawned four',
  ];
  expect(facts).toEqual(expect.arrayContaining(needed));
  expect(facts.filter((fact) => fact.startsWith('candidate.conflicted')).length).toBeGreaterThan(0);
  expect(facts.filter((fact) => fact.startsWith('task.landed'))).toHaveLength(6);
  expect(seen.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['snapshot', 'tryMerge']));
  // its programs are counted too, whoever starts them: the merge driver makes it build twice
  const builds = seen.filter(({ kind }) => kind === 'buildCandidate');
  const most = (task: string): number =>
    Math.max(...builds.filter(({ to }) => to === task).map(({ children }) => children));
  expect(most('six')).toBeGreaterThan(most('four'));
  // some may go together
  expect(seen.filter(({ kind }) => kind === 'land').length).toBeGreaterThan(1);
});

test(
  'engines that are struck come through [F1] [F48]',
  async () => {
    const targets = rank(listTargets(seen, 1), 1);
    const done: Struck[] = [];
    await strikeAll(ground, {
      targets,
      standard,
      atOnce: 2,
      until: performance.now() + STRIKING_MS,
      report: (struck) => done.push(struck),
    });
    const broken = done.filter(({ wrongs }) => wrongs.length > 0);
    const said = broken.map(
      ({ point, wrongs, story }) => `${spellPoint(point)}\n${wrongs.join('\n')}\n${story}`,
    );
    expect(said.join('\n')).toBe('');
    expect(done.filter(({ seen: struck }) => struck !== null).length).toBeGreaterThan(0);
  },
  LIMIT_MS,
);

test(
  'the judge notices what is wrong',
  async () => {
    const scene = await copyScene(ground.scene, join(ground.root, 'judged'));
    const { run } = await liveThrough(scene, { point: null, dist: ground.dist });
    if (run === null) throw new Error('no run was begun');
    const say = (): Promise<readonly string[]> => judge(scene, { run, standard });
    expect(await say()).toEqual([]);
    await spoil(scene, run);
    const wrongs = (await say()).join('\n');
    for (const part of [
      'the target lacks ',
      'I2: one/1 was started again',
      'made by an agent, is in no ref',
      'the lock refs/heads/main.lock is left over',
      'the ref refs/heads/stray is left over',
      'I14: the checkout is not clean',
      'I5: ',
    ]) {
      expect(wrongs).toContain(part);
    }
  },
  LIMIT_MS,
);

async function spoil({ dir, repo }: Scene, run: string): Promise<void> {
  const lost = await runTestGit(repo, ['commit-tree', '-m', 'lost', 'main^{tree}']);
  await writeFile(join(dir, 'commits'), `${lost}\n`);
  await writeFile(join(dir, 'starts'), 'one/1\none/1\n');
  await runTestGit(repo, ['update-ref', '-d', `refs/weft/landed/${run}/four`]);
  await runTestGit(repo, ['branch', 'stray']);
  await runTestGit(repo, ['update-ref', 'refs/heads/main', 'main~1']);
  await writeFile(join(repo, '.git', 'refs', 'heads', 'main.lock'), '');
}

test('each kind of operation comes before a second of its kind, and any order is by the seed', () => {
  const targets = listTargets(seen, 1);
  const order = rank(targets, 1);
  const kinds = new Set(targets.map(kindOf)).size;
  expect(new Set(order.slice(0, kinds).map(kindOf)).size).toBe(kinds);
  const spell = (list: readonly Target[]): string => list.map(({ point }) => spellPoint(point)).join(' ');
  expect(spell(rank(targets, 1))).toBe(spell(order));
  expect(spell(rank(targets, 2))).not.toBe(spell(order));
});

test.each(['git:12:torn:3', 'journal:7:after', 'files:1:ENOSPC', 'process:3:hang:1'])(
  '%s is a point',
  (text) => {
    const point = parsePoint(text);
    expect(point === null ? null : spellPoint(point)).toBe(text);
  },
);

test.each(['', 'git', 'git:0:torn', 'git:1:sideways', 'sea:1:torn', 'git:1:torn:-1', 'git:1:torn:1:1'])(
  '"%s" is none',
  (text) => {
    expect(parsePoint(text)).toBeNull();
  },
);
