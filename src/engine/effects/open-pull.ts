// Puts verified work onto its branch at the forge and makes sure of its one pull request; answers what was said of it before.
import type { Effect } from '../../core/effect.ts';
import { fail, ok, type Result } from '../../core/failure.ts';
import type { Oid } from '../../core/model.ts';
import {
  renewEvidence,
  writeMarker,
  writePullBody,
  writePullTitle,
  writeReply,
  writeReplyMarker,
} from '../../core/pull-text.ts';
import { type TaskState, taskOf } from '../../core/state.ts';
import type { Forged, ForgePort, PullFound } from '../../ports/forge.ts';
import { type EffectFailure, failureOf } from '../forge-failure.ts';
import type { EffectContext, Performed } from '../perform.ts';
import { findMove } from './find-move.ts';

type OpenPull = Extract<Effect, { kind: 'open-pull' }>;

/** Performs `open-pull`. */
export async function openPull(effect: OpenPull, context: EffectContext): Performed {
  const { state } = context;
  const ts = taskOf(state, effect.task);
  const forge = forgeOf(context);
  const move = await findMove(context, ts);
  if (move !== null) return ok([move]);
  const pushed = await offerCommit(forge, ts, effect.head);
  if (!pushed.ok) return fail(failureOf(pushed.failure));
  const found = await ensure(forge, context, ts);
  if (!found.ok) return fail(failureOf(found.failure));
  const answered: number[] = [];
  for (const remark of ts.pull?.told ?? []) {
    const said = await answer(forge, { ts, number: found.value.number, id: remark.id, path: remark.path });
    if (!said.ok) return fail(failureOf(said.failure));
    answered.push(remark.id);
  }
  const { number, url } = found.value;
  return ok([{ type: 'pull.opened', task: effect.task, number, url, head: effect.head, answered }]);
}

/** The forge; work is offered only where there is one. */
export function forgeOf({ parts }: Pick<EffectContext, 'parts'>): ForgePort {
  if (parts.forge === null) throw new Error('Internal error: there is no forge');
  return parts.forge;
}

/** Moves the branch of a task at the forge from where weft last saw it. */
export function offerCommit(
  forge: ForgePort,
  { attempt, pull }: TaskState,
  commit: Oid,
): Promise<Forged<void>> {
  const branch = attempt?.branch ?? '';
  const expected = pull === null ? null : (pull.note?.head ?? pull.head);
  return forge.push({ branch, commit, expected });
}

async function ensure(forge: ForgePort, { state }: EffectContext, ts: TaskState): Promise<Forged<PullFound>> {
  const found = await forge.ensurePull({
    marker: writeMarker(state, ts),
    branch: ts.attempt?.branch ?? '',
    base: state.policy.target,
    title: writePullTitle(ts),
    body: writePullBody(state, ts),
    isDraft: false,
  });
  if (!found.ok || found.value.state !== 'open' || ts.pull === null) return found;
  const { number } = found.value;
  const seen = (await forge.observe([number])).get(number);
  if (seen === undefined) return found;
  if (!seen.ok) return seen;
  const body = renewEvidence(seen.value.body, state, ts);
  const renewed = await forge.updatePull({ number, isDraft: false, ...(body === null ? {} : { body }) });
  return renewed.ok ? found : renewed;
}

function answer(
  forge: ForgePort,
  of: {
    readonly ts: TaskState;
    readonly number: number;
    readonly id: number;
    readonly path: string | null;
  },
): Promise<Forged<void>> {
  const { ts, number, id, path } = of;
  const remark = { number, marker: writeReplyMarker(id), body: writeReply(ts) };
  return path === null ? forge.comment(remark) : forge.reply({ ...remark, comment: id });
}

/** A result of the forge's as one of an effect's. */
export function asResult<T>(forged: Forged<T>): Result<T, EffectFailure> {
  return forged.ok ? forged : fail(failureOf(forged.failure));
}
