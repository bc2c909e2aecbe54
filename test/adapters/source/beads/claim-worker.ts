// Claims issues as one run and prints which it got. A process of its own, for races.
import process from 'node:process';
import { createBeadsSource } from '../../../../src/adapters/source/beads/beads-source.ts';
import { findBeadsDir } from '../../../../src/adapters/source/beads/probe.ts';
import { ALL } from './stage.ts';

const [repository = '', run = '', ...ids] = process.argv.slice(2);
const source = createBeadsSource({
  repository,
  run,
  spec: ALL,
  found: {
    kind: 'bd',
    program: 'bd',
    version: '1.0.5',
    beadsDir: findBeadsDir({ repository, env: {} }),
    abilities: { batch: true, heartbeat: false, events: false },
  },
});
for (const id of ids) {
  const claimed = await source.claim?.(id);
  const word = claimed?.ok === true ? claimed.value.kind : JSON.stringify(claimed);
  process.stdout.write(`${id} ${word}\n`);
}
