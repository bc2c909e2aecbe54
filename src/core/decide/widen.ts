// Whether an agent at work may have files beside those of its task's claim: when nobody else holds them. Gives a fact, or
// the reason why not.
import { findHolder } from '../claim/claim-index.ts';
import { compilePattern, normalizeClaim } from '../claim/pattern.ts';
import { type Failure, fail, ok, type Result } from '../failure.ts';
import type { TaskId } from '../model.ts';
import { isLive, type RunState } from '../state.ts';
import type { Judged } from './command.ts';

/** Patterns of one wish, and of a claim in all. */
const MAX_WISH = 20;
const MAX_CLAIM = 200;

/** What an agent wishes for. */
export interface Wish {
  readonly task: string;
  readonly attempt: number;
  /** Path patterns as people write them. */
  readonly patterns: readonly string[];
}

/** Judges a wish against the state; never changes anything. */
export function judgeWish(state: RunState, wish: Wish): Result<Judged> {
  const ts = state.tasks.get(wish.task as TaskId);
  const isAtWork = ts !== undefined && isLive(ts) && ts.attempt?.role === 'implement';
  if (!isAtWork || ts.attempts !== wish.attempt)
    return refuse(`Attempt ${wish.attempt} of ${wish.task} is not at work.`);
  const { owns, id } = ts.task;
  if (owns === null) return ok({ events: [], sentence: 'All files are yours to change already.' });
  if (wish.patterns.length === 0) return refuse('No pattern is named.');
  if (wish.patterns.length > MAX_WISH || owns.length + wish.patterns.length > MAX_CLAIM)
    return refuse(`These are too many patterns: at most ${MAX_WISH} at once and ${MAX_CLAIM} in all.`);
  const patterns: string[] = [];
  for (const text of wish.patterns) {
    const normal = normalizeClaim(text);
    if (!normal.ok) return normal;
    if (normal.value.split('/').includes('.git')) return refuse('What is in .git is no file of a task.');
    if (!owns.includes(normal.value) && !patterns.includes(normal.value)) patterns.push(normal.value);
  }
  if (patterns.length === 0) return ok({ events: [], sentence: 'These files are yours to change already.' });
  const compiled = patterns.map((text) => compilePattern(text));
  const holder = findHolder(state.index.claims, compiled, (owner) => owner === id);
  if (holder !== null && state.policy.collisionPolicy !== 'force') {
    const hint = 'What it changes lands before or after your work.';
    return fail({ kind: 'collision', sentence: `Task ${holder} holds some of these files.`, hint });
  }
  const sentence = `From now on these are yours to change as well: ${patterns.join(', ')}.`;
  return ok({ events: [{ type: 'claim.widened', task: id, patterns }], sentence });
}

function refuse(sentence: string): { readonly ok: false; readonly failure: Failure } {
  return fail({ kind: 'usage', sentence });
}
