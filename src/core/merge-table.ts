// What the merger does with a pull request, by how it stands: the table of `weft merge`. Calls nobody.
import type { Oid } from './model.ts';
import { type Check, judgePull, notePull, type PullNote, type PullSight } from './pull.ts';

/** How a forge makes commits of a pull request. */
type Method = 'merge' | 'squash' | 'rebase';

/** What somebody thinks of a pull request. */
interface Opinion {
  readonly author: string;
  /** They may write to the repository. */
  readonly isTrusted: boolean;
  readonly state: 'approved' | 'changes-requested' | 'commented' | 'dismissed' | 'pending';
  readonly commit: Oid | null;
}

/** What the merger looks at. */
export interface MergeSight extends PullSight {
  readonly reviews: readonly Opinion[];
}

/** What holds around a pull request. */
export interface MergeSetting {
  /** Checks had time to show up. */
  readonly isSettled: boolean;
  readonly hasMergeQueue: boolean;
  /** How it is to be merged, and how the repository lets anything be merged. */
  readonly method: Method;
  readonly methods: readonly Method[];
  /** Number of the open pull request that it is built on; null: on none. */
  readonly below: number | null;
}

/** What follows for a pull request. */
export type MergeAdvice =
  | { readonly kind: 'merge' | 'enqueue'; readonly why: string }
  | { readonly kind: 'refuse' | 'over'; readonly why: string }
  /** `on` the forge: it will soon know more. */
  | { readonly kind: 'wait'; readonly on: 'forge' | 'others'; readonly why: string }
  /** `complaint`: what is wrong, in Markdown. */
  | { readonly kind: 'return'; readonly why: string; readonly complaint: string };

/** One pull request in the table that people see. */
export interface MergeRow {
  readonly number: number;
  /** Null: it could not be looked at. */
  readonly url: string | null;
  readonly run: string;
  readonly task: string;
  /** `refused`: a rule is against it · `failed`: the forge could not be asked, or it is not known what came of it. */
  readonly verdict: 'merge' | 'enqueue' | 'return' | 'wait' | 'over' | 'refused' | 'failed';
  readonly why: string;
  /** What did not go away with it, and why. */
  readonly notes: readonly string[];
}

/** Judges a pull request as it was just seen. */
export function adviseMerge(sight: MergeSight, setting: MergeSetting): MergeAdvice {
  const { state, isDraft, queue, head } = sight;
  const wait = (why: string): MergeAdvice => ({ kind: 'wait', on: 'others', why });
  if (state !== 'open') return { kind: 'over', why: `it was ${state} meanwhile` };
  if (isDraft) return wait('it is a draft');
  if (queue !== null) return wait(`it is in the merge queue (${queue.state})`);
  if (setting.below !== null) return wait(`it is built on #${setting.below}, which is open`);
  const { objections, decision } = weighReviews(sight);
  const note = notePull({ ...sight, decision });
  const verdict = judgePull(note, { head, isSettled: setting.isSettled });
  switch (verdict.kind) {
    case 'over':
    case 'moved':
      throw new Error(`Internal error: an open pull request is judged ${verdict.kind} by its own head`);
    case 'return':
      return complain(sight, { note, objections });
    case 'wait': {
      const isLate = verdict.on === 'review' && objections.length > 0;
      const why = isLate
        ? `${nameAuthors(objections)} asked for changes to an earlier commit, and has not looked at this one`
        : verdict.sentence;
      return { kind: 'wait', on: verdict.on === 'forge' ? 'forge' : 'others', why };
    }
    case 'merge':
      return adviseMethod(note, setting, verdict.sentence);
    default:
      throw new Error(`Internal error: unknown verdict ${JSON.stringify(verdict satisfies never)}`);
  }
}

function adviseMethod(note: PullNote, setting: MergeSetting, checks: string): MergeAdvice {
  const { hasMergeQueue, method, methods } = setting;
  const why = note.reported === 0 ? `${checks}, and none is required` : checks;
  if (hasMergeQueue) {
    const before = note.dequeued === null ? '' : `; it has left the merge queue before (${note.dequeued})`;
    return { kind: 'enqueue', why: `${why}${before}` };
  }
  if (methods.includes(method)) return { kind: 'merge', why };
  const allowed = methods.length === 0 ? 'nothing' : methods.join(', ');
  return { kind: 'refuse', why: `merge.strategy asks for ${method}, and the repository allows ${allowed}` };
}

/** Whose last word was that changes are needed, whether or not the forge requires reviews; and what it amounts to. */
function weighReviews({ reviews, decision, head }: MergeSight): {
  readonly objections: readonly Opinion[];
  readonly decision: PullNote['decision'];
} {
  const last = new Map<string, Opinion>();
  for (const review of reviews) {
    const counts = review.isTrusted && review.state !== 'commented' && review.state !== 'pending';
    if (counts) last.set(review.author, review);
  }
  const objections = [...last.values()].filter(({ state }) => state === 'changes-requested');
  if (objections.length === 0) return { objections, decision };
  const here = objections.filter(({ commit }) => commit === head);
  if (here.length > 0) return { objections: here, decision: 'changes-requested' };
  // who wrote it has heard of these: the next word is theirs who asked
  return { objections, decision: 'review-required' };
}

const MAX_AUTHORS = 3;

function nameAuthors(opinions: readonly Opinion[]): string {
  const names = opinions.slice(0, MAX_AUTHORS).map(({ author }) => author);
  const more = opinions.length - names.length;
  return `${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** All that is wrong, not only what weighs most: whoever mends it wants to know at once. */
function complain(
  sight: MergeSight,
  { note, objections }: { readonly note: PullNote; readonly objections: readonly Opinion[] },
): MergeAdvice {
  const failing = note.failing.flatMap((name) => sight.checks.find((check) => check.name === name) ?? []);
  const isObjected = note.decision === 'changes-requested';
  const who = objections.length === 0 ? 'its review' : nameAuthors(objections);
  const short = [
    ...(failing.length === 0 ? [] : [`${nameChecks(note.failing)} failed`]),
    ...(note.isMergeable === false ? [`it conflicts with ${note.base}`] : []),
    ...(isObjected ? [`${who} asked for changes`] : []),
  ];
  const long = [
    ...failing.map(writeCheck),
    ...(note.isMergeable === false ? [`It conflicts with ${code(note.base)}.`] : []),
    ...(isObjected ? [`Changes were asked for${objections.length === 0 ? '' : ` by ${code(who)}`}.`] : []),
  ];
  const list = long.map((line) => `- ${line}`).join('\n');
  const complaint = `\`weft merge\` has not merged ${code(note.head.slice(0, 12))}:\n\n${list}`;
  return { kind: 'return', why: short.join('; '), complaint };
}

const FEW = 3;

function nameChecks(names: readonly string[]): string {
  const more = names.length > FEW ? ` and ${names.length - FEW} more` : '';
  return `${names.slice(0, FEW).join(', ')}${more}`;
}

/** What would end the link, or begin something else. */
const LINK = /^https?:\/\/[^\s()<>]{1,1000}$/;

function writeCheck({ name, url, summary }: Check): string {
  const named = url !== null && LINK.test(url) ? `[${code(name)}](${url})` : code(name);
  return `${named} failed${summary === '' ? '.' : `: ${code(summary)}`}`;
}

/** Words of others as code: they name nobody and format nothing. */
function code(words: string): string {
  return `\`${words.replace(/[`\s]+/g, ' ').trim()}\``;
}

const BELOW = /<!-- weft below=([^\n]{1,500}?) -->/;

/** Mark by which `weft merge` knows what a pull request is stacked on. */
export function writeBelow(task: string): string {
  return `<!-- weft below=${task} -->`;
}

/** Task of the same run whose work is in it, by its body; null: it stands on none. */
export function readBelow(body: string): string | null {
  return BELOW.exec(body)?.[1] ?? null;
}

const MARK = /<!-- weft run=(\S{1,200}) task=([^\n]{1,500}?)(?: pull=\d{1,6})? -->/g;

/** Whose work a pull request is by its body: the last mark counts, text before it may be anybody's. Null: it is not weft's. */
export function readMark(body: string): { readonly run: string; readonly task: string } | null {
  const last = [...body.matchAll(MARK)].at(-1);
  const [, run, task] = last ?? [];
  return run === undefined || task === undefined ? null : { run, task };
}
