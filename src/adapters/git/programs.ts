// Runs short programs, git above all, to their end: the first few as children of this process, the many that an engine
// needs through a sh, which forks sooner. Knows nothing of repositories.
import { channel } from 'node:diagnostics_channel';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { killTree } from '../process/kill-tree.ts';
import { openProcessTable } from '../process/process-table.ts';
import { quote, type Shell, startShell, writeVariables } from '../system/shell.ts';
import {
  KILL_AFTER_MS,
  OUTPUT_BYTES,
  type ProgramCall,
  type ProgramEnd,
  runProgram,
  STDERR_BYTES,
  safeGitEnv,
  TIMEOUT_MS,
} from './exec.ts';

/** Who asks git no more than this is done before a sh would be there. */
const ALONE = 6;
/** How often the size of what a program has printed is looked at. */
const LOOK_MS = 1_000;
/** Variable that tells the processes of one call from all others. */
const CALL_VARIABLE = 'WEFT_CALL';
/** Exit codes of a sh for a program that is not there, or not to be run; the second also when its folder is not there. */
const NOT_STARTED: readonly number[] = [126, 127];
/** Above it: killed by the signal of that number. 129 is also what git says of wrong usage. */
const LAST_CODE = 129;
const UNREAD = 'printed what cannot be read';

/** Name of the channel on which each start is told of before. */
export const STARTING = 'weft.program';

/** A program that is about to be started; whoever listens on the channel may put another in its place. */
export interface Starting {
  argv: readonly string[];
  /** Its process group, which others may share. */
  readonly group: number;
}

/** See the file's first line. */
export interface Programs {
  /** Never rejects. */
  run(program: string, args: readonly string[], call: ProgramCall): Promise<ProgramEnd>;
  /** Resolves when nothing of it is left; what is run later is run all the same. */
  close(): Promise<void>;
}

/** A shell, and the folder through which it hands over what programs read and print. */
interface Workshop {
  readonly shell: Shell;
  readonly folder: string;
}

/** Makes a runner of programs. */
export function createPrograms(): Programs {
  const starting = channel(STARTING);
  let count = 0;
  let workshop: Workshop | null = null;
  return {
    run: async (program, args, call) => {
      count += 1;
      if (count <= ALONE) return runProgram(program, args, call);
      if (workshop?.shell.isOver() === true) await dissolve(workshop);
      if (workshop === null || workshop.shell.isOver()) workshop = openWorkshop();
      const order =
        workshop === null ? null : prepare(workshop, { name: `${count}`, argv: [program, ...args], call });
      if (order === null || workshop === null) return runProgram(program, args, call);
      return follow(workshop, order, call);
    },
    close: async () => {
      const last = workshop;
      workshop = null;
      if (last !== null) await dissolve(last);
    },
  };

  /** Writes all that a call needs; null when it cannot be given to a shell. */
  function prepare(
    { shell, folder }: Workshop,
    of: { readonly name: string; readonly argv: readonly string[]; readonly call: ProgramCall },
  ): Order | null {
    const { name, call } = of;
    const tag = join(folder, name);
    const variables = writeVariables({ ...call.env, [CALL_VARIABLE]: tag }, ' ');
    if (variables === null) return null;
    const told: Starting = { argv: of.argv, group: shell.pid };
    starting.publish(told);
    const input = call.input === undefined ? '' : `<${quote(`${tag}.in`)}`;
    const words = told.argv.map(quote).join(' ');
    // the outer one stays out of the folder: nobody is to be found there when the program has ended
    const inner = `(cd ${quote(call.cwd)} || exit 127; export ${variables}; exec ${words} ${input})`;
    const text = `jobs >/dev/null\n{ ${inner} >${quote(`${tag}.out`)} 2>${quote(`${tag}.err`)}; echo "${name} $?"; } &\n`;
    if (text.includes('\0')) return null;
    try {
      if (call.input !== undefined) writeFileSync(`${tag}.in`, call.input, call.encoding ?? 'utf8');
    } catch {
      return null;
    }
    return { name, tag, text };
  }
}

interface Order {
  readonly name: string;
  /** Begins the names of its files; the value by which its processes are known. */
  readonly tag: string;
  readonly text: string;
}

function openWorkshop(): Workshop | null {
  try {
    const folder = mkdtempSync(join(tmpdir(), 'weft-io-'));
    const shell = startShell(safeGitEnv());
    if (shell === null) {
      rmSync(folder, { recursive: true, force: true });
      return null;
    }
    // it outlives a killed engine by the moment that this takes
    shell.give(`trap ${quote(`rm -rf ${quote(folder)}`)} EXIT\n`);
    return { shell, folder };
  } catch {
    return null;
  }
}

async function dissolve({ shell, folder }: Workshop): Promise<void> {
  shell.end();
  const silent = setTimeout(() => shell.kill(), KILL_AFTER_MS);
  await shell.gone;
  clearTimeout(silent);
  rmSync(folder, { recursive: true, force: true });
}

/** Gives the order and waits until the program has ended, or ends it. */
function follow({ shell }: Workshop, { name, tag, text }: Order, call: ProgramCall): Promise<ProgramEnd> {
  return new Promise((resolve) => {
    let trouble: string | null = null;
    const stop = (why: string): void => {
      if (trouble !== null) return;
      trouble = why;
      const quarry = { leader: null, entry: `${CALL_VARIABLE}=${tag}`, cwd: null, graceMs: KILL_AFTER_MS };
      void killTree(openProcessTable(), quarry).then(() => {
        // its shell has a moment to tell of the end; one that does not would keep all others waiting
        const silent = (): void => {
          shell.kill();
          finish(null);
        };
        setTimeout(silent, shell.isOver() ? 0 : KILL_AFTER_MS);
      });
    };
    const timeoutMs = call.timeoutMs ?? TIMEOUT_MS;
    const timer = setTimeout(() => stop(`took longer than ${timeoutMs} ms`), timeoutMs);
    const look = setInterval(() => {
      if (sizeOf(`${tag}.out`) > OUTPUT_BYTES) stop(`printed more than ${OUTPUT_BYTES} bytes`);
    }, LOOK_MS);
    const finish = (code: number | null): void => {
      clearTimeout(timer);
      clearInterval(look);
      shell.ignore(name);
      resolve(collect(tag, { code, trouble, encoding: call.encoding ?? 'utf8' }));
    };
    shell.listen(name, (word) => {
      if (word === null) stop('was lost: the shell that ran it has ended');
      else finish(Number(word));
    });
    shell.give(text);
  });
}

/** Reads what a program left in its files, and takes them away. */
function collect(
  tag: string,
  how: {
    readonly code: number | null;
    readonly trouble: string | null;
    readonly encoding: 'utf8' | 'latin1';
  },
): ProgramEnd {
  const stdout = read(`${tag}.out`);
  const stderr = (read(`${tag}.err`)?.toString() ?? '').slice(-STDERR_BYTES);
  for (const end of ['in', 'out', 'err']) rmSync(`${tag}.${end}`, { force: true });
  const trouble = how.trouble ?? explain(how.code, stderr) ?? (stdout === null ? UNREAD : null);
  return {
    code: trouble === null ? how.code : null,
    stdout: (stdout ?? '').toString(how.encoding),
    stderr,
    trouble,
  };
}

function explain(code: number | null, stderr: string): string | null {
  if (code === null || code > LAST_CODE) return 'was killed';
  return NOT_STARTED.includes(code) ? `could not be started (${stderr.trim().slice(0, 200)})` : null;
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

/** What is in a file of bearable size, or null. */
function read(file: string): Buffer | null {
  try {
    return sizeOf(file) > OUTPUT_BYTES ? null : readFileSync(file);
  } catch {
    return null;
  }
}
