// A run that is complete, cleared up and untouched since, straight from its files. Gives up whenever anything is not plain.
import { closeSync, existsSync, fstatSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { unsealJson } from '../../core/journal-codec.ts';
import type { RunView } from '../../core/view.ts';
import { findStateDir, glanceAtRuns } from './glance.ts';

/** What a complete run leaves; whatever is missing is made again by an engine. */
const LEFT = [
  'state.json',
  'summary.json',
  'receipt.json',
  'receipt.md',
  join('handoffs', 'complete.json'),
] as const;

/** The last record of a run that came to its end is short. */
const TAIL_BYTES = 4_096;
const NEWLINE = 10;

/** The named run, or the latest, when there is nothing left to do for it; null when it takes an engine to tell. */
export function findStandstill(cwd: string, name: string): RunView | null {
  try {
    const stateDir = findStateDir(cwd);
    const runs = glanceAtRuns(cwd);
    const run = name === 'latest' ? runs[0] : name;
    if (stateDir === null || run === undefined || !runs.includes(run)) return null;
    const runDir = join(stateDir, 'runs', run);
    if (!isClosed(runDir) || !LEFT.every((file) => existsSync(join(runDir, file)))) return null;
    const view = JSON.parse(readFileSync(join(runDir, 'view.json'), 'utf8')) as RunView;
    if (view.schemaVersion !== 1 || view.run !== run || view.state !== 'complete') return null;
    return readNote(runDir).tip === readTip(stateDir, view.target) ? view : null;
  } catch {
    return null;
  }
}

/** Tells whether the last fact is the rest that the engine's note is about, and no command waits. */
function isClosed(runDir: string): boolean {
  const note = readNote(runDir);
  const last = readLastRecord(join(runDir, 'journal.jsonl'));
  if (last === null || last['seq'] !== note.seq || last['epoch'] !== note.epoch) return false;
  const event = last['event'] as { readonly type?: unknown; readonly outcome?: unknown };
  if (event.type !== 'run.rested' || event.outcome !== 'complete') return false;
  const inbox = join(runDir, 'inbox');
  return !existsSync(inbox) || !readdirSync(inbox).some((file) => file.endsWith('.json'));
}

interface Note {
  readonly seq: number;
  readonly epoch: number;
  readonly tip: string;
}

function readNote(runDir: string): Note {
  return JSON.parse(readFileSync(join(runDir, 'closed.json'), 'utf8')) as Note;
}

/** The last line of a journal, held to its checksum; null when it is torn, damaged or long. */
function readLastRecord(path: string): Readonly<Record<string, unknown>> | null {
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    const tail = Buffer.alloc(Math.min(size, TAIL_BYTES));
    if (readSync(file, tail, 0, tail.length, size - tail.length) !== tail.length) return null;
    if (tail.at(-1) !== NEWLINE) return null;
    const start = tail.lastIndexOf(NEWLINE, -2) + 1;
    return unsealJson(tail.subarray(start, -1));
  } finally {
    closeSync(file);
  }
}

/** Where the branch stands; throws when only git can tell. */
function readTip(stateDir: string, target: string): string {
  return readFileSync(join(stateDir, '..', '.git', 'refs', 'heads', target), 'utf8').trim();
}
