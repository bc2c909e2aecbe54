// The real Claude Code under the protocol, and under the host: the guard, questions, words in mid-turn, other processes, faults.
import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createClaude } from '../../src/adapters/agent/session/claude.ts';
import type { Opening } from '../../src/adapters/agent/session/conversation.ts';
import type { SessionPlan } from '../../src/adapters/agent/session/plan.ts';
import { writeAnswer } from '../../src/core/answer-text.ts';
import { bundleHost, type Hosted, startHost } from '../adapters/agent/session/fixtures/host.ts';
import type { Pump } from '../adapters/agent/session/fixtures/pump.ts';
import { describeWithAgents } from './binaries.ts';
import { openScene, type Scene } from './scene.ts';
import { claudeEnv } from './surroundings.ts';

/** How long an event is waited for, ms. */
const WAIT_MS = 30_000;

let scene: Scene;
let env: Readonly<Record<string, string>>;

beforeEach(async () => {
  scene = await openScene();
  env = claudeEnv(scene.repo.around, scene.model.url);
});

afterEach(() => scene.remove());

/** A command that waits for the file `go`, and what lets it go on. */
const WAIT = '@bash until [ -e go ]; do sleep 0.05; done';
const go = (): Promise<void> => writeFile(join(scene.repo.path, 'go'), '');

const QUESTION = {
  question: 'Which limiter?',
  header: 'Limiter',
  multiSelect: false,
  options: [
    { label: 'Window', description: 'exact' },
    { label: 'Bucket', description: 'cheap' },
  ],
};
const ask = (...questions: readonly object[]): string =>
  `@tool AskUserQuestion|${JSON.stringify({ questions })}`;

describeWithAgents('Claude Code under the protocol', ({ claude }) => {
  const start = (prompt: string, opening: Partial<Opening> = {}, more = {}): Pump => {
    const whole = { prompt, session: randomUUID(), ...opening };
    return scene.converse(createClaude({ program: claude }), whole, { ...env, ...more });
  };

  it('writes, runs and commits without asking anybody, and leaves when it is let go', async () => {
    const script = [
      '@write made.txt|Made.',
      '@bash git add -A && git commit -qm Made',
      '@bash exit 3',
      '@say Made.',
    ];
    const pump = start(script.join('\n'));
    expect(await pump.next('turn-over')).toEqual({ kind: 'turn-over', fault: null, text: 'Made.' });
    expect(await scene.repo.git('show', 'HEAD:made.txt')).toBe('Made.');
    expect((await pump.next('failed-call')).text).toMatch(/^Bash: exit 3 failed: Exit code 3/);
    expect(pump.news.filter(({ kind }) => kind === 'spent').at(-1)).toMatchObject({
      spending: { input: 4000, output: 200 },
    });
    expect(pump.news.some(({ kind }) => kind === 'asks')).toBe(false);
    expect(await pump.close()).toEqual({ code: 0, signal: null });
  });

  const settings: readonly [string, Partial<Opening>, object][] = [
    ['by default', {}, {}],
    ['though its settings allow all writes', {}, { permissions: { allow: ['Write', 'Edit'] } }],
    ['in a mode that accepts edits', { mode: 'acceptEdits' }, {}],
    ['in a mode that asks for nothing', { mode: 'bypassPermissions' }, {}],
  ];
  for (const [name, opening, own] of settings) {
    it(`is kept from a file before it is written, and told why, ${name}`, async () => {
      await mkdir(join(scene.repo.around, 'home/claude'), { recursive: true });
      await writeFile(join(scene.repo.around, 'home/claude/settings.json'), JSON.stringify(own));
      const pump = start('@write forbidden.txt|x\n@write yes.txt|y\n@say Done.', opening);
      // the turn ends well, and only this tells of the call that was denied
      expect((await pump.next('failed-call')).text).toMatch(
        /^Write: forbidden.txt failed: .* is not yours\.$/,
      );
      expect(await pump.next('turn-over')).toMatchObject({ fault: null });
      expect(existsSync(join(scene.repo.path, 'forbidden.txt'))).toBe(false);
      expect(await readFile(join(scene.repo.path, 'yes.txt'), 'utf8')).toBe('y\n');
    });
  }

  it('asks, and is answered: one question', async () => {
    const pump = start(`${ask(QUESTION)}\n@say Done.`);
    const asked = await pump.next('asks');
    expect(asked.ask).toMatchObject({
      text: 'Which limiter?\nWindow: exact\nBucket: cheap',
      labels: ['Window', 'Bucket'],
    });
    pump.conversation.reply(asked.ask.id, { choice: 1, text: 'for now' });
    expect(await pump.next('turn-over')).toMatchObject({ fault: null, text: 'Done.' });
    expect(pump.lines.join('\n')).toContain('\\"Which limiter?\\"=\\"Bucket: for now\\"');
  });

  it('asks, and is answered: several questions', async () => {
    const pump = start(`${ask(QUESTION, { ...QUESTION, question: 'How many?' })}\n@say Done.`);
    const [first, second] = [await pump.next('asks'), await pump.next('asks')];
    pump.conversation.reply(second.ask.id, { choice: null, text: 'Seven.' });
    pump.conversation.reply(first.ask.id, { choice: 0, text: '' });
    await pump.next('turn-over');
    expect(pump.lines.join('\n')).toContain(
      '\\"Which limiter?\\"=\\"Window\\", \\"How many?\\"=\\"Seven.\\"',
    );
  });

  it('is asked for, allowed once, allowed for good, and refused', async () => {
    const script = [
      'touch a && touch a1',
      'touch b && touch b1',
      'touch b && touch b1',
      'touch c && touch c1',
    ];
    const pump = start(script.map((line) => `@bash ${line}`).join('\n'), { approvals: 'ask' });
    for (const [choice, text] of [
      [0, ''],
      [1, ''],
      [null, 'Not that one.'],
    ] as const) {
      const { ask: asked } = await pump.next('asks');
      pump.conversation.reply(asked.id, { choice, text });
    }
    await pump.next('turn-over');
    expect((await scene.repo.git('status', '--porcelain', '-uall')).split('\n')).toEqual(
      ['a', 'a1', 'b', 'b1'].map((name) => `?? ${name}`),
    );
    expect((await pump.next('failed-call')).text).toContain('Not that one.');
    expect(pump.news.filter(({ kind }) => kind === 'asks')).toHaveLength(3);
  });

  it('hears what is said in the midst of a turn, in that turn', async () => {
    const pump = start(`${WAIT}\n@say Steered.`);
    await pump.next('doing');
    const { bytes } = scene.model.requests.at(-1) ?? { bytes: 0 };
    const words = 'MARK'.repeat(5_000);
    pump.conversation.say({ number: 1, text: words });
    await go();
    expect(await pump.next('heard')).toEqual({ kind: 'heard', number: 1 });
    expect(await pump.next('turn-over')).toMatchObject({ text: 'Steered.' });
    // one request more, and the words are in it
    expect(scene.model.requests).toHaveLength(2);
    expect((scene.model.requests.at(-1)?.bytes ?? 0) - bytes).toBeGreaterThan(words.length);
  });

  it('hears once what comes right at the end of a turn', async () => {
    const pump = start('@say First.');
    await pump.next('spent');
    pump.conversation.say({ number: 1, text: 'And MARK.' });
    expect(await pump.next('heard')).toEqual({ kind: 'heard', number: 1 });
    await pump.next('turn-over');
    await vi.waitFor(() => expect(scene.lastTexts().split('MARK')).toHaveLength(2), WAIT_MS);
  });

  it('stops, and goes on with what is said then', async () => {
    const pump = start(`${WAIT}\n@say Never said.`);
    await pump.next('doing');
    pump.conversation.interrupt();
    expect(await pump.next('turn-over')).toMatchObject({ fault: 'interrupted' });
    pump.conversation.say({ number: 1, text: '@say Something else.' });
    expect((await pump.next('turn-over')).text).toBe('Something else.');
  });

  it('remembers in another process', async () => {
    const first = start('@say I remember.\nThe word is MARK.');
    const { id } = await first.next('session');
    await first.next('turn-over');
    await first.close();
    const second = start('@say Still there.', { resume: id });
    expect((await second.next('turn-over')).text).toBe('Still there.');
    expect(await second.next('session')).toEqual({ kind: 'session', id });
    expect(scene.lastTexts()).toContain('The word is MARK.');
  });

  it('says that there is nothing to go on with', async () => {
    const pump = start('@say Never said.', { resume: randomUUID() });
    expect(await pump.next('turn-over')).toMatchObject({ fault: 'no-session' });
  });

  for (const [script, fault, retries] of [
    ['@error 401', 'login', true],
    ['@error 429|3600', 'limit', false],
    ['@error 529|0', 'api-error', true],
  ] as const) {
    it(`tells ${script} as ${fault}, though it is called a success`, async () => {
      const pump = start(script, {}, { CLAUDE_CODE_MAX_RETRIES: '1' });
      expect(await pump.next('turn-over')).toMatchObject({ fault });
      expect(pump.lines.find((line) => line.includes('"type":"result"'))).toContain('"subtype":"success"');
      expect(pump.news.some(({ kind }) => kind === 'retries')).toBe(retries);
    });
  }

  it('says that it asks the model again', async () => {
    const pump = start('@error 529 x1|0\n@say Got through.');
    expect((await pump.next('retries')).text).toContain('status 529');
    expect((await pump.next('turn-over')).text).toBe('Got through.');
  });

  it('says when the limit of a subscription ends', async () => {
    const pays = { ANTHROPIC_API_KEY: '', CLAUDE_CODE_OAUTH_TOKEN: 'sk-not-a-key' };
    const pump = start('@reset 4000000000\n@error 429', {}, pays);
    expect(await pump.next('limited')).toMatchObject({ untilMs: 4_000_000_000_000 });
    expect(await pump.next('turn-over')).toMatchObject({ fault: 'limit' });
  });
});

describeWithAgents('Claude Code under the host', ({ claude }) => {
  const root = mkdtempSync(join(tmpdir(), 'weft-claude-'));
  const entry = bundleHost(root);
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  const start = (prompt: string, plan: Partial<SessionPlan> = {}): Promise<Hosted> =>
    startHost({ entry, dir: scene.repo.around }, prompt, {
      plan: { program: claude, worktree: scene.repo.path, session: randomUUID(), ...plan },
      env,
    });

  it('writes within its claim, and nothing elsewhere', async () => {
    const script = [
      '@write src/a.txt|A.',
      '@write b.txt|B.',
      `@write ${join(scene.repo.around, 'c.txt')}|C.`,
      '@say Done.',
    ];
    const host = await start(script.join('\n'), { owns: ['src/**'] });
    expect(await host.ended).toMatchObject({ code: 0 });
    expect(await scene.repo.git('status', '--porcelain', '-uall')).toBe('?? src/a.txt');
    expect(existsSync(join(scene.repo.around, 'c.txt'))).toBe(false);
    const transcript = await host.transcript();
    expect(transcript).toContain('b.txt is outside the files of this task (src/**).');
    expect(transcript).toContain('c.txt is outside the worktree of this task');
  });

  it('asks, is answered, and hears what waited meanwhile', async () => {
    const host = await start(`${ask(QUESTION)}\n${WAIT}\n@say Done.`);
    const { ask: asked } = await host.reports((report) => report.ask !== null);
    host.say('A word.', writeAnswer(asked?.text ?? '', 'Bucket for now'));
    await host.reports(({ doing, ask: open }) => open === null && doing?.includes('until') === true);
    await go();
    expect(await host.ended).toMatchObject({ code: 0 });
    const report = await host.reports(() => true);
    expect(report.heard.toSorted()).toEqual([1, 2]);
    expect(await host.transcript()).toContain('\\"Which limiter?\\"=\\"Bucket: for now\\"');
  });

  it('mends in one conversation what a check finds', async () => {
    const checks = { timeoutMs: 30_000, excerptBytes: 4_096, statusFile: '/nowhere' };
    const commands = ['grep Made. made.txt'];
    const script = ['@write made.txt|Mad.', '@say First.', '@write made.txt|Made.', '@say Second.'];
    const host = await start(script.join('\n'), { checks: { ...checks, commands } });
    expect(await host.ended).toMatchObject({ code: 0 });
    const { heard, end } = await host.reports(() => true);
    expect({ heard, end }).toEqual({ heard: [], end: { fault: null, text: 'Second.' } });
    expect(scene.lastTexts()).toContain('`grep Made. made.txt` ended with exit code 1.');
  });

  it.each([
    ['turns', { maxTurns: 2 }, /^It stopped at a limit of its own\. .*\(2\)/],
    ['dollars', { maxUsd: 1 }, /^It stopped at a limit of its own\. .*\$1/],
  ])('stops at its own limit of %s', async (_, limit, text) => {
    const script = ['@usage 1000|100000', ...'1234'.split('').map((n) => `@bash echo ${n}`)];
    const host = await start(script.join('\n'), limit);
    expect(await host.ended).toMatchObject({ code: 1 });
    const end = { fault: 'own-limit', text: expect.stringMatching(text) };
    expect((await host.reports(() => true)).end).toEqual(end);
  });

  it('begins anew when there is nothing to go on with, with the whole prompt', async () => {
    const goOnFile = join(scene.repo.around, 'go-on.md');
    await writeFile(goOnFile, '@say Went on.');
    const host = await start('@say Began anew.', { resume: randomUUID(), goOnFile });
    expect(await host.ended).toMatchObject({ code: 0 });
    expect((await host.reports(() => true)).end).toEqual({ fault: null, text: 'Began anew.' });
  });

  it('is asked about when the model does not answer, and ended when it gives up', async () => {
    const host = await start('@error 529', { retryMs: 200 });
    const { ask: asked } = await host.reports((report) => report.ask !== null);
    expect(asked?.text).toContain('has not answered');
    expect(await host.ended).toMatchObject({ code: 1 });
    expect((await host.reports(() => true)).end).toMatchObject({ fault: 'api-error' });
  });

  it('is stopped with what it runs', async () => {
    const host = await start(`@bash echo $$ > shell; until [ -e go ]; do sleep 0.05; done`);
    const shell = await vi.waitFor(async () => {
      const pid = Number(await readFile(join(scene.repo.path, 'shell'), 'utf8'));
      expect(pid).toBeGreaterThan(0);
      return pid;
    }, WAIT_MS);
    host.child.kill('SIGTERM');
    expect(await host.ended).toMatchObject({ code: 143 });
    expect((await host.reports(() => true)).end).toMatchObject({ fault: 'interrupted' });
    await vi.waitFor(() => expect(existsSync(`/proc/${shell}`)).toBe(false), WAIT_MS);
  });
});
