// A run's state as text and back, so that a restart need not begin with the first fact. Knows nothing of files.
import { type Checksum, type Mark, sealJson, unsealJson } from './journal-codec.ts';
import { indexPlan } from './schedule-index.ts';
import { createState, type RunState } from './state.ts';

/** To be raised when the state takes another shape, or old facts another meaning; snapshots of other versions are ignored. */
export const SNAPSHOT_VERSION = 17;

/** A state without its index, as it comes out of JSON. */
export type StateData = Readonly<Record<string, unknown>>;

/** The state after the record it names. */
export interface Snapshot extends Mark {
  readonly state: StateData;
}

/** Writes the state as JSON: text, since the state goes on changing while a snapshot is on its way to the disk. */
export function snapshotOf(state: RunState): string {
  const { index: _index, ...data } = state;
  const plain = Object.entries(data).map(([name, value]: [string, unknown]) => [
    name,
    value instanceof Map ? [...value] : value,
  ]);
  return JSON.stringify(Object.fromEntries(plain));
}

/** Makes a state of such data, with an index of its own. The data becomes part of the state: it is of no other use then. */
export function restoreState(data: StateData): RunState {
  const empty = createState();
  const fields = Object.entries(empty).map(([name, value]: [string, unknown]) => {
    if (name === 'index') return [name, value];
    return [name, value instanceof Map ? new Map(data[name] as [unknown, unknown][]) : data[name]];
  });
  const state = Object.fromEntries(fields) as RunState;
  state.index.now = state.ms;
  indexPlan(state);
  return state;
}

/** Seals a snapshot as one line with its newline; `state` is what `snapshotOf` wrote. */
export function encodeSnapshot({ seq, epoch }: Mark, state: string): string {
  return `${sealJson(`{"v":${SNAPSHOT_VERSION},"seq":${seq},"epoch":${epoch},"state":${state}}`)}\n`;
}

/** Reads a snapshot; null when it is not whole or of another version. Whether it fits the journal is for others to say. */
export function decodeSnapshot(bytes: Uint8Array, checksum?: Checksum): Snapshot | null {
  const frame = unsealJson(bytes.subarray(0, -1), checksum);
  if (frame === null || frame['v'] !== SNAPSHOT_VERSION) return null;
  return frame as unknown as Snapshot;
}
