// Looks at many pull requests again and again, at the price of those that have changed. Changes nothing.
import { fail, ok } from '../../../core/failure.ts';
import type { ClockPort } from '../../../ports/clock.ts';
import type { Forged, PullSeen } from '../../../ports/forge.ts';
import { asFound, type PullAnswer, pullAnswer, readAs } from './answers.ts';
import { type BranchRules, readChecks, readRules } from './checks.ts';
import type { Room } from './room.ts';
import { readTalk, type Talk } from './talk-seen.ts';
import { attempt } from './trouble.ts';

/** After so long, what was said of a pull request is asked for even if it seems as it was. */
const TALK_MS = 300_000;
/** For so long after a change it is always asked for: times of GitHub are whole seconds, and clocks differ. */
const FRESH_MS = 60_000;
/** Pull requests whose talk is remembered. */
const MAX_TALKS = 2_000;

interface Remembered {
  readonly talk: Talk;
  /** `updated_at` and head when it was read. */
  readonly of: string;
  /** On the monotonic clock. */
  readonly at: number;
}

type Looked = { readonly pull: PullAnswer; readonly rest: Pick<PullSeen, 'checks'> };

/** Makes an observer, which remembers what it saw. */
export function createObserver(
  room: Room,
): (numbers: readonly number[]) => Promise<ReadonlyMap<number, Forged<PullSeen>>> {
  const talks = new Map<number, Remembered>();
  return async (numbers) => {
    const wanted = [...new Set(numbers)];
    const rules = new Map<string, Promise<BranchRules | null>>();
    const rulesOf = (base: string): Promise<BranchRules | null> => {
      const known = rules.get(base) ?? readRules(room, base);
      rules.set(base, known);
      return known;
    };
    const looks = await Promise.all(
      wanted.map(async (number) => [number, await attempt(() => look(room, { number, rulesOf }))] as const),
    );
    const due = looks.flatMap(([number, looked]) =>
      looked.ok && isDue(talks.get(number), looked.value.pull, room.clock) ? [number] : [],
    );
    const read = due.length === 0 ? ok(new Map<number, Talk>()) : await attempt(() => readTalk(room, due));
    const join = (number: number, looked: Forged<Looked>): Forged<PullSeen> => {
      if (!looked.ok) return looked;
      const { pull, rest } = looked.value;
      if (due.includes(number)) {
        if (!read.ok) return read;
        const talk = read.value.get(number);
        if (talk === undefined) return fail({ kind: 'gone', sentence: `GitHub shows no #${number}.` });
        remember(talks, number, { talk, of: stampOf(pull), at: room.clock.monoMs() });
      }
      const talk = talks.get(number)?.talk;
      if (talk === undefined) throw new Error('Internal error: what is not due was never read');
      return ok(describe(pull, { ...rest, ...talk }));
    };
    return new Map(looks.map(([number, looked]) => [number, join(number, looked)]));
  };
}

function remember(talks: Map<number, Remembered>, number: number, what: Remembered): void {
  talks.delete(number);
  talks.set(number, what);
  const [oldest] = talks.keys();
  if (talks.size > MAX_TALKS && oldest !== undefined) talks.delete(oldest);
}

async function look(
  room: Room,
  {
    number,
    rulesOf,
  }: { readonly number: number; readonly rulesOf: (base: string) => Promise<BranchRules | null> },
): Promise<Looked> {
  const pull = readAs(pullAnswer, (await room.client.get(`${room.root}/pulls/${number}`)).body);
  const required = (await rulesOf(pull.base))?.requiredChecks ?? [];
  return { pull, rest: { checks: await readChecks(room, { commit: pull.head, required }) } };
}

function stampOf({ updatedAt, head, state }: PullAnswer): string {
  return `${updatedAt} ${head} ${state}`;
}

/** What somebody says changes the pull request; how it moves in the queue, and who resolves threads, may not. */
function isDue(known: Remembered | undefined, pull: PullAnswer, clock: ClockPort): boolean {
  if (known === undefined || known.of !== stampOf(pull)) return true;
  if (clock.wallMs() - Date.parse(pull.updatedAt) < FRESH_MS) return true;
  return pull.state === 'open' && (known.talk.queue !== null || clock.monoMs() - known.at >= TALK_MS);
}

function describe(pull: PullAnswer, rest: Talk & Pick<PullSeen, 'checks'>): PullSeen {
  const { title, body, branch, base, isDraft, merged } = pull;
  const isMergeable = pull.state === 'open' ? pull.isMergeable : null;
  return { ...asFound(pull), title, body, branch, base, isDraft, merged, isMergeable, ...rest };
}
