// Real agents of the Agent Client Protocol, each where it is installed: the same of all presets.
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { stringify } from 'yaml';
import { ACP_PRESETS, createAcp } from '../../src/adapters/agent/session/acp.ts';
import type { Opening } from '../../src/adapters/agent/session/conversation.ts';
import type { Pump } from '../adapters/agent/session/fixtures/pump.ts';
import { journalSays, type Running, readJournal, startWeft } from '../end-to-end/cli.ts';
import { PRESETS, presetEnv } from './presets.ts';
import { openScene, type Scene } from './scene.ts';

let scene: Scene;

beforeEach(async () => {
  scene = await openScene();
});

afterEach(() => scene.remove());

/** Writes a plan of one task `it`, which waits for the file `go` beside the repository. */
async function plan(agent: object): Promise<void> {
  const script = [
    `@bash until [ -e ${scene.repo.around}/go ]; do sleep 0.05; done`,
    '@bash mkdir -p made && echo made > made/it.txt',
    '@say Done.',
  ];
  await scene.repo.write(
    '.weft/config.yaml',
    stringify({ integrate: 'auto', agent: 'real', agents: { real: agent } }),
  );
  await scene.repo.write('tracks.yaml', stringify({ tracks: [{ name: 'one', steps: [{ task: 'it.md' }] }] }));
  await scene.repo.write('it.md', `---\nowns: ['made/**']\n---\n\n# It\n\n${script.join('\n')}\n`);
  await scene.repo.commit('plan');
}

for (const preset of PRESETS) {
  const { name, from, program } = preset;
  if (program === null) {
    console.warn(`${name}: skipped, \`npm ci --prefix test/agents/wide\` installs ${from}`);
  }

  describe.skipIf(program === null)(`${name} (${from})`, () => {
    const start = (prompt: string, opening: Partial<Opening> = {}): Pump => {
      const agent = ACP_PRESETS[name];
      if (agent === undefined || program === null) throw new Error(`there is no ${name}`);
      const whole = { prompt, model: preset.model, ...opening };
      const asking = agent.env?.[opening.approvals ?? 'auto'];
      const env = { ...presetEnv(preset, scene.repo.around, scene.model.url), ...asking };
      return scene.converse(createAcp({ ...agent, command: program }), whole, env);
    };

    it('writes, commits and hears what is said next', async () => {
      const pump = start(
        `@write ${scene.repo.path}/made.txt|It is made.\n@bash git add -A && git commit -qm Made\n@say Made.`,
      );
      expect(await pump.next('turn-over')).toEqual({ kind: 'turn-over', fault: null, text: 'Made.' });
      expect(await scene.repo.git('show', 'HEAD:made.txt')).toBe('It is made.');
      expect(pump.news).toContainEqual(
        expect.objectContaining({
          kind: 'doing',
          files: expect.arrayContaining([join(scene.repo.path, 'made.txt')]),
        }),
      );
      pump.conversation.say({ number: 1, text: '@say Once more.' });
      expect((await pump.next('turn-over')).text).toBe('Once more.');
      const spent = pump.news.flatMap((news) => (news.kind === 'spent' ? [news.spending.input] : []));
      expect(spent.at(-1) ?? 0).toBe(1_000 * preset.counts);
    });

    it.runIf(preset.asks)('is kept from a file before it is written, and told why', async () => {
      const guard = (file: string): string | null =>
        file.endsWith('no.txt') ? 'no.txt is not yours.' : null;
      const pump = start(`@write ${scene.repo.path}/no.txt|x\n@say Over.`, { guard });
      expect((await pump.next('turn-over')).fault).toBe(null);
      expect(existsSync(join(scene.repo.path, 'no.txt'))).toBe(false);
      expect(scene.lastTexts()).toContain('no.txt is not yours.');
    });

    it.runIf(preset.asks)('is asked for, and stopped', async () => {
      const pump = start('@bash touch a.txt\n@bash touch b.txt\n@say Never said.', { approvals: 'ask' });
      const { ask } = await pump.next('asks');
      expect(existsSync(join(scene.repo.path, 'a.txt'))).toBe(false);
      pump.conversation.reply(ask.id, { choice: 0, text: '' });
      await pump.next('asks');
      expect(existsSync(join(scene.repo.path, 'a.txt'))).toBe(true);
      pump.conversation.interrupt();
      expect((await pump.next('turn-over')).fault).toBe('interrupted');
    });

    it.runIf(preset.remembers)('remembers in another process', async () => {
      const first = start('@bash true\n@say I remember.\nThe word is MARK.');
      const { id } = await first.next('session');
      await first.next('turn-over');
      await first.close();
      const second = start('@say Still there.', { resume: id });
      expect(await second.next('session')).toEqual({ kind: 'session', id });
      expect((await second.next('turn-over')).text).toBe('Still there.');
      expect(scene.lastTexts()).toContain('The word is MARK.');
    });

    it('works under weft: it outlives the engine, hears guidance, and its work lands', async () => {
      const agent = { kind: 'acp', preset: name, program, ...(preset.model && { model: preset.model }) };
      await plan(agent);
      const env = presetEnv(preset, scene.repo.around, scene.model.url);
      const weft = (...args: readonly string[]): Running => startWeft(scene.repo.path, args, env);
      const first = weft('run', 'tracks.yaml', '--stay');
      await vi.waitFor(() => expect(scene.model.requests.length).toBeGreaterThan(0), 30_000);
      const run = await journalSays(scene.repo.path, '"type":"attempt.started"', first);
      first.child.kill('SIGKILL');
      await first.ended;
      const second = weft('resume', run, '--stay');
      expect(await weft('guide', 'it', 'Mind the MARK.').ended).toMatchObject({ code: 0 });
      await journalSays(scene.repo.path, '"type":"guidance.delivered"', second);
      await writeFile(join(scene.repo.around, 'go'), '');
      expect(await second.ended).toMatchObject({ code: 0 });
      expect(await scene.repo.git('show', 'main:made/it.txt')).toBe('made');
      expect(scene.model.requests.some(({ userTexts }) => userTexts.join().includes('Mind the MARK.'))).toBe(
        true,
      );
      const journal = await readJournal(join(scene.repo.path, '.weft/runs', run));
      expect(journal.split('"type":"attempt.spawned"')).toHaveLength(2);
    });

    it('says that there is nothing to go on with', async () => {
      const pump = start('@say Never said.', { resume: '00000000-0000-7000-8000-000000000000' });
      expect(await pump.next('turn-over')).toMatchObject({ fault: 'no-session' });
    });
  });
}
