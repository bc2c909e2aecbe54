// A few engines killed at any moment, with people at work beside them: `npm run chaos` kills many more. Also shown: what the
// judge says when something is wrong, and that a round's plan follows from its seed.
import { appendFile, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Ground } from '../../src/testing/faulty/campaign.ts';
import {
  type Fought,
  fight,
  layGround,
  type Measured,
  measure,
  planRound,
} from '../../src/testing/faulty/chaos.ts';
import { judge } from '../../src/testing/faulty/judge.ts';
import { findRun } from '../../src/testing/faulty/life.ts';
import { NEIGHBOURS } from '../../src/testing/faulty/noise.ts';
import type { Scene } from '../../src/testing/faulty/scene.ts';
import { runTestGit } from '../../src/testing/temp-repo.ts';

const KILLS = 6;
const MAX_ROUNDS = 6;
const LIMIT_MS = 240_000;

let root: string;
let ground: Ground;
let measured: Measured;

beforeAll(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'weft-chaos-')));
  ground = await layGround({ root, built: resolve('dist') });
  measured = await measure(ground);
}, LIMIT_MS);
afterAll(() => rm(root, { recursive: true, force: true, maxRetries: 5 }));

test(
  'engines that are killed at any moment come through [F2] [F26] [F28]',
  async () => {
    const done: Fought[] = [];
    const count = (): number => done.reduce((sum, { kills }) => sum + kills.length, 0);
    for (let round = 1; count() < KILLS && round <= MAX_ROUNDS; round += 1)
      done.push(await fight(ground, { seed: 1, round, ...measured }));
    const broken = done.filter(({ wrongs }) => wrongs.length > 0);
    expect(broken.map(({ wrongs, story }) => `${wrongs.join('\n')}\n${story}`).join('\n')).toBe('');
    expect(count()).toBeGreaterThanOrEqual(KILLS);
  },
  LIMIT_MS,
);

interface Spoiling {
  readonly what: string;
  readonly said: string;
  readonly spoil: (scene: Scene) => Promise<unknown>;
  /** Commits that the user is said to have made. */
  readonly commits?: readonly string[];
}

const NOWHERE = '1234567890123456789012345678901234567890';

const SPOILINGS: readonly Spoiling[] = [
  {
    what: 'a commit of an agent that is lost',
    said: `I1: ${NOWHERE}, made by an agent, is in no ref`,
    spoil: ({ dir }) => appendFile(join(dir, 'commits'), `${NOWHERE}\n`),
  },
  {
    what: 'a commit of the user that is lost',
    said: `${NOWHERE}, made by the user on the target, is not there any more`,
    spoil: () => Promise.resolve(),
    commits: [NOWHERE],
  },
  {
    what: 'work that landed twice',
    said: 'I6: one is on the target 2 times',
    spoil: ({ repo }) => runTestGit(repo, ['commit', '-q', '--allow-empty', '-m', 'Task one, again']),
  },
  {
    what: 'a user branch that moved',
    said: 'I14: refs/heads/side was moved: branch: Reset to main',
    spoil: ({ repo }) => runTestGit(repo, ['branch', '-f', 'side', 'main']),
  },
  {
    what: 'a lock that is left',
    said: 'the lock refs/heads/main.lock is left over',
    spoil: ({ repo }) => writeFile(join(repo, '.git', 'refs', 'heads', 'main.lock'), ''),
  },
];

test(
  'the judge finds what is wrong',
  async () => {
    // the blows of no round fall this late
    const { scene, wrongs } = await fight(ground, {
      seed: 1,
      round: 1,
      ...measured,
      spanMs: LIMIT_MS,
      keep: true,
    });
    expect(wrongs).toEqual([]);
    const run = await findRun(scene);
    if (run === null) throw new Error('no run was begun');
    for (const { said, spoil, commits = [] } of SPOILINGS) {
      await spoil(scene);
      const deeds = { commits, refs: NEIGHBOURS };
      expect(await judge(scene, { run, standard: measured.standard, deeds })).toContain(said);
    }
  },
  LIMIT_MS,
);

test('a round is planned by its seed and its number', () => {
  expect(planRound(7, 3)).toEqual(planRound(7, 3));
  expect(planRound(7, 4)).not.toEqual(planRound(7, 3));
  const blows = Array.from({ length: 50 }, (_, round) => planRound(7, round)).flatMap((plan) => plan.blows);
  expect(new Set(blows.map(({ way }) => way))).toEqual(new Set(['engine', 'group', 'machine']));
});
