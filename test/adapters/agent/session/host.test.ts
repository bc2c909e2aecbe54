// The host of a session as a process, around an agent that misbehaves: how both end, what is kept, who hears what.
import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, it, vi } from 'vitest';
import { answerAsk, openAsk, waitForAnswer } from '../../../../src/adapters/agent/asks.ts';
import { openWorkerFiles } from '../../../../src/adapters/agent/worker-desk.ts';
import { writeAnswer } from '../../../../src/core/answer-text.ts';
import type { FaultKind } from '../../../../src/core/model.ts';
import { bundleHost, type Hosted, startHost } from './fixtures/host.ts';

const root = mkdtempSync(join(tmpdir(), 'weft-host-'));
const entry = bundleHost(root);
afterAll(() => rmSync(root, { recursive: true, force: true }));

type Of = NonNullable<Parameters<typeof startHost>[2]>;

async function start(prompt: string, of: Of = {}): Promise<Hosted & { readonly dir: string }> {
  const dir = await mkdtemp(join(root, 'case-'));
  return { ...(await startHost({ entry, dir }, prompt, of)), dir };
}

/** Whether a process lives. */
function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Checks of a plan, which pass when the agent has touched `made`. */
const CHECKS = {
  commands: ['[ -e made ] || { echo nothing is made; exit 1; }'],
  timeoutMs: 30_000,
  excerptBytes: 4_096,
  statusFile: '/nowhere',
};

describe.concurrent('the end', () => {
  const ends: readonly [string, string, number, FaultKind | null, string][] = [
    ['done', 'say Works.\nend Done.\nhang', 0, null, 'Done.'],
    ['done, in a line that never ended', 'torn Done.\nexit 0', 0, null, 'Done.'],
    ['done, and it crashes afterwards', 'end Done.\nexit 7', 0, null, 'Done.'],
    ['gone in the midst of its turn, with 0', 'say Works.\nexit 0', 1, 'protocol', 'It ended with 0 in'],
    ['gone in the midst of its turn, with 7', 'say Works.\nexit 7', 7, 'protocol', 'It ended with 7 in'],
    ['gone before a word', 'exit 3', 3, 'protocol', 'It ended with 3 in'],
    [
      'gone in the midst of its turn, with 127',
      'say Works.\nexit 127',
      127,
      'protocol',
      'It ended with 127 in',
    ],
    ['killed', 'say Works.\nkill SIGKILL', 137, null, ''],
    ['crashed', 'say Works.\nkill SIGSEGV', 139, null, ''],
    ['a fault', 'fault 401\nhang', 1, 'login', 'Status 401'],
    ['garbage, and done', 'garbage\nend Done.\nhang', 0, null, 'Done.'],
    ['a very long line, and done', `long ${100 * 1024 * 1024}\nend Done.\nhang`, 0, null, 'Done.'],
    ['a flood, and done', 'flood 20000\nend Done.\nhang', 0, null, 'Done.'],
    ['ears shut, and done', 'deaf\nend Done.\nhang', 0, null, 'Done.'],
  ];
  it('comes when what fails is mended', async ({ expect }) => {
    const script = ['end First.', 'hear', 'touch made', 'end Second.', 'hang'];
    const host = await start(script.map((line) => `@${line}`).join('\n'), { plan: { checks: CHECKS } });
    expect(await host.ended).toMatchObject({ code: 0, err: '' });
    expect(await host.reports(() => true)).toMatchObject({
      heard: [],
      end: { fault: null, text: 'Second.' },
    });
    expect(await host.made('heard')).toContain('ended with exit code 1.\n\n```\nnothing is made\n```');
  });

  it('comes at once when it is stopped in the midst of a check, and nothing is left of that', async ({
    expect,
  }) => {
    const checks = { ...CHECKS, commands: ['echo $$ > c; mv c check; sleep 1000'] };
    const host = await start('end Done.\nhang', { plan: { checks } });
    await vi.waitFor(async () => expect(await host.made('check')).not.toBe(''), 10_000);
    host.child.kill('SIGTERM');
    expect(await host.ended).toMatchObject({ code: 143 });
    expect((await host.reports(() => true)).end).toMatchObject({ fault: 'interrupted' });
    expect(lives(Number(await host.made('check')))).toBe(false);
  });

  it('comes though a check is under way, and nothing is left of that', async ({ expect }) => {
    const checks = { ...CHECKS, commands: ['echo $$ > c; mv c check; sleep 1000'] };
    const host = await start('end Done.\nuntil check\nexit 7', { plan: { checks } });
    // it was done, as far as it knew
    expect(await host.ended).toMatchObject({ code: 7 });
    expect(lives(Number(await host.made('check')))).toBe(false);
  });

  for (const [name, prompt, code, fault, text] of ends) {
    it(name, async ({ expect }) => {
      const host = await start(prompt);
      expect(await host.ended).toMatchObject({ code, signal: null, err: '' });
      const report = await host.reports(() => true);
      expect(report.end).toEqual(text === '' ? null : { fault, text: expect.stringContaining(text) });
      expect(report).toMatchObject({ session: 'agent-session', ask: null, waits: null });
      expect((await readdir(join(host.dir, 'attempt'))).filter((each) => each.endsWith('.tmp'))).toEqual([]);
    });
  }

  it('nothing to start', async ({ expect }) => {
    const host = await start('say x', { plan: { program: '/not/there' } });
    expect(await host.ended).toMatchObject({ code: 1 });
    const { end } = await host.reports(() => true);
    expect(end).toMatchObject({ fault: 'missing', text: expect.stringContaining('ENOENT') });
  });

  for (const code of [126, 127]) {
    it(`a launcher of something that is not there: ${code}`, async ({ expect }) => {
      const host = await start('say x', {
        plan: { kind: 'acp', program: 'sh', args: ['-c', `exit ${code}`] },
      });
      expect(await host.ended).toMatchObject({ code });
      const text = `It ended with ${code} before a word: its program is not there, or cannot be run.`;
      expect((await host.reports(() => true)).end).toEqual({ fault: 'missing', text });
    });
  }

  it('something that cannot be started at all', async ({ expect }) => {
    const host = await start('say x', { plan: { model: 'a\u0000b' } });
    expect(await host.ended).toMatchObject({ code: 1 });
    expect((await host.reports(() => true)).end).toMatchObject({ fault: 'missing' });
  });

  it('no plan', async ({ expect }) => {
    const host = await start('say x', { plan: { version: 2 as 1 } });
    expect(await host.ended).toMatchObject({ code: 2, err: expect.stringContaining('is no plan') });
  });

  it('does not wait for what the agent left behind with its output open', async ({ expect }) => {
    const host = await start('offspring\nexit 5');
    expect(await host.ended).toMatchObject({ code: 5 });
    const left = Number(await host.made('offspring'));
    expect(lives(left)).toBe(true);
    process.kill(left, 'SIGKILL');
  });

  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    it(`is told by ${signal}`, async ({ expect }) => {
      const host = await start('say Works.\nhang');
      await host.reports(({ doing }) => doing === 'Works.');
      host.child.kill(signal);
      expect(await host.ended).toMatchObject({ code: 143 });
      expect((await host.reports(() => true)).end).toMatchObject({ fault: 'interrupted' });
      expect(await host.transcript()).toContain('"subtype":"interrupt"');
    });
  }
});

describe.concurrent('what people say', () => {
  it('is heard, each message once and in order', async ({ expect }) => {
    const host = await start('hear\nhear\nhear\nend Done.\nhang');
    host.say('One.', 'Two.\nlines', 'Three.');
    expect(await host.ended).toMatchObject({ code: 0 });
    expect((await host.reports(() => true)).heard).toEqual([1, 2, 3]);
    expect(await host.made('heard')).toMatch(/\nOne\.\nTwo\.\nlines\nThree\.\n$/);
    const dirs = { promptFile: '', statusFile: '', secrets: [] };
    const files = openWorkerFiles({ ...dirs, sessionDir: join(host.dir, 'attempt') });
    expect(await files.readGuidance()).toEqual(['One.', 'Two.\nlines', 'Three.']);
  });

  it('waits while something is asked, and an answer goes to the question', async ({ expect }) => {
    const host = await start('ask Go on?\nhear\nend Done.\nhang');
    host.say('A word.');
    const { ask } = await host.reports((report) => report.ask !== null);
    expect(ask).toEqual({ id: 'q', text: 'Go on?', labels: ['Yes', 'No'] });
    host.say(writeAnswer('Go on?', 'Yes and more'));
    const { out } = await host.ended;
    expect(out).toMatch(/\? Go on\?\n(?:.*\n)*Answered Yes: and more\n(?:.*\n)*Heard A word\./);
    expect((await host.reports(() => true)).heard.toSorted()).toEqual([1, 2]);
  });

  it('is what no message is: passed over', async ({ expect }) => {
    const host = await start('hear\nend Done.\nhang');
    host.child.stdin?.write('not json\n{"number":"1","text":"x"}\n{"number":1}\n[]\n\n');
    host.say('One.');
    expect(await host.ended).toMatchObject({ code: 0, out: expect.stringContaining('Heard One.') });
  });

  it('reaches the new conversation when there was none to go on with', async ({ expect }) => {
    const host = await start('resumed\nhear\nend Done.\nhang', { plan: { resume: 'gone' } });
    host.say('One.');
    expect(await host.ended).toMatchObject({ code: 0, out: expect.stringContaining('a new one begins') });
    expect(await host.reports(() => true)).toMatchObject({ heard: [1], end: { fault: null, text: 'Done.' } });
  });

  it('answers the tool that asks for it, and no other', async ({ expect }) => {
    const host = await start('say Works.\nhear\nend Done.\nhang');
    const kept = join(host.dir, 'attempt');
    await host.reports(({ doing }) => doing === 'Works.');
    const [first, second] = await Promise.all(
      ['First?', 'Second?'].map((question) => openAsk(kept, { question, options: [] })),
    );
    const of = { waitMs: 20_000, graceMs: 20_000, signal: new AbortController().signal };
    const answers = Promise.all([first, second].map((id) => waitForAnswer(kept, id ?? '', of)));
    host.say(writeAnswer('Second?', 'Two.'), writeAnswer('First?', 'One.'), 'A word.');
    expect(await answers).toEqual(['One.', 'Two.']);
    expect(await host.ended).toMatchObject({ code: 0, out: expect.stringContaining('Heard A word.') });
    expect(await answerAsk(kept, first ?? '', 'Again.')).toBe(true);
  });

  it('is asked for when the model does not answer', async ({ expect }) => {
    const host = await start('retry\nhang', { plan: { retryMs: 100 } });
    const { ask, waits } = await host.reports((report) => report.ask !== null);
    expect(waits).toContain('status 529');
    host.say(writeAnswer(ask?.text ?? '', 'Let it go on.'));
    expect(await host.reports((report) => report.ask === null)).toMatchObject({ end: null });
    host.child.kill('SIGTERM');
    expect(await host.ended).toMatchObject({ code: 143 });
  });
});

describe.concurrent('what is kept', () => {
  it('has an end', async ({ expect }) => {
    const host = await start('flood 2000\nend Done.\nhang', { plan: { transcriptBytes: 10_000 } });
    await host.ended;
    const { size } = await stat(join(host.dir, 'attempt/transcript.jsonl'));
    expect(size).toBeLessThanOrEqual(10_000);
    expect(size).toBeGreaterThan(5_000);
  });

  it('is all that was said, both ways, up to the last line', async ({ expect }) => {
    const host = await start('say Works.\nend Done.\nhang');
    await host.ended;
    const lines = (await host.transcript()).trimEnd().split('\n');
    expect(lines[0]).toContain('> {"type":"control_request"');
    expect(lines.at(-1)).toContain('< {"type":"result"');
  });

  it('has no secrets, nor has what people see', async ({ expect }) => {
    const secret = '12345678';
    const host = await start('env SECRET_KEY\nask Is it 12345678?\nend Done: 12345678\nhang', {
      env: { SECRET_KEY: secret },
    });
    const { ask } = await host.reports((report) => report.ask !== null);
    expect(ask?.text).toBe('Is it [secret]?');
    host.say(writeAnswer(ask?.text ?? '', 'Yes'));
    const { code, out } = await host.ended;
    expect(code).toBe(0);
    const report = await host.reports(() => true);
    expect(report.end?.text).toBe('Done: [secret]');
    for (const text of [out, JSON.stringify(report), await host.transcript()]) {
      expect(text).toContain('[secret]');
      expect(text).not.toContain(secret);
    }
  });

  it('has no secrets of its errors, which are passed on', async ({ expect }) => {
    const secret = 'first-line\nsecond-line';
    const host = await start('err first-line_and_second-line_the rest\nend Done.\nhang', {
      env: { SECRET_KEY: secret },
    });
    expect(await host.ended).toMatchObject({ code: 0, err: '[secret]\nand\n[secret]\nthe rest\n' });
  });

  it('has no token of its tools, in the command line either', async ({ expect }) => {
    const tools = { name: 'weft', command: 'node', args: [], env: { WEFT_TOKEN: 'run/task/1:open-sesame' } };
    const host = await start('env WEFT_TOOL_WEFT_TOKEN\nargs\nend Done.\nhang', { plan: { tools } });
    const { out } = await host.ended;
    expect(out).toContain('It is [secret].');
    expect(out).toContain('--mcp-config');
    for (const text of [out, await host.transcript()]) expect(text).not.toContain('sesame');
  });

  it('cannot be written: the work goes on', async ({ expect }) => {
    const dir = await mkdtemp(join(root, 'case-'));
    await mkdir(join(dir, 'attempt/transcript.jsonl'), { recursive: true });
    const host = await startHost({ entry, dir }, 'say Works.\nend Done.\nhang');
    expect(await host.ended).toMatchObject({ code: 0, err: '' });
  });
});
