// The forge port on GitHub, made of the files beside it. Turns what they throw into failures; decides nothing.
import type { ClockPort } from '../../../ports/clock.ts';
import type { ForgePort } from '../../../ports/forge.ts';
import { readStanding } from './account.ts';
import { createClient } from './client.ts';
import { fetchBranch } from './fetch.ts';
import { type Budget, createGate } from './gate.ts';
import { readLog } from './log.ts';
import { enqueuePull, mergePull } from './merge.ts';
import { createObserver } from './observe.ts';
import { closePull, ensurePull, listOpen, updatePull } from './pulls.ts';
import { moveBranch } from './push.ts';
import type { RemotePlace } from './remote.ts';
import type { Room } from './room.ts';
import { comment, reply } from './talk.ts';
import { attempt } from './trouble.ts';

/** What the port is made from. */
export interface GithubOptions {
  readonly place: RemotePlace;
  /** Where the interface is: `https://api.github.com`, `https://HOST/api/v3`. */
  readonly api: string;
  readonly token: string;
  /** Repository on this machine that branches are pushed from. */
  readonly repository: string;
  readonly clock: ClockPort;
  /** What GitHub bears when absent. */
  readonly budget?: Budget;
  /** Unit of the waits between repeated looks; 1 s when absent. */
  readonly retryUnitMs?: number;
}

/** Makes the port; asks nothing yet. */
export function createGithubForge(options: GithubOptions): ForgePort {
  const { place, api, token, repository, clock, retryUnitMs } = options;
  const gate = createGate(clock, options.budget);
  const client = createClient({
    api,
    token,
    gate,
    clock,
    ...(retryUnitMs === undefined ? {} : { retryUnitMs }),
  });
  const room: Room = { client, clock, place, root: `/repos/${place.owner}/${place.name}` };
  const from = { repository, place, token };
  return {
    name: `${place.owner}/${place.name} on ${place.host}`,
    readStanding: (branch) => attempt(() => readStanding(room, branch)),
    fetch: (what) => attempt(() => fetchBranch(from, what)),
    push: ({ branch, commit, expected }) => attempt(() => moveBranch(from, { branch, to: commit, expected })),
    deleteBranch: ({ branch, expected }) => attempt(() => moveBranch(from, { branch, to: null, expected })),
    ensurePull: (wish) => attempt(() => ensurePull(room, wish)),
    listOpen: () => attempt(() => listOpen(room)),
    updatePull: (what) => attempt(() => updatePull(room, what)),
    observe: createObserver(room),
    readLog: (what) => attempt(() => readLog(room, what)),
    reply: (remark) => attempt(() => reply(room, remark)),
    comment: (remark) => attempt(() => comment(room, remark)),
    merge: (what) => attempt(() => mergePull(room, what)),
    enqueue: (what) => attempt(() => enqueuePull(room, what)),
    close: (number) => attempt(() => closePull(room, number)),
  };
}
