// Commit messages of what weft commits and lands. Knows nothing of git's commands.
import type { RunState, TaskState } from './state.ts';

/** Trailers that tie a commit to its task and run. */
function trailers(state: RunState, ts: TaskState): string {
  return `Weft-Task: ${oneLine(ts.task.id)}\nWeft-Run: ${state.run ?? ''}`;
}

/** Message of the commit that takes up what an agent left uncommitted. */
export function writeLeftoverMessage(state: RunState, ts: TaskState): string {
  return `${subjectOf(ts)}\n\n${trailers(state, ts)}\n`;
}

/** Message of the commit that lands. */
export function writeLandingMessage(state: RunState, ts: TaskState): string {
  return `${subjectOf(ts)}\n\n${oneLine(ts.task.ref)}\n\n${trailers(state, ts)}\n`;
}

function subjectOf(ts: TaskState): string {
  const title = oneLine(ts.task.title);
  // a letter of two units must not be cut in half
  return title.length > 72 ? `${title.slice(0, 71).replace(/[\uD800-\uDBFF]$/, '')}…` : title;
}

// a title comes from outside: a line break in it could forge a trailer
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim();
}
