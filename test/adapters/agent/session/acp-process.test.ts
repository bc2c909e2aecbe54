// The Agent Client Protocol with a process that speaks it, and misbehaves.
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAcp } from '../../../../src/adapters/agent/session/acp.ts';
import type { Opening } from '../../../../src/adapters/agent/session/conversation.ts';
import { cancelled, over } from './fixtures/acp-steps.ts';
import { type Pump, startPump } from './fixtures/pump.ts';
import { OPENING } from './fixtures/talk.ts';

describe('with a process', () => {
  const program = fileURLToPath(new URL('fixtures/acp-agent.mjs', import.meta.url));
  let folder: string;
  let pumps: Pump[];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'weft-acp-'));
    pumps = [];
  });
  afterEach(async () => {
    await Promise.all(pumps.map((pump) => pump.close()));
    await rm(folder, { recursive: true });
  });

  function start(prompt: string, opening: Partial<Opening> = {}): Pump {
    const agent = createAcp({ command: process.execPath, args: [program, join(folder, 'store')] });
    const pump = startPump(agent, { worktree: folder, prompt, guard: OPENING.guard, ...opening }, {});
    pumps.push(pump);
    return pump;
  }

  it('works in its mode, asks before it opens, and leaves', async () => {
    const pump = start('say On my way.\nedit a.txt\nsay All is done.', { mode: 'b' });
    expect(await pump.next('turn-over')).toEqual(over(null, 'All is done.'));
    expect(pump.news).toContainEqual({ kind: 'doing', text: 'Edit a.txt', files: ['a.txt'] });
    expect(pump.news).toContainEqual({ kind: 'spent', spending: { input: 10, output: 1, usd: null } });
    expect(await readFile(join(folder, 'a.txt'), 'utf8')).toBe('yes');
    expect(pump.lines).toContain(`> ${JSON.stringify({ jsonrpc: '2.0', ...cancelled('early') })}`);
    expect(await pump.close()).toEqual({ code: 0, signal: null });
  });

  it('keeps it from a file, and tells it why', async () => {
    const pump = start('edit forbidden.txt\nsay Never said.');
    expect((await pump.next('failed-call')).text).toBe('Edit forbidden.txt forbidden.txt failed:');
    await pump.next('turn-over');
    expect(existsSync(join(folder, 'forbidden.txt'))).toBe(false);
    expect(await readFile(join(folder, 'store'), 'utf8')).toContain('"forbidden.txt is not yours."');
  });

  it('survives what makes no sense', async () => {
    const pump = start('garbage\nstrange');
    expect(await pump.next('turn-over')).toEqual(over(null, '-32601'));
  });

  it('answers a flood of wishes, each of them once', async () => {
    const pump = start('flood 50', { approvals: 'ask' });
    const { ask } = await pump.next('asks');
    pump.conversation.reply(ask.id, { choice: 0, text: '' });
    pump.conversation.interrupt();
    expect((await pump.next('turn-over')).fault).toBe('interrupted');
    expect(pump.news).toContainEqual({
      kind: 'doing',
      text: expect.stringMatching(/^cancelled \d+.*, yes 1$/),
    });
  });

  it('stops, hears what is said then, and goes on in another process', async () => {
    const first = start('hang');
    expect(await first.next('doing')).toEqual({ kind: 'doing', text: 'Hangs' });
    first.conversation.interrupt();
    expect((await first.next('turn-over')).fault).toBe('interrupted');
    first.conversation.say({ number: 1, text: 'say Heard.' });
    expect(await first.next('heard')).toEqual({ kind: 'heard', number: 1 });
    expect(await first.next('turn-over')).toEqual(over(null, 'Heard.'));
    const second = start('say Back.', { resume: 's' });
    expect(await second.next('turn-over')).toEqual(over(null, 'Back.'));
    expect(second.news).not.toContainEqual(expect.objectContaining({ text: 'Of old' }));
  });

  it('ends as the agent says', async () => {
    expect(await start('max_tokens').next('turn-over')).toMatchObject({ fault: 'own-limit' });
    expect(await start('refuse -32000 Who are you?').next('turn-over')).toEqual(
      over('login', 'Who are you?'),
    );
  });

  it('has nothing to go on with', async () => {
    expect((await start('say Back.', { resume: 'x' }).next('turn-over')).fault).toBe('no-session');
  });

  it('says nothing more when the agent dies in the midst of its turn', async () => {
    const pump = start('say Working.\ndie');
    await expect(pump.next('turn-over')).rejects.toThrow('no news');
    expect(await pump.close()).toEqual({ code: 7, signal: null });
  });
});
