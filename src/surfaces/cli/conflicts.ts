// Unfinished work that would not merge, as lines: what the radar of a run has found. Knows nothing of how.
import type { ConflictView, RunView, TaskView } from '../../core/view.ts';
import { cleanLine } from './clean.ts';
import { writeSpan } from './duration.ts';
import type { Paint } from './paint.ts';

const MOST = 5;
const NAMED = 2;

/** Draws the most important conflicts, one line each; none when all work merges. */
export function drawConflicts(
  { conflicts = [], target }: RunView,
  style: { readonly nowMs: number; readonly paint: Paint },
): readonly string[] {
  const mark = style.paint('yellow', '!');
  const lines = conflicts.slice(0, MOST).map((each) => {
    const who =
      each.with === null
        ? `${cleanLine(each.task)} would conflict with what is on ${cleanLine(target)}`
        : `${cleanLine(each.task)} and ${cleanLine(each.with)} would conflict`;
    return `${mark} ${who} ${describePlace(each, style.nowMs)}`;
  });
  const rest = conflicts.length - MOST;
  return rest > 0
    ? [...lines, `${mark} and ${rest} more; \`weft explain TASK\` names those of a task`]
    : lines;
}

/** Says what the work of one task would conflict with, one text each. */
export function describeConflicts(
  { conflicts = [], target }: RunView,
  { id }: TaskView,
  nowMs: number,
): readonly string[] {
  return conflicts
    .filter((each) => each.task === id || each.with === id)
    .map((each) => `${each.with === id ? each.task : (each.with ?? target)} ${describePlace(each, nowMs)}`);
}

function describePlace({ files, since }: ConflictView, nowMs: number): string {
  const rest = files.length - NAMED;
  const named = files.slice(0, NAMED).map(cleanLine).join(', ');
  const span = writeSpan(nowMs - Date.parse(since));
  return `in ${named}${rest > 0 ? ` and ${rest} more` : ''} (for ${span})`;
}
