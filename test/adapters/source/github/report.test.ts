// What issues are told of their tasks: one comment each, kept as things stand, and closed when the work has landed.
import { describe, expect, it } from 'vitest';
import { oid, runId, taskId } from '../../../../src/core/model.ts';
import type { TaskReport } from '../../../../src/core/source.ts';
import type { SourcePort } from '../../../../src/ports/source.ts';
import { openRig, REPO, type Rig } from './rig.ts';

const COMMIT = oid('a'.repeat(40));

function reportOf(number: number, more: Partial<TaskReport> = {}): TaskReport {
  return {
    task: taskId(String(number)),
    title: 'a',
    run: runId('r1'),
    phase: 'working',
    attempts: 1,
    agent: 'claude',
    branch: `weft/r1/${number}/work`,
    worktree: '/home/ada/secret-place',
    pid: 4711,
    pull: null,
    question: null,
    reason: null,
    landed: null,
    finished: [],
    isTold: false,
    ...more,
  };
}

async function tell(source: SourcePort, ...reports: readonly TaskReport[]): Promise<void> {
  const told = await source.report?.(reports);
  if (told?.ok !== true) throw new Error(JSON.stringify(told));
}

async function commentsOf({ call }: Rig, number: number): Promise<readonly string[]> {
  const list = (await call('GET', `/issues/${number}/comments`)) as readonly { body: string }[];
  return list.map(({ body }) => body);
}

function changesIn({ forge }: Rig): readonly string[] {
  return forge
    .calls()
    .filter(({ method, login, kind }) => method !== 'GET' && login === 'bot' && !kind.startsWith('GRAPHQL'))
    .map(({ kind }) => kind);
}

async function stateOf({ call }: Rig, number: number): Promise<string> {
  const issue = (await call('GET', `/issues/${number}`)) as { state: string; state_reason: string | null };
  return `${issue.state} ${issue.state_reason}`;
}

describe('the comment', () => {
  it('is one, is kept in place, and is written only when it says something else', async () => {
    const rig = await openRig();
    const number = await rig.open({ title: 'a' });
    const source = rig.source();
    await tell(source, reportOf(number, { phase: 'waiting', attempts: 0 }));
    expect(await commentsOf(rig, number)).toEqual([]);
    await tell(source, reportOf(number));
    await tell(source, reportOf(number, { phase: 'verifying' }));
    // as after a crash
    await tell(rig.source(), reportOf(number));
    expect(changesIn(rig)).toHaveLength(1);
    await tell(rig.source(), reportOf(number, { phase: 'committed' }));
    const said = await commentsOf(rig, number);
    expect(said).toHaveLength(1);
    expect(said[0]).toContain('**weft: it is verified, and has not landed yet**');
    expect(said[0]).toContain('- Branch: `weft/r1/1/work`');
    expect(said[0]).not.toMatch(/secret-place|4711/);
    expect(changesIn(rig)).toHaveLength(2);
  });

  it.each(['drop-after', 'fail-after', 'drop-before'] as const)(
    'is one when the answer is lost (%s)',
    async (kind) => {
      const rig = await openRig();
      const number = await rig.open({ title: 'a' });
      rig.forge.faults.plan({ fault: { kind }, method: 'POST', path: '/comments' });
      const source = rig.source();
      await source.report?.([reportOf(number)]);
      await tell(source, reportOf(number));
      expect(await commentsOf(rig, number)).toHaveLength(1);
    },
  );

  it('is not that of somebody who wrote the mark, and comes again when it was deleted', async () => {
    const rig = await openRig();
    const number = await rig.open({ title: 'a' });
    await rig.forge.human.comment({ repo: REPO, number, by: 'mallory' }, 'Mine. <!-- weft status -->');
    const source = rig.source();
    await tell(source, reportOf(number));
    const list = (await rig.call('GET', `/issues/${number}/comments`)) as readonly {
      id: number;
      body: string;
    }[];
    expect(list.map(({ body }) => body.slice(0, 5))).toEqual(['Mine.', '**wef']);
    const gone = await fetch(`${rig.forge.url}/repos/${REPO}/issues/comments/${list[1]?.id}`, {
      method: 'DELETE',
      headers: { authorization: 'Bearer ada-token' },
    });
    expect(gone.status).toBe(204);
    await tell(source, reportOf(number, { phase: 'failed', reason: 'gate `npm test` failed' }));
    const said = await commentsOf(rig, number);
    expect(said).toHaveLength(2);
    expect(said[1]).toContain('it failed');
  });

  it('asks with options, without secrets, mentions or marks of what an agent wrote', async () => {
    const rig = await openRig();
    const number = await rig.open({ title: 'a' });
    const question = {
      id: 'q1',
      text: 'Ask @ada?\n```\nThe key is hunter2 <!-- weft status -->',
      options: ['yes, `now`', 'no'],
    };
    await tell(rig.source(), reportOf(number, { question, phase: 'waiting' }));
    const [said = ''] = await commentsOf(rig, number);
    expect(said).toContain('**weft: it needs a decision**');
    expect(said).toContain('````\nAsk @ada?\n```\nThe key is *** <!\u200B-- weft status -->\n````');
    expect(said).toContain("1. `yes, 'now'`\n2. `no`");
    expect(said).toContain('`weft answer 1 1` for the first of these, or `weft answer 1 "…"`');
    expect(said.split('<!-- weft status -->')).toHaveLength(2);
  });

  it('links the pull request', async () => {
    const rig = await openRig();
    const number = await rig.open({ title: 'a' });
    await tell(rig.source(), reportOf(number, { phase: 'pr_created', pull: { number: 42, url: 'u' } }));
    expect((await commentsOf(rig, number))[0]).toContain('- Pull request: #42');
  });
});

describe('an issue whose work landed', () => {
  const landed = { phase: 'merged', landed: { commit: COMMIT, ref: 'main' } } as const;
  it('is closed once, and says what landed', async () => {
    const rig = await openRig();
    const number = await rig.open({ title: 'a' });
    await tell(rig.source(), reportOf(number, landed));
    expect(await stateOf(rig, number)).toBe('closed completed');
    expect((await commentsOf(rig, number))[0]).toContain(`- Landed: ${COMMIT} on \`main\``);
    // who opens it again means it
    await rig.forge.human.reopen({ repo: REPO, number });
    await tell(rig.source(), reportOf(number, { ...landed, isTold: true }));
    expect(await stateOf(rig, number)).toBe('open reopened');
  });

  it('is closed too when somebody opened it again before that', async () => {
    const rig = await openRig();
    const number = await rig.open({ title: 'a' });
    await rig.forge.human.close({ repo: REPO, number });
    await rig.forge.human.reopen({ repo: REPO, number });
    await tell(rig.source(), reportOf(number, landed));
    expect(await stateOf(rig, number)).toBe('closed completed');
  });

  it('stays open elsewhere than on the default branch, with a pull request, and when that is wished', async () => {
    const rig = await openRig();
    const numbers = [
      await rig.open({ title: 'a' }),
      await rig.open({ title: 'b' }),
      await rig.open({ title: 'c' }),
    ];
    const [one = 0, two = 0, three = 0] = numbers;
    const elsewhere = { ...landed, landed: { commit: COMMIT, ref: 'next' } };
    await tell(
      rig.source(),
      reportOf(one, elsewhere),
      reportOf(two, { ...landed, pull: { number: 9, url: 'u' } }),
    );
    await tell(rig.source({}, { onLanding: 'leave' }), reportOf(three, landed));
    expect(await Promise.all(numbers.map((number) => stateOf(rig, number)))).toEqual(
      Array(3).fill('open null'),
    );
  });
});

describe('an issue that was closed before its work was over', () => {
  it.each(['failed', 'cancelled'] as const)(
    'is open again when it is told that it %s, once',
    async (phase) => {
      const rig = await openRig();
      const number = await rig.open({ title: 'a' });
      await tell(rig.source(), reportOf(number));
      await rig.forge.human.close({ repo: REPO, number });
      // while its agent is at work it is the word of the agent
      await tell(rig.source(), reportOf(number, { phase: 'verifying' }));
      expect(await stateOf(rig, number)).toBe('closed completed');
      // one that knows nothing, as after a crash
      const source = rig.source();
      await tell(source, reportOf(number, { phase }));
      expect(await stateOf(rig, number)).toBe('open reopened');
      // who closes it then means it, and who tells it again knows that it was told
      await rig.forge.human.close({ repo: REPO, number });
      await tell(source, reportOf(number, { phase }));
      await tell(rig.source(), reportOf(number, { phase, isTold: true }));
      expect(await stateOf(rig, number)).toBe('closed completed');
      await tell(source, reportOf(number, { phase, attempts: 2 }));
      expect(await stateOf(rig, number)).toBe('open reopened');
    },
  );

  it('stays closed when it is not planned any more', async () => {
    const rig = await openRig();
    const number = await rig.open({ title: 'a' });
    await rig.forge.human.close({ repo: REPO, number }, 'not_planned');
    await tell(rig.source(), reportOf(number, { phase: 'failed' }));
    expect(await stateOf(rig, number)).toBe('closed not_planned');
  });
});

it('an issue that is gone is said once, and is in no other one’s way', async () => {
  const rig = await openRig();
  const number = await rig.open({ title: 'a' });
  const source = rig.source();
  const first = await source.report?.([reportOf(99), reportOf(number)]);
  expect(first).toMatchObject({
    ok: false,
    failure: { sentence: expect.stringContaining('#99 is not told') },
  });
  expect(await commentsOf(rig, number)).toHaveLength(1);
  await tell(source, reportOf(99), reportOf(number));
});

it('a limit is a failure that says how long, and nothing is sent before', async () => {
  const rig = await openRig({ limits: { creatingPerMinute: 1, retryAfterMs: 90_000 } });
  const numbers = [await rig.open({ title: 'a' }), await rig.open({ title: 'b' })];
  const source = rig.source();
  const reports = numbers.map((number) => reportOf(number));
  expect(await source.report?.(reports)).toMatchObject({
    ok: false,
    failure: {
      kind: 'environment',
      sentence: expect.stringContaining('90 s'),
      hint: expect.stringContaining('2 min'),
    },
  });
  rig.clock.pass(90_000);
  await tell(source, ...reports);
  expect((await commentsOf(rig, numbers[1] ?? 0)).length).toBe(1);
  expect(rig.forge.calls().filter(({ early }) => early)).toEqual([]);
});
