// The journals of the virtual world keep the same promises as those on disk.
import { createWorldJournals } from '../../src/testing/world/disk.ts';
import { createWorld } from '../../src/testing/world/history.ts';
import { drawScene } from '../../src/testing/world/scene.ts';
import { advance, readyItems, take } from '../../src/testing/world/scheduler.ts';
import { fixedTape } from '../../src/testing/world/tape.ts';
import type { Life } from '../../src/testing/world/world.ts';
import { describeJournalStore } from '../adapters/journal/contract.ts';

describeJournalStore('in the virtual world', async () => {
  const tape = fixedTape(new Uint8Array());
  const world = createWorld(tape, { scene: drawScene(tape), log: false });
  const life: Life = {
    epoch: 1,
    standing: 'leads',
    leading: null,
    outcome: null,
    leaving: false,
    state: null,
  };
  let open = true;
  // the world goes on by itself, first come, first served
  const turn = (): void => {
    const [item] = readyItems(world);
    if (item === undefined) {
      advance(world);
    } else {
      take(world, item);
      item.run();
    }
    if (open) setImmediate(turn);
  };
  turn();
  return {
    store: createWorldJournals(world, life),
    runDir: '/repo/.weft/runs/run',
    dispose: async () => {
      open = false;
    },
  };
});
