// The adapter beside the stand-in: one repository, branches ready for pull requests, and time that passes at will.
import { onTestFinished } from 'vitest';
import { createGithubForge, type GithubOptions } from '../../../../src/adapters/forge/github/github-forge.ts';
import { parseRemote } from '../../../../src/adapters/forge/github/remote.ts';
import { type Oid, oid } from '../../../../src/core/model.ts';
import type { ClockPort } from '../../../../src/ports/clock.ts';
import type { Forged, ForgePort, PullSeen, PullWish } from '../../../../src/ports/forge.ts';
import { runGit } from '../../../../src/testing/forge/bare-repo.ts';
import { type Forge, type ForgeOptions, startForge } from '../../../../src/testing/forge/forge.ts';

/** The repository of these tests. */
export const REPO = 'acme/shop';

/** Time that passes only while somebody sleeps. */
export interface VirtualClock extends ClockPort {
  pass(ms: number): void;
}

const START = Date.UTC(2026, 0, 5, 12);

/** Makes a clock. */
export function createVirtualClock(): VirtualClock {
  let now = 0;
  return {
    wallMs: () => START + now,
    monoMs: () => now,
    sleep: async (ms) => {
      now += ms;
    },
    pass: (ms) => {
      now += ms;
    },
  };
}

/** What a test works with. */
export interface Rig {
  readonly forge: Forge;
  readonly port: ForgePort;
  readonly clock: VirtualClock;
}

type RigOptions = Omit<ForgeOptions, 'repositories'> &
  Partial<NonNullable<ForgeOptions['repositories']>[number]> & {
    readonly adapter?: Partial<GithubOptions>;
  };

/** Starts a forge with one repository and an adapter on it; ends with the test. */
export async function openRig(options: RigOptions = {}): Promise<Rig> {
  const { files, settings, protection, permissions, mergeQueue, adapter, ...rest } = options;
  const given = Object.entries({ files, settings, protection, permissions, mergeQueue });
  const known = Object.fromEntries(given.filter(([, value]) => value !== undefined));
  const clock = createVirtualClock();
  const forge = await startForge({
    now: clock.wallMs,
    ...rest,
    repositories: [{ name: REPO, ...known }],
  });
  onTestFinished(() => forge.close());
  return { forge, clock, port: openPort(forge, clock, adapter) };
}

/** An adapter that knows nothing yet, as after a restart. */
export function openPort(forge: Forge, clock: ClockPort, more: Partial<GithubOptions> = {}): ForgePort {
  const place = parseRemote(forge.gitUrl(REPO));
  if (place === null) throw new Error('the forge has no address');
  return createGithubForge({
    place,
    api: forge.url,
    token: 'forge-token',
    repository: forge.gitDir(REPO),
    clock,
    retryUnitMs: 1,
    ...more,
  });
}

/** The value, or the test fails with the sentence. */
export function given<T>(forged: Forged<T>): T {
  if (forged.ok) return forged.value;
  throw new Error(`${forged.failure.kind}: ${forged.failure.sentence}`);
}

/** What a task of this name wants. */
export function wishOf(task: string, more: Partial<PullWish> = {}): PullWish {
  return {
    marker: `<!-- weft run=r1 task=${task} -->`,
    branch: `weft/r1/${task}`,
    base: 'main',
    title: `Do ${task}`,
    body: 'All gates pass.',
    isDraft: false,
    ...more,
  };
}

/** Pushes a commit for a task; returns it. */
export async function pushWork(forge: Forge, task: string): Promise<Oid> {
  const target = { repo: REPO, branch: wishOf(task).branch, by: 'bot' };
  return oid(await forge.human.push(target, { [`${task}.txt`]: `${task}\n` }, `add ${task}`));
}

/** A task with a pull request; gives its number and its head. */
export async function openWork(
  { forge, port }: Rig,
  task: string,
  more: Partial<PullWish> = {},
): Promise<{ readonly number: number; readonly head: Oid }> {
  const head = await pushWork(forge, task);
  const { number } = given(await port.ensurePull(wishOf(task, more)));
  return { number, head };
}

/** Looks at one pull request. */
export async function see(port: ForgePort, number: number): Promise<PullSeen> {
  const seen = (await port.observe([number])).get(number);
  if (seen === undefined) throw new Error(`nothing is said of #${number}`);
  return given(seen);
}

/** Runs git in the forge's repository. */
export async function look(forge: Forge, ...args: readonly string[]): Promise<string> {
  return (await runGit(forge.gitDir(REPO), args)).stdout.trim();
}
