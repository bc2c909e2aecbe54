// Who belongs to an attempt, on made-up process tables: the cases that real processes cannot be brought into.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { createHunt } from '../../../src/adapters/process/hunt.ts';
import { killTree } from '../../../src/adapters/process/kill-tree.ts';
import {
  openProcessTable,
  type ProcessRow,
  type ProcessTable,
} from '../../../src/adapters/process/process-table.ts';

const ENTRY = 'WEFT_TAG=t';
const WORKTREE = '/work/tree';
const ME = process.pid;

interface Actor extends Partial<ProcessRow> {
  readonly pid: number;
  readonly tagged?: boolean;
  readonly folder?: string;
  readonly variables?: readonly string[];
}

/** A machine: init, a terminal's shell in session 50 as our parent, this process beside it, and the actors. */
function machine(actors: readonly Actor[]): ProcessTable {
  const all: readonly Actor[] = [
    { pid: 1, parent: 0, session: 1 },
    { pid: 40, parent: 1, session: 40, name: 'terminal' },
    { pid: 50, parent: 40, session: 50, hasTerminal: true },
    { pid: ME, parent: 50, session: 50, hasTerminal: true },
    ...actors,
  ];
  const rows = all.map(
    ({ pid, ...actor }): ProcessRow => ({
      pid,
      parent: actor.parent ?? 1,
      group: actor.group ?? actor.session ?? pid,
      session: actor.session ?? pid,
      startTicks: actor.startTicks ?? 100,
      state: actor.state ?? 'S',
      hasTerminal: actor.hasTerminal ?? false,
      name: actor.name ?? 'program',
    }),
  );
  const actor = (pid: number) => all.find((one) => one.pid === pid);
  return {
    bootId: 'boot',
    pidNs: 'ns',
    look: (pid) => rows.find((row) => row.pid === pid) ?? null,
    mark: () => null,
    list: () => rows,
    withEntry: (some) => new Set(some.map((row) => row.pid).filter((pid) => actor(pid)?.tagged === true)),
    variableNames: (pid) => new Set(actor(pid)?.variables ?? []),
    workingFolder: (pid) => actor(pid)?.folder ?? '/',
    commandLine: () => '',
  };
}

const leader = { bootId: 'boot', pidNs: 'ns', pid: 900, startTicks: 100 };

function found(actors: readonly Actor[], identity: typeof leader | null = leader): readonly number[] {
  const hunt = createHunt(machine(actors), { leader: identity, entry: ENTRY, cwd: WORKTREE });
  return hunt.look().map((row) => row.pid);
}

describe('belongs', () => {
  it.each<[string, readonly Actor[], readonly number[]]>([
    ['the leader', [{ pid: 900 }], [900]],
    ['its session', [{ pid: 900 }, { pid: 901, session: 900 }], [900, 901]],
    [
      'its descendants',
      [{ pid: 900 }, { pid: 901, parent: 900 }, { pid: 902, parent: 901 }],
      [900, 901, 902],
    ],
    ['the tagged', [{ pid: 905, tagged: true }], [905]],
    [
      'the session of the tagged',
      [
        { pid: 905, tagged: true },
        { pid: 906, session: 905 },
      ],
      [905, 906],
    ],
    ['a stray left to init', [{ pid: 910, folder: `${WORKTREE}/src` }], [910]],
    ['a stray left to an ancestor of ours', [{ pid: 910, parent: 40, folder: WORKTREE }], [910]],
    [
      'a stray in the session of the dead leader',
      [{ pid: 910, parent: 77, session: 900, folder: WORKTREE }],
      [910],
    ],
  ])('%s', (_, actors, expected) => {
    expect(found(actors)).toEqual(expected);
  });
});

describe('does not belong', () => {
  it.each<[string, readonly Actor[]]>([
    ['a later process with the pid of the leader', [{ pid: 900, startTicks: 101 }]],
    [
      'that one and its session, in the worktree',
      [
        { pid: 900, parent: 60, startTicks: 101, folder: WORKTREE },
        { pid: 910, parent: 900, session: 900, folder: WORKTREE },
      ],
    ],
    ['a zombie', [{ pid: 900, state: 'Z' }]],
    ['a stray with a terminal', [{ pid: 910, folder: WORKTREE, hasTerminal: true }]],
    ['a stray with a living parent', [{ pid: 60 }, { pid: 910, parent: 60, folder: WORKTREE }]],
    ['a stray with signs of a person', [{ pid: 910, folder: WORKTREE, variables: ['DISPLAY'] }]],
    ['a stray from before the attempt', [{ pid: 910, folder: WORKTREE, startTicks: 99 }]],
    ['a stray in a folder with a longer name', [{ pid: 910, folder: `${WORKTREE}-2` }]],
    ['a job of our own shell', [{ pid: 910, parent: 50, session: 50, folder: WORKTREE }]],
    ["a job in another window's session", [{ pid: 910, parent: 40, session: 40, folder: WORKTREE }]],
    ['a child of ours', [{ pid: 910, parent: ME, folder: WORKTREE }]],
  ])('%s', (_, actors) => {
    expect(found(actors)).toEqual([]);
  });

  it('anything in the worktree, when nothing tells how old the attempt is', () => {
    expect(found([{ pid: 910, folder: WORKTREE }], null)).toEqual([]);
  });

  it('our own session and our ancestors, even if one in it is tagged', () => {
    const jobs = [
      { pid: 905, parent: 50, session: 50, tagged: true },
      { pid: 906, parent: 50, session: 50 },
    ];
    expect(found([...jobs])).toEqual([905]);
    expect(found([], { ...leader, pid: ME })).toEqual([]);
    expect(found([{ pid: 910, parent: 50 }], { ...leader, pid: 50 })).toEqual([]);
  });
});

it('remembers a session for one look after its known members have gone', () => {
  const tables = [
    machine([{ pid: 900 }, { pid: 901, session: 900 }]),
    machine([{ pid: 902, parent: 1, session: 900 }]),
    machine([]),
    machine([{ pid: 903, parent: 1, session: 900 }]),
  ];
  let turn = -1;
  const now = () => tables[turn] ?? machine([]);
  const table: ProcessTable = {
    ...machine([]),
    look: (pid) => now().look(pid),
    list: () => now().list(),
    withEntry: (rows, entry) => now().withEntry(rows, entry),
  };
  const hunt = createHunt(table, { leader, entry: ENTRY, cwd: null });
  const looks = tables.map((_, n) => {
    turn = n;
    return hunt.look().map((row) => row.pid);
  });
  expect(looks).toEqual([[900, 901], [902], [], []]);
});

it('owns a group only if nobody in it is of our session', () => {
  const hunt = createHunt(
    machine([
      { pid: 905, tagged: true },
      { pid: 906, parent: 50, session: 50, group: 906, tagged: true },
    ]),
    { leader: null, entry: ENTRY, cwd: null },
  );
  hunt.look();
  expect([905, 906, 50, 1, 0].map((group) => hunt.ownsGroup(group))).toEqual([
    true,
    false,
    false,
    false,
    false,
  ]);
});

describe('right before the signal', () => {
  let bystander: ChildProcess | null = null;
  afterEach(() => {
    bystander?.kill('SIGKILL');
  });

  it('spares a process that has taken the pid since the look', async () => {
    bystander = spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' });
    await once(bystander, 'spawn');
    const real = openProcessTable();
    const pid = bystander.pid ?? Number.NaN;
    const table: ProcessTable = {
      ...real,
      // The look still sees the process that had the pid before.
      list: () =>
        real.list().map((row) => (row.pid === pid ? { ...row, startTicks: row.startTicks - 1 } : row)),
      withEntry: () => new Set([pid]),
    };
    const killed = killTree(table, { leader: null, entry: ENTRY, cwd: null, graceMs: 0 });
    expect(await killed).toEqual([pid]);
    expect(bystander.exitCode ?? bystander.signalCode).toBeNull();
    expect(real.look(pid)?.state).toBe('S');
  });
});
