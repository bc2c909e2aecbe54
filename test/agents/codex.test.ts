// The real Codex under the protocol: leave and guard, words in the midst of a turn, interruption, going on in another process.
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createCodex } from '../../src/adapters/agent/session/codex.ts';
import type { Opening } from '../../src/adapters/agent/session/conversation.ts';
import type { Pump } from '../adapters/agent/session/fixtures/pump.ts';
import { describeWithAgents } from './binaries.ts';
import { itTellsFaults } from './codex-faults.ts';
import { openScene, type Scene } from './scene.ts';
import { codexEnv } from './surroundings.ts';

let scene: Scene;
let env: Readonly<Record<string, string>>;

beforeEach(async () => {
  scene = await openScene();
  env = codexEnv(scene.repo.around, scene.model.url);
});

afterEach(() => scene.remove());

describeWithAgents('Codex under the protocol', ({ codex }) => {
  const start = (prompt: string, opening: Partial<Opening> = {}): Pump =>
    scene.converse(createCodex({ program: codex }), { prompt, ...opening }, env);

  it('writes, runs and commits without asking anybody, and leaves when it is let go', async () => {
    const script = [
      '@write made.txt|It is made.',
      '@bash git add -A && git commit -qm Made',
      '@bash exit 3',
      '@say Made.',
    ];
    const pump = start(script.join('\n'));
    expect(await pump.next('turn-over')).toEqual({ kind: 'turn-over', fault: null, text: 'Made.' });
    expect(await scene.repo.git('show', 'HEAD:made.txt')).toBe('It is made.');
    expect(pump.news).toContainEqual(
      expect.objectContaining({ kind: 'doing', files: [join(scene.repo.path, 'made.txt')] }),
    );
    expect((await pump.next('failed-call')).text).toContain('exit code 3');
    expect(pump.news.filter(({ kind }) => kind === 'spent').at(-1)).toEqual({
      kind: 'spent',
      spending: { input: 4000, output: 200, usd: null },
    });
    expect(pump.news.some(({ kind }) => kind === 'asks')).toBe(false);
    expect(await pump.close()).toEqual({ code: 0, signal: null });
  });

  it('is kept from a file before it is written, and told why', async () => {
    const guard = (path: string): string | null => (path.endsWith('no.txt') ? 'no.txt is not yours.' : null);
    const pump = start('@write no.txt|x\n@write yes.txt|y', { guard });
    await pump.next('turn-over');
    expect(existsSync(join(scene.repo.path, 'no.txt'))).toBe(false);
    expect((await pump.next('failed-call')).text).toBe(
      `Change of ${join(scene.repo.path, 'no.txt')} refused`,
    );
    expect(scene.lastTexts()).toContain('no.txt is not yours.');
    expect(await readFile(join(scene.repo.path, 'yes.txt'), 'utf8')).toBe('y\n');
  });

  it('is asked for, allowed and refused', async () => {
    const pump = start('@bash echo a > a.txt\n@bash echo b > b.txt', { approvals: 'ask' });
    const first = await pump.next('asks');
    expect(first.ask.text).toContain('echo a > a.txt');
    expect(existsSync(join(scene.repo.path, 'a.txt'))).toBe(false);
    pump.conversation.reply(first.ask.id, { choice: 0, text: '' });
    const second = await pump.next('asks');
    pump.conversation.reply(second.ask.id, { choice: null, text: 'Not the second one.' });
    expect((await pump.next('turn-over')).fault).toBe(null);
    expect(existsSync(join(scene.repo.path, 'a.txt'))).toBe(true);
    expect(existsSync(join(scene.repo.path, 'b.txt'))).toBe(false);
    expect(scene.lastTexts()).toContain('Not the second one.');
  });

  it('hears what is said in the midst of a turn, and after it', async () => {
    const pump = start('@bash until [ -e go ]; do sleep 0.05; done\n@say Never said.');
    await pump.next('doing');
    pump.conversation.say({ number: 1, text: '@say Steered.' });
    await writeFile(join(scene.repo.path, 'go'), '');
    expect(await pump.next('heard')).toEqual({ kind: 'heard', number: 1 });
    expect((await pump.next('turn-over')).text).toBe('Steered.');
    pump.conversation.say({ number: 2, text: '@say Once more.' });
    expect(await pump.next('heard')).toEqual({ kind: 'heard', number: 2 });
    expect((await pump.next('turn-over')).text).toBe('Once more.');
  });

  it('hears once what comes right at the end of a turn', async () => {
    const pump = start('@say First.');
    await pump.next('spent');
    pump.conversation.say({ number: 1, text: 'And MARK.' });
    expect(await pump.next('heard')).toEqual({ kind: 'heard', number: 1 });
    await pump.next('turn-over');
    expect(scene.lastTexts().split('MARK')).toHaveLength(2);
  });

  it('stops, and goes on with what is said then', async () => {
    const pump = start('@bash sleep 30\n@say Never said.');
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
    expect(await second.next('session')).toEqual({ kind: 'session', id });
    expect((await second.next('turn-over')).text).toBe('Still there.');
    expect(scene.lastTexts()).toContain('The word is MARK.');
    expect(second.news.filter(({ kind }) => kind === 'spent').at(-1)).toMatchObject({
      spending: { input: 2000 },
    });
  });

  it('says that there is nothing to go on with', async () => {
    const pump = start('@say Never said.', { resume: '00000000-0000-7000-8000-000000000000' });
    expect(await pump.next('turn-over')).toMatchObject({ fault: 'no-session' });
  });

  itTellsFaults(start);
});
