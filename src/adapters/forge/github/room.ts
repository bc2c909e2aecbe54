// Where calls about one repository go. Knows no calls in particular.
import type { z } from 'zod';
import type { ClockPort } from '../../../ports/clock.ts';
import { readAs } from './answers.ts';
import { type Client, createClient } from './client.ts';
import { type Budget, createGate } from './gate.ts';
import type { RemotePlace } from './remote.ts';

/** One repository on one host, and how it is called. */
export interface Room {
  readonly client: Client;
  readonly clock: ClockPort;
  readonly place: RemotePlace;
  /** Where its calls begin: `/repos/owner/name`. */
  readonly root: string;
}

/** What a room is made from. */
export interface RoomOptions {
  readonly place: RemotePlace;
  /** Where the interface is: `https://api.github.com`, `https://HOST/api/v3`. */
  readonly api: string;
  readonly token: string;
  readonly clock: ClockPort;
  /** What GitHub bears when absent. */
  readonly budget?: Budget;
  /** Unit of the waits between repeated looks; 1 s when absent. */
  readonly retryUnitMs?: number;
}

/** Makes a room with a gate of its own; all that talk to one host with one token share one, and its budget. Asks nothing yet. */
export function openRoom({ place, api, token, clock, budget, retryUnitMs }: RoomOptions): Room {
  const gate = createGate(clock, budget);
  const unit = retryUnitMs === undefined ? {} : { retryUnitMs };
  const client = createClient({ api, token, gate, clock, ...unit });
  return { client, clock, place, root: `/repos/${place.owner}/${place.name}` };
}

const PAGE = 100;
const MAX_PAGES = 10;

/** Reads one thing below the repository. */
export async function read<T>({ client, root }: Room, path: string, schema: z.ZodType<T>): Promise<T> {
  return readAs(schema, (await client.get(`${root}${path}`)).body);
}

/** Reads a list below the repository: at most 1,000 entries. */
export async function readAll<T>(
  { client, root }: Room,
  path: string,
  schema: z.ZodType<readonly T[]>,
): Promise<readonly T[]> {
  const all: T[] = [];
  for (let page = 1; page <= MAX_PAGES; page += 1) {
    const size = `${path.includes('?') ? '&' : '?'}per_page=${PAGE}`;
    const answer = await client.get(`${root}${path}${size}${page === 1 ? '' : `&page=${page}`}`);
    all.push(...readAs(schema, answer.body));
    if (!answer.hasMore) break;
  }
  return all;
}
