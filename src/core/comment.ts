// What a person says of single lines of verified work: what may be said, and its words for the agent. Reads no file.
import { type Failure, fail, ok, type Result } from './failure.ts';
import type { Comment } from './model.ts';
import { fence } from './prompt.ts';
import type { TaskState } from './state.ts';

/** Comments that wait for the agent of one task, at most. */
export const MAX_COMMENTS = 100;
/** Lines that one comment may be about. */
export const MAX_COMMENT_LINES = 100;
/** Characters of a comment, and of the lines that it quotes. */
export const MAX_COMMENT_TEXT = 8_192;

/** What a rejection without words says: the comments do. */
export const SEE_COMMENTS = 'Your change is not taken as it is. Heed the comments on it.';

/** Whether the comment may be kept; null: it is kept already. The lines were looked up by who hands it in. */
export function judgeComment(ts: TaskState, comment: Comment): Result<Comment | null> {
  const text = comment.text.trim();
  const { id } = ts.task;
  if (text === '') return refuse('The comment is empty.', `weft comment ${id} ${placeOf(comment)} "…"`);
  if (text.length > MAX_COMMENT_TEXT)
    return refuse(`The comment is longer than ${MAX_COMMENT_TEXT} characters.`);
  const head = ts.attempt?.inspected?.head;
  if (head === undefined || ts.phase === 'merged')
    return refuse(...(ts.phase === 'merged' ? sayLanded(ts) : sayNothingThere(ts)));
  if (head !== comment.head)
    return refuse(`The work of ${id} has changed meanwhile.`, `\`weft review ${id}\` shows it as it is.`);
  const said = { ...comment, text };
  if (ts.comments.some((other) => JSON.stringify(other) === JSON.stringify(said))) return ok(null);
  if (ts.comments.length >= MAX_COMMENTS)
    return refuse(
      `${id} has ${MAX_COMMENTS} comments already.`,
      `\`weft reject ${id}\` passes them on to its agent.`,
    );
  return ok(said);
}

function refuse(sentence: string, hint?: string): Result<never> {
  const failure: Failure = { kind: 'usage', sentence };
  return fail(hint === undefined ? failure : { ...failure, hint });
}

/** Why there is nothing to comment on. */
export function sayNothingThere({ task, phase }: TaskState): [sentence: string, hint: string] {
  return [
    `${task.id} is ${phase}: there is no finished work of it to look at.`,
    `\`weft guide ${task.id} "…"\` tells its agent something.`,
  ];
}

/** Why a comment on it would go nowhere. */
export function sayLanded({ task }: TaskState): [sentence: string, hint: string] {
  return [`${task.id} has landed: its agent is gone.`, 'What comes after it needs a task of its own.'];
}

/** A file and lines of it as people write them: `src/a.ts:12`, `src/a.ts:12-20`. */
export function placeOf({ path, line, to }: Pick<Comment, 'path' | 'line' | 'to'>): string {
  return `${path}:${line}${to === line ? '' : `-${to}`}`;
}

/** What the agent is told of the comments: each with its place and the lines it is about. */
export function writeComments(comments: readonly Comment[]): string {
  const each = comments.map(
    (comment) => `\`${placeOf(comment)}\`\n\n${fence(comment.quote)}\n\n${comment.text}`,
  );
  return ['Comments on lines of your change, as it was when it was looked at:', ...each].join('\n\n');
}

/** How many comments, in words. */
export function countComments(count: number): string {
  return count === 1 ? '1 comment' : `${count} comments`;
}
