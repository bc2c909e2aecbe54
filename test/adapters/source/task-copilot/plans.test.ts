// Laws of what reports and claims change, over any rows. Needs no database.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Change } from '../../../../src/adapters/source/task-copilot/change.ts';
import { planClaim } from '../../../../src/adapters/source/task-copilot/claim.ts';
import { isEnded, isTakenBy, writeNote } from '../../../../src/adapters/source/task-copilot/owner.ts';
import { planReport } from '../../../../src/adapters/source/task-copilot/report.ts';
import type { Item, Status } from '../../../../src/adapters/source/task-copilot/rows.ts';
import { nameStream, type Stream } from '../../../../src/adapters/source/task-copilot/stream.ts';
import { oid, type Phase } from '../../../../src/core/model.ts';
import { findIdProblem } from '../../../../src/core/plan/slug.ts';
import type { TaskReport } from '../../../../src/core/source.ts';
import { makeReport } from './place.ts';

const STATUSES: readonly Status[] = ['pending', 'in_progress', 'blocked', 'completed', 'cancelled'];
const PHASES: readonly Phase[] = [
  'waiting',
  'spawned',
  'working',
  'verifying',
  'committed',
  'pr_created',
  'queued',
  'merged',
  'failed',
  'cancelled',
];

const item = fc
  .record({
    status: fc.constantFrom(...STATUSES),
    notes: fc.constantFrom(
      null,
      'mine',
      '[weft r1] taken',
      '[weft r0] taken',
      '[weft r1] taken\n[weft r1] given back',
    ),
    agent: fc.constantFrom(null, 'qa'),
  })
  .map(
    (own): Item => ({
      id: '',
      title: 'T',
      description: '',
      blockedReason: null,
      claimedBy: null,
      priority: null,
      isArchived: false,
      updatedAt: 0,
      stream: 'S',
      streamName: null,
      needs: [],
      needsItems: [],
      files: [],
      criteria: [],
      asksForQa: false,
      ...own,
    }),
  );

const stream = fc
  .array(item, { minLength: 1, maxLength: 6 })
  .map((items) => over(items.map((one, at) => ({ ...one, id: `${at}` }))));

const report = fc
  .record({
    phase: fc.constantFrom(...PHASES),
    finished: fc.subarray(['0', '1', '2', '3', '4', '5']),
    isAsking: fc.boolean(),
  })
  .map(
    ({ phase, finished, isAsking }): TaskReport =>
      makeReport('S', {
        phase,
        finished,
        question: isAsking && phase !== 'merged' ? { id: 'q', text: 'Which?', options: [] } : null,
        landed: phase === 'merged' ? { commit: oid('b'.repeat(40)), ref: 'main' } : null,
      }),
  );

function over(items: readonly Item[]): Stream {
  return {
    id: 'S',
    key: 'S',
    name: 'S',
    items,
    status: null,
    number: null,
    needs: [],
    needsLoose: [],
    diagnostics: [],
  };
}

/** What writing does to the rows of the first generation. */
function apply(before: Stream, changes: readonly Change[]): Stream {
  return over(
    before.items.map((one) => {
      const change = changes.find((each) => each.item === one);
      if (change === undefined) return one;
      const status = change.status ?? one.status;
      const claim =
        change.claim === undefined ? [] : [writeNote('r1', change.claim === 'take' ? 'taken' : 'given back')];
      const note = change.note === undefined ? [] : [writeNote('r1', change.note.word, change.note.text)];
      const lines = [...(one.notes === null ? [] : [one.notes]), ...claim, ...note];
      const blockedReason = status === 'blocked' ? (change.reason ?? one.blockedReason) : null;
      return { ...one, status, blockedReason, notes: lines.length === 0 ? null : lines.join('\n') };
    }),
  );
}

const view = ({ items }: Stream): unknown =>
  items.map(({ status, blockedReason }) => [status, blockedReason]);

test('a report said twice changes nothing the second time, and only what the run has taken', () => {
  fc.assert(
    fc.property(stream, report, (before, said) => {
      const first = planReport(before, said);
      for (const { item: one } of first.changes) expect(isTakenBy('r1', one)).toBe(true);
      expect(new Set(first.changes.map(({ item: one }) => one.id)).size).toBe(first.changes.length);
      const after = apply(before, first.changes);
      const again = planReport(after, said);
      expect(view(apply(after, again.changes))).toEqual(view(after));
    }),
  );
});

test('a stream is complete only when its work landed', () => {
  fc.assert(
    fc.property(stream, report, (before, said) => {
      const mine = before.items.filter((one) => isTakenBy('r1', one));
      fc.pre(mine.some((one) => !isEnded(one)));
      const after = apply(before, planReport(before, said).changes);
      const ids = new Set(mine.map(({ id }) => id));
      const left = after.items.filter((one) => ids.has(one.id) && !isEnded(one));
      expect(left.length === 0).toBe(said.phase === 'merged');
    }),
  );
});

test('a claim takes what nobody else has, and a second one finds it taken', () => {
  const ours = { run: 'r1', isKnown: () => false };
  fc.assert(
    fc.property(stream, (before) => {
      const plan = planClaim(before, ours, null);
      if (plan.kind === 'taken') {
        expect(before.items.some((one) => isTakenBy('r1', one))).toBe(false);
        return;
      }
      const after = apply(before, plan.changes);
      expect(planClaim(after, ours, null)).toEqual({ kind: 'take', changes: [] });
    }),
  );
});

test('any name gives an id, always the same, and names that differ do not meet', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 1 }), fc.string({ minLength: 1 }), (one, other) => {
      expect(findIdProblem(nameStream(one))).toBeNull();
      expect(nameStream(one) === nameStream(other)).toBe(one === other);
    }),
  );
});

test('a stream that its own agent completed is open again when its end is told, once, and not later', () => {
  fc.assert(
    fc.property(stream, report, fc.constantFrom('failed', 'cancelled'), (shape, said, phase) => {
      const before = over(
        shape.items.map((one) => (isTakenBy('r1', one) ? { ...one, status: 'completed' as const } : one)),
      );
      const mine = before.items.filter((one) => isTakenBy('r1', one)).map(({ id }) => id);
      fc.pre(mine.length > 0);
      const countOpen = (after: Stream): number =>
        after.items.filter((one) => mine.includes(one.id) && !isEnded(one)).length;
      const ended = { ...said, phase, finished: [] } as const;
      const after = apply(before, planReport(before, ended).changes);
      // given back is all of it; of what failed one is enough to show it
      expect(countOpen(after)).toBe(phase === 'failed' ? 1 : mine.length);
      expect(view(apply(after, planReport(after, ended).changes))).toEqual(view(after));
      // what people completed after weft was through with it stays
      const told = { ...ended, isTold: true };
      expect(view(apply(before, planReport(before, told).changes))).toEqual(view(before));
    }),
  );
});
