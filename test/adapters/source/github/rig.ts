// The source beside the stand-in: one repository, people who may write and people who may not, time that passes at will.
import { onTestFinished } from 'vitest';
import { parseRemote } from '../../../../src/adapters/forge/github/remote.ts';
import { openRoom, type Room, type RoomOptions } from '../../../../src/adapters/forge/github/room.ts';
import {
  createGithubSource,
  type GithubSourceOptions,
} from '../../../../src/adapters/source/github/github-source.ts';
import type { GithubSpec } from '../../../../src/adapters/source/github/selection.ts';
import { ok } from '../../../../src/core/failure.ts';
import type { Loaded, SourcePort } from '../../../../src/ports/source.ts';
import { type Forge, type ForgeOptions, startForge } from '../../../../src/testing/forge/forge.ts';
import { createVirtualClock, REPO, type VirtualClock } from '../../forge/github/rig.ts';

export { REPO };

/** What a test works with. `ada` and `bot` may write, `mallory` may not. */
export interface Rig {
  readonly forge: Forge;
  readonly clock: VirtualClock;
  readonly room: Room;
  /** Opens an issue, of `ada` unless said otherwise, and a minute passes; gives its number. */
  open(issue: { title: string; body?: string; labels?: readonly string[]; by?: string }): Promise<number>;
  /** A source that knows nothing yet, as after a restart. */
  source(spec?: Partial<GithubSpec>, more?: Partial<GithubSourceOptions>): SourcePort;
  load(spec?: Partial<GithubSpec>): Promise<Loaded>;
  /** Calls the interface as somebody. */
  call(method: string, path: string, body?: object, token?: string): Promise<unknown>;
}

const ALL: GithubSpec = {
  kind: 'github',
  issues: [],
  labels: [],
  milestone: null,
  assignee: null,
  query: null,
};

/** Starts a forge and a room; ends with the test. */
export async function openRig(
  options: Omit<ForgeOptions, 'repositories'> & {
    readonly permissions?: NonNullable<ForgeOptions['repositories']>[number]['permissions'];
    readonly room?: Partial<RoomOptions>;
  } = {},
): Promise<Rig> {
  const { permissions = { bot: 'write', ada: 'write', human: 'admin' }, room: more, ...rest } = options;
  const clock = createVirtualClock();
  const forge = await startForge({
    now: clock.wallMs,
    tokens: { 'forge-token': 'bot', 'ada-token': 'ada', 'mallory-token': 'mallory' },
    ...rest,
    repositories: [{ name: REPO, permissions }],
  });
  onTestFinished(() => forge.close());
  const place = parseRemote(forge.gitUrl(REPO));
  if (place === null) throw new Error('the forge has no address');
  const room = openRoom({ place, api: forge.url, token: 'forge-token', clock, retryUnitMs: 1, ...more });
  const source = (spec: Partial<GithubSpec> = {}, given: Partial<GithubSourceOptions> = {}): SourcePort =>
    createGithubSource({
      spec: { ...ALL, ...spec },
      room: ok(room),
      startedAt: clock.wallMs(),
      redact: (text) => text.replaceAll('hunter2', '***'),
      onLanding: 'close',
      ...given,
    });
  return {
    forge,
    clock,
    room,
    source,
    load: (spec) => source(spec).load(),
    open: async ({ by = 'ada', ...issue }) => {
      const { number } = await forge.human.openIssue(REPO, { ...issue, by });
      clock.pass(60_000);
      return number;
    },
    call: async (method, path, body, token = 'ada-token') => {
      const answer = await fetch(`${forge.url}/repos/${REPO}${path}`, {
        method,
        headers: { authorization: `Bearer ${token}` },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const read: unknown = await answer.json();
      if (!answer.ok) throw new Error(JSON.stringify(read));
      clock.pass(60_000);
      return read;
    },
  };
}

/** What is said of an issue: `ready`, or how it stands. */
export function sayOf({ drafts, standings }: Loaded, number: number): string {
  const standing = standings?.get(String(number));
  if (standing !== undefined) return standing.kind === 'done' ? 'done' : `${standing.kind}: ${standing.why}`;
  return drafts.some(({ id }) => id.value === String(number)) ? 'ready' : 'nothing';
}

/** Tasks with their edges: `3<1,2`, `4<3 stacked`. */
export function sketch({ drafts }: Loaded): readonly string[] {
  return drafts.map(({ id, dependencies }) => {
    const needs = dependencies.map(({ task, base }) => `${task}${base === 'stacked' ? ' stacked' : ''}`);
    return needs.length === 0 ? id.value : `${id.value}<${needs.join(',')}`;
  });
}
