// The tree kill against processes that do not want to go, and beside processes that must stay.
import { type ChildProcess, spawn } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { killTree } from '../../../src/adapters/process/kill-tree.ts';
import { createProcessPort } from '../../../src/adapters/process/process-port.ts';
import { openProcessTable } from '../../../src/adapters/process/process-table.ts';
import type { Identity } from '../../../src/core/model.ts';
import { breakGround, eventually, type Ground, isUp, leftovers, readText, stateOf } from './ground.ts';

const port = createProcessPort();
let ground: Ground;
let bystanders: ChildProcess[];

beforeEach(() => {
  ground = breakGround();
  bystanders = [];
});
afterEach(async () => {
  for (const bystander of bystanders) bystander.kill('SIGKILL');
  await ground.sweep();
});

async function start(text: string): Promise<Identity> {
  const started = await port.start(ground.script(text));
  if (!started.ok || started.value.kind !== 'alive')
    throw new Error(`not started: ${JSON.stringify(started)}`);
  return started.value.identity;
}

/** Waits until the script has printed `count` pids. */
async function pidsPrinted(count: number): Promise<readonly number[]> {
  return eventually(() => {
    const pids = ground.output().split('\n').slice(0, -1).map(Number);
    return pids.length >= count && pids;
  });
}

function kill(identity: Identity | null, graceMs: number, cwd: string | null = ground.cwd) {
  return port.killTree({ identity, tag: ground.tag, cwd, graceMs });
}

/** A process that has nothing to do with the attempt but for what the options say. */
async function standBy(text: string, options: { cwd?: string; env?: Record<string, string> }) {
  const child = spawn('/bin/sh', ['-c', text], {
    cwd: options.cwd ?? ground.root,
    env: { ...ground.env, ...options.env },
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  bystanders.push(child);
  let printed = '';
  child.stdout?.on('data', (chunk) => {
    printed += String(chunk);
  });
  return Number(await eventually(() => /(\d+)\n/.exec(printed)?.[1]));
}

const STUBBORN = "trap '' TERM; while :; do sleep 1000; done";
/** Four that do not want to go: leader, child in its group, daemon, daemon without environment. */
const ADVERSARY = `
trap '' TERM
sh -c 'echo $$; ${STUBBORN.replaceAll("'", "'\\''")}' &
setsid sh -c 'echo $$; while :; do sleep 1000; done' &
setsid env -i /bin/sh -c 'trap "" TERM; echo $$; while :; do /bin/sleep 1000; done' &
echo $$
while :; do sleep 1000; done
`;

it('ends a leader, a child, a daemon and a daemon without environment that ignore SIGTERM [F11] [F12]', async () => {
  const identity = await start(ADVERSARY);
  const pids = await pidsPrinted(4);
  expect(await kill(identity, 50)).toEqual([]);
  expect(pids.filter(isUp)).toEqual([]);
  expect(leftovers(ground.root, ground.tag)).toEqual([]);
  expect(await port.waitForExit({ dir: ground.dir, identity }, new AbortController().signal)).toEqual({
    code: null,
    signal: 'SIGKILL',
  });
});

const DETACHES = 'echo $$; exec >/dev/null 2>&1; while :; do /bin/sleep 1000; done';

it.each([
  ['tagged', `setsid sh -c '${DETACHES}' &`],
  ['without environment', `setsid env -i /bin/sh -c '${DETACHES}' &`],
])('finds a daemon that outlived its whole family: %s', async (_, line) => {
  const identity = await start(`${line} sleep 0.05`);
  const [daemon = 0] = await pidsPrinted(1);
  await port.waitForExit({ dir: ground.dir, identity }, new AbortController().signal);
  await eventually(() => !isUp(identity.pid));
  expect(isUp(daemon)).toBe(true);
  expect(await kill(identity, 0)).toEqual([]);
  expect(isUp(daemon)).toBe(false);
});

it('catches processes that fork away from it', async () => {
  const hop = join(ground.cwd, 'hop');
  // Each lives for a millisecond and leaves one child; without the file the chain breaks.
  writeFileSync(hop, '/bin/sh "$0" &\n');
  try {
    const identity = await start(`/bin/sh ${hop} & echo 1; sleep 1000`);
    await pidsPrinted(1);
    expect(await kill(identity, 0)).toEqual([]);
    expect(leftovers(ground.root, ground.tag)).toEqual([]);
  } finally {
    rmSync(hop);
  }
});

it('reaches a member of the group that was forked after the look', async () => {
  const leader = await start('sleep 1000 & echo $!; sleep 1000');
  const [late = 0] = await pidsPrinted(1);
  const real = openProcessTable();
  const table = { ...real, list: () => real.list().filter((row) => row.pid !== late) };
  const entry = `WEFT_TAG=${ground.tag}`;
  expect(await killTree(table, { leader, entry, cwd: null, graceMs: 5_000 })).toEqual([]);
  await eventually(() => !isUp(late));
});

it('names by pid what it could not end [F11]', async () => {
  const leader = await start(`setsid sh -c 'echo $$; exec sleep 1000' & sleep 1000`);
  const [daemon = 0] = await pidsPrinted(1);
  const real = openProcessTable();
  // as if it were another user's: it is seen, and no signal reaches it
  const table = { ...real, look: (pid: number) => (pid === daemon ? null : real.look(pid)) };
  const entry = `WEFT_TAG=${ground.tag}`;
  expect(await killTree(table, { leader, entry, cwd: null, graceMs: 0 })).toEqual([daemon]);
  expect(isUp(leader.pid)).toBe(false);
});

it('gives time to clean up, and takes no more of it than needed', async () => {
  const identity = await start(
    `trap 'sleep 0.1; echo tidy >tidy; exit 0' TERM; echo $$; while :; do sleep 0.01; done`,
  );
  await pidsPrinted(1);
  const startedAt = performance.now();
  expect(await kill(identity, 30_000)).toEqual([]);
  expect(performance.now() - startedAt).toBeLessThan(15_000);
  expect(readText(`${ground.cwd}/tidy`)).toBe('tidy\n');
  expect(await port.inspect({ dir: ground.dir, tag: ground.tag })).toEqual({
    kind: 'ended',
    exit: { code: 0, signal: null },
  });
});

it('ends a stopped process [F7]', async () => {
  const identity = await start('echo $$; exec sleep 1000');
  const [pid = 0] = await pidsPrinted(1);
  process.kill(pid, 'SIGSTOP');
  await eventually(() => stateOf(pid) === 'T');
  const startedAt = performance.now();
  expect(await kill(identity, 30_000)).toEqual([]);
  expect(isUp(pid)).toBe(false);
  expect(performance.now() - startedAt).toBeLessThan(15_000);
});

it("leaves a person's processes in the worktree alone", async () => {
  const identity = await start(`sleep 1000`);
  const inside = { cwd: ground.cwd };
  const person = { TERM: 'xterm' };
  const spared = {
    'a shell with a living parent': await standBy('echo $$; exec sleep 1000', inside),
    'an editor that went into the background': await standBy(`setsid sh -c 'echo $$; exec sleep 1000' &`, {
      ...inside,
      env: person,
    }),
    'a job of a shell in the same session as its parent': await standBy('sleep 1000 & echo $!; wait', inside),
    'a scrubbed daemon elsewhere': await standBy(
      `setsid env -i /bin/sh -c 'echo $$; exec /bin/sleep 1000' &`,
      {},
    ),
    'one tagged like a longer name': await standBy('echo $$; exec sleep 1000', {
      env: { WEFT_TAG: `${ground.tag}0` },
    }),
    'one with the tag in another variable': await standBy('echo $$; exec sleep 1000', {
      env: { X_WEFT_TAG: ground.tag },
    }),
  };
  expect(await kill(identity, 1_000)).toEqual([]);
  expect(Object.entries(spared).filter(([, pid]) => !isUp(pid))).toEqual([]);
  for (const pid of Object.values(spared)) process.kill(pid, 'SIGKILL');
});

it('leaves a daemon in the worktree alone that is older than the attempt', async () => {
  const older = await standBy(`setsid env -i /bin/sh -c 'echo $$; exec /bin/sleep 1000' &`, {
    cwd: ground.cwd,
  });
  // Start times count in hundredths of a second: the next process must fall into a later one.
  const born = startTicks(older);
  const identity = await eventuallyLater(born);
  expect(await kill(identity, 1_000)).toEqual([]);
  expect(isUp(older)).toBe(true);
  process.kill(older, 'SIGKILL');
});

async function eventuallyLater(ticks: number): Promise<Identity> {
  const uptime = () => Number.parseFloat(readText('/proc/uptime')) * 100;
  await eventually(() => uptime() > ticks + 2);
  return start('sleep 1000');
}

function startTicks(pid: number): number {
  return Number(readText(`/proc/${pid}/stat`).split(') ')[1]?.split(' ')[19]);
}

it('never signals a process whose start time is another [F5]', async () => {
  const bystander = await standBy('echo $$; exec sleep 1000', { cwd: ground.cwd });
  const self = port.self();
  const recorded = { ...self, pid: bystander, startTicks: startTicks(bystander) - 5 };
  expect(await kill(recorded, 0)).toEqual([]);
  expect(isUp(bystander)).toBe(true);
  expect(await kill({ ...recorded, bootId: 'an earlier boot' }, 0)).toEqual([]);
  expect(isUp(bystander)).toBe(true);
  // The same call with the true identity does end it: the time was what protected it.
  expect(await kill({ ...recorded, startTicks: startTicks(bystander) }, 0)).toEqual([]);
  expect(isUp(bystander)).toBe(false);
});

it('never signals itself or its ancestors, even under their own identity', async () => {
  expect(await kill(port.self(), 0, null)).toEqual([]);
  const parent = { ...port.self(), pid: process.ppid, startTicks: startTicks(process.ppid) };
  expect(port.isAlive(parent)).toBe(true);
});

it('counts a zombie as dead [F10]', async () => {
  // A parent that does not wait: the shell replaces itself by sleep after starting a child.
  const parent = await standBy('sleep 1000 & echo $$; echo $! >"$PWD/child"; exec sleep 1000', {
    cwd: ground.cwd,
  });
  const zombie = await eventually(() => Number(readText(`${ground.cwd}/child`)) || null);
  await eventually(() => readText(`/proc/${parent}/cmdline`).startsWith('sleep'));
  const identity = { ...port.self(), pid: zombie, startTicks: startTicks(zombie) };
  expect(port.isAlive(identity)).toBe(true);
  process.kill(zombie, 'SIGKILL');
  await eventually(() => stateOf(zombie) === 'Z');
  expect(isUp(parent)).toBe(true);
  expect(port.isAlive(identity)).toBe(false);
  expect(await port.waitForExit({ dir: ground.dir, identity }, new AbortController().signal)).toEqual({
    code: null,
    signal: null,
  });
});
