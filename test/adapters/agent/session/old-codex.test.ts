// The host around a Codex without an app server: it takes the other way once, and only while nothing was begun.
import { mkdtempSync, rmSync } from 'node:fs';
import { chmod, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, it, vi } from 'vitest';
import type { SessionPlan } from '../../../../src/adapters/agent/session/plan.ts';
import { openWorkerFiles } from '../../../../src/adapters/agent/worker-desk.ts';
import { bundleHost, type Hosted, startHost } from './fixtures/host.ts';

const root = mkdtempSync(join(tmpdir(), 'weft-old-codex-'));
const entry = bundleHost(root);
afterAll(() => rmSync(root, { recursive: true, force: true }));

const ONE_TURN = `
echo '{"type":"thread.started","thread_id":"t1"}'
echo '{"type":"turn.started"}'
echo '{"type":"item.completed","item":{"id":"i","type":"agent_message","text":"Done by exec."}}'
echo '{"type":"turn.completed","usage":{"input_tokens":10,"output_tokens":1}}'`;

interface Case {
  /** What it does as an app server, and as `exec`: lines of `sh`. */
  readonly appServer: string;
  readonly exec?: string;
  readonly plan?: Partial<SessionPlan>;
}

/** Starts a host around a Codex that notes in `starts` what it is started as. */
async function start({ appServer, exec = ONE_TURN, plan }: Case): Promise<Hosted & { dir: string }> {
  const dir = await mkdtemp(join(root, 'case-'));
  const program = join(dir, 'codex');
  const starts = join(dir, 'starts');
  const branches = `app-server)\n${appServer}\n;;\nexec)\ncat >>"${dir}/told"\n${exec}\n;;`;
  await writeFile(program, `#!/bin/sh\necho "$@" >>"${starts}"\ncase $1 in\n${branches}\nesac\n`);
  await chmod(program, 0o755);
  return {
    ...(await startHost({ entry, dir }, 'Do it.', { plan: { kind: 'codex', program, ...plan } })),
    dir,
  };
}

/** What it was started as, the settings left out. */
async function startsOf(dir: string): Promise<readonly string[]> {
  const text = await readFile(join(dir, 'starts'), 'utf8').catch(() => '');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => (line.match(/^(?:app-server|exec)|resume \S+/g) ?? []).join(' '));
}

/** A line in answer to the n-th request. */
const answer = (id: number, of: string): string => `read -r line\necho '{"id":${id},${of}}'`;
const GREETED = `${answer(1, '"result":{}')}\nread -r line`;
const NOTICE = '! This Codex has no app server';

describe.concurrent('without an app server', () => {
  const strangers: readonly [string, string][] = [
    ['a usage error', `echo "error: unrecognized subcommand 'app-server'" >&2; exit 2`],
    ['a quiet end', 'exit 0'],
    ['an end after the first request', 'read -r line; exit 1'],
    ['no such request', answer(1, '"error":{"code":-32601,"message":"Method not found"}')],
    ['no threads', `${GREETED}\n${answer(2, '"error":{"code":-32600,"message":"unknown variant"}')}`],
  ];
  for (const [name, appServer] of strangers) {
    it(`goes on turn by turn: ${name}`, async ({ expect }) => {
      const host = await start({ appServer });
      const { code, out } = await host.ended;
      expect({ code, notices: out.split(NOTICE).length - 1 }).toEqual({ code: 0, notices: 1 });
      expect(await startsOf(host.dir)).toEqual(['app-server', 'exec']);
      expect(await readFile(join(host.dir, 'told'), 'utf8')).toBe('Do it.');
      expect(await host.reports(() => true)).toMatchObject({
        session: 't1',
        spending: { input: 10, output: 1 },
        end: { fault: null, text: 'Done by exec.' },
      });
    });
  }

  const known: readonly [string, string][] = [
    ['named a thread', `${GREETED}\n${answer(2, '"result":{"thread":{"id":"t"}}')}\nread -r line\nexit 1`],
    ['was killed', 'read -r line\nkill -KILL $$'],
  ];
  for (const [name, appServer] of known) {
    it(`starts nothing a second time: one that ${name}`, async ({ expect }) => {
      const host = await start({ appServer });
      expect((await host.ended).out).not.toContain(NOTICE);
      expect(await startsOf(host.dir)).toEqual(['app-server']);
    });
  }

  it('begins anew, with all that is to be said, when there is no thread to go on with', async ({
    expect,
  }) => {
    const exec = `case "$*" in *resume*) exit 1;; esac\n${ONE_TURN}`;
    const host = await start({ appServer: 'exit 2', exec, plan: { resume: 'gone' } });
    expect(await host.ended).toMatchObject({ code: 0 });
    expect(await startsOf(host.dir)).toEqual(['app-server', 'exec resume gone', 'exec']);
  });

  it('gives what people say meanwhile to the next turn of the same thread', async ({ expect }) => {
    const exec = `${ONE_TURN.replace('echo \'{"type":"turn.completed"', 'until [ -e "$0.go" ]; do sleep 0.02; done\n$&')}`;
    const host = await start({ appServer: 'exit 2', exec });
    await host.reports(({ doing }) => doing === 'Done by exec.');
    host.say('One.', 'Two.');
    const dirs = { promptFile: '', statusFile: '', sessionDir: join(host.dir, 'attempt'), secrets: [] };
    const told = (): Promise<readonly string[]> => openWorkerFiles(dirs).readGuidance();
    await vi.waitFor(async () => expect(await told()).toHaveLength(2), 20_000);
    await writeFile(join(host.dir, 'codex.go'), '');
    expect(await host.ended).toMatchObject({ code: 0 });
    expect(await startsOf(host.dir)).toEqual(['app-server', 'exec', 'exec resume t1']);
    expect(await readFile(join(host.dir, 'told'), 'utf8')).toBe('Do it.One.\n\nTwo.');
    expect((await host.reports(() => true)).heard).toEqual([1, 2]);
  });

  it('begins nothing where people want to be asked', async ({ expect }) => {
    const host = await start({ appServer: 'exit 2', plan: { approvals: 'ask' } });
    expect(await host.ended).toMatchObject({ code: 1 });
    expect(await startsOf(host.dir)).toEqual(['app-server']);
    const { end } = await host.reports(() => true);
    expect(end).toMatchObject({ fault: 'protocol', text: expect.stringContaining('approvals: auto') });
  });

  it('tells how a turn ended that did not say so itself', async ({ expect }) => {
    const host = await start({
      appServer: 'exit 2',
      exec: 'echo \'{"type":"thread.started","thread_id":"t"}\'\nexit 3',
    });
    await host.ended;
    const { end } = await host.reports(() => true);
    expect(end).toEqual({ fault: 'protocol', text: 'It ended with 3 in the midst of its turn.' });
  });

  it('is ended with its turn', async ({ expect }) => {
    const exec = `echo '{"type":"thread.started","thread_id":"t"}'\nexec sleep 30`;
    const host = await start({ appServer: 'exit 2', exec });
    await host.reports(({ session }) => session === 't');
    host.child.kill('SIGTERM');
    expect(await host.ended).toMatchObject({ code: 143 });
    expect((await host.reports(() => true)).end).toMatchObject({ fault: 'interrupted' });
  });
});
