// What Codex tells of a model that fails, however it is talked with.
import { expect, it } from 'vitest';
import type { Pump } from '../adapters/agent/session/fixtures/pump.ts';

/** The tests; `start` begins a conversation with a prompt. */
export function itTellsFaults(start: (prompt: string) => Pump): void {
  for (const [status, fault] of [
    [401, 'login'],
    [429, 'limit'],
    [500, 'api-error'],
  ] as const) {
    it(`tells a ${status} of the model as ${fault}`, async () => {
      const pump = start(`@error ${status}`);
      expect(await pump.next('turn-over')).toMatchObject({ fault });
      expect(pump.news.some(({ kind }) => kind === 'limited')).toBe(fault === 'limit');
    });
  }

  it('says that it asks the model again', async () => {
    const pump = start('@drop x2\n@say Got through.');
    await pump.next('retries');
    expect((await pump.next('turn-over')).text).toBe('Got through.');
  });
}
