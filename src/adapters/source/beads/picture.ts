// Makes what a source gives from a list of issues: which of them are tasks, how they stand, what they wait for.
import type { Diagnostic } from '../../../core/plan/diagnostic.ts';
import type { TaskDraft } from '../../../core/plan/draft.ts';
import { findNearest } from '../../../core/plan/nearest.ts';
import { quote } from '../../../core/plan/quote.ts';
import { findIdProblem } from '../../../core/plan/slug.ts';
import type { SourceSpec, Standing } from '../../../core/source.ts';
import type { Loaded } from '../../../ports/source.ts';
import { draftIssue } from './draft.ts';
import { createFamily, type Family, findNature, isFailureClose, isOpen } from './family.ts';
import type { BeadsIssue } from './issue.ts';
import { createWaits, isBlocking, isPutOff } from './waits.ts';

/** Which issues a run is about. */
export type BeadsSpec = Extract<SourceSpec, { readonly kind: 'beads' }>;

/** What a picture is made of. */
export interface PictureSetting {
  readonly issues: readonly BeadsIssue[];
  readonly spec: BeadsSpec;
  /** Name under which the run takes issues. */
  readonly actor: string;
  readonly run: string;
  /** Issues that Beads calls ready; null: it was not asked. */
  readonly ready: ReadonlySet<string> | null;
  /** Wall time in ms. */
  readonly now: number;
}

/** Makes the picture. Takes time linear in issues and dependencies. */
export function drawPicture(setting: PictureSetting): Loaded {
  const { spec } = setting;
  const family = createFamily(setting.issues);
  const diagnostics = checkSpec(spec, family);
  const selected = family.issues.filter((issue) => isSelected(issue, spec, family)).sort(compareAge);
  const leftOut = new Map<string, number>();
  const tasks = selected.filter((issue) => {
    const why = issue.status === 'tombstone' ? null : (findNature(issue, family) ?? describeId(issue));
    if (why !== null && isOpen(issue)) leftOut.set(why, (leftOut.get(why) ?? 0) + 1);
    return why === null && issue.status !== 'tombstone';
  });
  const open = new Map(tasks.filter(isOpen).map((issue) => [issue.id, issue]));
  const waitsOf = createWaits({
    family,
    ready: setting.ready,
    now: setting.now,
    isTask: (id) => open.has(id),
  });
  const standings = new Map<string, Standing>();
  const drafts: TaskDraft[] = [];
  for (const issue of tasks) {
    const waits = open.has(issue.id) ? waitsOf(issue) : null;
    const standing = judge(issue, waits?.holds ?? [], setting);
    if (standing !== null) standings.set(issue.id, standing);
    if (waits === null) continue;
    drafts.push(draftIssue(issue, { track: family.ancestorsOf(issue.id)[0] ?? null, tasks: waits.tasks }));
  }
  return { drafts, diagnostics, texts: new Map(), standings, notes: describeLeftOut(leftOut) };
}

/** Beads lists the newest first; work of the same urgency is begun as it was written down. */
function compareAge(a: BeadsIssue, b: BeadsIssue): number {
  return a.createdAt - b.createdAt || NATURAL.compare(a.id, b.id);
}

/** `t-1.2` comes before `t-1.10`. */
const NATURAL = new Intl.Collator('en', { numeric: true });

/** Tells whether some issue depends on what is not in the list, so that only Beads can say whether it is ready. */
export function hasUnseen(issues: readonly BeadsIssue[]): boolean {
  const ids = new Set(issues.map(({ id }) => id));
  return issues.some(
    (issue) => isOpen(issue) && issue.dependencies.some((one) => isBlocking(one) && !ids.has(one.on)),
  );
}

/** Wall time in ms of the next day that some issue is put off until; null: there is none. */
export function findNextDay(issues: readonly BeadsIssue[], now: number): number | null {
  const days = issues.flatMap(({ deferredUntil }) =>
    deferredUntil !== null && deferredUntil > now ? [deferredUntil] : [],
  );
  return days.length === 0 ? null : days.reduce((a, b) => Math.min(a, b));
}

function isSelected(issue: BeadsIssue, spec: BeadsSpec, family: Family): boolean {
  return (
    (spec.epic === null || family.ancestorsOf(issue.id).includes(spec.epic)) &&
    (spec.issues.length === 0 || spec.issues.includes(issue.id)) &&
    spec.labels.every((label) => issue.labels.includes(label))
  );
}

function checkSpec(spec: BeadsSpec, family: Family): Diagnostic[] {
  const refuse = (sentence: string, fix: string): Diagnostic => ({ position: null, sentence, fix });
  const names = [...(spec.epic === null ? [] : [spec.epic]), ...spec.issues];
  return names.flatMap((id) => {
    const issue = family.get(id);
    if (issue === undefined || issue.status === 'tombstone') {
      const nearest = findNearest(
        id,
        family.issues.map((one) => one.id),
      );
      return refuse(
        `Beads has no issue ${quote(id)}.`,
        nearest === null
          ? '`bd list` shows those there are.'
          : `Did you mean ${quote(nearest)}? \`bd list\` shows all.`,
      );
    }
    if (id === spec.epic) {
      if (family.childrenOf(id).length > 0) return [];
      return refuse(`${id} has nothing below it.`, `Give it children: bd create "…" --parent ${id}`);
    }
    const nature = findNature(issue, family);
    if (nature === null) return [];
    return refuse(
      `${id} is no task: it is ${nature === 'issue with children' ? 'an issue with children' : `of type ${nature}`}.`,
      family.childrenOf(id).length > 0 ? `Take what is below it: --epic ${id}` : 'Name another one.',
    );
  });
}

function describeId({ id }: BeadsIssue): string | null {
  return findIdProblem(id) === null ? null : 'issue whose id cannot name a branch';
}

function describeLeftOut(leftOut: ReadonlyMap<string, number>): readonly string[] {
  if (leftOut.size === 0) return [];
  const parts = [...leftOut].map(([what, count]) => `${count} × ${what}`);
  return [`Left out because they are no work for an agent: ${parts.join(', ')}.`];
}

function judge(issue: BeadsIssue, holds: readonly string[], setting: PictureSetting): Standing | null {
  const { status, assignee } = issue;
  if (status === 'closed') {
    return isFailureClose(issue)
      ? { kind: 'dropped', why: `it was closed as ${quote(issue.closeReason)}` }
      : { kind: 'done' };
  }
  const hold = (why: string): Standing => ({ kind: 'held', why });
  if (assignee !== '' && assignee !== setting.actor) return hold(`taken by ${assignee}`);
  if (isPutOff(issue, setting.now)) {
    const until = issue.deferredUntil;
    return hold(until === null ? 'put off' : `put off until ${new Date(until).toISOString().slice(0, 16)}Z`);
  }
  const isOurs = (assignee === setting.actor && status === 'in_progress') || isFailedBy(issue, setting.run);
  if (status !== 'open' && !isOurs) return hold(describeStatus(status));
  return holds.length === 0 ? null : hold(holds.join('; '));
}

function describeStatus(status: string): string {
  if (status === 'blocked') return 'marked as blocked in Beads';
  return status === 'in_progress'
    ? 'in progress in Beads, nobody says by whom'
    : `its status in Beads is ${status}`;
}

/** Tells whether the run itself marked the issue as blocked because its work on it failed. */
export function isFailedBy({ status, assignee, metadata }: BeadsIssue, run: string): boolean {
  return (
    status === 'blocked' && assignee === '' && metadata['weft_run'] === run && metadata['phase'] === 'failed'
  );
}

/** Tells whether an issue that the run has begun was closed before the run was through with it, as agents do. */
export function isClosedMeanwhile(
  { status, assignee, metadata }: BeadsIssue,
  { actor, run }: { readonly actor: string; readonly run: string },
): boolean {
  const isOurs = assignee === actor && metadata['weft_run'] === run;
  return isOurs && status === 'closed' && metadata['phase'] !== 'merged';
}
