// Builds the commit that would land, in memory, on the target's tip as it is now or on the one before it in the batch.
import type { Effect } from '../../core/effect.ts';
import type { Event } from '../../core/event.ts';
import { ok, type Result } from '../../core/failure.ts';
import { writeLandingMessage } from '../../core/message.ts';
import type { Oid } from '../../core/model.ts';
import { candidateRefOf } from '../../core/names.ts';
import { type TaskState, taskOf } from '../../core/state.ts';
import { findLacking, findRewriting } from '../landing-base.ts';
import type { EffectContext, Performed } from '../perform.ts';
import { findTargetTip } from '../target.ts';
import { findMove } from './find-move.ts';

type BuildCandidate = Extract<Effect, { kind: 'build-candidate' }>;

/** Performs `build-candidate`. */
export async function buildCandidate(effect: BuildCandidate, context: EffectContext): Performed {
  const { parts, state } = context;
  const ts = taskOf(state, effect.task);
  const seen = ts.attempt?.inspected;
  if (seen == null) throw new Error('Internal error: nothing inspected to build from');
  const move = await findMove(context, ts);
  if (move !== null) return ok([move]);
  const base = await findBase(effect, context);
  if (!base.ok) return base;
  if (typeof base.value !== 'string') return sendBack(context, ts, base.value);
  const onto = base.value;
  const lacking = await findLacking(parts.git, state, { ts, tip: onto });
  if (lacking !== null) return ok([{ type: 'landing.held', task: effect.task, ...lacking }]);
  const { driver } = state.policy.merge;
  const built = await parts.git.buildCandidate({
    target: onto,
    base: seen.base,
    head: seen.head,
    strategy: state.policy.merge.strategy,
    ...(driver === undefined || driver === '' ? {} : { driver }),
    message: writeLandingMessage(state, ts),
    pin: candidateRefOf(state, effect.task),
  });
  if (!built.ok) return built;
  // another task has its turn by now: a second candidate would make two landings
  if (context.signal.aborted) return ok([]);
  const { behind } = effect;
  const of = { task: effect.task, base: onto, ...(behind === null ? {} : { behind: behind.task }) };
  if (built.value.kind === 'conflict') {
    const { files, vanished } = built.value;
    const lost = vanished === undefined ? {} : { vanished };
    return sendBack(context, ts, {
      type: 'candidate.conflicted',
      ...of,
      files: files.slice(0, 100),
      ...lost,
    });
  }
  const { commit, tree, empty, note } = built.value;
  const said = note === undefined ? {} : { note };
  return ok([{ type: 'candidate.built', ...of, commit, tree, empty, ...said }]);
}

/** Work that does not land now goes on from its branch: who moved that in the meantime is heard first, and what was there kept. */
async function sendBack(context: EffectContext, ts: TaskState, why: Event): Performed {
  return ok([(await findMove(context, ts)) ?? why]);
}

/** What it is built on: the one before it in the batch, or the target as it is now; or why nothing may land on that. */
async function findBase(
  { behind, task }: BuildCandidate,
  { parts, state }: EffectContext,
): Promise<Result<Oid | Event>> {
  if (behind !== null) return ok(behind.commit);
  // what lands while a forge takes its time with the answer need not be in that
  const held = state.targetHolds;
  const tip = await findTargetTip(parts, state.policy);
  if (!tip.ok) return tip;
  const rewritten = await findRewriting(parts.git, state, { task, tip: tip.value, held });
  return ok(rewritten ?? tip.value.oid);
}
