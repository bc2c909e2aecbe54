// Which issues become tasks, and what they wait for, asked of a forge over HTTP.
import { describe, expect, it } from 'vitest';
import { createGithubSource } from '../../../../src/adapters/source/github/github-source.ts';
import { fail } from '../../../../src/core/failure.ts';
import { DEFAULT_POLICY } from '../../../../src/core/model.ts';
import { renderDiagnostics } from '../../../../src/core/plan/code-frame.ts';
import { compilePlan } from '../../../../src/core/plan/compile.ts';
import { openRig, REPO, type Rig, sayOf, sketch } from './rig.ts';

async function fillBoard({ open, call, forge, clock }: Rig): Promise<void> {
  await call('POST', '/milestones', { title: 'v1' });
  await open({ title: 'one', labels: ['ready', 'ui'] });
  await open({ title: 'two', labels: ['ready'] });
  await open({ title: 'three' });
  await call('PATCH', '/issues/2', { milestone: 1 });
  await call('POST', '/issues/3/assignees', { assignees: ['bot'] });
  await forge.human.push({ repo: REPO, branch: 'topic' }, { 'a.txt': 'a' });
  await forge.human.openPull(REPO, { title: 'four', head: 'topic', by: 'ada' });
  clock.pass(60_000);
}

describe('a selection', () => {
  it('is by all labels, milestone, assignee, search or number; pull requests are no issues', async () => {
    const rig = await openRig();
    await fillBoard(rig);
    const ids = async (spec: Parameters<Rig['load']>[0]): Promise<string> => {
      const { drafts, diagnostics } = await rig.load(spec);
      return [...drafts.map(({ id }) => id.value), ...diagnostics.map(({ sentence }) => sentence)].join(' ');
    };
    expect(await ids({})).toBe('1 2 3');
    expect(await ids({ labels: ['ready'] })).toBe('1 2');
    expect(await ids({ labels: ['ready', 'ui'] })).toBe('1');
    expect(await ids({ milestone: 'V1' })).toBe('2');
    expect(await ids({ milestone: '1' })).toBe('2');
    expect(await ids({ assignee: 'bot' })).toBe('3');
    expect(await ids({ assignee: '@me' })).toBe('3');
    expect(await ids({ query: 'label:ready -label:ui' })).toBe('2');
    expect(await ids({ query: 'three', labels: [] })).toBe('3');
    expect(await ids({ query: 'one OR two', labels: ['ui'] })).toBe('');
    expect(await ids({ issues: [3, 1, 3] })).toBe('3 1');
    expect(await ids({ issues: [4] })).toBe('#4 is a pull request.');
    expect(await ids({ issues: [9] })).toContain('has no issue #9');
    const { diagnostics } = await rig.load({ milestone: 'v2' });
    expect(diagnostics).toMatchObject([
      { sentence: 'There is no milestone "v2".', fix: 'Did you mean "v1"?' },
    ]);
  });

  it('becomes tasks with all they need, which compile', async () => {
    const rig = await openRig();
    await rig.open({ title: 'Base', labels: ['P1', 'agent:codex'], body: 'owns: src/**' });
    await rig.open({ title: 'Top', body: 'depends on #1\nowns: docs/**, ../x' });
    const loaded = await rig.load();
    expect(loaded.diagnostics).toEqual([]);
    expect(loaded.drafts[0]).toMatchObject({
      id: { value: '1' },
      title: 'Base',
      ref: '#1',
      source: 'github',
      priority: 1,
      agent: { value: 'codex' },
      owns: [{ value: 'src/**' }],
    });
    expect(loaded.drafts[0]?.body).toContain(`issue #1 of \`${REPO}\``);
    // the plan is drawn from what people wrote, so mistakes are shown there
    const compiled = compilePlan(loaded.drafts, { policy: DEFAULT_POLICY });
    expect(compiled.ok).toBe(false);
    if (!compiled.ok) {
      const shown = renderDiagnostics(compiled.failure.diagnostics, loaded.texts);
      expect(shown).toContain('#2:2:16');
      expect(shown).toContain('owns: docs/**, ../x');
    }
    expect(await rig.load()).toEqual(loaded);
  });

  it('says when there are more than one run takes', async () => {
    const rig = await openRig();
    for (let at = 0; at < 1_001; at += 1) {
      await rig.forge.human.openIssue(REPO, { title: `t${at}`, by: 'ada' });
    }
    const { drafts, notes } = await rig.load();
    expect(drafts).toHaveLength(1_000);
    expect(notes).toEqual([expect.stringContaining('more issues of this selection than the 1000')]);
  });
});

describe('closed issues', () => {
  it('are done or dropped, and in nobody’s way', async () => {
    const rig = await openRig();
    for (const body of ['', '', 'depends on #1, #2', 'blocked by #5', ''])
      await rig.open({ title: 'x', body, labels: ['go'] });
    await rig.forge.human.close({ repo: REPO, number: 5 });
    rig.clock.pass(60_000);
    const source = rig.source({ labels: ['go'] });
    expect(sketch(await source.load())).toEqual(['1', '2', '3<1,2', '4<5']);
    expect(sayOf(await source.load(), 5)).toBe('done');
    rig.clock.pass(60_000);
    await rig.forge.human.close({ repo: REPO, number: 1 }, 'completed');
    await rig.forge.human.close({ repo: REPO, number: 2 }, 'not_planned');
    const later = await source.load();
    expect(sketch(later)).toEqual(['3<1', '4<5']);
    expect([1, 2, 3].map((number) => sayOf(later, number))).toEqual([
      'done',
      'dropped: closed as not planned',
      'ready',
    ]);
    await rig.forge.human.reopen({ repo: REPO, number: 1 });
    expect(sketch(await source.load())).toEqual(['1', '3<1', '4<5']);
    const named = await rig.load({ issues: [2, 5] });
    expect([sayOf(named, 2), sayOf(named, 5), named.drafts.length]).toEqual([
      'dropped: closed as not planned',
      'done',
      0,
    ]);
  });
});

describe('dependencies', () => {
  it('are those of texts, task lists, parts and blockers', async () => {
    const rig = await openRig();
    const { open, call, room } = rig;
    for (const title of ['a', 'b', 'c']) await open({ title });
    await open({ title: 'd', body: 'on top of #1' });
    await open({ title: 'e', body: `- [ ] #2\n- [ ] ${REPO}#3\n\nblocked by ${room.place.host}/x` });
    await open({ title: 'f' });
    const ids = [...Array(6).keys()].map(
      async (at) => (await call('GET', `/issues/${at + 1}`)) as { id: number },
    );
    const [, second, third] = await Promise.all(ids);
    await call('POST', '/issues/6/sub_issues', { sub_issue_id: second?.id });
    await call('POST', '/issues/6/dependencies/blocked_by', { issue_id: third?.id });
    const loaded = await rig.load();
    expect(sketch(loaded)).toEqual(['1', '2', '3', '4<1 stacked', '5<2,3', '6<2,3']);
    expect(loaded.drafts[3]?.dependencies).toMatchObject([
      { on: 'verified', base: 'stacked', position: { file: '#4', line: 1, column: 11 } },
    ]);
    expect(loaded.drafts[5]?.dependencies).toMatchObject([{ task: '2' }, { task: '3' }]);
  });

  it('outside of the run hold what is open, and tell of other repositories', async () => {
    const rig = await openRig();
    await rig.open({ title: 'a' });
    await rig.open({ title: 'b', labels: ['go'], body: 'depends on #1' });
    await rig.open({ title: 'c', labels: ['go'], body: 'depends on #99 and acme/other#5' });
    const source = rig.source({ labels: ['go'] });
    const loaded = await source.load();
    expect(sketch(loaded)).toEqual(['2', '3']);
    expect(sayOf(loaded, 2)).toBe(
      'held: waits for #1, which is not part of this run (`weft run github 2 1` takes both)',
    );
    expect(sayOf(loaded, 3)).toBe(
      'held: waits for #99, which is no issue here (`gh issue edit 3` takes that out)',
    );
    expect(loaded.notes).toEqual([
      '#3 depends on acme/other#5 in another repository; nothing waits for that.',
    ]);
    await rig.forge.human.close({ repo: REPO, number: 1 }, 'not_planned');
    expect(sayOf(await source.load(), 2)).toBe('ready');
  });
});

describe('what is in the way of loading is said with what to type next', () => {
  const only = async (rig: Rig): Promise<string> => {
    const { drafts, diagnostics } = await rig.load();
    expect([drafts.length, diagnostics.length]).toEqual([0, 1]);
    return `${diagnostics[0]?.sentence} ${diagnostics[0]?.fix}`;
  };

  it('no remote, no token', async () => {
    const rig = await openRig();
    const none = await rig.source({}, { room: null }).load();
    expect(none.diagnostics[0]?.fix).toContain('git remote add');
    const failure = { kind: 'unauthorized', sentence: 'There is no token.', hint: 'Log in.' } as const;
    const source = createGithubSource({
      ...{ room: fail(failure), startedAt: 0, redact: String, onLanding: 'close' },
      spec: { kind: 'github', issues: [], labels: [], milestone: null, assignee: null, query: null },
    });
    expect((await source.load()).diagnostics).toMatchObject([
      { sentence: 'There is no token.', fix: 'Log in.' },
    ]);
    expect(await source.report?.([])).toMatchObject({ ok: false, failure: { kind: 'environment' } });
  });

  it('an expired token, a repository that is not shown, a limit, a host that is down', async () => {
    const expired = await openRig();
    expired.forge.expireToken('forge-token');
    expect(await only(expired)).toMatch(/does not accept the token.*GH_TOKEN/);
    const elsewhere = { host: 'h', owner: 'acme', name: 'gone', scheme: 'http' } as const;
    expect(await only(await openRig({ room: { place: elsewhere } }))).toMatch(
      /has no repository acme\/gone.*gh repo view/,
    );
    expect(await only(await openRig({ limits: { perHour: 0 } }))).toMatch(
      /no more calls for.*Try again in \d+ min/,
    );
    expect(await only(await openRig({ room: { api: 'http://127.0.0.1:1' } }))).toContain('cannot be reached');
  });

  it('a search that is none', async () => {
    const rig = await openRig();
    const { diagnostics } = await rig.load({ query: 'x'.repeat(300) });
    expect(diagnostics[0]?.sentence).toContain('GitHub refused: Validation Failed');
  });
});

it('loading again costs nothing while nothing has changed', async () => {
  const rig = await openRig();
  for (let at = 0; at < 30; at += 1)
    await rig.open({ title: `t${at}`, body: at === 0 ? '' : `depends on #${at}` });
  rig.clock.pass(120_000);
  const source = rig.source();
  const first = await source.load();
  const before = rig.forge.calls().length;
  expect(await source.load()).toEqual(first);
  const again = rig.forge.calls().slice(before);
  expect(again.length).toBeGreaterThan(0);
  expect(again.filter(({ costly }) => costly)).toEqual([]);
});
