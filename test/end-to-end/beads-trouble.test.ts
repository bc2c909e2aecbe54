// What a real Beads database is told when work asks, fails or goes through pull requests, and what weft says when Beads does
// not work.
import { existsSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startForge } from '../../src/testing/forge/forge.ts';
import { createTempRepo } from '../../src/testing/temp-repo.ts';
import { countFacts, obstacle, openYard, shellAgent, type Yard } from './beads-rig.ts';
import { REPO } from './shop.ts';

/** Texts of the comments of an issue. */
function commentsOf(yard: Yard, id: string): readonly string[] {
  return (JSON.parse(yard.bd('comments', id, '--json')) as { text: string }[]).map(({ text }) => text);
}

describe.skipIf(obstacle !== null)(`Beads in trouble${obstacle === null ? '' : `: ${obstacle}`}`, () => {
  test('a question is a comment; answered, the issue goes on; given up, it is blocked until a person opens it', {
    timeout: 240_000,
  }, async () => {
    const repo = await createTempRepo();
    onTestFinished(() => repo.remove());
    const mended = join(repo.around, 'mended');
    const gates = { tier0: [`test -e '${mended}'`] };
    const yard = await openYard({ repo, config: { gates, limits: { attempts: 1 } } });
    const [one, two] = [yard.create('One'), yard.create('Two')];
    const after = yard.create('After one', '--deps', one);
    const first = await yard.weft('run', 'beads');
    expect(first.code, first.out + first.err).toBe(3);
    for (const id of [one, two]) {
      const issue = yard.look().get(id);
      expect(issue).toMatchObject({ status: 'in_progress', labels: ['phase:blocked'] });
      const [text, ...more] = commentsOf(yard, id);
      expect(text).toContain('ended with exit code 1');
      expect(text).toContain(`To answer: weft answer ${id} NUMBER`);
      expect(more).toEqual([]);
    }
    expect(yard.look().get(after)).toMatchObject({ status: 'open', assignee: '', labels: [] });
    // the same command goes on waiting for the same answers, and says nothing twice
    expect((await yard.weft('run', 'beads')).code).toBe(3);
    expect(commentsOf(yard, one)).toHaveLength(1);
    symlinkSync(repo.path, mended);
    expect((await yard.weft('answer', one, '1')).code).toBe(0);
    expect((await yard.weft('answer', two, '3')).code).toBe(0);
    const { code, out, err } = await yard.weft('run', 'beads');
    expect(code, out + err).toBe(1);
    const issues = yard.look();
    for (const id of [one, after])
      expect(issues.get(id)).toMatchObject({ status: 'closed', labels: ['phase:merged'] });
    expect(issues.get(two)).toMatchObject({ status: 'blocked', assignee: '', labels: ['phase:blocked'] });
    const comments = commentsOf(yard, two);
    expect(comments.at(-1)).toContain('This failed in the run');
    expect(comments.at(-1)).toContain(`bd update ${two} --status open`);
    // nobody begins it before
    expect((await yard.weft('run', 'beads')).out).toContain('is not begun: marked as blocked in Beads');
    yard.bd('update', two, '--status', 'open');
    expect((await yard.weft('run', 'beads')).out).toContain('(1 merged)');
    expect(yard.look().get(two)).toMatchObject({ status: 'closed', labels: ['phase:merged'] });
  });

  test('an agent that closes its own issue is taken at its word: what is good lands, what is not is opened again', {
    timeout: 240_000,
  }, async () => {
    const close = 'bd close "$WEFT_TASK" --reason "All done" >/dev/null';
    const gates = { tier0: ['! grep -l bad *.txt'] };
    const write = 'bd show "$WEFT_TASK" | grep -o "bad" | head -1 > "$WEFT_TASK.txt"; git add -A';
    const agent = shellAgent(`${write}; git commit -qm "$WEFT_TASK"; ${close}; sleep 1`);
    const yard = await openYard({ config: { ...agent, gates, limits: { attempts: 1 } } });
    const [good, bad] = [yard.create('It goes well'), yard.create('It goes bad')];
    const first = await yard.weft('run', 'beads');
    expect(first.code, first.out + first.err).toBe(3);
    expect(yard.look().get(good)).toMatchObject({ status: 'closed', labels: ['phase:merged'] });
    expect(yard.look().get(bad)).toMatchObject({ status: 'in_progress', labels: ['phase:blocked'] });
    expect(commentsOf(yard, bad)).toHaveLength(1);
    expect((await yard.weft('answer', bad, '3')).code).toBe(0);
    expect((await yard.weft('run', 'beads')).code).toBe(1);
    expect(yard.look().get(bad)).toMatchObject({ status: 'blocked', assignee: '' });
    for (const id of [good, bad]) expect(countFacts(yard.journal(), 'task.cancelled', id)).toBe(0);
    expect(countFacts(yard.journal(), 'task.landed', good)).toBe(1);
  });

  test('with pull requests the issue names its own, and is closed when that is merged', {
    timeout: 240_000,
  }, async () => {
    const forge = await startForge({ repositories: [{ name: REPO }] });
    onTestFinished(() => forge.close());
    const repo = await createTempRepo();
    onTestFinished(() => repo.remove());
    await repo.git('remote', 'add', 'origin', forge.gitUrl(REPO));
    await repo.git('fetch', '-q', forge.gitDir(REPO), 'main');
    await repo.git('reset', '-q', '--hard', 'FETCH_HEAD');
    const yard = await openYard({
      repo,
      config: { integrate: 'human', pullRequests: { settleMs: 0, pollMs: 250 } },
      env: { GH_ENTERPRISE_TOKEN: 'forge-token', WEFT_GITHUB_API: forge.url },
    });
    await repo.git('push', '-q', forge.gitDir(REPO), 'HEAD:main');
    const id = yard.create('One');
    const first = await yard.weft('run', 'beads');
    expect(first.code, first.out + first.err).toBe(3);
    const [pull] = forge.pulls(REPO);
    const open = yard.look().get(id);
    expect(open).toMatchObject({ status: 'in_progress', metadata: { pr_number: expect.anything() } });
    expect([...(open?.labels ?? [])].sort()).toEqual(['phase:pr_created', `pr:${pull?.number}`]);
    const state = readFileSync(join(repo.path, '.beads', 'orchestrator', 'state.json'), 'utf8');
    expect(JSON.parse(state)).toMatchObject({ [id]: { pr_number: String(pull?.number) } });
    await forge.human.merge({ repo: REPO, number: pull?.number ?? 0 }, 'squash');
    const { code, out, err } = await yard.weft('run', 'beads');
    expect(code, out + err).toBe(0);
    const closed = yard.look().get(id);
    expect(closed?.closeReason).toContain(`pull request #${pull?.number}`);
    expect([...(closed?.labels ?? [])].sort()).toEqual(['phase:merged', `pr:${pull?.number}`]);
  });

  test('without bd, a database or a good one nothing begins, and the next command is named [B13]', {
    timeout: 240_000,
  }, async () => {
    const repo = await createTempRepo();
    onTestFinished(() => repo.remove());
    const yard = await openYard({ repo });
    yard.create('One');
    const well = await yard.weft('doctor');
    expect(well.out).toMatch(/ok: +beads: bd \d+\.\d+\S* can use \S+\/\.beads/);
    rmSync(join(repo.path, '.beads', 'embeddeddolt'), { recursive: true });
    const check = async (env: Record<string, string>, sentence: RegExp, fix: string): Promise<void> => {
      const other = await openYard({ repo, like: yard, env });
      const { code, err } = await other.weft('run', 'beads');
      expect(code, err).toBe(2);
      expect(err).toMatch(sentence);
      expect(err).toContain(`Fix: ${fix}`);
      expect(existsSync(join(repo.path, '.weft', 'runs'))).toBe(false);
    };
    await check({}, /no beads database found, and \S+ has no issues\.jsonl/, 'bd bootstrap');
    await check({ BEADS_DIR: join(repo.around, 'none') }, /There is no Beads database in/, 'bd init');
    expect((await yard.weft('doctor')).out).toMatch(/warning: +beads: .*no beads database found/);
  });
});
