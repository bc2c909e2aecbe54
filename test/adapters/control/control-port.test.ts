// The control port of this machine keeps the contract: a real state folder, real sockets.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createControlPort } from '../../../src/adapters/control/control-port.ts';
import type { Led } from '../../../src/ports/control.ts';
import { type ControlBench, controlContract, leadershipContract, type Thrones } from './contract.ts';

async function createBench(): Promise<ControlBench> {
  const root = mkdtempSync(join(tmpdir(), 'weft-contract-'));
  const stateDir = join(root, '.weft');
  return {
    port: createControlPort(),
    other: createControlPort(),
    stateDir,
    bury: async () => {
      // as if another process had its pid now
      for (const name of readdirSync(join(stateDir, 'leader'))) {
        const path = join(stateDir, 'leader', name);
        writeFileSync(path, readFileSync(path, 'utf8').replace(/"startTicks":\d+/, '"startTicks":1'));
      }
    },
    close: async () => rmSync(root, { recursive: true }),
  };
}

async function createThrones(): Promise<Thrones> {
  const bench = await createBench();
  const reigns: Led[] = [];
  return {
    takeOver: async () => {
      for (const old of reigns.slice(-1)) await bench.bury(old);
      const led = await bench.port.lead(bench.stateDir);
      if (!led.ok) throw new Error(led.failure.sentence);
      reigns.push(led.value);
      return led.value.leadership;
    },
    close: async () => {
      for (const led of reigns) await led.close();
      await bench.close();
    },
  };
}

controlContract('unix socket and claims', createBench);
leadershipContract('elected by claims', createThrones);
