// What goes wrong between weft and the forge of the world, by plan or by the tape. Knows no pull requests.
import { fail } from '../../core/failure.ts';
import type { Forged, PullSeen } from '../../ports/forge.ts';
import type { Tape } from './tape.ts';

/**
 * What may befall a call. `before`: it fails and nothing happened · `lost`: it happened and nobody hears of it · `limited`:
 * too much was asked for · `unauthorized`: the token is not accepted for a while · `late`: the answer takes its time ·
 * `stale`: what is seen is what was seen before · `partly`: one of those looked at is not to be seen.
 */
export type Storm = 'before' | 'lost' | 'limited' | 'unauthorized' | 'late' | 'stale' | 'partly';

/** Storms that befall calls which change something. */
const OF_CHANGES: readonly Storm[] = ['before', 'lost', 'limited', 'unauthorized', 'late'];
/** Storms that befall observations. */
const OF_LOOKS: readonly Storm[] = ['before', 'stale', 'limited', 'unauthorized', 'late', 'partly'];

/** Every storm, as the counters of a history name it. */
export const STORM_NAMES: readonly string[] = [...new Set([...OF_CHANGES, ...OF_LOOKS])].map(nameStorm);

/** What the counters of a history call a storm. */
export function nameStorm(storm: Storm): string {
  return `forge: ${storm}`;
}

/** What an observation found, and where it is in the order of all. */
export interface Look {
  readonly order: number;
  readonly seen: PullSeen;
}

/** See the file's first line. */
export interface Weather {
  /** Of 256 calls, how many something befalls. */
  share: number;
  /** How many storms are left. */
  left: number;
  /** How long the longest lasts, in ms. */
  longestMs: number;
  /** Befall the next calls whose names begin so, whatever the tape says. */
  readonly planned: { readonly call: string; readonly storm: Storm }[];
  /** Monotonic ms until which the forge takes no calls. */
  closedUntil: number;
  /** Monotonic ms until which the token is not accepted. */
  deniedUntil: number;
  /** Wait that an engine was told of. */
  told: { readonly epoch: number; readonly until: number } | null;
  /** What was last seen of each pull request: no older look is ever told after it. */
  readonly heard: Map<number, Look>;
  looks: number;
  /** How many storms there were. */
  drawn: number;
}

/** Weather in which nothing goes wrong. */
export function createWeather(): Weather {
  return {
    share: 0,
    left: 0,
    longestMs: Number.POSITIVE_INFINITY,
    planned: [],
    closedUntil: 0,
    deniedUntil: 0,
    told: null,
    heard: new Map(),
    looks: 0,
    drawn: 0,
  };
}

/** Decides what befalls a call. */
export function drawStorm(
  weather: Weather,
  { call, tape }: { readonly call: string; readonly tape: Tape },
): Storm | null {
  const at = weather.planned.findIndex((each) => call.startsWith(each.call));
  if (at !== -1) return weather.planned.splice(at, 1)[0]?.storm ?? null;
  if (weather.left === 0 || !tape.chance(weather.share)) return null;
  weather.left -= 1;
  weather.drawn += 1;
  const storms = call.startsWith('observe') ? OF_LOOKS : OF_CHANGES;
  return storms[tape.pick(storms.length)] ?? null;
}

/** The refusal of what comes too soon. */
export function limited(waitMs: number): Forged<never> {
  const sentence = `The forge takes no more calls for ${Math.ceil(waitMs / 1000)} s.`;
  return fail({ kind: 'rate-limited', sentence, waitMs });
}

/** The refusal of a token. */
export function denied(): Forged<never> {
  return fail({
    kind: 'unauthorized',
    sentence: 'The forge does not accept the token: Bad credentials.',
    hint: 'Give weft a valid one.',
  });
}

/** The failure of a call of which nobody knows whether it happened. */
export function inDoubt(): Forged<never> {
  return fail({ kind: 'environment', sentence: 'The forge cannot be reached: socket hang up.' });
}

/** What a look tells: itself, unless a later one was heard already. */
export function hearLook(weather: Weather, look: Look): PullSeen {
  const known = weather.heard.get(look.seen.number);
  if (known !== undefined && known.order > look.order) return known.seen;
  weather.heard.set(look.seen.number, look);
  return look.seen;
}
