// What speaks against an attempt that ended: how it ended, what it did to the files, what its answer says.
import type { Cause, Exit, FaultKind, Review } from '../model.ts';
import type { AttemptState, Inspected, TaskState } from '../state.ts';
import type { Trouble } from './judge.ts';

/** Rounds of changes that reviews may ask for before a human is asked. */
const MAX_ROUNDS = 2;

/** The first thing that speaks against the attempt, or null. Facts count; what the agent says of itself does not. */
export function findTrouble(ts: TaskState, attempt: AttemptState): Trouble | null {
  const { inspected, exit, rejected } = attempt;
  if (inspected === null) return null;
  if (!attempt.accepted) {
    // commits and a clean tree prove nothing: agents commit in steps, and this one may have been in the middle
    const end = findFault(attempt) ?? (exit === null ? null : findBadEnd(exit));
    if (end !== null) return end;
  }
  if (ts.guidance.length > 0) return { cause: 'asked', detail: 'guidance came while it worked' };
  if (!attempt.accepted) {
    if (inspected.odd !== null) return { cause: 'worktree-odd', detail: inspected.odd };
    if (inspected.outside.length > 0) return withLoss(complainOfOutside(ts, inspected.outside), inspected);
    if (inspected.fileCount === 0 && attempt.reason === null) {
      return { cause: 'no-changes', detail: 'It ended without changing anything and gave no reason.' };
    }
  }
  if (!attempt.accepted && inspected.vanished !== undefined && inspected.vanished.length > 0)
    return complainOfLoss(inspected.vanished);
  if (rejected === null) return null;
  const timedOut = rejected.gates.some((gate) => gate.exit === null);
  return { cause: timedOut ? 'gate-timeout' : 'gate-failed', detail: rejected.excerpt };
}

/** Who takes work as it is has to know all of it. */
function withLoss(trouble: Trouble, { vanished = [] }: Inspected): Trouble {
  if (vanished.length === 0) return trouble;
  return { ...trouble, detail: `${trouble.detail}\n\n${complainOfLoss(vanished).detail}` };
}

function complainOfLoss(vanished: readonly string[]): Trouble {
  const [first = '', ...more] = vanished;
  const list = more.length === 0 ? '' : ` (and ${more.length} more)${['', ...vanished].join('\n- ')}`;
  // its first line is all that many places have room for
  const detail = `Merging, it left out some of what one side has: ${first}${list}`;
  return { cause: 'work-vanished', detail };
}

function complainOfOutside(ts: TaskState, outside: readonly string[]): Trouble {
  const claim = (ts.task.owns ?? []).join(', ');
  const detail = `It changed files outside its claim (${claim}): ${listFew(outside)}.`;
  return { cause: 'outside-claim', detail, files: outside };
}

function listFew(files: readonly string[]): string {
  const more = files.length > 10 ? ` and ${files.length - 10} more` : '';
  return `${files.slice(0, 10).join(', ')}${more}`;
}

const FAULTS: Readonly<Record<FaultKind, Cause>> = {
  'api-error': 'model-failed',
  limit: 'limit-reached',
  login: 'login-missing',
  missing: 'agent-missing',
  'own-limit': 'turn-limit',
  interrupted: 'agent-killed',
  'no-session': 'agent-crashed',
  protocol: 'agent-crashed',
};

/** What the agent itself says went wrong; its exit code may well be 0. */
function findFault({ fault }: AttemptState): Trouble | null {
  return fault === null ? null : { cause: FAULTS[fault.kind], detail: fault.text };
}

function findBadEnd(exit: Exit): Trouble | null {
  if (exit.code === 0) return null;
  if (exit.signal === 'SIGKILL') {
    const detail = 'The agent was ended by SIGKILL, and not by weft: memory may have run out.';
    return { cause: 'out-of-memory', detail };
  }
  if (exit.signal !== null)
    return { cause: 'agent-killed', detail: `The agent was ended by ${exit.signal}.` };
  if (exit.code === null) return { cause: 'agent-lost', detail: 'The agent is gone without an exit code.' };
  if (exit.code === 127 || exit.code === 126) {
    return { cause: 'agent-missing', detail: `The agent's program could not be run (exit ${exit.code}).` };
  }
  return { cause: 'agent-crashed', detail: `The agent ended with exit code ${exit.code}.` };
}

/** The first thing that speaks against the answer of a planner or reviewer; null: none does, or it was not read yet. */
export function findRefusal(ts: TaskState, attempt: AttemptState): Trouble | null {
  const { answer, exit } = attempt;
  const end = findFault(attempt) ?? (exit === null ? null : findBadEnd(exit));
  // gone without a word: it may have answered before
  if (end !== null && end.cause !== 'agent-lost') return end;
  if (attempt.role === 'review' && (!ts.unreviewed || ts.guidance.length > 0)) {
    return { cause: 'asked', detail: 'guidance came while it was reviewed' };
  }
  switch (answer?.kind) {
    case undefined:
      return null;
    case 'unanswered':
      return end ?? { cause: 'no-result', detail: answer.detail };
    case 'plan':
      return complainOfScope(ts, answer.outside);
    case 'review':
      return complainOfReview(ts, answer.review);
  }
}

function complainOfScope(ts: TaskState, outside: readonly string[]): Trouble {
  const claim = (ts.task.owns ?? []).join(', ');
  const detail = `The plan expects changes outside the claim (${claim}): ${listFew(outside)}.`;
  return { cause: 'plan-scope', detail, files: outside };
}

function complainOfReview(ts: TaskState, { status, changes }: Review): Trouble {
  const list = changes.map((change) => `- ${change}`).join('\n');
  if (status === 'reject') {
    return { cause: 'review-rejected', detail: `The review turns the work down:\n${list}` };
  }
  if (ts.requests.some((earlier) => isSameRequest(earlier, changes))) {
    return { cause: 'review-loop', detail: `The review asks for the same changes again:\n${list}` };
  }
  if (ts.requests.length >= MAX_ROUNDS) {
    return {
      cause: 'review-loop',
      detail: `The review asks for changes once more, after ${ts.requests.length} rounds:\n${list}`,
    };
  }
  return { cause: 'changes-requested', detail: `The review asks for changes:\n${list}` };
}

/** The same list, however it is ordered, spaced and spelled in capitals. */
function isSameRequest(one: readonly string[], other: readonly string[]): boolean {
  return normalize(one) === normalize(other);
}

function normalize(changes: readonly string[]): string {
  const plain = changes.map((change) => change.toLowerCase().replace(/\s+/g, ' ').trim());
  return plain.sort().join('\n');
}
