// A virtual world with a forge whose time the test moves: nothing happens that was not asked for.
import type { Oid } from '../../../src/core/model.ts';
import type { ForgePort } from '../../../src/ports/forge.ts';
import { createForgePort } from '../../../src/testing/world/forge-port.ts';
import {
  createForgeWorld,
  type ForgeSetup,
  type ForgeWorld,
} from '../../../src/testing/world/forge-store.ts';
import { addCommit, filesOf } from '../../../src/testing/world/git-store.ts';
import { createWorld } from '../../../src/testing/world/history.ts';
import { drawScene } from '../../../src/testing/world/scene.ts';
import { advance, readyItems, take } from '../../../src/testing/world/scheduler.ts';
import { fixedTape, type Tape } from '../../../src/testing/world/tape.ts';
import type { Item, Life, World } from '../../../src/testing/world/world.ts';

/** See the file's first line. */
export interface ForgeScene {
  readonly world: World;
  readonly forge: ForgeWorld;
  readonly life: Life;
  readonly port: ForgePort;
  /** Begins another engine. */
  nextLife(): Life;
  /** Lets happen what is due, in turn, until the call is answered. */
  hear<T>(call: Promise<T>): Promise<T>;
  /** The pending thing whose name begins so. */
  item(name: string): Item;
  /** Lets one pending thing happen, when it is due. */
  happen(name: string): Promise<void>;
  /** Lets all happen that is pending. */
  rest(): void;
  /** A commit of an agent's on the target. */
  work(files: Readonly<Record<string, string>>): Oid;
}

/** Sets a world up; its random choices are the plainest unless there is a tape. */
export function openForgeScene(
  setup: Partial<ForgeSetup> = {},
  tape: Tape = fixedTape(new Uint8Array()),
): ForgeScene {
  const world = createWorld(tape, { scene: drawScene(fixedTape(new Uint8Array())), log: true });
  const forge = createForgeWorld(world, setup);
  const nextLife = (): Life => {
    world.epoch += 1;
    const { epoch } = world;
    return {
      epoch,
      standing: 'leads',
      leading: null,
      outcome: null,
      leaving: false,
      state: null,
    };
  };
  const life = nextLife();
  const run = (item: Item): void => {
    take(world, item);
    world.steps += 1;
    item.run();
  };
  const step = (): boolean => {
    const [next] = readyItems(world);
    if (next !== undefined) run(next);
    return next !== undefined || advance(world);
  };
  const item = (name: string): Item => {
    const found = world.items.find((each) => each.name.startsWith(name));
    if (found === undefined) throw new Error(`nothing is pending of ${name}`);
    return found;
  };
  return {
    world,
    forge,
    life,
    port: createForgePort(forge, life),
    nextLife,
    hear: async (call) => {
      let heard = false;
      void call.then(() => {
        heard = true;
      });
      for (;;) {
        await settle();
        if (heard) return call;
        if (!step()) throw new Error('nothing is pending, and there is no answer');
      }
    },
    item,
    happen: async (name) => {
      const found = item(name);
      world.monoMs = Math.max(world.monoMs, found.due);
      run(found);
      await settle();
    },
    rest: () => {
      while (step());
    },
    work: (files) => {
      const tip = world.git.checkout.head;
      const all = new Map([...filesOf(world.git, tip), ...Object.entries(files)]);
      return addCommit(world.git, { files: all, parents: [tip], by: 'agent' });
    },
  };
}

function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
