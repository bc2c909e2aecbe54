// Fetching branches of the forge with real git: what is there, what is gone, and that nothing of the user's moves.
import { describe, expect, it, onTestFinished } from 'vitest';
import { createTempRepo } from '../../../../src/testing/temp-repo.ts';
import { given, look, openPort, openRig, REPO } from './rig.ts';

describe('a fetch', () => {
  it('brings a branch under a ref, follows it, and takes the ref away with it', async () => {
    const rig = await openRig();
    const repo = await createTempRepo();
    onTestFinished(() => repo.remove());
    const before = await repo.git('for-each-ref');
    const port = openPort(rig.forge, rig.clock, { repository: repo.path });
    const what = { branch: 'main', into: 'refs/weft/forge/main' };
    const first = given(await port.fetch(what));
    expect(first).toBe(await look(rig.forge, 'rev-parse', 'main'));
    expect((await repo.git('rev-parse', 'refs/weft/forge/main')).trim()).toBe(first);
    const pushed = await rig.forge.human.push({ repo: REPO, branch: 'main' }, { 'b.txt': 'b' });
    expect(given(await port.fetch(what))).toBe(pushed);
    expect(given(await port.fetch({ branch: 'nothing', into: 'refs/weft/forge/main' }))).toBeNull();
    expect(await repo.git('for-each-ref')).toBe(before);
  });

  it('beside others of the same branch brings it as well', async () => {
    const rig = await openRig();
    const repo = await createTempRepo();
    onTestFinished(() => repo.remove());
    const what = { branch: 'main', into: 'refs/weft/forge/main' };
    const ports = Array.from({ length: 6 }, () => openPort(rig.forge, rig.clock, { repository: repo.path }));
    for (const text of ['b', 'c', 'd']) {
      const pushed = await rig.forge.human.push({ repo: REPO, branch: 'main' }, { 'b.txt': text });
      const fetched = await Promise.all(ports.map((port) => port.fetch(what)));
      expect(fetched.map(given)).toEqual(ports.map(() => pushed));
    }
  });

  it('that the token is no good for is refused', async () => {
    const rig = await openRig({ settings: { private: true } });
    const port = openPort(rig.forge, rig.clock, { token: 'wrong' });
    const fetched = await port.fetch({ branch: 'main', into: 'refs/weft/forge/main' });
    expect(fetched).toMatchObject({ ok: false, failure: { kind: 'unauthorized' } });
  });
});
