// Runs programs to their end and says what they took. Knows nothing of weft.
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { testGitEnv } from '../src/testing/temp-repo.ts';

/** What one run of a program took. */
export interface Sample {
  readonly wallMs: number;
  /** User and system time of all it started; without a compiler, only of what was waited for. */
  readonly cpuMs: number;
  /** Largest resident size among its processes; null without a compiler. */
  readonly peakMb: number | null;
  readonly code: number;
  readonly stdout: string;
}

/** What to run. */
export interface Program {
  readonly argv: readonly [string, ...string[]];
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** See the file's first line. */
export interface Stopwatch {
  /** The compiled floors (`bench/floor.c`), or null when there is no compiler. */
  readonly floor: string | null;
  time(program: Program): Promise<Sample>;
}

let calls = 0;

/** Makes a stopwatch; compiles the floors into the folder. */
export function createStopwatch(folder: string): Stopwatch {
  const binary = join(folder, 'floor');
  const compiled = spawnSync('cc', ['-O2', '-o', binary, resolve('bench/floor.c')], { encoding: 'utf8' });
  const floor = compiled.status === 0 ? binary : null;
  return {
    floor,
    time: async (program) => {
      calls += 1;
      const result = join(folder, `time-${calls}`);
      const argv = floor === null ? viaBash(result, program) : [floor, 'watch', result, ...program.argv];
      const { code, stdout } = await run({ ...program, argv: argv as Program['argv'] });
      const [first = 0, second = 0, third = 0] = readFileSync(result, 'utf8').trim().split(' ').map(Number);
      rmSync(result);
      if (floor !== null) return { wallMs: first, cpuMs: second, peakMb: third / 1_024, code, stdout };
      return { wallMs: first * 1e3, cpuMs: (second + third) * 1e3, peakMb: null, code, stdout };
    },
  };
}

function viaBash(result: string, program: Program): readonly string[] {
  const line = 'result=$1; shift; TIMEFORMAT="%R %U %S"; { time "$@" 2>&3; } 3>&2 2>"$result"';
  return ['bash', '-c', line, 'bash', result, ...program.argv];
}

/**
 * Environment of everything that is measured: nobody's own configuration, and no certificates beside Node's own, which
 * would triple the time that Node 20 needs to start.
 */
export function benchEnv(more: Readonly<Record<string, string>> = {}): Record<string, string> {
  const { NODE_EXTRA_CA_CERTS: _certs, NODE_OPTIONS: _options, ...env } = testGitEnv();
  return { ...env, ...more };
}

/** What npm needs beside that to reach a registry through a proxy. */
export function npmEnv(): Record<string, string> {
  const certificates = process.env['NODE_EXTRA_CA_CERTS'];
  return certificates === undefined ? {} : { NODE_EXTRA_CA_CERTS: certificates };
}

/** Runs a program to its end, without measuring it. */
export function run(program: Program): Promise<{ readonly code: number; readonly stdout: string }> {
  const [command, ...args] = program.argv;
  return new Promise((settle, reject) => {
    const child = spawn(command, args, {
      cwd: program.cwd,
      env: benchEnv(program.env),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.on('error', reject);
    child.on('close', (code) => settle({ code: code ?? 1, stdout: Buffer.concat(chunks).toString('utf8') }));
  });
}

/** Runs a program that has to succeed; throws with what it printed when it does not. */
export async function runWell(program: Program): Promise<string> {
  const { code, stdout } = await run(program);
  if (code !== 0)
    throw new Error(`${program.argv.join(' ').slice(0, 300)} ended with ${code}:\n${stdout.slice(-2_000)}`);
  return stdout;
}

/** Tells whether a program can be found. */
export function hasProgram(name: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${name}`]).status === 0;
}
