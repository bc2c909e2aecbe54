// What an acting agent has at hand: who it is, its prompt, its guidance, its files. Knows nothing of the steps.
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { enterWorktree, type Writer, writeLedger } from './ledger.ts';

/** The surroundings of one attempt. */
export interface Stage extends Writer {
  readonly port: string;
  /** Branch or commit to merge in, or null. */
  readonly target: string | null;
  /** Prompt, then everything that came on stdin after it. */
  heard(): string;
  /** Resolves with the guidance that comes after this call; rejects when stdin ends without. */
  listen(): Promise<string>;
  /** Resolves a path against the worktree. */
  at(path: string): string;
  /** Replaces the status file, if the attempt has one. */
  report(status: Readonly<Record<string, unknown>>): void;
  /** Replaces the result file, if the attempt has one. */
  answer(result: Readonly<Record<string, unknown>>): void;
  /** SIGTERM no longer ends the agent. */
  resist(): void;
  /** Writes the end into the ledger and leaves the worktree; once. */
  leave(exit: number | string): void;
}

/** Opens the stage from the environment that weft gives an agent; the worktree is the current directory. */
export function openStage(env: NodeJS.ProcessEnv, worktree: string): Stage {
  const writer: Writer = {
    ledger: env['WEFT_TEST_LEDGER'] ?? null,
    task: env['WEFT_TASK'] ?? '',
    attempt: Number(env['WEFT_ATTEMPT'] ?? 1),
    worktree,
  };
  writeLedger(writer, { kind: 'start' });
  const exitWorktree = enterWorktree(writer);
  let stubborn = false;
  let left = false;
  const leave = (exit: number | string): void => {
    if (left) return;
    left = true;
    exitWorktree();
    writeLedger(writer, { kind: 'end', exit });
  };
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    const end = (): void => {
      if (signal === 'SIGTERM' && stubborn) return;
      leave(signal);
      process.removeListener(signal, end);
      process.kill(process.pid, signal);
    };
    process.on(signal, end);
  }
  const statusFile = env['WEFT_STATUS_FILE'];
  return {
    ...writer,
    ...openEars(readPrompt(env['WEFT_PROMPT_FILE'])),
    port: env['WEFT_PORT_BASE'] ?? '',
    target: env['WEFT_TARGET'] ?? null,
    at: (path) => resolve(worktree, path),
    report: (status) => replaceJson(statusFile, { id: writer.task, ...status }),
    answer: (result) => replaceJson(env['WEFT_RESULT_FILE'], result),
    resist: () => {
      stubborn = true;
    },
    leave,
  };
}

/** Writes a file whole, or not at all; without a path there is nobody to read it. */
function replaceJson(path: string | undefined, value: unknown): void {
  if (path === undefined) return;
  writeFileSync(`${path}.new`, JSON.stringify(value));
  renameSync(`${path}.new`, path);
}

/** Listens on stdin, whose first bytes may be the prompt again. */
function openEars(prompt: string): Pick<Stage, 'heard' | 'listen'> {
  let input = '';
  let closed = false;
  let wake: () => void = () => {};
  process.stdin.setEncoding('utf8');
  process.stdin.on('data', (chunk: string) => {
    input += chunk;
    wake();
  });
  const close = (): void => {
    closed = true;
    wake();
  };
  process.stdin.on('end', close).on('error', close);
  const guidance = (): string => {
    if (input.startsWith(prompt)) return input.slice(prompt.length);
    return prompt.startsWith(input) ? '' : input;
  };
  return {
    heard: () => `${prompt}\n${guidance()}`,
    listen: async () => {
      const before = guidance().length;
      while (guidance().slice(before).trim() === '') {
        if (closed) throw new Error('stdin was closed before guidance came');
        await new Promise<void>((done) => {
          wake = done;
        });
      }
      return guidance().slice(before);
    },
  };
}

function readPrompt(path: string | undefined): string {
  try {
    return path === undefined ? '' : readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
