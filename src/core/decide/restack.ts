// What becomes of work that is built on other work when that changes under it: its agent is told, or it starts anew, or it
// goes on and meets the change when it lands. Looks at nothing but facts.
import type { RecordEffect } from '../effect.ts';
import type { Oid, TaskId } from '../model.ts';
import { hasVerifiedWork, type RunState, type TaskState, taskOf } from '../state.ts';
import { hears } from './warn.ts';

/** The next word to, or restart of, an agent at work on what has changed below it; null: there is none. */
export function restackNext(state: RunState): RecordEffect | null {
  const { stacks = 'tell' } = state.policy;
  if (stacks === 'leave') return null;
  for (const id of state.index.slots) {
    const ts = taskOf(state, id);
    const below = findNews(state, ts);
    if (below === null) continue;
    if (stacks === 'restart') return { kind: 'record', event: { type: 'task.restarted', task: id } };
    // who does not hear it meets the change when it lands
    if (!hears(ts)) continue;
    const text = writeNews(state, below);
    return { kind: 'record', event: { type: 'guidance.given', task: id, text, restacked: below.commit } };
  }
  return null;
}

interface Below {
  readonly task: TaskId;
  readonly commit: Oid;
}

/** The verified work of what a live attempt stands on, when that is another than it began with and was told of. */
function findNews(state: RunState, { phase, attempt }: TaskState): Below | null {
  if (phase !== 'working' || attempt?.stackedOn == null || attempt.stop !== null) return null;
  const { task, commit } = attempt.stackedOn;
  const below = taskOf(state, task);
  const isVerified = hasVerifiedWork(below) || below.phase === 'merged';
  const head = below.attempt?.inspected?.head;
  if (!isVerified || head === undefined || head === commit || head === attempt.restacked) return null;
  return { task, commit: head };
}

function writeNews(state: RunState, { task, commit }: Below): string {
  const { title } = taskOf(state, task).task;
  return `The work that yours is built on, "${title}" (${task}), has changed since you began: it is at ${commit} now, and that commit is in this repository. Take it in with \`git merge ${commit.slice(0, 12)}\`, and adapt what you have done to it.`;
}
