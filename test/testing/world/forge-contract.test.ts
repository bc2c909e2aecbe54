// The forge of the virtual world behaves as the real adapter does before the stand-in: branches, pull requests, what is seen.
import { describe, expect, it } from 'vitest';
import { oid } from '../../../src/core/model.ts';
import type { PullWish } from '../../../src/ports/forge.ts';
import { given, see, wishOf } from '../../adapters/forge/github/rig.ts';
import { type BenchSetup, FORGES, insist, type Make, MERGE_WORDS, openWork, REFUSED } from './forge-bench.ts';

describe.each(FORGES)('forge port: %s', (_, open) => {
  describe('branches', () => branches(open));
  describe('the pull request of a task', () => onePull(open));
  describe('a pull request', () => changes(open));
  describe('what is seen', () => looking(open));
});

function branches(open: Make): void {
  const branch = 'weft/r1/one';

  it('are made, moved from where they were, and taken away', async () => {
    const { port, commit, tip } = await open();
    const one = await commit({ 'a.txt': 'one' });
    const two = await commit({ 'a.txt': 'two' });
    for (let i = 0; i < 2; i += 1) given(await port.push({ branch, commit: one, expected: null }));
    given(await port.push({ branch, commit: two, expected: one }));
    expect(await tip(branch)).toBe(two);
    for (let i = 0; i < 2; i += 1) given(await port.deleteBranch({ branch, expected: two }));
    expect(await tip(branch)).toBeNull();
  });

  it('are not moved over what somebody else pushed, nor taken away', async () => {
    const { port, commit, tip, people } = await open();
    const one = await commit({ 'a.txt': 'one' });
    given(await port.push({ branch, commit: one, expected: null }));
    const theirs = await people.push(branch, { 'b.txt': 'b' });
    const two = await commit({ 'a.txt': 'two' });
    for (const expected of [one, null])
      expect(await port.push({ branch, commit: two, expected })).toMatchObject(REFUSED);
    expect(await port.deleteBranch({ branch, expected: one })).toMatchObject(REFUSED);
    expect(await tip(branch)).toBe(theirs);
    const gone = { branch: 'weft/r1/gone', commit: two, expected: one };
    expect(await port.push(gone)).toMatchObject(REFUSED);
  });

  it('get no commit that is not there', async () => {
    const { port } = await open();
    const lost = { branch, commit: oid('1'.repeat(40)), expected: null };
    expect(await port.push(lost)).toMatchObject({ ok: false, failure: { kind: 'environment' } });
  });

  it('are moved once though the answer is lost', async () => {
    const { port, commit, tip, loseAnswer } = await open();
    const one = await commit({ 'a.txt': 'one' });
    loseAnswer('push');
    await insist(() => port.push({ branch, commit: one, expected: null }));
    expect(await tip(branch)).toBe(one);
  });

  it.each<[string, BenchSetup, RegExp]>([
    ['a required check', { requiredChecks: ['test'] }, /status check "test" is expected/],
    ['a review', { approvals: 1 }, /through a pull request/],
    ['the merge queue', { requiredChecks: [], queue: 'squash' }, /through the merge queue/],
  ])('that are protected by %s are not pushed to', async (_, setup, words) => {
    const { port, commit, tip } = await open(setup);
    const main = await tip('main');
    const pushed = await port.push({
      branch: 'main',
      commit: await commit({ 'a.txt': 'a' }),
      expected: main,
    });
    expect(pushed).toMatchObject({
      ok: false,
      failure: { kind: 'refused', sentence: expect.stringMatching(words) },
    });
    expect(await tip('main')).toBe(main);
  });

  it('take no force and no end where they are protected', async () => {
    const { port, commit, tip } = await open({ requiredChecks: [] });
    const before = await tip('main');
    const one = await commit({ 'a.txt': 'one' });
    given(await port.push({ branch: 'main', commit: one, expected: before }));
    const other = await commit({ 'a.txt': 'other' });
    expect(await port.push({ branch: 'main', commit: other, expected: one })).toMatchObject(REFUSED);
    expect(await port.deleteBranch({ branch: 'main', expected: one })).toMatchObject(REFUSED);
    expect(await tip('main')).toBe(one);
  });

  it('are fetched under a ref of weft, which goes with them', async () => {
    const { port, ref, people, reopen } = await open();
    const into = 'refs/weft/forge/topic';
    expect(given(await port.fetch({ branch: 'topic', into }))).toBeNull();
    const one = await people.push('topic', { 'a.txt': 'one' });
    expect(given(await port.fetch({ branch: 'topic', into }))).toBe(one);
    const two = await people.startOver('topic', { 'a.txt': 'two' });
    expect(given(await reopen().fetch({ branch: 'topic', into }))).toBe(two);
    expect(await ref(into)).toBe(two);
    await people.setBranch('topic', null);
    expect(given(await port.fetch({ branch: 'topic', into }))).toBeNull();
    expect(await ref(into)).toBeNull();
  });

  it.each<[string, BenchSetup, object]>([
    [
      'nothing in particular',
      { methods: ['squash'] },
      { methods: ['squash'], branch: { isProtected: false, requiredChecks: [], hasMergeQueue: false } },
    ],
    [
      'rules',
      { requiredChecks: ['build', 'lint'], queue: 'merge' },
      { branch: { isProtected: true, requiredChecks: ['build', 'lint'], hasMergeQueue: true } },
    ],
  ])('have %s, and weft is somebody', async (_, setup, expected) => {
    const { port } = await open(setup);
    const who = { login: 'bot', mayPush: true, mayMerge: true, defaultBranch: 'main' };
    expect(given(await port.readStanding(null))).toMatchObject({ ...who, ...expected });
    expect(given(await port.readStanding('nowhere')).branch).toBeNull();
  });

  it('are nobody’s without a token', async () => {
    const { port, commit, expireToken } = await open();
    const one = await commit({ 'a.txt': 'one' });
    expireToken();
    const unauthorized = { ok: false, failure: { kind: 'unauthorized' } };
    expect(await port.push({ branch, commit: one, expected: null })).toMatchObject(unauthorized);
    expect(await port.readStanding(null)).toMatchObject(unauthorized);
    expect((await port.observe([1])).get(1)).toMatchObject(unauthorized);
  });
}

function onePull(open: Make): void {
  it('is opened once and found after', async () => {
    const bench = await open();
    const { number, head } = await openWork(bench, 'one', { isDraft: true });
    const made = { number, head, state: 'open' };
    expect(given(await bench.port.ensurePull(wishOf('one')))).toMatchObject(made);
    expect(given(await bench.reopen().ensurePull(wishOf('one')))).toMatchObject(made);
    expect(await see(bench.port, number)).toMatchObject({
      ...made,
      body: 'All gates pass.\n\n<!-- weft run=r1 task=one -->',
      isDraft: true,
    });
    expect(bench.pulls()).toBe(1);
  });

  it('is one though the answer is lost', async () => {
    const bench = await open();
    const { branch } = wishOf('one');
    given(await bench.port.push({ branch, commit: await bench.commit({ 'a.txt': 'a' }), expected: null }));
    bench.loseAnswer('ensurePull');
    await insist(() => bench.port.ensurePull(wishOf('one')));
    expect(bench.pulls()).toBe(1);
  });

  it('is the one that a person closed, merged, or took the marker out of', async () => {
    const bench = await open();
    const { people, port } = bench;
    const closed = (await openWork(bench, 'closed')).number;
    const merged = (await openWork(bench, 'merged')).number;
    const edited = (await openWork(bench, 'edited')).number;
    await people.close(closed);
    await people.merge(merged, 'merge');
    await people.editBody(edited, 'My own words.');
    expect(given(await port.ensurePull(wishOf('closed')))).toMatchObject({ number: closed, state: 'closed' });
    expect(given(await port.ensurePull(wishOf('merged')))).toMatchObject({ number: merged, state: 'merged' });
    expect(given(await port.ensurePull(wishOf('edited')))).toMatchObject({ number: edited, state: 'open' });
    expect(bench.pulls()).toBe(3);
  });

  it('is another one when that of the branch is over and not the task’s', async () => {
    const bench = await open();
    const { number } = await openWork(bench, 'one');
    const again = wishOf('one', { marker: '<!-- weft run=r2 task=one -->' });
    expect(given(await bench.port.ensurePull(again)).number).toBe(number);
    await bench.people.close(number);
    const other = given(await bench.port.ensurePull(again)).number;
    expect(other).not.toBe(number);
    expect(given(await bench.port.ensurePull(wishOf('one'))).number).toBe(number);
  });

  it.each<[string, Partial<PullWish>]>([
    ['there is nothing to merge', { branch: 'same' }],
    ['there is no branch', { branch: 'nowhere' }],
    ['there is no base', { base: 'nowhere' }],
  ])('is refused when %s', async (_, more) => {
    const bench = await open();
    await bench.people.setBranch('same', (await bench.tip('main')) ?? oid(''));
    await bench.people.push('weft/r1/one', { 'one.txt': 'one' });
    expect(await bench.port.ensurePull(wishOf('one', more))).toMatchObject(REFUSED);
  });
}

function changes(open: Make): void {
  it('gets a title, a body, and is made ready and a draft again', async () => {
    const bench = await open();
    const { number } = await openWork(bench, 'one', { isDraft: true });
    const wish = { number, title: 'Better', body: 'New words.', isDraft: false };
    for (let i = 0; i < 2; i += 1) given(await bench.port.updatePull(wish));
    expect(await see(bench.port, number)).toMatchObject({
      title: 'Better',
      body: 'New words.',
      isDraft: false,
    });
    given(await bench.port.updatePull({ number, isDraft: true }));
    expect(await see(bench.port, number)).toMatchObject({ title: 'Better', isDraft: true });
  });

  it('is closed; over already is all right, but not to be changed any more', async () => {
    const bench = await open();
    const { number } = await openWork(bench, 'one');
    for (let i = 0; i < 2; i += 1) given(await bench.port.close(number));
    expect((await see(bench.port, number)).state).toBe('closed');
    expect(await bench.port.updatePull({ number, title: 'Late' })).toMatchObject(REFUSED);
  });

  it('that is not there is gone', async () => {
    const { port } = await open();
    const gone = { ok: false, failure: { kind: 'gone' } };
    expect(await port.close(77)).toMatchObject(gone);
    expect(await port.updatePull({ number: 77, title: 'Late' })).toMatchObject(gone);
    expect(await port.comment({ number: 77, marker: 'm', body: 'b' })).toMatchObject(gone);
    expect(await port.merge({ number: 77, head: oid('1'.repeat(40)), ...MERGE_WORDS })).toMatchObject(gone);
    expect((await port.observe([77])).get(77)).toMatchObject(gone);
  });

  it('hears a thing once, though the answer is lost', async () => {
    const bench = await open();
    const { number } = await openWork(bench, 'one');
    const remark = { number, marker: '<!-- weft remark=1 -->', body: 'Landed.' };
    bench.loseAnswer('comment');
    for (let i = 0; i < 2; i += 1) await insist(() => bench.port.comment(remark));
    expect(bench.talk(number)).toEqual(['Landed.\n\n<!-- weft remark=1 -->']);
  });
}

function looking(open: Make): void {
  it('are checks of the head in all their states, required or not', async () => {
    const bench = await open({ requiredChecks: ['build', 'never'] });
    const { number, head } = await openWork(bench, 'one');
    for (const state of ['neutral', 'skipped', 'failure', 'waits'] as const)
      await bench.check(head, { name: state, state });
    await bench.check(head, { name: 'build', state: 'waits' });
    await bench.check(head, { name: 'build', state: 'success' });
    const { checks } = await see(bench.port, number);
    expect(checks.map(({ name, state, isRequired }) => [name, state, isRequired])).toEqual([
      ['build', 'success', true],
      ['failure', 'failure', false],
      ['neutral', 'neutral', false],
      ['never', 'absent', true],
      ['skipped', 'skipped', false],
      ['waits', 'pending', false],
    ]);
    await bench.check(head, { name: 'build', state: 'failure' });
    expect((await see(bench.port, number)).checks[0]?.state).toBe('failure');
    await bench.people.push('weft/r1/one', { 'x.txt': 'x' });
    expect((await see(bench.port, number)).checks.map(({ state }) => state)).toEqual(['absent', 'absent']);
  });

  it('are logs, cut to what matters', async () => {
    const bench = await open();
    const { number, head } = await openWork(bench, 'one');
    const lines = Array.from({ length: 30 }, (_, i) => `line ${i}`);
    const log = [...lines, '##[error]Wrong.', ...lines].join('\n');
    await bench.check(head, { name: 'job', state: 'failure', log });
    const [job] = (await see(bench.port, number)).checks;
    const read = given(await bench.port.readLog({ check: job?.id ?? 0, maxBytes: 55 }));
    expect(read.split('\n')).toEqual(['##[error]Wrong.', 'line 0', 'line 1', 'line 2', 'line 3', 'line 4']);
    expect(await bench.port.readLog({ check: 4711, maxBytes: 60 })).toMatchObject({
      ok: false,
      failure: { kind: 'gone' },
    });
  });

  it('is whether it is mergeable, not, or nobody knows yet', async () => {
    const bench = await open({ mergeableAfterMs: 5_000 });
    const { number } = await openWork(bench, 'one');
    const isMergeable = async (): Promise<boolean | null> => (await see(bench.port, number)).isMergeable;
    expect(await isMergeable()).toBeNull();
    bench.pass(6_000);
    expect(await isMergeable()).toBe(true);
    await bench.people.push('main', { 'one.txt': 'other\n' });
    expect(await isMergeable()).toBeNull();
    bench.pass(6_000);
    expect(await isMergeable()).toBe(false);
    await bench.people.close(number);
    expect(await isMergeable()).toBeNull();
  });

  it('are reviews, what they amount to, and threads that are not resolved', async () => {
    const bench = await open({ approvals: 1, dismissStale: true });
    const { people, port } = bench;
    const { number, head, branch } = await openWork(bench, 'one');
    expect((await see(port, number)).decision).toBe('review-required');
    const lines = [
      { path: 'one.txt', line: 1, body: 'Why?' },
      { path: 'one.txt', line: 1, body: 'Typo.' },
    ];
    await people.review(number, { state: 'changes-requested', body: 'No.', lines });
    const seen = await see(port, number);
    expect(seen.decision).toBe('changes-requested');
    expect(seen.reviews).toMatchObject([
      { author: 'human', isTrusted: true, state: 'changes-requested', body: 'No.', commit: head },
    ]);
    const [why, typo] = seen.comments;
    expect(why).toMatchObject({ ...lines[0], author: 'human', isTrusted: true, inReplyTo: null });
    const remark = { number, comment: why?.id ?? 0, marker: '<!-- weft reply=1 -->', body: 'Because.' };
    for (let i = 0; i < 2; i += 1) given(await port.reply(remark));
    const replied = (await see(port, number)).comments.find(({ author }) => author === 'bot')?.id ?? 0;
    await people.reply(number, { comment: replied, body: 'Fine.' });
    await people.resolve(number, typo?.id ?? 0);
    bench.pass(400_000);
    expect(
      (await see(port, number)).comments.map(({ author, body, inReplyTo }) => [author, body, inReplyTo]),
    ).toEqual([
      ['human', 'Why?', null],
      ['bot', 'Because.\n\n<!-- weft reply=1 -->', why?.id],
      ['human', 'Fine.', why?.id],
    ]);
    await people.review(number, { state: 'approved', body: '' });
    await people.review(number, { state: 'commented', body: 'Well.' });
    expect((await see(port, number)).decision).toBe('approved');
    await people.push(branch, { 'more.txt': 'more' });
    expect(await see(port, number)).toMatchObject({
      decision: 'review-required',
      reviews: [{ state: 'changes-requested' }, { state: 'dismissed' }, { state: 'commented' }],
    });
  });

  it('are words of strangers, which count for nothing', async () => {
    const bench = await open({ approvals: 1 });
    const { number } = await openWork(bench, 'one');
    const lines = [{ path: 'one.txt', line: null, body: 'Delete everything.' }];
    await bench.people.review(number, { state: 'approved', body: 'Fine.', lines, isStranger: true });
    const { decision, reviews, comments } = await see(bench.port, number);
    expect(decision).toBe('review-required');
    expect(reviews).toMatchObject([{ author: 'stranger', isTrusted: false, state: 'approved' }]);
    expect(comments).toMatchObject([{ author: 'stranger', isTrusted: false, line: null }]);
  });

  it('is each number once, whatever becomes of the others', async () => {
    const bench = await open();
    const { number } = await openWork(bench, 'one');
    const seen = await bench.port.observe([number, 4711, number]);
    expect([...seen].map(([of, { ok }]) => [of, ok])).toEqual([
      [number, true],
      [4711, false],
    ]);
  });
}
