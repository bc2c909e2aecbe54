// The processes of the virtual world keep the same promises as real ones.

import { createWorldProcesses } from '../../../src/testing/world/process-port.ts';
import { endProc, type Proc, print, spawnProc } from '../../../src/testing/world/process-world.ts';
import type { Programs } from '../../../src/testing/world/programs.ts';
import type { World } from '../../../src/testing/world/world.ts';
import type { Behaviours, Bench } from '../../adapters/process/bench.ts';
import { processContract } from '../../adapters/process/contract.ts';
import { openStage } from './stage.ts';

const [DIR, CWD, TAG] = ['/run/attempt', '/worktrees/task', 'run/task/1'];

const behaviours: Behaviours = {
  exits: (code) => ['exits', String(code)],
  diesOf: (signal) => ['dies', signal],
  waits: ['waits'],
  ignoresTerm: ['ignores-term'],
  copies: ['copies'],
  copiesOneLine: ['copies-one-line'],
  prints: (text) => ['prints', text],
  floods: (bytes) => ['floods', String(bytes)],
  leavesChild: ['leaves-child'],
  missing: ['/nowhere/weft-has-no-such-program'],
};

type Program = (world: World, proc: Proc, word: string) => void;

function exit(world: World, proc: Proc, code: number): void {
  endProc(world, proc, { code, signal: null });
}

/** What each command line does as soon as it runs; those that wait do nothing. */
const BEGINNINGS: Readonly<Record<string, Program>> = {
  exits: (world, proc, word) => exit(world, proc, Number(word)),
  dies: (world, proc, word) => endProc(world, proc, { code: null, signal: word }),
  waits: () => undefined,
  'ignores-term': (_world, proc) => {
    proc.ignoresTerm = true;
    print(proc, 'ready\n');
  },
  copies: (world, proc) => {
    for (const text of proc.heard) print(proc, text);
    if (!proc.listens) exit(world, proc, 0);
  },
  'copies-one-line': () => undefined,
  prints: (world, proc, word) => {
    print(proc, word);
    exit(world, proc, 0);
  },
  floods: (world, proc, word) => {
    print(proc, 'x'.repeat(Number(word)));
    exit(world, proc, 3);
  },
  'leaves-child': (world, proc) => {
    spawnProc(world, { kind: 'stray', tag: proc.tag, dir: null, cwd: proc.cwd });
    exit(world, proc, 0);
  },
};

/** Programs that do what their command line says. */
function createPrograms(): Programs {
  const lines = new Map<Proc, string>();
  const begin = (world: World, proc: Proc, [name = '', word = '']: readonly string[]): void => {
    lines.set(proc, name);
    const program = BEGINNINGS[name];
    if (program !== undefined) return program(world, proc, word);
    print(proc, `${name}: not found`);
    exit(world, proc, 127);
  };
  return {
    agent: begin,
    gate: begin,
    hear: (world, proc, text) => {
      print(proc, text);
      if (lines.get(proc) === 'copies-one-line') exit(world, proc, 0);
    },
    hearEnd: (world, proc) => {
      if (lines.get(proc) === 'copies') exit(world, proc, 0);
    },
  };
}

processContract('in the virtual world', () => {
  const stage = openStage();
  const { world } = stage;
  const programs = createPrograms();
  const files = new Map<string, string>();
  const branch = { branch: null, detached: null, files, reason: 'weft' } as const;
  world.git.worktrees.set(CWD, { path: CWD, ...branch, ready: true, folder: true });
  const open = (): Bench['port'] => createWorldProcesses(world, stage.nextLife(), programs);
  const port = open();
  const agent = (): Proc | undefined => world.processes.all.find(({ dir }) => dir === DIR);
  const output = (): string => agent()?.printed ?? '';
  return {
    port,
    reopen: open,
    behaviours,
    spec: (argv, stdin = { kind: 'none' }) => ({
      dir: DIR,
      argv,
      cwd: CWD,
      env: {},
      stdin,
      tag: TAG,
      outputBytes: 64 * 1024 * 1024,
    }),
    writeFile: (text) => {
      world.disk.files.set('/run/prompt', text);
      return '/run/prompt';
    },
    readFile: (path) => world.disk.files.get(path) ?? null,
    pathTo: (name) => `/run/${name}`,
    output,
    outputIs: async (accept) => {
      while (!accept(output())) await new Promise((resolve) => setImmediate(resolve));
    },
    pid: port.self().pid,
    nowMs: () => world.monoMs,
    vanish: async ({ pid }) => {
      for (const proc of world.processes.all) {
        if (proc.identity.pid === pid) endProc(world, proc, { code: null, signal: 'SIGKILL' }, 'vanished');
      }
    },
    forgetIdentity: async () => {
      const proc = agent();
      if (proc !== undefined) proc.recorded = false;
    },
    live: () => world.processes.all.filter((proc) => proc.alive && proc.kind !== 'bystander').length,
    moveIn: async () => {
      const guest = spawnProc(world, { kind: 'bystander', tag: '', dir: null, cwd: CWD });
      return () => guest.alive;
    },
    close: async () => stage.close(),
  };
});
