// What taking a stream changes in its rows. Pure; whether it came true is for who writes.
import type { Claimed } from '../../../ports/source.ts';
import type { Change } from './change.ts';
import { findOther, isEnded, isTakenBy, type Ours } from './owner.ts';
import type { Stream } from './stream.ts';

/** Either the changes that take it, none if it is taken already, or who has it. */
export type ClaimPlan =
  | { readonly kind: 'take'; readonly changes: readonly Change[] }
  | Extract<Claimed, { kind: 'taken' }>;

/**
 * Takes the open tasks of a stream that its agent is told of. `told` are their ids; null: all. Somebody else at work in
 * it has it, unless this run was there before: then only their tasks are theirs.
 */
export function planClaim(stream: Stream, ours: Ours, told: ReadonlySet<string> | null): ClaimPlan {
  const open = stream.items.filter((item) => !isEnded(item));
  if (!stream.items.some((item) => isTakenBy(ours.run, item))) {
    for (const item of open) {
      const by = findOther(item, ours);
      if (by !== null) return { kind: 'taken', by };
    }
  }
  const free = open.filter((item) => findOther(item, ours) === null && (told === null || told.has(item.id)));
  const changes = free.flatMap((item, at): readonly Change[] => {
    const begins = at === 0 && item.status === 'pending';
    if (isTakenBy(ours.run, item) && !begins) return [];
    return [
      {
        item,
        ...(isTakenBy(ours.run, item) ? {} : { claim: 'take' as const }),
        ...(begins ? { status: 'in_progress' as const } : {}),
      },
    ];
  });
  return { kind: 'take', changes };
}
