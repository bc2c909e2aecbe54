// A virtual world outside of any history: what is asked of it happens at once, first come, first served, without faults.
import { createWorld } from '../../../src/testing/world/history.ts';
import { drawScene } from '../../../src/testing/world/scene.ts';
import { advance, readyItems, take } from '../../../src/testing/world/scheduler.ts';
import { fixedTape } from '../../../src/testing/world/tape.ts';
import type { Life, World } from '../../../src/testing/world/world.ts';

/** A world that goes on by itself. */
export interface Stage {
  readonly world: World;
  /** Begins an engine after the last one, which still runs but does not lead any more. */
  nextLife(): Life;
  /** Begins of the names of what the disk refuses from now on. */
  readonly refused: Set<string>;
  close(): void;
}

/** Sets a world up; its random choices are all the plainest. */
export function openStage(): Stage {
  const tape = fixedTape(new Uint8Array());
  const world = createWorld(tape, { scene: drawScene(tape), log: false });
  const refused = new Set<string>();
  let open = true;
  const turn = (): void => {
    const [item] = readyItems(world);
    if (item === undefined) {
      advance(world);
    } else {
      take(world, item);
      const isRefused = [...refused].some((name) => item.name.startsWith(name));
      if (isRefused) item.refuse?.();
      else item.run();
    }
    if (open) setImmediate(turn);
  };
  turn();
  return {
    world,
    refused,
    nextLife: () => {
      world.epoch += 1;
      const { epoch } = world;
      const life = {
        epoch,
        standing: 'leads',
        leading: null,
        outcome: null,
        leaving: false,
        state: null,
      } as const;
      return { ...life };
    },
    close: () => {
      open = false;
    },
  };
}
