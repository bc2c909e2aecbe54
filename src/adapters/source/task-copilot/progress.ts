// How far the streams of a database are, for dashboards. Reads only.

import type { StreamProgress } from '../../../core/documents/streams.ts';
import { ok, type Result } from '../../../core/failure.ts';
import { createStore } from './database.ts';
import { isEnded } from './owner.ts';
import { type Picture, readPicture, type Status } from './rows.ts';
import { gatherStreams, type Stream } from './stream.ts';
import { type Found, findDatabase, type WorkspacePlace } from './workspace.ts';

/** Counts the tasks of each stream, by status; failures as of the source. */
export async function readStreamProgress(place: WorkspacePlace): Promise<Result<readonly StreamProgress[]>> {
  const found = await findStreams(place);
  return found.ok ? ok(found.value.streams) : found;
}

/** Finds the database, and counts likewise. */
export async function findStreams(
  place: WorkspacePlace,
): Promise<Result<Found & { readonly streams: readonly StreamProgress[] }>> {
  const store = createStore();
  try {
    const found = await findDatabase(store, place);
    if (!found.ok) return found;
    const picture = await readPicture(store, found.value.path);
    return picture.ok ? ok({ ...found.value, streams: countStreams(picture.value) }) : picture;
  } finally {
    store.close();
  }
}

function countStreams(picture: Picture): readonly StreamProgress[] {
  return gatherStreams(picture).streams.map((stream): StreamProgress => {
    const count = (status: Status): number => stream.items.filter((item) => item.status === status).length;
    return {
      id: stream.id,
      name: stream.name,
      state: stateOf(stream),
      completed: count('completed'),
      inProgress: count('in_progress'),
      pending: count('pending'),
      blocked: count('blocked'),
      cancelled: count('cancelled'),
    };
  });
}

function stateOf({ items, status }: Stream): string {
  if (items.every(isEnded) || status === 'completed') return 'done';
  if (status === 'paused') return 'paused';
  if (items.some((item) => item.status === 'blocked')) return 'blocked';
  return items.some((item) => item.status === 'in_progress') ? 'working' : 'waiting';
}
