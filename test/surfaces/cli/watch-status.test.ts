// `weft watch-status`: once for scripts, again and again for people.
import { expect, it, vi } from 'vitest';
import { createFakeApp, type, viewRun } from './fake-app.ts';

it('prints two line formats for scripts, once', async () => {
  const fake = createFakeApp(viewRun([]));
  const typed = type('watch-status --porcelain --workspace shop', fake);
  expect(await typed.code).toBe(0);
  expect(typed.out()).toBe('OVERALL 2 4 1 1 50\nSTREAM A 2 2 100 0 0 0 Base\nSTREAM B 0 2 0 1 1 0 B\n');
  expect(fake.asked).toEqual([['streams', { workspace: 'shop', db: null }]]);
});

it('shows them again and again until a signal, whatever happens in between', async () => {
  const fake = createFakeApp(viewRun([]));
  const typed = type('watch-status 3', fake, { isTTY: true });
  await vi.waitFor(() => expect(typed.out()).toContain('████████████████████  100%  2/2'));
  for (const looks of [2, 3]) {
    typed.tick();
    await vi.waitFor(() => expect(fake.asked).toHaveLength(looks));
  }
  await vi.waitFor(() => expect(typed.isHeard('SIGINT')).toBe(true));
  typed.send('SIGINT');
  expect(await typed.code).toBe(130);
});

it.each(['0', '1.5', 'x', '-1', '999999'])('refuses %s seconds', async (seconds) => {
  const typed = type(`watch-status -- ${seconds}`, createFakeApp(viewRun([])));
  expect(await typed.code).toBe(2);
});
