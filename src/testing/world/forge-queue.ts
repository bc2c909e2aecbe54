// The merge queue of the world's forge: what waits, what it would land as, why it leaves. Knows no port.
import { fail, ok } from '../../core/failure.ts';
import type { Oid } from '../../core/model.ts';
import type { Forged } from '../../ports/forge.ts';
import { dequeue, landPull } from './forge-branches.ts';
import { integrate } from './forge-merge.ts';
import { findBlock, mergeSides, stateOfPlace } from './forge-standing.ts';
import { type ForgePull, type ForgeWorld, type QueuePlace, WEFT_LOGIN } from './forge-store.ts';

/** Puts a pull request at the end of the queue; in it or merged already is all right. */
export function enqueuePull(forge: ForgeWorld, pull: ForgePull, head: Oid): Forged<void> {
  if (pull.head !== head) return refuse(`The head of #${pull.number} is ${pull.head}, not ${head}.`);
  if (pull.state === 'closed') return refuse(`Pull request #${pull.number} was closed.`);
  if (pull.state === 'merged' || forge.queue.some((place) => place.pull === pull)) return ok(undefined);
  const base = forge.branches.get(pull.base);
  if (forge.setup.queue === null || pull.base !== forge.defaultBranch || base === undefined)
    return refuse('Merge queue is not enabled on the base branch.');
  if (pull.isDraft) return refuse('Pull request is in draft state.');
  if (mergeSides(forge, { head, base }) === null) return refuse('Pull request has merge conflicts.');
  const block = findBlock(forge, pull);
  if (block !== null) return refuse(block);
  forge.queue.push({ pull, built: null });
  return ok(undefined);
}

function refuse(sentence: string): Forged<never> {
  return fail({ kind: 'refused', sentence: `The forge refused: ${sentence}` });
}

/** Does one thing that the queue can do now: it lands what has passed or removes what cannot; false: nothing is to be done. */
export function stepQueue(forge: ForgeWorld): boolean {
  const [first] = forge.queue;
  let below = forge.branches.get(forge.defaultBranch);
  if (first === undefined || below === undefined) return false;
  for (const place of forge.queue) {
    if (place.built?.base !== below) place.built = build(forge, place, below);
    if (place.built === null) {
      dequeue(forge, place.pull, 'MERGE_CONFLICT');
      return true;
    }
    below = place.built.commit;
  }
  if (stateOfPlace(forge, first) === 'mergeable' && first.built !== null) {
    const { pull, built } = first;
    forge.queue.shift();
    landPull(forge, pull, { commit: built.commit, how: 'queue', by: WEFT_LOGIN, title: '', message: '' });
    return true;
  }
  const bad = forge.queue.find((place) => stateOfPlace(forge, place) === 'unmergeable');
  if (bad === undefined) return false;
  dequeue(forge, bad.pull, 'FAILED_CHECKS');
  return true;
}

function build(forge: ForgeWorld, { pull }: QueuePlace, base: Oid): QueuePlace['built'] {
  const method = forge.setup.queue ?? 'merge';
  const commit = integrate(forge, { method, head: pull.head, base, by: 'weft' });
  if (commit === null) return null;
  forge.builds.push({ commit, branch: `gh-readonly-queue/${pull.base}/pr-${pull.number}` });
  return { commit, base };
}
