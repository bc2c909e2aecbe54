// What weft promises of every run, and how what was found about it is put down. Checks nothing itself.

/** The promises by number, each as one sentence. */
export const PROMISES = {
  I1: 'nothing that was acknowledged is lost',
  I2: 'at most one agent at a time works in a worktree',
  I3: 'claims that meet are never at work together',
  I4: 'a claim is let go when its task is over',
  I5: 'the target takes only what was verified, built on what the target was',
  I6: 'a task lands at most once',
  I7: 'a task starts only when what it depends on is there',
  I8: 'what is over stays over, and the limits are kept',
  I9: 'the journal gives the state back, move by legal move',
  I10: "nobody else's process is signalled",
  I11: 'no work is removed unless it landed or is kept under a ref',
  I12: 'the run comes to rest, and leaves nothing under way',
  I13: 'one engine writes at a time, and a later one is told apart',
  I14: "the user's checkout is left as it is",
} as const;

/** Number of a promise. */
export type PromiseId = keyof typeof PROMISES;

/** How one promise was found to be kept. */
export interface PromiseFinding {
  readonly id: PromiseId;
  readonly promise: string;
  /** `unseen`: there was nothing to look at, or nothing of it can be seen afterwards; `looked` says which. */
  readonly state: 'held' | 'broken' | 'unseen';
  /** What was looked at, for people: `12 landings, 40 facts`. */
  readonly looked: string;
  /** How many things were looked at. */
  readonly count: number;
  /** What is wrong, in sentences; the first 20. */
  readonly wrong: readonly string[];
  /** How many things are wrong. */
  readonly wrongs: number;
}

interface Tally {
  /** What was looked at, with its number. */
  readonly looked: Map<string, number>;
  readonly wrong: string[];
  wrongs: number;
}

/** What was found so far, by promise. */
export type Audit = Map<PromiseId, Tally>;

const MAX_WRONG = 20;

/** What only a witness could tell. */
const UNSEEN: Readonly<Partial<Record<PromiseId, string>>> = {
  I10: 'a signal leaves no trace',
  I14: 'what the checkout was like before is not recorded',
};

/** Counts things that were looked at for a promise. */
export function look(
  audit: Audit,
  id: PromiseId,
  of: { readonly what: string; readonly count?: number },
): void {
  const { looked } = tallyOf(audit, id);
  looked.set(of.what, (looked.get(of.what) ?? 0) + (of.count ?? 1));
}

/** Notes that a promise is broken. */
export function accuse(audit: Audit, id: PromiseId, sentence: string): void {
  const tally = tallyOf(audit, id);
  tally.wrongs += 1;
  if (tally.wrong.length < MAX_WRONG) tally.wrong.push(sentence);
}

function tallyOf(audit: Audit, id: PromiseId): Tally {
  const found = audit.get(id) ?? { looked: new Map(), wrong: [], wrongs: 0 };
  audit.set(id, found);
  return found;
}

/** Puts the findings down, one for each promise. */
export function describeAudit(audit: Audit): readonly PromiseFinding[] {
  return (Object.keys(PROMISES) as PromiseId[]).map((id) => {
    const { looked, wrong, wrongs } = tallyOf(audit, id);
    const count = [...looked.values()].reduce((sum, each) => sum + each, 0);
    const words = [...looked].map(([what, each]) => `${each} ${what}`).join(', ');
    const state = wrongs > 0 ? 'broken' : count > 0 ? 'held' : 'unseen';
    const why = UNSEEN[id] ?? 'there was nothing of it in this run';
    return { id, promise: PROMISES[id], state, looked: words === '' ? why : words, count, wrong, wrongs };
  });
}
