// Why a task is where it is, in one sentence, from the same checks that the scheduler uses. The sentence is looked at for
// longer than it is new: it names no span that grows, and of one that gets shorter only how long it is at most.

import { type Bar, findBar } from './bars.ts';
import { countFailing, findClash, isClosed, isLanding } from './batch.ts';
import { findAhead } from './decide/hold.ts';
import { awaitsApproval, mergesHere } from './decide/pull.ts';
import { findHead, mayLand } from './decide/queue.ts';
import { countSlots, findClaimInTheWay, findFullLane, isFull } from './decide/schedule.ts';
import { becomesPull, needsApproval } from './decide/submit.ts';
import { describeFailed } from './effect-words.ts';
import { endOf, explainEdge } from './explain-edge.ts';
import { unreachable } from './failure.ts';
import { isTerminal } from './lifecycle.ts';
import type { RunMs } from './model.ts';
import { taskId } from './model.ts';
import type { PullVerdict } from './pull.ts';
import { verdictOf } from './pull-standing.ts';
import { agentFor, nextRole } from './role.ts';
import { satisfies } from './schedule-index.ts';
import {
  describeRunSpending,
  describeSpending,
  NEARLY,
  shareOfBudget,
  shareOfRunBudget,
} from './spending.ts';
import { type RunState, type TaskState, taskOf } from './state.ts';
import { deadlineOf } from './timers.ts';

/** The reason in words; empty when nothing more is to be said than the phase. */
export function explainTask(state: RunState, ts: TaskState, now: RunMs): string {
  switch (ts.phase) {
    case 'waiting':
      return explainWaiting(state, ts, now);
    case 'spawned':
      return explainSpawned(state, ts, now);
    case 'working':
      return explainWorking(state, ts, now);
    case 'verifying':
      return explainVerifying(state, ts, now);
    case 'committed':
      return explainCommitted(state, ts, now);
    case 'pr_created':
      return explainPull(state, ts, now);
    case 'queued':
      return explainQueued(state, ts, now);
    case 'merged':
      return explainMerged(ts);
    case 'failed':
      return ts.failure === null
        ? 'it failed'
        : `${ts.failure.cause}: ${firstLine(ts.failure.sentence, MAX_FAILURE)}`;
    case 'cancelled':
      return explainCancelled(ts);
    default:
      return unreachable(ts.phase);
  }
}

function explainWaiting(state: RunState, ts: TaskState, now: RunMs): string {
  if (ts.question !== null) return explainQuestion(ts);
  if (ts.withheld !== null) return `is not begun: ${ts.withheld}`;
  if (ts.paused) return `is paused; \`weft resume ${ts.task.id}\` goes on`;
  const edge = ts.task.edges.find((each) => !satisfies(each, taskOf(state, each.task).phase));
  if (edge !== undefined) return explainEdge(state, edge);
  if (ts.task.type === 'manual') return `is yours to do; say \`weft done ${ts.task.id}\` when it is done`;
  if (ts.wipe) return 'its old worktree is being cleared away';
  if (ts.retryAt !== null && ts.retryAt > now) return explainRetry(state, ts, now);
  if (state.stopping !== null)
    return state.rested === null ? 'the run is being stopped' : 'the run was stopped; `weft resume` goes on';
  if (state.paused) return 'the run is paused; `weft resume` goes on';
  const due = ts.unreviewed ? 'passed its gates, is to be reviewed and ' : '';
  const bar = findBar(state, agentFor(state, ts, nextRole(state, ts)));
  if (bar !== null) return `${due}${explainBar(bar, now)}`;
  const lane = findFullLane(state, ts);
  if (lane !== null)
    return `${due}waits for room in ${lane.name.replace(':', ' ')} (at most ${lane.limit} at once)`;
  return `${due}${explainClaim(state, ts) ?? explainAhead(state, ts) ?? explainSlot(state)}`;
}

/** Why nobody starts with an agent. */
function explainBar({ ts, agent, until, cause }: Bar, now: RunMs): string {
  if (cause === 'run-budget')
    return `waits: the budget of the run is used up; \`weft answer ${ts.task.id} 1\` lets it go on`;
  if (until !== null)
    return `waits for ${agent} for at most ${ago(until - now)}: a limit of its provider is reached`;
  const [what, command] =
    cause === 'login-missing' ? ['is not logged in', 'answer'] : ['cannot be run', 'restart'];
  return `waits for ${agent}, which ${what}: mend that, then \`weft ${command} ${ts.task.id}\``;
}

function explainClaim(state: RunState, ts: TaskState): string | null {
  if (state.policy.collisionPolicy === 'force') return null;
  const collision = findClaimInTheWay(state, ts);
  if (collision === null) return null;
  const holder = taskOf(state, taskId(collision.owner));
  const approval = awaitsApproval(state, holder) ? `; \`weft approve ${collision.owner}\` lands it` : '';
  return `waits for ${collision.owner}: ${collision.witness} is in both claims; it is ${holder.phase}${approval}`;
}

function explainAhead(state: RunState, ts: TaskState): string | null {
  const ahead = state.policy.collisionPolicy === 'force' ? null : findAhead(state, ts);
  return ahead && `waits until ${ahead.ts.task.id} has landed: both change ${describeFiles(ahead.files)}`;
}

function describeFiles([first = '', ...more]: readonly string[]): string {
  return more.length === 0 ? first : `${first} and ${more.length} more`;
}

function explainSlot(state: RunState): string {
  if (!isFull(state)) return 'is about to start';
  const names = [...state.index.slots].slice(0, 4).join(', ');
  const [starved] = state.index.starved;
  const less =
    starved === undefined ? '' : `; one less than usual since memory may have run out for ${starved.task.id}`;
  return `waits for a free slot: ${state.index.slots.size} of ${countSlots(state)} are taken (${names})${less}`;
}

function explainRetry(state: RunState, ts: TaskState, now: RunMs): string {
  const cause = ts.feedback?.cause ?? ts.history.at(-1)?.cause ?? 'failed';
  const when =
    state.rested === null
      ? `is tried again within ${ago((ts.retryAt ?? now) - now)}`
      : 'is to be tried again';
  return `${when} (attempt ${ts.attempts} ended: ${cause})`;
}

function explainQuestion(ts: TaskState): string {
  return `needs an answer: ${firstLine(ts.question?.text ?? '')}`;
}

function explainTrouble(ts: TaskState, now: RunMs): string {
  const { effect = '', detail = '', retryAt = now } = ts.trouble ?? {};
  const wait = Math.max(0, retryAt - now);
  return `${describeFailed(effect)} (${firstLine(detail)}); tried again within ${ago(wait)}`;
}

function explainSpawned(state: RunState, ts: TaskState, now: RunMs): string {
  if (ts.attempt?.stop != null) return 'its agent is being stopped';
  if (ts.trouble !== null) return explainTrouble(ts, now);
  switch (ts.attempt?.role) {
    case 'plan':
      return 'planning is about to begin';
    case 'review':
      return 'reviewing is about to begin';
    default:
      return explainStart(state, ts);
  }
}

/** git makes one worktree at a time. */
function explainStart(state: RunState, ts: TaskState): string {
  const before = countBefore(state, ts, (other) => other.phase === 'spawned');
  if (before === 0) return 'its worktree is being made';
  return `its worktree is made after ${before === 1 ? 'another one' : `${before} others`}`;
}

/** Tasks in the same position that came to it before. */
function countBefore(state: RunState, ts: TaskState, isAlike: (other: TaskState) => boolean): number {
  let count = 0;
  for (const other of state.index.open.keys()) {
    if (other === ts || !isAlike(other)) continue;
    if (other.phaseAt < ts.phaseAt || (other.phaseAt === ts.phaseAt && other.order < ts.order)) count += 1;
  }
  return count;
}

function explainWorking(state: RunState, ts: TaskState, now: RunMs): string {
  if (ts.attempt?.stop != null) return 'its agent is being stopped';
  if (ts.question !== null) return explainQuestion(ts);
  const minutes = state.policy.budget.minutes;
  const does = { plan: 'planning', implement: 'at work', review: 'reviewing' }[
    ts.attempt?.role ?? 'implement'
  ];
  const nearly = shareOfBudget(state, ts) >= NEARLY ? `; it has used ${describeSpending(state, ts)}` : '';
  const run = shareOfRunBudget(state, now) >= NEARLY ? `; the run ${describeRunSpending(state, now)}` : '';
  const most = minutes === null ? '' : ` (at most ${minutes} min)`;
  return `${does}${most}${describeTimeLeft(state, ts, now)}${nearly}${run}`;
}

/** How much time the attempt has at most, when most of it is used. */
function describeTimeLeft(state: RunState, ts: TaskState, now: RunMs): string {
  const deadline = deadlineOf(state, ts);
  const minutes = state.policy.budget.minutes;
  if (deadline === null || minutes === null) return '';
  const leftMs = Math.max(0, deadline - now);
  if (leftMs > (1 - NEARLY) * minutes * 60_000) return '';
  const left = leftMs < 120_000 ? `${Math.ceil(leftMs / 1_000)} s` : `${Math.ceil(leftMs / 60_000)} min`;
  return `; its time ends within ${left}`;
}

function explainVerifying(state: RunState, ts: TaskState, now: RunMs): string {
  if (ts.trouble !== null) return explainTrouble(ts, now);
  if (ts.paused) return `is paused; \`weft resume ${ts.task.id}\` goes on`;
  if (ts.attempt?.role === 'plan') return 'its plan is being read';
  if (ts.attempt?.role === 'review') return 'its review is being read';
  if (ts.attempt?.inspected == null) return 'its work is being looked at';
  const before = countBefore(state, ts, (other) => other.phase === 'verifying' && isAtGates(other));
  const { gateSlots } = state.policy.limits;
  return before < gateSlots
    ? 'its gates are running on exactly its tree'
    : `waits for its gates (at most ${gateSlots} at once): ${before} came before it`;
}

function isAtGates({ attempt, paused }: TaskState): boolean {
  return attempt?.role === 'implement' && attempt.inspected !== null && !paused;
}

function explainPull(state: RunState, ts: TaskState, now: RunMs): string {
  if (ts.paused) return `is paused; \`weft resume ${ts.task.id}\` goes on`;
  if (ts.trouble !== null) return explainTrouble(ts, now);
  const name = `its pull request #${ts.pull?.number}`;
  const verdict = verdictOf(state, ts, now);
  switch (verdict?.kind) {
    case undefined:
      return `${name} is open`;
    case 'over':
      return `${name} is ${verdict.state}`;
    case 'moved':
      return `${name} has commits of somebody else's, which are looked at`;
    case 'merge':
      return explainMergeable(state, ts, `${name} can be merged`, verdict.sentence);
    case 'return':
      return verdict.cause === 'changes-requested'
        ? `${name} waits for who asked for changes to look again`
        : explainReturn(state, ts, { name, verdict });
    case 'wait':
      return `${name} ${verdict.sentence}`;
    default:
      return unreachable(verdict);
  }
}

/** What the forge cannot merge may merge here, as the part of it that is its own. */
function explainReturn(
  state: RunState,
  ts: TaskState,
  of: { readonly name: string; readonly verdict: Extract<PullVerdict, { readonly kind: 'return' }> },
): string {
  const { name, verdict } = of;
  if (!mergesHere(ts, verdict)) return `${name} goes back: ${verdict.sentence}`;
  if (needsApproval(state, ts) && findBelow(state, ts) === null)
    return `${name} does not merge there as it is, and its work merges here: \`weft approve ${ts.task.id}\` lands it`;
  return explainMergeable(state, ts, `${name} can be merged`, `until then ${verdict.sentence}`);
}

/** Nobody is asked to merge what has unlanded work of another task in it. */
function explainMergeable(state: RunState, ts: TaskState, can: string, checks: string): string {
  if (!awaitsApproval(state, ts)) return `${can} and goes into the queue`;
  const { id } = ts.task;
  const below = findBelow(state, ts);
  if (below === null) return `${can} (${checks}): merge it, or \`weft approve ${id}\``;
  const first = below.pull === null ? below.task.id : `#${below.pull.number} of ${below.task.id}`;
  return isTerminal(below.phase)
    ? `${can} (${checks}) after ${first}, which ${endOf(below.phase)}: it cannot land unless \`weft restart ${below.task.id}\` helps`
    : `${can} (${checks}) once ${first} has landed; \`weft approve ${id}\` lands it then`;
}

function findBelow(state: RunState, { task }: TaskState): TaskState | null {
  const below = task.edges.map((edge) => taskOf(state, edge.task));
  return below.find(({ phase }) => phase !== 'merged') ?? null;
}

function explainCommitted(state: RunState, ts: TaskState, now: RunMs): string {
  if (ts.paused) return `is paused; \`weft resume ${ts.task.id}\` goes on`;
  if (ts.trouble !== null) return explainTrouble(ts, now);
  if (becomesPull(state, ts)) return 'is verified and becomes a pull request';
  if (needsApproval(state, ts)) return `is verified and waits for \`weft approve ${ts.task.id}\``;
  return 'is verified and goes into the queue';
}

function explainQueued(state: RunState, ts: TaskState, now: RunMs): string {
  if (ts.paused) return `is paused; \`weft resume ${ts.task.id}\` goes on`;
  if (ts.trouble !== null) return explainTrouble(ts, now);
  if (ts.pull?.enqueued === true)
    return `its pull request #${ts.pull.number} is in the merge queue of the forge`;
  if (ts.held !== null) {
    const { on, ref } = ts.held;
    const { target } = state.policy;
    return `is in the queue until ${target} contains ${on}, which landed on ${ref}: \`git merge ${ref}\` in a clean checkout of ${target}`;
  }
  const [asking] = state.index.line.asking;
  if (asking !== undefined) {
    const { id } = asking.task;
    return `is in the queue until \`weft answer ${id}\` says what the rewritten ${state.policy.target} means`;
  }
  if (ts.pull !== null && needsApproval(state, ts))
    return `its pull request is being put onto ${state.policy.target}, so that it can be merged there`;
  if (ts.candidate !== null) return explainBatch(state, ts);
  if (ts.aside !== null)
    return 'is in the queue, and does not go onto work that is about to land: that is waited for';
  if (!mayLand(state, ts)) {
    const open = ts.task.edges.find((edge) => taskOf(state, edge.task).phase !== 'merged');
    if (open === undefined) return 'is in the queue';
    const { phase } = taskOf(state, open.task);
    return isTerminal(phase)
      ? `is in the queue behind ${open.task}, which ${endOf(phase)}: it cannot land unless \`weft restart ${open.task}\` helps`
      : `is in the queue and waits for ${open.task} to land first`;
  }
  const clash = findClash(state, ts);
  if (clash !== null) {
    const first = clash.task === ts.task.id ? clash.other : clash.task;
    return `is in the queue until ${first} has landed: both change ${describeFiles(clash.files)}`;
  }
  const head = findHead(state);
  return head === null || head === ts ? 'is next to land' : `is in the queue behind ${head.task.id}`;
}

function explainBatch({ index: { line } }: RunState, ts: TaskState): string {
  const others = line.batch.filter((each) => each !== ts).map((each) => each.task.id);
  const together = others.length === 0 ? '' : `, together with ${list(others)}`;
  if (isLanding(line, ts)) return `is landing${together}`;
  if (!isClosed(line)) return 'the tree that would land is being built';
  if (ts.candidateRejected !== null && line.batch[0] === ts)
    return 'its gates failed on the tree that would land, and run once more';
  const failing = countFailing(line);
  if (failing !== null && line.batch.indexOf(ts) < failing)
    return `gates failed on the tree that would land${together}: whose fault that is, is being found`;
  return `its gates are running on the tree that would land${together}`;
}

/** Names a few, and says how many more there are. */
function list(names: readonly string[]): string {
  return names.length <= 4
    ? names.join(', ')
    : `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`;
}

/** Who closes its pull request cancels a task, and the other way round. */
function explainCancelled({ pull, swept, withheld }: TaskState): string {
  const kept = swept?.rescue == null ? '' : `; its work is kept at ${swept.rescue}`;
  const name = `its pull request #${pull?.number}`;
  switch (pull?.note?.state) {
    case 'closed':
      return `${name} was closed${kept}`;
    case 'merged':
      return `${name} was merged into ${pull.note.base}${kept}`;
    default:
      return `it was cancelled${withheld === null ? '' : ` (${withheld})`}${pull === null || swept === null ? '' : ` and ${name} closed`}${kept}`;
  }
}

function explainMerged(ts: TaskState): string {
  if (ts.task.type === 'manual') return 'was done by hand';
  if (ts.landed === null) return 'is done';
  const { commit, tree, ref, detour, by } = ts.landed;
  // somebody said so where the task is from; which commit it was is not known, only where the target stood
  if (tree === commit) return 'is done, as its source says';
  // there it may have been a person, or weft on a person's word
  const how = by === 'weft' ? 'landed' : ts.pull === null ? 'landed by a human' : 'was merged at the forge';
  return `${how} as ${commit.slice(0, 8)} on ${ref}${detour === null ? '' : ` (${detour})`}`;
}

/** A duration in the two largest units that say something. */
export function ago(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return `${hours} h ${minutes % 60} min`;
}

/** What helps is named behind what went wrong, with paths in it. */
const MAX_FAILURE = 480;

function firstLine(text: string, most = 160): string {
  const line = text.trim().split('\n', 1)[0] ?? '';
  return line.length > most ? `${line.slice(0, most - 1)}…` : line;
}
