// Keeps the files that scripts around an orchestrator of streams look at: logs and processes of workers. Nobody's word in them
// counts.
import { join, relative } from 'node:path';
import { isLive, type RunState, type TaskState } from '../core/state.ts';
import type { Changed, Seen, SharedFile, SharedFilesPort } from '../ports/shared-files.ts';
import type { Parts } from './parts.ts';
import { attemptDirOf, fileStemOf } from './places.ts';

/** Where they look, relative to the repository. */
const FOLDER = '.claude/orchestrator';

/** Brings files in line with the state; gives what is in the way, or null. */
export type KeepFiles = () => string | null;

interface Desk {
  readonly parts: Parts;
  readonly shared: SharedFilesPort;
  readonly state: RunState;
  /** What was written last, by path. */
  readonly known: Map<string, string>;
}

/** Keeps `logs` and `pids` there, for each task that was begun. */
export function createWorkerFiles(of: Omit<Desk, 'known'>): KeepFiles {
  const desk: Desk = { ...of, known: new Map() };
  return () => {
    const begun = [...of.state.tasks.values()].filter(({ attempts }) => attempts > 0);
    if (begun.length === 0) return null;
    const hidden = ['logs', 'pids'].map((name) => hide(desk, `${FOLDER}/${name}`));
    const kept = begun.flatMap((ts) => [keepPid(desk, ts), ...keepLogs(desk, ts)]);
    return [...hidden, ...kept].find((each) => each !== null) ?? null;
  };
}

/** Keeps git from taking the files of a folder for open work. */
function hide(desk: Desk, folder: string): string | null {
  const file = at(desk, folder, '.gitignore');
  if (desk.known.has(pathOf(file))) return null;
  const seen = desk.shared.look(file);
  const done = seen.kind === 'none' ? desk.shared.replace(file, { seen, text: '*\n' }) : DONE;
  if (done.kind === 'done') desk.known.set(pathOf(file), '');
  return whyNot(done);
}

const DONE: Changed = { kind: 'done' };

function keepPid(desk: Desk, ts: TaskState): string | null {
  const file = at(desk, `${FOLDER}/pids`, `${fileStemOf(ts.task.id)}.pid`);
  const pid = isLive(ts) ? (ts.attempt?.identity?.pid ?? null) : null;
  const text = pid === null ? '' : `${pid}\n`;
  if (desk.known.get(pathOf(file)) === text) return null;
  if (pid === null) {
    // a number that was given to somebody else since must not be taken for a worker's
    const last = ts.attempt?.identity?.pid;
    const ours = desk.known.get(pathOf(file)) ?? (last === undefined ? null : `${last}\n`);
    if (ours !== null) desk.shared.remove(file, ours);
    desk.known.set(pathOf(file), text);
    return null;
  }
  const done = desk.shared.replace(file, { seen: desk.shared.look(file), text });
  if (done.kind === 'done') desk.known.set(pathOf(file), text);
  return whyNot(done);
}

/** Links to what the latest attempt prints: they are as new as it is, and cost nothing. */
function keepLogs(desk: Desk, ts: TaskState): readonly (string | null)[] {
  const dir = attemptDirOf(desk.parts.places, ts.task.id, ts.attempts);
  const folder = join(desk.parts.places.repository, FOLDER, 'logs');
  return [
    ['.log', 'out.jsonl'],
    ['.err.log', 'err.log'],
  ].map(([end = '', name = '']) =>
    keepLink(
      desk,
      at(desk, `${FOLDER}/logs`, `${fileStemOf(ts.task.id)}${end}`),
      relative(folder, join(dir, name)),
    ),
  );
}

function keepLink(desk: Desk, file: SharedFile, to: string): string | null {
  if (desk.known.get(pathOf(file)) === to) return null;
  const seen = makeRoom(desk, file, desk.shared.look(file));
  if (typeof seen === 'string') return seen;
  const done = seen.kind === 'link' && seen.to === to ? DONE : desk.shared.link(file, { seen, to });
  if (done.kind === 'done') desk.known.set(pathOf(file), to);
  return whyNot(done);
}

/** What is there and not weft's gets another name; a text is what is in the way. */
function makeRoom({ shared }: Desk, file: SharedFile, seen: Seen): Seen | string {
  if (seen.kind === 'none' || (seen.kind === 'link' && /(?:^|\/)\.weft\/runs\//.test(seen.to))) return seen;
  const done = shared.rename(file, `${file.name}.before-weft`);
  return whyNot(done) ?? { kind: 'none' };
}

function at({ parts }: Desk, folder: string, name: string): SharedFile {
  return { root: parts.places.repository, folder, name };
}

function pathOf({ root, folder, name }: SharedFile): string {
  return join(root, folder, name);
}

function whyNot(done: Changed): string | null {
  return done.kind === 'refused' ? done.why : null;
}
