// A Beads database that another program keeps to itself: weft says so after a while. Alone in its file, since it waits for long.
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'vitest';
import { makeTemplate, obstacle } from './beads-rig.ts';
import type { Running } from './cli.ts';
import { AGENT, provoke } from './situation.ts';

test.skipIf(obstacle !== null)('a database that is locked', { timeout: 120_000 }, async () => {
  let holder: Running | null = null;
  await provoke({
    name: 'a database that is locked',
    prepare: async ({ repo, start }) => {
      cpSync(makeTemplate(), repo.path, { recursive: true });
      await repo.write('.weft/config.yaml', AGENT);
      const lock = join(repo.path, '.beads/embeddeddolt/t/.dolt/noms/LOCK');
      holder = start(`exec flock ${lock} sh -c 'echo held; exec cat'`, 'pipe');
      const { child } = holder;
      await new Promise((held) => child.stdout?.once('data', held));
    },
    line: 'weft run beads --dry-run',
    code: 2,
    says: ['Another program may have the Beads database open', 'took longer than', /Fix: fuser -v .*LOCK/],
    mend: async () => {
      holder?.child.stdin?.end();
      await holder?.ended;
    },
  });
});
