// Shows finished work to humans and takes what they say of its lines, with an engine or without. Reads; changes nothing.

import { MAX_COMMENT_LINES, MAX_COMMENT_TEXT, placeOf, sayLanded, sayNothingThere } from '../core/comment.ts';
import { type Failure, fail, ok, type Result } from '../core/failure.ts';
import { type Comment, type Oid, type RunMs, taskId } from '../core/model.ts';
import { type ReviewView, viewReview, viewReviews } from '../core/review-view.ts';
import type { RunState, TaskState } from '../core/state.ts';
import type { Tools } from './parts.ts';
import { giveCommand, readForeseen } from './read-run.ts';
import { startRunClock } from './run-clock.ts';

/** Text of a file in a commit; null: there is no such file, or nothing that is text. */
export type ReadFile = (of: { readonly commit: Oid; readonly path: string }) => Promise<string | null>;

/** Lines of a file that somebody says something about. */
export interface CommentRequest {
  readonly task: string;
  readonly path: string;
  readonly line: number;
  readonly to: number;
  readonly text: string;
}

/** Finished work that waits for a human's word, in the order of the plan. */
export async function readWaitingWork(tools: Tools, run: string): Promise<Result<readonly ReviewView[]>> {
  const state = await readForeseen(tools, run);
  return state.ok ? ok(viewReviews(state.value, clockOf(tools, state.value))) : state;
}

/** Finished work of one task, whatever it waits for. Failure `usage`: there is none. */
export async function readFinishedWork(
  tools: Tools,
  of: { readonly run: string; readonly task: string },
): Promise<Result<ReviewView>> {
  const found = await findTask(tools, of);
  if (!found.ok) return found;
  const { state, ts } = found.value;
  const view = viewReview(state, ts, clockOf(tools, state));
  return view === null ? fail(usage(...sayNothingThere(ts))) : ok(view);
}

/** Keeps a comment for the task's agent. Failure `usage` says what is wrong with its place. */
export async function giveComment(
  tools: Tools,
  of: { readonly run: string; readonly comment: CommentRequest; readonly readFile: ReadFile },
): ReturnType<typeof giveCommand> {
  const { run, comment, readFile } = of;
  const found = await findTask(tools, { run, task: comment.task });
  if (!found.ok) return found;
  const { ts } = found.value;
  if (ts.phase === 'merged') return fail(usage(...sayLanded(ts)));
  const head = ts.attempt?.inspected?.head;
  if (head === undefined) return fail(usage(...sayNothingThere(ts)));
  const { text, ...place } = comment;
  const quote = await quoteLines(ts, { ...place, head, readFile });
  if (!quote.ok) return quote;
  const { path, line, to } = place;
  const said: Comment = { head, path, line, to, quote: quote.value, text };
  return giveCommand(tools, run, { kind: 'comment', task: ts.task.id, comment: said });
}

async function quoteLines(
  ts: TaskState,
  of: Pick<CommentRequest, 'path' | 'line' | 'to'> & { readonly head: Oid; readonly readFile: ReadFile },
): Promise<Result<string>> {
  const { path, line, to, head, readFile } = of;
  const text = await readFile({ commit: head, path });
  if (text === null) return fail(describeMissing(ts, path));
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  if (to > lines.length) {
    const has = lines.length === 1 ? '1 line' : `${lines.length} lines`;
    return fail(usage(`There is no ${placeOf(of)}: the file has ${has}.`, showHint(ts)));
  }
  if (to - line >= MAX_COMMENT_LINES)
    return fail(usage(`A comment may be about ${MAX_COMMENT_LINES} lines; ${placeOf(of)} is more.`));
  return ok(
    lines
      .slice(line - 1, to)
      .join('\n')
      .slice(0, MAX_COMMENT_TEXT),
  );
}

function describeMissing(ts: TaskState, path: string): Failure {
  const { id } = ts.task;
  const files = ts.attempt?.inspected?.files ?? [];
  const same = files.filter((file) => file.path === path || file.path.endsWith(`/${path}`));
  if (same.length === 1 && same[0]?.path !== path)
    return usage(`The work of ${id} has no text file ${path}.`, `Did you mean ${same[0]?.path}?`);
  if (same.length > 0)
    return usage(
      `${path} is not there any more in the work of ${id}, or it is no text.`,
      `\`weft reject ${id} "…"\` takes words about the whole.`,
    );
  return usage(`The work of ${id} has no text file ${path}.`, showHint(ts));
}

function showHint({ task }: TaskState): string {
  return `\`weft review ${task.id}\` shows its files; paths begin at the root of the repository.`;
}

async function findTask(
  tools: Tools,
  { run, task }: { readonly run: string; readonly task: string },
): Promise<Result<{ readonly state: RunState; readonly ts: TaskState }>> {
  const state = await readForeseen(tools, run);
  if (!state.ok) return state;
  const ts = state.value.tasks.get(taskId(task));
  if (ts !== undefined) return ok({ state: state.value, ts });
  return fail(usage(`There is no task ${task} in run ${run}.`, '`weft status` lists the tasks.'));
}

function usage(sentence: string, hint?: string): Failure {
  return { kind: 'usage', sentence, ...(hint === undefined ? {} : { hint }) };
}

/** At rest the run's clock stands. */
function clockOf(tools: Tools, state: RunState): RunMs {
  return state.rested === null
    ? startRunClock(tools.clock, { ms: state.ms, at: state.updatedAt })()
    : state.ms;
}
