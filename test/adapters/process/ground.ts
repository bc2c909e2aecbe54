// A temp folder for real processes, and the broom that leaves none behind. Finds them without the code under test.
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StartSpec } from '../../../src/ports/process.ts';

let count = 0;

/** Folders and names of one test. */
export interface Ground {
  readonly root: string;
  /** Attempt folder; does not exist yet. */
  readonly dir: string;
  /** Worktree of the attempt. */
  readonly cwd: string;
  readonly tag: string;
  readonly env: Readonly<Record<string, string>>;
  /** A start of a shell script in this place. */
  script(text: string, more?: Partial<StartSpec>): StartSpec;
  /** What the attempt has printed so far. */
  output(): string;
  /** Kills whatever carries the tag or works under the root, and removes the folder. */
  sweep(): Promise<void>;
}

/** Makes a place for one test. */
export function breakGround(): Ground {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'weft-process-')));
  const dir = join(root, 'attempt');
  const cwd = join(root, 'worktree');
  mkdirSync(cwd);
  count += 1;
  const tag = `test/${process.pid}/${count}`;
  const env = { PATH: process.env['PATH'] ?? '/usr/bin:/bin' };
  return {
    root,
    dir,
    cwd,
    tag,
    env,
    script: (text, more = {}) => ({
      dir,
      argv: ['/bin/sh', '-c', text],
      cwd,
      env,
      stdin: { kind: 'none' },
      tag,
      outputBytes: 64 * 1024 * 1024,
      ...more,
    }),
    output: () => readText(join(dir, 'out.jsonl')),
    sweep: async () => {
      await eventually(() => killLeftovers(root, tag) === 0);
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** Looks until the answer is neither false, null nor undefined; fails after ten seconds. */
export async function eventually<T>(look: () => T | false | null | undefined): Promise<T> {
  for (const deadline = performance.now() + 10_000; performance.now() < deadline; ) {
    const found = look();
    if (found !== false && found !== null && found !== undefined) return found;
    await new Promise((settle) => setTimeout(settle, 5));
  }
  throw new Error(`waited in vain for: ${look}`);
}

/** Text of a file; empty when there is none. */
export function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** State letter of a process, or null when the pid is free. */
export function stateOf(pid: number): string | null {
  const stat = readText(`/proc/${pid}/stat`);
  return stat === '' ? null : (/.*\) (\S)/s.exec(stat)?.[1] ?? null);
}

/** Tells whether a process with the pid runs: a zombie does not. */
export function isUp(pid: number): boolean {
  return !['Z', 'X', null].includes(stateOf(pid));
}

/** Every running process with the tag in its environment or its working folder under the root. */
export function leftovers(root: string, tag: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((name) => isUp(Number(name)) && (hasTag(name, tag) || worksUnder(name, root)))
    .map(Number);
}

function killLeftovers(root: string, tag: string): number {
  const pids = leftovers(root, tag);
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // Gone meanwhile.
    }
  }
  return pids.length;
}

function hasTag(pid: string, tag: string): boolean {
  try {
    return `\0${readFileSync(`/proc/${pid}/environ`, 'latin1')}`.includes(`\0WEFT_TAG=${tag}\0`);
  } catch {
    return false;
  }
}

function worksUnder(pid: string, root: string): boolean {
  try {
    return readlinkSync(`/proc/${pid}/cwd`).startsWith(root);
  } catch {
    return false;
  }
}
