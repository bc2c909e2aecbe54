// A few engines struck at operations of theirs, and each time the run ends as if nothing had happened. `npm run kill-points`
// strikes many more. Also shown: what the judge says when something is wrong.
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  kindOf,
  listTargets,
  rank,
  type Scouted,
  type Struck,
  sceneOf,
  scout,
  strikeAll,
  type Target,
} from '../../src/testing/faulty/campaign.ts';
import { judge } from '../../src/testing/faulty/judge.ts';
import { liveThrough } from '../../src/testing/faulty/life.ts';
import { isAtForge, parsePoint, spellPoint } from '../../src/testing/faulty/point.ts';
import { buildScene, copyScene, type Scene, type Stage } from '../../src/testing/faulty/scene.ts';
import { HERE } from '../../src/testing/faulty/script-here.ts';
import { AT_FORGE } from '../../src/testing/faulty/script-pulls.ts';
import { runTestGit } from '../../src/testing/temp-repo.ts';

/** Monotonic time for striking; what has begun comes to its end. */
const STRIKING_MS = 15_000;
const LIMIT_MS = 240_000;

let root: string;
/** By name; of those at a forge one is enough here. */
let here: Scouted;
let pushed: Scouted;

beforeAll(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'weft-struck-')));
  const [atForge = HERE] = AT_FORGE;
  const open = async (script: typeof HERE): Promise<Scouted> =>
    scout({ scene: await buildScene(root, script), root, dist: resolve('dist') });
  [here, pushed] = [await open(HERE), await open(atForge)];
}, LIMIT_MS);
afterAll(() => rm(root, { recursive: true, force: true, maxRetries: 5 }));

test('the undisturbed pass meets what the scene is for', () => {
  const { seen } = here;
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

test('what lands at a forge meets all that weft does there, and asks, and each call is a point', () => {
  const { seen } = pushed;
  const kinds = seen.filter(isAtForge).map(({ lane, kind }) => `${lane} ${kind}`);
  const needed = [
    'forge push',
    'forge ensurePull',
    'forge updatePull to a draft',
    'forge updatePull to ready',
    'forge comment',
    'forge push of the target',
    'forge deleteBranch',
    'looks observe',
    'looks fetch',
    'looks readLog',
    'calls POST /repos/acme/shop/pulls',
    'calls graphql convertPullRequestToDraft',
    'questions GET /repos/acme/shop/pulls/…',
  ];
  expect(kinds).toEqual(expect.arrayContaining(needed));
  const points = listTargets(pushed, 1).map(({ point }) => spellPoint(point));
  for (const mode of ['before', 'torn', 'orphan', 'after', 'exit128', 'lost', 'hang'])
    expect(points).toContain(`calls:1:${mode}`);
});

test(
  'engines that are struck come through [F1] [F48]',
  async () => {
    const targets = rank(
      [here, pushed].flatMap((ground) => listTargets(ground, 1)),
      1,
    );
    expect(targets.slice(0, 4).map(sceneOf).sort()).toEqual(['here', 'here', 'pushed', 'pushed']);
    const done: Struck[] = [];
    await strikeAll({
      targets,
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
    const scene = await copyScene(here.scene, join(root, 'judged'));
    const { run } = await liveThrough(scene, { point: null, dist: here.dist });
    if (run === null) throw new Error('no run was begun');
    const say = (): Promise<readonly string[]> => judge(scene, { run, standard: here.standard });
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

test(
  'the judge notices what is wrong at a forge',
  async () => {
    const stage = await copyScene(pushed.scene, join(root, 'judged-there'));
    try {
      const { run } = await liveThrough(stage, { point: null, dist: pushed.dist });
      if (run === null) throw new Error('no run was begun');
      const say = (): Promise<readonly string[]> => judge(stage, { run, standard: pushed.standard });
      expect(await say()).toEqual([]);
      await spoilForge(stage);
      const wrongs = (await say()).join('\n');
      for (const part of [
        'one has 2 pull requests',
        'of one is open, not merged',
        'the forge still has refs/heads/weft/other/one/work',
        'was answered 2 times',
        'which is not on the target',
        "I14: the user's own branch was moved",
      ]) {
        expect(wrongs).toContain(part);
      }
    } finally {
      await stage.beyond.close();
    }
  },
  LIMIT_MS,
);

async function spoilForge({ repo, beyond: { target, env } }: Stage): Promise<void> {
  const call = async (method: string, path: string, body?: object): Promise<unknown> => {
    const headers = { authorization: `token ${env['GH_ENTERPRISE_TOKEN']}` };
    const sent = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    const answer = await fetch(`${env['WEFT_GITHUB_API']}/repos/acme/shop/${path}`, sent);
    expect(answer.ok).toBe(true);
    return answer.json();
  };
  const pulls = (await call('GET', 'pulls?state=all')) as readonly { readonly number: number }[];
  for (const { number } of pulls) {
    const said = (await call('GET', `issues/${number}/comments`)) as readonly { readonly body: string }[];
    const reply = said.find(({ body }) => body.includes('<!-- weft remark='));
    if (reply !== undefined)
      await call('POST', `issues/${number}/comments`, { body: `again: ${reply.body}` });
  }
  const other = await runTestGit(target, ['commit-tree', '-p', 'main', '-m', 'other', 'main^{tree}']);
  const head = 'weft/other/one/work';
  await runTestGit(target, ['update-ref', `refs/heads/${head}`, other]);
  await call('POST', 'pulls', { title: 'again', head, base: 'main' });
  await runTestGit(target, ['update-ref', 'refs/heads/main', 'main~1']);
  await runTestGit(repo, ['commit', '--quiet', '--allow-empty', '-m', 'moved']);
}

test('each kind of operation comes before a second of its kind, and any order is by the seed', () => {
  const targets = listTargets(here, 1);
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
