// Puts verified work onto its branch at the forge and makes sure of its one pull request; answers what was said of it before.
import type { Effect } from '../../core/effect.ts';
import { fail, ok } from '../../core/failure.ts';
import type { PullRemark } from '../../core/pull.ts';
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
import { failureOf } from '../forge-failure.ts';
import type { EffectContext, Performed } from '../perform.ts';
import { findMove } from './find-move.ts';
import { forgeOf } from './forge-call.ts';
import { offerCommit } from './offer-commit.ts';
import { findEnd } from './watch-pull.ts';

type OpenPull = Extract<Effect, { kind: 'open-pull' }>;

/** Performs `open-pull`. */
export async function openPull(effect: OpenPull, context: EffectContext): Performed {
  const { state } = context;
  const ts = taskOf(state, effect.task);
  const forge = forgeOf(context);
  const move = await findMove(context, ts);
  if (move !== null) return ok([move]);
  // while it was worked on nobody looked
  const end = await findEnd(context, ts);
  if (!end.ok || end.value.length > 0) return end;
  const offered = await offerCommit(context, ts, effect.head);
  if (!offered.ok) return offered;
  if (offered.value !== null) return ok(offered.value);
  const found = await ensure(forge, context, ts);
  if (!found.ok) return fail(failureOf(found.failure));
  const answered: number[] = [];
  for (const remark of ts.pull?.told ?? []) {
    const said = await answer(forge, { ts, number: found.value.number, remark });
    if (!said.ok && said.failure.kind !== 'gone') return fail(failureOf(said.failure));
    answered.push(remark.id);
  }
  const { number, url } = found.value;
  return ok([{ type: 'pull.opened', task: effect.task, number, url, head: effect.head, answered }]);
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
  const isFirst = ts.pull === null && ts.pulls === 0;
  if (!found.ok || found.value.state !== 'open' || isFirst) return found;
  const { number } = found.value;
  const seen = (await forge.observe([number])).get(number);
  if (seen === undefined) return found;
  if (!seen.ok) return seen;
  const body = renewEvidence(seen.value.body, state, ts);
  const renewed = await forge.updatePull({ number, isDraft: false, ...(body === null ? {} : { body }) });
  return renewed.ok || renewed.failure.kind === 'refused' ? found : renewed;
}

function answer(
  forge: ForgePort,
  of: {
    readonly ts: TaskState;
    readonly number: number;
    readonly remark: PullRemark;
  },
): Promise<Forged<void>> {
  const { ts, number, remark } = of;
  const { id, path } = remark;
  const reply = { number, marker: writeReplyMarker(id), body: writeReply(ts, remark) };
  return path === null ? forge.comment(reply) : forge.reply({ ...reply, comment: id });
}
