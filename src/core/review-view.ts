// What a human sees of finished work before deciding about it: what it is, what speaks for it, what was said. Reads no diff.
import { awaitsApproval } from './decide/pull.ts';
import { explainTask } from './explain.ts';
import type { ChangedFile, Comment, GateResult, Oid, Phase, RunMs, TaskId } from './model.ts';
import type { RunState, TaskState } from './state.ts';
import { wallTime } from './wall-time.ts';

/** A reviewer agent's word on the work, or what kept it from one. */
export interface ReviewerView {
  readonly attempt: number;
  readonly verdict: 'approved' | 'changes' | 'refused' | 'none';
  readonly findings: readonly string[];
}

/** Finished work of one task. */
export interface ReviewView {
  readonly task: string;
  readonly title: string;
  readonly phase: Phase;
  /** What a human may decide now: absent, nothing is asked. */
  readonly awaits?: 'approval' | 'answer';
  /** What is asked, when it is a question. */
  readonly question?: string;
  /** One sentence: where it stands. */
  readonly reason: string;
  /** Wall time since when it stands there, ISO 8601. */
  readonly since: string;
  /** Who did it; null: a command line of the task's own. */
  readonly agent: string | null;
  readonly attempts: number;
  readonly branch: string;
  /** Commits between which the change lies: what would land when that is built, else the work on its branch. */
  readonly change: { readonly kind: 'work' | 'candidate'; readonly from: Oid; readonly to: Oid };
  /** Head of the work: comments are about its lines. */
  readonly head: Oid;
  /** Where it landed; absent: it did not. */
  readonly landed?: Oid;
  /** At most 500; `fileCount` has the true number. */
  readonly files: readonly ChangedFile[];
  readonly fileCount: number;
  readonly added: number;
  readonly deleted: number;
  /** Changed files outside its claim, at most 100. */
  readonly outside: readonly string[];
  /** weft committed what its agent had left uncommitted. */
  readonly leftovers: boolean;
  /** Gates that ran, on exactly this tree. */
  readonly checks: {
    readonly tree: Oid;
    readonly passed: boolean;
    readonly gates: readonly GateResult[];
  } | null;
  /** Commands of them that failed and then passed on the same tree. */
  readonly flaky: readonly string[];
  readonly reviewer?: ReviewerView;
  /** What it would not merge with right now: another task, or (null) what is on the target. */
  readonly overlaps: readonly { readonly other: string | null; readonly files: readonly string[] }[];
  readonly comments: readonly Comment[];
}

/** Draws the finished work of a task; null: there is none. */
export function viewReview(state: RunState, ts: TaskState, now: RunMs): ReviewView | null {
  const { attempt, task, candidate, question } = ts;
  const seen = attempt?.inspected;
  if (attempt === null || seen == null) return null;
  const { head, base, files, fileCount, added, deleted, outside, leftovers } = seen;
  const built = ts.phase === 'queued' && candidate !== null && !candidate.empty ? candidate : null;
  const reviewer = viewReviewer(ts);
  return {
    task: task.id,
    title: task.title,
    phase: ts.phase,
    ...awaited(state, ts),
    ...(question === null ? {} : { question: question.text }),
    reason: explainTask(state, ts, now),
    since: wallTime(state, ts.phaseAt),
    agent: task.run === null ? attempt.agent : null,
    attempts: ts.attempts,
    branch: attempt.branch,
    change:
      built === null
        ? { kind: 'work', from: base, to: head }
        : { kind: 'candidate', from: built.base, to: built.commit },
    head,
    ...(ts.landed === null ? {} : { landed: ts.landed.commit }),
    files,
    fileCount,
    added,
    deleted,
    outside,
    leftovers,
    checks: viewChecks(ts),
    flaky: ts.flaky,
    ...(reviewer === null ? {} : { reviewer }),
    overlaps: viewOverlaps(state, task.id),
    comments: ts.comments,
  };
}

function viewOverlaps({ overlaps }: RunState, id: TaskId): ReviewView['overlaps'] {
  return overlaps
    .filter(({ task, other }) => task === id || other === id)
    .map(({ task, other, files }) => ({ other: other === id ? task : other, files }));
}

/** Draws all work that waits for a human's word, in the order of the plan. */
export function viewReviews(state: RunState, now: RunMs): readonly ReviewView[] {
  return [...state.tasks.values()].flatMap((ts) => {
    if (awaited(state, ts).awaits === undefined) return [];
    return viewReview(state, ts, now) ?? [];
  });
}

function awaited(state: RunState, ts: TaskState): Pick<ReviewView, 'awaits'> {
  if (ts.question !== null) return ts.question.from === 'weft' ? { awaits: 'answer' } : {};
  return awaitsApproval(state, ts) ? { awaits: 'approval' } : {};
}

/** The verdict on what would land, or did, counts more than the one on the branch; a tree is verified once. */
function viewChecks(ts: TaskState): ReviewView['checks'] {
  const { verified, rejected, inspected } = ts.attempt ?? {};
  const built = ts.phase === 'queued' && ts.candidate?.verified === true ? ts.candidate : ts.landed;
  if (built != null && built.tree !== verified?.tree && ts.landedTree !== null)
    return { tree: ts.landedTree, passed: true, gates: ts.landedGates };
  if (verified != null) return { tree: verified.tree, passed: true, gates: verified.gates };
  if (rejected == null || inspected == null) return null;
  return { tree: inspected.tree, passed: false, gates: rejected.gates };
}

function viewReviewer(ts: TaskState): ReviewerView | null {
  const last = ts.history.findLast((past) => past.role === 'review');
  if (last === undefined || last.tree !== ts.attempt?.inspected?.tree) return null;
  const answer = ts.attempt?.answer;
  const said = answer?.kind === 'review' && last.n === ts.attempt?.n ? answer.review : null;
  if (last.cause === null) return { attempt: last.n, verdict: 'approved', findings: [] };
  if (said === null) return { attempt: last.n, verdict: 'none', findings: [last.detail] };
  const verdict = said.status === 'reject' ? 'refused' : 'changes';
  return { attempt: last.n, verdict, findings: said.changes };
}
