// The real port keeps the contract, with real processes.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createProcessPort } from '../../../src/adapters/process/process-port.ts';
import type { StartSpec } from '../../../src/ports/process.ts';
import { type Behaviours, describeProcessPort } from './contract.ts';
import { breakGround, eventually } from './ground.ts';

const sh = (text: string): StartSpec['argv'] => ['/bin/sh', '-c', text];

const behaviours: Behaviours = {
  exits: (code) => sh(`exit ${code}`),
  diesOf: (signal) => sh(`kill -${signal.slice(3)} $$`),
  waits: ['sleep', '1000'],
  ignoresTerm: sh("trap '' TERM; echo ready; while :; do sleep 1000; done"),
  copies: ['cat'],
  copiesOneLine: sh('read -r line; echo "$line"'),
  prints: (text) => ['printf', '%s', text],
  missing: ['/nowhere/weft-has-no-such-program'],
};

describeProcessPort('Linux and macOS', () => {
  const ground = breakGround();
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
    output: ground.output,
    outputIs: async (accept) => {
      await eventually(() => accept(ground.output()));
    },
    close: ground.sweep,
  };
});
