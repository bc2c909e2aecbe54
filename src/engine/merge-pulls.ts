// Goes through the open pull requests of weft, oldest first, and does what the merger's table says. Judges nothing itself.
import { type Failure, fail, ok, type Result } from '../core/failure.ts';
import { adviseMerge, type MergeAdvice, type MergeRow, readBelow, readMark } from '../core/merge-table.ts';
import { writeLandingMessage } from '../core/message.ts';
import { type Policy, taskId } from '../core/model.ts';
import { findNearest } from '../core/plan/nearest.ts';
import { DEFAULT_PULLS } from '../core/pull.ts';
import type {
  Forged,
  ForgeFailure,
  ForgePort,
  ForgeStanding,
  MergeMethod,
  PullListed,
  PullSeen,
} from '../ports/forge.ts';
import { clearMergedWork, findRunHere, type RunHere } from './merged-work.ts';
import type { Tools } from './parts.ts';

/** What is to be merged, and how. */
export interface MergeOptions {
  /** Ids of tasks, or beginnings of them; empty: all. */
  readonly tasks: readonly string[];
  /** Changes nothing. */
  readonly dryRun: boolean;
  /** For work of runs that are not here; a run that is has its own. */
  readonly strategy: Policy['merge']['strategy'];
}

/** An open pull request of weft's. */
interface Work {
  readonly pull: PullListed;
  readonly run: string;
  readonly task: string;
}

interface Merger {
  readonly tools: Tools;
  readonly forge: ForgePort;
  readonly options: MergeOptions;
  /** All that is open, as it was listed, but for what has been merged since. */
  readonly open: Map<number, PullListed>;
  readonly standingOf: (branch: string) => Promise<Forged<ForgeStanding>>;
  readonly runOf: (run: string) => Promise<RunHere | null>;
}

/**
 * Judges each open pull request that weft made and merges those that may be; the others are left, with a comment where
 * something is wrong with them. Calls back with each row. Failure `environment`: there is no forge, or no token that may merge.
 */
export async function mergePulls(
  tools: Tools,
  options: MergeOptions,
  show: (row: MergeRow) => void,
): Promise<Result<readonly MergeRow[]>> {
  const opened = await openForge(tools);
  if (!opened.ok) return opened;
  const forge = opened.value;
  const listed = await forge.listOpen();
  if (!listed.ok) return fail(failWith(listed.failure, tools));
  const chosen = chooseWork(listed.value, options.tasks);
  if (!chosen.ok) return chosen;
  const merger: Merger = {
    ...{ tools, forge, options },
    open: new Map(listed.value.map((pull) => [pull.number, pull])),
    standingOf: remember((branch) => forge.readStanding(branch)),
    runOf: remember((run) => findRunHere(tools, run)),
  };
  const rows: MergeRow[] = [];
  // one after the other, each looked at when the one before is done: what was merged may be in its way
  for (const work of chosen.value) {
    const row = await handleWork(merger, work);
    show(row);
    rows.push(row);
  }
  return ok(rows);
}

function remember<T>(find: (name: string) => Promise<T>): (name: string) => Promise<T> {
  const known = new Map<string, Promise<T>>();
  return (name) => {
    const found = known.get(name) ?? find(name);
    known.set(name, found);
    return found;
  };
}

/** The forge of the repository, where whoever has the token may merge. */
async function openForge(tools: Tools): Promise<Result<ForgePort>> {
  const found = await tools.findForge();
  if (found === null) {
    const hint = 'Pull requests are at GitHub: `git remote -v` shows where the remotes lead.';
    return fail({ kind: 'environment', sentence: 'No remote of this repository is at a forge.', hint });
  }
  if (!found.forge.ok) return fail(failWith(found.forge.failure, tools));
  const standing = await found.forge.value.readStanding(null);
  if (!standing.ok) return fail(failWith(standing.failure, tools));
  const { login, mayPush, mayMerge } = standing.value;
  if (mayMerge) return found.forge;
  const who = `${login}, whose token ${found.tokenFrom} gives,`;
  const why = mayPush ? 'the repository allows no way of merging' : 'that needs the right to push';
  return fail({
    kind: 'environment',
    sentence: `${who} may not merge into ${found.name}: ${why}.`,
    hint: mayPush ? 'See its settings for pull requests.' : 'Use the token of somebody who may.',
  });
}

function failWith(failure: ForgeFailure, { clock }: Pick<Tools, 'clock'>): Failure {
  const { kind, hint } = failure;
  const isUnknown = kind === 'unauthorized' || kind === 'gone';
  const sentence = describeFailure(failure, clock.wallMs());
  return { kind: isUnknown ? 'environment' : 'failed', sentence, ...(hint === undefined ? {} : { hint }) };
}

function describeFailure(failure: ForgeFailure, nowMs: number): string {
  if (failure.kind !== 'rate-limited') return failure.sentence;
  const at = new Date(nowMs + failure.waitMs).toISOString().slice(0, 19);
  return `${failure.sentence} It does again at ${at}Z.`;
}

function chooseWork(open: readonly PullListed[], names: readonly string[]): Result<readonly Work[]> {
  const all = open.flatMap((pull): readonly Work[] => {
    const mark = readMark(pull.body);
    return mark === null ? [] : [{ pull, ...mark }];
  });
  if (names.length === 0) return ok(all);
  const tasks = new Set<string>();
  for (const name of names) {
    const found = findTask(all, name);
    if (!found.ok) return found;
    tasks.add(found.value);
  }
  return ok(all.filter(({ task }) => tasks.has(task)));
}

function findTask(all: readonly Work[], name: string): Result<string> {
  const ids = [...new Set(all.map(({ task }) => task))];
  const beginning = ids.filter((id) => id.startsWith(name));
  const found = ids.includes(name) ? name : beginning.length === 1 ? beginning[0] : undefined;
  if (found !== undefined) return ok(found);
  const nearest = findNearest(name, ids);
  const sentence =
    beginning.length > 1
      ? `"${name}" is the beginning of ${beginning.length} tasks that have open pull requests.`
      : `No open pull request of weft is for a task "${name}".`;
  const hint = nearest === null ? '`weft merge --dry-run` lists them.' : `Did you mean ${nearest}?`;
  return fail({ kind: 'usage', sentence, hint });
}

type Draft = (verdict: MergeRow['verdict'], why: string, notes?: readonly string[]) => MergeRow;

/** What one pull request looks like, what follows, and how it would be merged. */
interface Look {
  readonly seen: PullSeen;
  readonly advice: MergeAdvice;
  readonly method: MergeMethod;
}

async function handleWork(merger: Merger, work: Work): Promise<MergeRow> {
  const looked = await lookAt(merger, work);
  const url = looked.ok ? looked.value.seen.url : null;
  const { pull, run, task } = work;
  const draft: Draft = (verdict, why, notes = []) => ({
    ...{ number: pull.number, url, run, task, verdict, why, notes },
  });
  if (!looked.ok) return draftFailure(merger, draft, looked.failure);
  const { advice } = looked.value;
  switch (advice.kind) {
    case 'over':
    case 'wait':
      return draft(advice.kind, advice.why);
    case 'refuse':
      return draft('refused', advice.why);
    case 'return':
    case 'enqueue':
    case 'merge':
      if (merger.options.dryRun) return draft(advice.kind, advice.why);
      return act(merger, work, { ...looked.value, advice, draft });
    default:
      throw new Error(`Internal error: unknown advice ${JSON.stringify(advice satisfies never)}`);
  }
}

function draftFailure({ tools }: Merger, draft: Draft, failure: ForgeFailure): MergeRow {
  const isRule = failure.kind === 'refused' || failure.kind === 'unauthorized';
  return draft(isRule ? 'refused' : 'failed', describeFailure(failure, tools.clock.wallMs()));
}

/** Waits before it is asked again whether a pull request merges: a forge finds that out when it is asked first. */
const PATIENCE_MS: readonly number[] = [250, 1_000, 2_000, 4_000];

async function lookAt(merger: Merger, work: Work): Promise<Forged<Look>> {
  const { forge, tools, options } = merger;
  const { pull, run } = work;
  const { number } = pull;
  const here = await merger.runOf(run);
  const method = asMethod(here?.state.policy.merge.strategy ?? options.strategy);
  const { settleMs } = here?.state.policy.pullRequests ?? DEFAULT_PULLS;
  for (let turn = 0; ; turn += 1) {
    const seen = (await forge.observe([number])).get(number);
    if (seen === undefined) throw new Error(`Internal error: the forge says nothing of #${number}`);
    if (!seen.ok) return seen;
    const standing = await merger.standingOf(seen.value.base);
    if (!standing.ok) return standing;
    const { head, base } = seen.value;
    const advice = adviseMerge(seen.value, {
      isSettled: head === pull.head && tools.clock.wallMs() - pull.changedAt >= settleMs,
      hasMergeQueue: standing.value.branch?.hasMergeQueue ?? false,
      ...{ method, methods: standing.value.methods },
      below: findBelow(merger, work, base),
    });
    const waitMs = PATIENCE_MS[turn];
    if (advice.kind !== 'wait' || advice.on !== 'forge' || waitMs === undefined)
      return ok({ seen: seen.value, advice, method });
    await tools.clock.sleep(waitMs);
  }
}

/** What has its branch as its base, or says so. Branches that are not weft's may have long-lived pull requests of their own. */
function findBelow({ open }: Merger, { pull, run }: Work, base: string): number | null {
  const task = readBelow(pull.body);
  const isBelow = (other: PullListed): boolean => {
    const mark = readMark(other.body);
    if (other.number === pull.number || mark === null) return false;
    return other.branch === base || (mark.run === run && mark.task === task);
  };
  return [...open.values()].find(isBelow)?.number ?? null;
}

/** A forge never moves a branch forward to a commit as it is: rebased is next to that. */
function asMethod(strategy: Policy['merge']['strategy']): MergeMethod {
  return strategy === 'fast-forward' ? 'rebase' : strategy;
}

/** Something that is to be done with a pull request, and how its row is made. */
type Deed = Omit<Look, 'advice'> & {
  readonly advice: Extract<MergeAdvice, { readonly kind: 'merge' | 'enqueue' | 'return' }>;
  readonly draft: Draft;
};

async function act(merger: Merger, work: Work, deed: Deed): Promise<MergeRow> {
  const { advice, seen, draft } = deed;
  const { number, head } = seen;
  switch (advice.kind) {
    case 'merge':
      return merge(merger, work, deed);
    case 'enqueue':
      return enqueue(merger, work, deed);
    case 'return': {
      const marker = `<!-- weft merge head=${head} -->`;
      const said = await merger.forge.comment({ number, marker, body: advice.complaint });
      return said.ok ? draft('return', advice.why) : draftFailure(merger, draft, said.failure);
    }
    default:
      throw new Error(`Internal error: unknown deed ${JSON.stringify(advice satisfies never)}`);
  }
}

async function merge(merger: Merger, work: Work, { seen, method, advice, draft }: Deed): Promise<MergeRow> {
  const { number, head } = seen;
  const words = writeWords(seen, work, await merger.runOf(work.run));
  const merged = await merger.forge.merge({ number, head, method, ...words });
  if (!merged.ok) return draftFailure(merger, draft, merged.failure);
  return draft('merge', advice.why, await clearAway(merger, work, seen));
}

async function enqueue(merger: Merger, work: Work, { seen, advice, draft }: Deed): Promise<MergeRow> {
  const { number, head } = seen;
  const queued = await merger.forge.enqueue({ number, head });
  if (!queued.ok) return draftFailure(merger, draft, queued.failure);
  const after = (await merger.forge.observe([number])).get(number);
  // a queue that asks for nothing is through with it at once
  if (after?.ok !== true || after.value.state !== 'merged') return draft('enqueue', advice.why);
  return draft('merge', advice.why, await clearAway(merger, work, seen));
}

/** Words of the commit: those that a landing here would have, where its run is known. */
function writeWords(
  { number, title }: PullSeen,
  { run, task }: Work,
  here: RunHere | null,
): { readonly title: string; readonly message: string } {
  const ts = here?.state.tasks.get(taskId(task));
  const text =
    here === null || ts === undefined
      ? `${title}\n\nWeft-Task: ${task}\nWeft-Run: ${run}`
      : writeLandingMessage(here.state, ts);
  const [first = '', ...rest] = text.trim().split('\n');
  return { title: `${first} (#${number})`, message: rest.join('\n').trim() };
}

/** Takes away what a merged pull request leaves at the forge and here; says what stays. */
async function clearAway(merger: Merger, work: Work, seen: PullSeen): Promise<readonly string[]> {
  const { open, forge, tools } = merger;
  const { branch, head } = seen;
  open.delete(seen.number);
  const here = await merger.runOf(work.run);
  const [stacked, kept] = [
    await restack(merger, seen),
    await clearMergedWork(tools, { run: work.run, task: work.task, head, here }),
  ];
  const stays = (why: string): string => `branch ${branch} stays at the forge: ${why}`;
  const notes = kept === null ? [] : [kept];
  if (stacked !== null) return [stays(stacked), ...notes];
  const gone = await forge.deleteBranch({ branch, expected: head });
  return gone.ok ? notes : [stays(describeFailure(gone.failure, tools.clock.wallMs())), ...notes];
}

/** Has what is built on a merged branch go where that went: without its base it would be closed. Says why not, or null. */
async function restack({ open, forge, tools }: Merger, { branch, base }: PullSeen): Promise<string | null> {
  for (const other of [...open.values()]) {
    if (other.base !== branch) continue;
    const { number } = other;
    const moved = await forge.updatePull({ number, base });
    const why = moved.ok ? '' : describeFailure(moved.failure, tools.clock.wallMs());
    if (!moved.ok) return `#${number} is built on it. ${why}`;
    open.set(number, { ...other, base });
  }
  return null;
}
