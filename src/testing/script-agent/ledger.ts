// The ledger of a test: who lived when, in which worktree, and who met whom. Written by the agents themselves.
import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';

/** One line of the ledger. `mono` is the machine's monotonic clock, the same for all processes, in ms. */
export interface LedgerLine {
  readonly kind: 'start' | 'end' | 'VIOLATION' | 'daemon' | 'unguided';
  readonly task: string;
  readonly attempt: number;
  readonly pid: number;
  readonly worktree: string;
  readonly mono: number;
  readonly wall: number;
  /** Exit code or signal of an `end`. */
  readonly exit?: number | string;
  /** Task of the live agent that a `VIOLATION` met. */
  readonly other?: string;
}

/** Who writes: the attempt and the ledger's file; null: nothing is written. */
export interface Writer {
  readonly ledger: string | null;
  readonly task: string;
  readonly attempt: number;
  readonly worktree: string;
}

/** Reads a ledger, oldest line first; a line still being written is left out. */
export function parseLedger(text: string): readonly LedgerLine[] {
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as LedgerLine);
}

/** Adds a line; one write each, so that lines of several agents never mix. */
export function writeLedger(
  writer: Writer,
  line: Pick<LedgerLine, 'kind' | 'exit' | 'other'> & { readonly pid?: number },
): void {
  if (writer.ledger === null) return;
  const { task, attempt, worktree } = writer;
  const mono = Number(process.hrtime.bigint() / 1_000_000n);
  const full: LedgerLine = { task, attempt, worktree, pid: process.pid, mono, wall: Date.now(), ...line };
  appendFileSync(writer.ledger, `${JSON.stringify(full)}\n`);
}

/**
 * Enters the worktree: leaves a mark in its git folder, then looks for marks of others that still live, and writes a
 * `VIOLATION` for each. Marking before looking makes sure that of two agents at least one sees the other.
 * Returns how to leave.
 */
export function enterWorktree(writer: Writer): () => void {
  const marks = findMarks(writer.worktree);
  if (marks === null) return () => {};
  mkdirSync(marks, { recursive: true });
  const own = join(marks, String(process.pid));
  writeFileSync(own, JSON.stringify({ task: writer.task, birth: readBirth(process.pid) }));
  for (const name of readdirSync(marks)) {
    const other = Number(name) === process.pid ? null : readMark(join(marks, name));
    if (other !== null && other.birth !== '' && other.birth === readBirth(Number(name))) {
      writeLedger(writer, { kind: 'VIOLATION', other: other.task });
    }
  }
  return () => rmSync(own, { force: true });
}

/** The marks' folder in the git folder of the worktree; null outside of git. */
function findMarks(worktree: string): string | null {
  try {
    const dotGit = join(worktree, '.git');
    if (statSync(dotGit).isDirectory()) return join(dotGit, 'script-agents');
    const link = /^gitdir: (.+)$/m.exec(readFileSync(dotGit, 'utf8'))?.[1];
    return link === undefined ? null : join(resolve(worktree, link), 'script-agents');
  } catch {
    return null;
  }
}

function readMark(path: string): { readonly task: string; readonly birth: string } | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as { task: string; birth: string };
  } catch {
    return null; // It left, or is about to write its mark and will then see ours.
  }
}

/** Start time of a live process in clock ticks; empty for one that is gone or a zombie, and where there is no procfs. */
function readBirth(pid: number): string {
  try {
    const [state, ...fields] = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return state === 'Z' || state === 'X' ? '' : (fields[18] ?? '');
  } catch {
    return '';
  }
}
