// What the merger does with a pull request: every row of its table, what it complains of, and whose work it takes.
import { describe, expect, it } from 'vitest';
import {
  adviseMerge,
  type MergeAdvice,
  type MergeSetting,
  type MergeSight,
  readBelow,
  readMark,
  writeBelow,
} from '../../src/core/merge-table.ts';
import { oid } from '../../src/core/model.ts';
import type { Check, CheckState } from '../../src/core/pull.ts';
import { SIGHT as PULL } from './build.ts';

const EARLIER = oid('b'.repeat(40));

const SIGHT: MergeSight = { ...PULL, reviews: [] };

const SETTING: MergeSetting = {
  isSettled: true,
  hasMergeQueue: false,
  method: 'squash',
  methods: ['merge', 'squash'],
  below: null,
};

function check(name: string, state: CheckState, more: Partial<Check> = {}): Check {
  return { name, state, isRequired: false, id: null, url: null, summary: '', ...more };
}

function advise(sight: Partial<MergeSight>, setting: Partial<MergeSetting> = {}): MergeAdvice {
  return adviseMerge({ ...SIGHT, ...sight }, { ...SETTING, ...setting });
}

type Review = MergeSight['reviews'][number];

function review(author: string, state: Review['state'], more: Partial<Review> = {}): Review {
  return { author, state, isTrusted: true, commit: SIGHT.head, ...more };
}

const GREEN = [check('build', 'success')];

describe('the table', () => {
  const rows: readonly (readonly [
    what: string,
    sight: Partial<MergeSight>,
    setting: Partial<MergeSetting>,
    expected: string,
  ])[] = [
    ['passed', { checks: GREEN }, {}, 'merge: 1 check passed'],
    ['no checks', {}, {}, 'merge: it has no checks, and none is required'],
    ['no checks yet', {}, { isSettled: false }, 'wait: waits whether checks show up'],
    ['failing', { checks: [check('a', 'failure')] }, {}, 'return: a failed'],
    ['pending', { checks: [check('a', 'pending')] }, {}, 'wait: waits for a'],
    [
      'a required one absent',
      { checks: [check('a', 'absent', { isRequired: true })] },
      {},
      'wait: waits for a',
    ],
    [
      'one failed, one pending',
      { checks: [check('a', 'failure'), check('b', 'pending')] },
      {},
      'wait: waits for b; a failed already',
    ],
    [
      'only one failed that nobody requires',
      { checks: [check('a', 'failure'), check('b', 'success', { isRequired: true })] },
      {},
      'merge: 1 check passed; a failed, and nobody requires it',
    ],
    ['draft, though it fails', { isDraft: true, checks: [check('a', 'failure')] }, {}, 'wait: it is a draft'],
    ['closed', { state: 'closed' }, {}, 'over: it was closed meanwhile'],
    ['merged', { state: 'merged' }, {}, 'over: it was merged meanwhile'],
    ['conflict', { isMergeable: false, checks: GREEN }, {}, 'return: it conflicts with main'],
    [
      'conflict and checks under way',
      { isMergeable: false, checks: [check('a', 'pending')] },
      {},
      'return: it conflicts with main',
    ],
    [
      'all at once',
      { isMergeable: false, checks: [check('a', 'failure')], reviews: [review('uma', 'changes-requested')] },
      {},
      'return: a failed; it conflicts with main; uma asked for changes',
    ],
    [
      'not known',
      { isMergeable: null },
      {},
      'wait for the forge: waits until the forge knows whether it merges',
    ],
    ['review required', { decision: 'review-required' }, {}, 'wait: waits for an approving review'],
    [
      'objected to by nobody in sight',
      { decision: 'changes-requested' },
      {},
      'return: its review asked for changes',
    ],
    ['in the queue', { queue: { state: 'queued' } }, {}, 'wait: it is in the merge queue (queued)'],
    ['a queue', { checks: GREEN }, { hasMergeQueue: true }, 'enqueue: 1 check passed'],
    [
      'a queue that it left',
      { checks: GREEN, dequeued: 'MANUAL' },
      { hasMergeQueue: true },
      'enqueue: 1 check passed; it has left the merge queue before (MANUAL)',
    ],
    ['built on another', {}, { below: 7 }, 'wait: it is built on #7, which is open'],
    [
      'method not allowed',
      {},
      { method: 'rebase' },
      'refuse: merge.strategy asks for rebase, and the repository allows merge, squash',
    ],
  ];
  it.each(rows)('%s', (_, sight, setting, expected) => {
    const advice = advise(sight, setting);
    const kind = advice.kind === 'wait' && advice.on === 'forge' ? 'wait for the forge' : advice.kind;
    expect(`${kind}: ${advice.why}`).toBe(expected);
  });
});

describe('reviews', () => {
  const table: readonly (readonly [what: string, reviews: readonly Review[], expected: string])[] = [
    [
      'the last word of each counts',
      [review('uma', 'changes-requested'), review('uma', 'approved')],
      'merge',
    ],
    ['a remark is no word', [review('uma', 'changes-requested'), review('uma', 'commented')], 'return'],
    ['what was dismissed is not', [review('uma', 'changes-requested'), review('uma', 'dismissed')], 'merge'],
    [
      'another’s approval is not theirs',
      [review('uma', 'changes-requested'), review('ole', 'approved')],
      'return',
    ],
    ['strangers do not count', [review('eve', 'changes-requested', { isTrusted: false })], 'merge'],
    ['of an earlier commit', [review('uma', 'changes-requested', { commit: EARLIER })], 'wait'],
  ];
  it.each(table)('%s', (_, reviews, expected) => {
    expect(advise({ reviews, checks: GREEN }).kind).toBe(expected);
  });

  it('of an earlier commit do not hide what is wrong with this one', () => {
    const reviews = [review('uma', 'changes-requested', { commit: EARLIER })];
    const advice = advise({ reviews, checks: [check('a', 'failure')], decision: 'changes-requested' });
    expect(advice).toMatchObject({ kind: 'return', why: 'a failed' });
  });
});

it('the complaint names everything, and quotes what others wrote', () => {
  const url = 'https://ci.example/run/7';
  const advice = advise({
    isMergeable: false,
    checks: [
      check('build', 'failure', { url, summary: 'two `errors`, @everyone' }),
      check('evil](x)\n# `', 'failure', { url: 'javascript:alert(1)' }),
    ],
    reviews: [review('uma', 'changes-requested')],
  });
  expect(advice.kind === 'return' ? advice.complaint.split('\n') : []).toEqual([
    '`weft merge` has not merged `aaaaaaaaaaaa`:',
    '',
    `- [\`build\`](${url}) failed: \`two errors , @everyone\``,
    '- `evil](x) #` failed.',
    '- It conflicts with `main`.',
    '- Changes were asked for by `uma`.',
  ]);
});

describe('the mark', () => {
  const table: readonly (readonly [body: string, expected: ReturnType<typeof readMark>])[] = [
    ['words\n\n<!-- weft run=r1 task=api auth -->', { run: 'r1', task: 'api auth' }],
    ['quoted <!-- weft run=r9 task=x -->\r\n<!-- weft run=r1 task=y --> and more', { run: 'r1', task: 'y' }],
    ['<!-- weft merge head=abc -->', null],
    ['<!-- weft run=r1 task=a\nb -->', null],
    ['', null],
  ];
  it.each(table)('of %j', (body, expected) => {
    expect(readMark(body)).toEqual(expected);
    expect(readBelow(body)).toBeNull();
    expect(readBelow(`${writeBelow('a b')}\n${body}`)).toBe('a b');
  });
});
