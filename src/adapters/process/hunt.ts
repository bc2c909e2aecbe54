// Decides which processes belong to an attempt. Reads the process table and signals nobody.
import type { Identity } from '../../core/model.ts';
import { isLocal } from './identity.ts';
import { type Moment, type ProcessRow, type ProcessTable, runs } from './process-table.ts';

/** What is known of the attempt whose processes are sought. */
export interface Quarry {
  readonly leader: Identity | null;
  /** Environment entry `NAME=value` that the attempt's processes inherit. */
  readonly entry: string;
  /** Folder in which strays are sought too, or null. */
  readonly cwd: string | null;
  /** A moment before the attempt began: nobody older is looked at. Null or absent: not known. */
  readonly since?: Moment | null;
}

/** Looks again and again, and remembers whom it saw. */
export interface Hunt {
  /** The attempt's processes that run now, oldest first. */
  look(): readonly ProcessRow[];
  /** Tells whether everyone who was in the group at the last look belongs, and whoever joins it later will. */
  ownsGroup(group: number): boolean;
}

/** Variables that nearly every program which a person started has, and a daemon with a scrubbed environment has not. */
const SIGNS_OF_A_PERSON = [
  'TERM',
  'DISPLAY',
  'WAYLAND_DISPLAY',
  'SSH_CONNECTION',
  'SSH_TTY',
  'TMUX',
  'STY',
  'XDG_SESSION_ID',
  'XDG_RUNTIME_DIR',
  'DBUS_SESSION_BUS_ADDRESS',
  'INVOCATION_ID',
];

/**
 * Starts a hunt. A process belongs to the attempt when it
 *
 * 1. is the leader (same boot, namespace, pid and start time), or
 * 2. carries the entry in its environment, or
 * 3. was found to belong at an earlier look of this hunt (same pid and start time), or
 * 4. is in the session, the child or the descendant of one that belongs, or in a session that had such a
 *    member at the look before: a session's number is not given away while anybody is in it, or
 * 5. is a stray: it works in or under `cwd`, began no earlier than the attempt, has no terminal, is of this
 *    user, bears no sign of a person in its environment, and either was left to init or another reaper by
 *    its parent in a session other than that of its new parent, or still is in the leader's session, the
 *    leader being there or gone but not replaced by a later process with its pid.
 *
 * A person's shell, editor, multiplexer or job in the worktree fails 5: it has a terminal, a living parent, or
 * variables such as TERM. A daemon that both scrubs its environment and leaves the worktree while its parent
 * is already gone escapes; only a sandbox or a control group can hold that one.
 *
 * Never belonging, whatever the above says: this process, its ancestors and its session.
 */
export function createHunt(table: ProcessTable, quarry: Quarry): Hunt {
  const known = new Map<number, number>();
  const leader = quarry.leader !== null && isLocal(table, quarry.leader) ? quarry.leader : null;
  if (leader !== null) known.set(leader.pid, leader.startTicks);
  let sessions: ReadonlySet<number> = new Set();
  let scene = createScene(table, []);

  return {
    // Groups do not cross sessions, and a session with one member that belongs does so as a whole.
    ownsGroup: (group) =>
      group > 1 &&
      scene.rows
        .filter((row) => row.group === group)
        .every((row) => row.session !== scene.ownSession && !scene.untouchable.has(row.pid)),
    look: () => {
      scene = createScene(table, table.list(quarry.since).filter(runs));
      const marked = table.withEntry(scene.rows, quarry.entry);
      const belonging = new Set<ProcessRow>();
      for (const row of scene.rows) {
        const isKnown = known.get(row.pid) === row.startTicks;
        const inSession = sessions.has(row.session) && row.session !== scene.ownSession;
        if (isKnown || marked.has(row.pid) || inSession) belonging.add(row);
      }
      spread(scene, belonging);
      const since = leader?.startTicks ?? Math.min(...[...belonging].map((row) => row.startTicks));
      if (quarry.cwd !== null) {
        for (const row of findStrays(table, scene, { cwd: quarry.cwd, since, leader })) belonging.add(row);
        spread(scene, belonging);
      }
      const found = [...belonging];
      for (const row of found) known.set(row.pid, row.startTicks);
      sessions = new Set(found.map((row) => row.session).filter((session) => session > 0));
      return found.sort((a, b) => a.startTicks - b.startTicks || a.pid - b.pid);
    },
  };
}

/** The running processes at one look, and those that are out of bounds. */
interface Scene {
  readonly rows: readonly ProcessRow[];
  /** A process by its pid, also one that is not among the rows. */
  find(pid: number): ProcessRow | null;
  /** This process and its ancestors, up to init. */
  readonly untouchable: ReadonlySet<number>;
  readonly ownSession: number;
}

function createScene(table: ProcessTable, rows: readonly ProcessRow[]): Scene {
  const byPid = new Map(rows.map((row) => [row.pid, row]));
  const find = (pid: number): ProcessRow | null => byPid.get(pid) ?? table.look(pid);
  const untouchable = new Set([0, 1]);
  let pid: number | undefined = process.pid;
  while (pid !== undefined && !untouchable.has(pid)) {
    untouchable.add(pid);
    pid = find(pid)?.parent;
  }
  return { rows, find, untouchable, ownSession: find(process.pid)?.session ?? -1 };
}

/** Adds sessions and descendants until nothing changes. */
function spread(scene: Scene, belonging: Set<ProcessRow>): void {
  for (const row of belonging) if (scene.untouchable.has(row.pid)) belonging.delete(row);
  for (let before = -1; before !== belonging.size; ) {
    before = belonging.size;
    const pids = new Set([...belonging].map((row) => row.pid));
    const sessions = new Set([...belonging].map((row) => row.session));
    for (const row of scene.rows) {
      if (scene.untouchable.has(row.pid)) continue;
      const inSession = row.session > 0 && row.session !== scene.ownSession && sessions.has(row.session);
      if (inSession || pids.has(row.parent)) belonging.add(row);
    }
  }
}

function findStrays(
  table: ProcessTable,
  scene: Scene,
  attempt: { readonly cwd: string; readonly since: number; readonly leader: Identity | null },
): readonly ProcessRow[] {
  const { leader } = attempt;
  const holder = leader === null ? null : table.look(leader.pid);
  const session = holder === null || holder.startTicks === leader?.startTicks ? leader?.pid : undefined;
  return scene.rows.filter(
    (row) =>
      row.startTicks >= attempt.since &&
      !row.hasTerminal &&
      !scene.untouchable.has(row.pid) &&
      row.session !== scene.ownSession &&
      (row.session === session || wasLeftBehind(scene, row)) &&
      isUnder(table.workingFolder(row.pid), attempt.cwd) &&
      bearsNoSignOfAPerson(table, row.pid),
  );
}

/** Tells whether the process has been handed to init or another reaper; reapers are ancestors of us as well. */
function wasLeftBehind(scene: Scene, row: ProcessRow): boolean {
  const parent = scene.find(row.parent);
  if (parent === null || !runs(parent) || row.parent === process.pid) return row.parent === 1;
  const reaps = parent.pid === 1 || parent.name === 'systemd' || scene.untouchable.has(parent.pid);
  return reaps && (row.session === 0 || row.session !== parent.session);
}

function isUnder(folder: string | null, root: string): boolean {
  return folder !== null && (folder === root || folder.startsWith(`${root}/`));
}

function bearsNoSignOfAPerson(table: ProcessTable, pid: number): boolean {
  const names = table.variableNames(pid);
  return names !== null && !SIGNS_OF_A_PERSON.some((name) => names.has(name));
}
