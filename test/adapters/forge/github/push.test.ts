// Pushing with real git: the lease, what the forge says, and that the token is nowhere but in the environment of git.
import { chmod, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type Oid, oid } from '../../../../src/core/model.ts';
import type { ForgePort } from '../../../../src/ports/forge.ts';
import { createTempRepo, type TempRepo } from '../../../../src/testing/temp-repo.ts';
import { given, look, openPort, openRig, REPO, type Rig } from './rig.ts';

interface Work extends Rig {
  readonly repo: TempRepo;
  readonly port: ForgePort;
}

async function openPushing(options: Parameters<typeof openRig>[0] = {}): Promise<Work> {
  const rig = await openRig(options);
  const repo = await createTempRepo();
  onTestFinished(() => repo.remove());
  await repo.git('fetch', '-q', rig.forge.gitDir(REPO), 'main');
  await repo.git('reset', '-q', '--hard', 'FETCH_HEAD');
  return { ...rig, repo, port: openPort(rig.forge, rig.clock, { repository: repo.path }) };
}

async function commit({ repo }: Work, text: string): Promise<Oid> {
  await repo.write('work.txt', text);
  return oid(await repo.commit(text));
}

const branch = 'weft/r1/one';

describe('a push', () => {
  it('makes a branch, moves it from where it was, and takes it away', async () => {
    const work = await openPushing();
    const { forge, port } = work;
    const one = await commit(work, 'one');
    given(await port.push({ branch, commit: one, expected: null }));
    given(await port.push({ branch, commit: one, expected: null }));
    await work.repo.git('reset', '-q', '--hard', 'HEAD^');
    const two = await commit(work, 'two');
    given(await port.push({ branch, commit: two, expected: one }));
    expect(await look(forge, 'rev-parse', branch)).toBe(two);
    given(await port.deleteBranch({ branch, expected: two }));
    given(await port.deleteBranch({ branch, expected: two }));
    expect(await look(forge, 'for-each-ref', `refs/heads/${branch}`)).toBe('');
  });

  it('over what somebody else pushed is refused, and so is taking that away', async () => {
    const work = await openPushing();
    const { forge, port } = work;
    const one = await commit(work, 'one');
    given(await port.push({ branch, commit: one, expected: null }));
    const theirs = await forge.human.push({ repo: REPO, branch }, { 'b.txt': 'b' });
    const two = await commit(work, 'two');
    for (const expected of [one, null]) {
      expect(await port.push({ branch, commit: two, expected })).toMatchObject({
        ok: false,
        failure: { kind: 'refused', sentence: expect.stringContaining(theirs.slice(0, 12)) },
      });
    }
    expect(await port.deleteBranch({ branch, expected: one })).toMatchObject({ ok: false });
    expect(await look(forge, 'rev-parse', branch)).toBe(theirs);
  });

  it('whose answer is lost is looked up', async () => {
    const work = await openPushing();
    const one = await commit(work, 'one');
    work.forge.faults.plan({ fault: { kind: 'drop-after' }, method: 'POST', path: /git-receive-pack$/ });
    given(await work.port.push({ branch, commit: one, expected: null }));
    expect(await look(work.forge, 'rev-parse', branch)).toBe(one);
  });

  it('that the forge forbids is refused in its words', async () => {
    const work = await openPushing({ protection: { main: { contexts: ['test'] } } });
    const main = oid(await look(work.forge, 'rev-parse', 'main'));
    const pushed = await work.port.push({
      branch: 'main',
      commit: await commit(work, 'one'),
      expected: main,
    });
    expect(pushed).toMatchObject({
      ok: false,
      failure: { kind: 'refused', sentence: expect.stringContaining('status check "test" is expected') },
    });
  });

  it('without a valid token, or by one who may only read, is unauthorized', async () => {
    const work = await openPushing({ permissions: { bot: 'read', human: 'write' } });
    const one = await commit(work, 'one');
    const unauthorized = { ok: false, failure: { kind: 'unauthorized' } };
    expect(await work.port.push({ branch, commit: one, expected: null })).toMatchObject(unauthorized);
    work.forge.expireToken('forge-token');
    expect(await work.port.push({ branch, commit: one, expected: null })).toMatchObject(unauthorized);
  });

  it('of a commit that is not there, and to a forge that is not there, is trouble', async () => {
    const work = await openPushing();
    const trouble = { ok: false, failure: { kind: 'environment' } };
    const lost = { branch, commit: oid('1'.repeat(40)), expected: null };
    expect(await work.port.push(lost)).toMatchObject(trouble);
    const nowhere = openPort(work.forge, work.clock, {
      repository: work.repo.path,
      place: { host: '127.0.0.1:1', owner: 'acme', name: 'shop', scheme: 'http' },
    });
    expect(await nowhere.push({ ...lost, commit: await commit(work, 'one') })).toMatchObject(trouble);
  });
});

it('the token is in no argument, no file and no hook', async () => {
  const work = await openPushing();
  const around = await realpath(await mkdtemp(join(tmpdir(), 'weft-spy-')));
  onTestFinished(() => rm(around, { recursive: true, force: true }));
  const seen = join(around, 'seen');
  // stands before the real git and writes down every argument of every process of this user
  const real = (await work.repo.git('--exec-path')).replace(/\/[^/]+\/[^/]+$/, '/bin/git');
  await writeFile(
    join(around, 'git'),
    `#!/bin/sh\n(cat /proc/[0-9]*/cmdline; echo "$@") 2>/dev/null >>${seen}\nexec ${real} "$@"\n`,
  );
  await chmod(join(around, 'git'), 0o755);
  const hook = join(work.repo.path, '.git', 'hooks', 'pre-push');
  await writeFile(hook, `#!/bin/sh\nenv >${join(around, 'hook')}\n`);
  await chmod(hook, 0o755);
  vi.stubEnv('PATH', `${around}${delimiter}${process.env['PATH'] ?? ''}`);
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  const one = await commit(work, 'one');
  given(await work.port.push({ branch, commit: one, expected: null }));
  const text = await readFile(seen, 'latin1');
  expect(text).toContain('--force-with-lease');
  const basic = Buffer.from('x-access-token:forge-token').toString('base64');
  for (const secret of ['forge-token', basic]) {
    expect(text).not.toContain(secret);
    const found = await work.repo.git('grep', '--no-index', '-c', secret, '--', '.git').catch(() => '');
    expect(found).toBe('');
  }
  await expect(readFile(join(around, 'hook'))).rejects.toThrow('ENOENT');
});
