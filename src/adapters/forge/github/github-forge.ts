// The forge port on GitHub, made of the files beside it. Turns what they throw into failures; decides nothing.
import type { ForgePort } from '../../../ports/forge.ts';
import { readStanding } from './account.ts';
import { fetchBranch } from './fetch.ts';
import { readLog } from './log.ts';
import { enqueuePull, mergePull } from './merge.ts';
import { createObserver } from './observe.ts';
import { closePull, ensurePull, listOpen, updatePull } from './pulls.ts';
import { moveBranch } from './push.ts';
import { openRoom, type Room, type RoomOptions } from './room.ts';
import { comment, reply } from './talk.ts';
import { attempt } from './trouble.ts';

/** What the port is made from. */
export interface GithubOptions extends RoomOptions {
  /** Repository on this machine that branches are pushed from. */
  readonly repository: string;
}

/** Makes the port with a room of its own; asks nothing yet. */
export function createGithubForge(options: GithubOptions): ForgePort {
  return createForgeIn(openRoom(options), options);
}

/** Makes the port in a room that others use, too. */
export function createForgeIn(
  room: Room,
  { token, repository }: Pick<GithubOptions, 'token' | 'repository'>,
): ForgePort {
  const { place } = room;
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
