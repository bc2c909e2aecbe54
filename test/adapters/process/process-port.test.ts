// The real port keeps the contract, with real processes.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createProcessPort } from '../../../src/adapters/process/process-port.ts';
import type { StartSpec } from '../../../src/ports/process.ts';
import type { Behaviours } from './bench.ts';
import { processContract } from './contract.ts';
import { breakGround, eventually, isUp, leftovers, readText } from './ground.ts';

const sh = (text: string): StartSpec['argv'] => ['/bin/sh', '-c', text];

const behaviours: Behaviours = {
  exits: (code) => sh(`exit ${code}`),
  diesOf: (signal) => sh(`kill -${signal.slice(3)} $$`),
  waits: ['sleep', '1000'],
  ignoresTerm: sh("trap '' TERM; echo ready; while :; do sleep 1000; done"),
  copies: ['cat'],
  copiesOneLine: sh('read -r line; echo "$line"'),
  prints: (text) => ['printf', '%s', text],
  floods: (bytes) => sh(`head -c ${bytes} /dev/zero | tr '\\0' x; exit 3`),
  leavesChild: sh('sleep 1000 >/dev/null 2>&1 & echo left'),
  missing: ['/nowhere/weft-has-no-such-program'],
};

processContract('Linux and macOS', () => {
  const ground = breakGround();
  const guests: ChildProcess[] = [];
  return {
    port: createProcessPort(),
    reopen: createProcessPort,
    behaviours,
    spec: (argv, stdin = { kind: 'none' }) => ground.script('', { argv, stdin }),
    writeFile: (text) => {
      const path = join(ground.root, 'prompt.md');
      writeFileSync(path, text);
      return path;
    },
    readFile: (path) => (existsSync(path) ? readText(path) : null),
    pathTo: (name) => join(ground.root, name),
    output: ground.output,
    outputIs: async (accept) => {
      await eventually(() => accept(ground.output()));
    },
    pid: process.pid,
    nowMs: () => performance.now(),
    vanish: async ({ pid }) => {
      process.kill(-pid, 'SIGKILL');
      await eventually(() => !isUp(pid));
    },
    forgetIdentity: async (dir) => rmSync(join(dir, 'pid')),
    live: () =>
      leftovers(ground.root, ground.tag).filter((pid) => guests.every((guest) => guest.pid !== pid)).length,
    moveIn: async () => {
      const guest = spawn('sleep', ['1000'], { cwd: ground.cwd, stdio: 'ignore' });
      guests.push(guest);
      await once(guest, 'spawn');
      return () => guest.exitCode === null && guest.signalCode === null;
    },
    close: ground.sweep,
  };
});
