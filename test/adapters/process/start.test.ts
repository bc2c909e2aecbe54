// The start, as far as it is more than the contract: what the agent gets, one process per folder, survival.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { exitOfStatus } from '../../../src/adapters/process/attempt-files.ts';
import { createProcessPort } from '../../../src/adapters/process/process-port.ts';
import { openProcessTable } from '../../../src/adapters/process/process-table.ts';
import { shimArguments } from '../../../src/adapters/process/shim.ts';
import type { Exit, Identity } from '../../../src/core/model.ts';
import type { StartSpec } from '../../../src/ports/process.ts';
import { breakGround, eventually, type Ground, isUp, leftovers, readText } from './ground.ts';

const port = createProcessPort();
const never = new AbortController().signal;
let ground: Ground;

beforeEach(() => {
  ground = breakGround();
});
afterEach(() => ground.sweep());

async function start(spec: StartSpec): Promise<Identity> {
  const started = await port.start(spec);
  if (!started.ok || started.value.kind !== 'alive')
    throw new Error(`not started: ${JSON.stringify(started)}`);
  return started.value.identity;
}

async function runToEnd(spec: StartSpec): Promise<Exit | null> {
  const started = await port.start(spec);
  if (!started.ok || started.value.kind === 'none')
    throw new Error(`not started: ${JSON.stringify(started)}`);
  if (started.value.kind === 'ended') return started.value.exit;
  return port.waitForExit({ dir: spec.dir, identity: started.value.identity }, never);
}

it('gives the environment it was given and the tag, and nothing of its own', async () => {
  const env = { ...ground.env, GREETING: 'two words\nand a line', EMPTY: '' };
  await runToEnd(ground.script('', { argv: ['env', '-0'], env }));
  const entries = ground
    .output()
    .split('\0')
    .filter((entry) => entry !== '');
  // Shells add these by themselves.
  const foreign = entries.filter((entry) => !/^(PWD|OLDPWD|SHLVL|_)=/.test(entry));
  const expected = [
    ...Object.entries(env).map(([name, value]) => `${name}=${value}`),
    `WEFT_TAG=${ground.tag}`,
  ];
  expect(foreign.sort()).toEqual(expected.sort());
});

it('gives arguments as they are, a session of its own, no terminal and an ended input [F36] [F42]', async () => {
  const words = ['with blank', "quote'", '$HOME', '-n', ''];
  const script =
    'printf "<%s>" "$@"; cat; test -t 0 || printf " no terminal "; cut -d " " -f 6 /proc/self/stat';
  const spec = ground.script('', { argv: ['/bin/sh', '-c', script, 'name', ...words] });
  const started = await port.start(spec);
  await eventually(() => ground.output().endsWith('\n'));
  const [printed, session] = ground.output().split(' no terminal ');
  expect(printed).toBe("<with blank><quote'><$HOME><-n><>");
  if (started.ok && started.value.kind === 'alive') expect(Number(session)).toBe(started.value.identity.pid);
  expect(Number(session)).not.toBe(process.pid);
});

it('leaves no descriptor of weft open in the agent', async () => {
  await runToEnd(
    ground.script('for n in 3 4 5 6 7 8 9; do [ -e /proc/$$/fd/$n ] && readlink /proc/$$/fd/$n; done; :'),
  );
  expect(ground.output()).not.toMatch(/socket|fifo|shim|weft/);
});

it('keeps output and errors apart, both appended', async () => {
  const spec = ground.script('echo out; echo err >&2');
  await runToEnd(spec);
  expect([ground.output(), readText(join(spec.dir, 'err.log'))]).toEqual(['out\n', 'err\n']);
});

it.each<[string, StartSpec['argv'], Exit, RegExp]>([
  ['missing', ['weft-has-no-such-program'], { code: 127, signal: null }, /not found/],
  ['not executable', ['/etc/passwd'], { code: 126, signal: null }, /denied/i],
])('shows why a program could not run: %s', async (_, argv, expected, words) => {
  const spec = ground.script('', { argv });
  expect(await runToEnd(spec)).toEqual(expected);
  expect(readText(join(spec.dir, 'err.log'))).toMatch(words);
});

it.each<[number, Exit]>([
  [0, { code: 0, signal: null }],
  [128, { code: 128, signal: null }],
  [137, { code: null, signal: 'SIGKILL' }],
  [143, { code: null, signal: 'SIGTERM' }],
  [153, { code: null, signal: 'SIGXFSZ' }],
  // 128 + SIGCHLD: no process dies of that one.
  [145, { code: 145, signal: null }],
  [255, { code: 255, signal: null }],
])('reads the shell status %i', (status, exit) => {
  expect(exitOfStatus(status)).toEqual(exit);
});

it('lets a second shim for the folder start nothing', async () => {
  const spec = ground.script('echo started; exec sleep 1000');
  await start(spec);
  await eventually(() => ground.output() === 'started\n');
  const before = readText(join(ground.dir, 'pid'));
  const [shell, ...args] = shimArguments(openProcessTable(), { ...spec, name: 'second' });
  const second = spawnSync(shell, args, {
    env: { ...ground.env, WEFT_TAG: ground.tag },
    stdio: 'ignore',
    timeout: 5_000,
    killSignal: 'SIGKILL',
  });
  expect(second.status).toBe(73);
  expect([ground.output(), readText(join(ground.dir, 'pid'))]).toEqual(['started\n', before]);
  expect(existsSync(join(ground.dir, 'exit'))).toBe(false);
});

it('writes the exit down when its group is asked to end', async () => {
  const spec = ground.script('echo ready; exec sleep 1000');
  const identity = await start(spec);
  await eventually(() => ground.output() === 'ready\n');
  for (const signal of ['SIGHUP', 'SIGINT'] as const) process.kill(identity.pid, signal);
  expect(port.isAlive(identity)).toBe(true);
  process.kill(-identity.pid, 'SIGTERM');
  expect(await port.waitForExit({ dir: spec.dir, identity }, never)).toEqual({
    code: null,
    signal: 'SIGTERM',
  });
  expect(existsSync(join(spec.dir, 'exit.new'))).toBe(false);
});

it('finds the command when its shim was killed, and can still tell it something', async () => {
  const spec = ground.script('echo ready; cat; exec sleep 1000', { stdin: { kind: 'fifo' } });
  const shim = await start(spec);
  await eventually(() => ground.output() === 'ready\n');
  process.kill(shim.pid, 'SIGKILL');
  await eventually(() => !isUp(shim.pid));
  const state = await port.inspect(spec);
  if (state.kind !== 'alive') throw new Error(`not alive but ${state.kind}`);
  expect(state.identity.pid).not.toBe(shim.pid);
  expect(await port.writeInput(spec.dir, { number: 1, text: 'go on\n' })).toMatchObject({ ok: true });
  expect(await port.closeInput(spec.dir)).toMatchObject({ ok: true });
  await eventually(() => readText(`/proc/${state.identity.pid}/cmdline`).startsWith('sleep'));
  expect(ground.output()).toBe('ready\ngo on\n');
  const end = port.waitForExit({ dir: spec.dir, identity: state.identity }, never);
  await port.killTree({ identity: state.identity, tag: ground.tag, cwd: null, graceMs: 5_000 });
  expect(await end).toEqual({ code: null, signal: null });
  expect(await port.inspect(spec)).toEqual({ kind: 'ended', exit: { code: null, signal: null } });
  expect(leftovers(ground.root, ground.tag)).toEqual([]);
});

it('takes a process that vanished without a word for ended, and does not start it again', async () => {
  const spec = ground.script('sleep 1000');
  const identity = await start(spec);
  await port.killTree({ identity, tag: ground.tag, cwd: null, graceMs: 0 });
  await eventually(() => !isUp(identity.pid));
  writeFileSync(join(spec.dir, 'exit'), '');
  const gone = { kind: 'ended', exit: { code: null, signal: null } };
  expect(await port.inspect(spec)).toEqual(gone);
  expect(await port.start(spec)).toEqual({ ok: true, value: gone });
});

it('does not wait for a process whose pid file is from an earlier boot [F5]', async () => {
  const spec = ground.script('sleep 1000');
  await start(spec);
  const pidFile = join(spec.dir, 'pid');
  writeFileSync(pidFile, readText(pidFile).replace(port.self().bootId, 'earlier-boot'));
  expect(await port.inspect(spec)).toEqual({ kind: 'ended', exit: { code: null, signal: null } });
});

it('fails with the reason when the prompt file is missing', async () => {
  const path = join(ground.root, 'no-prompt.md');
  const result = await port.start(ground.script('cat', { stdin: { kind: 'file', path } }));
  expect(result).toMatchObject({
    ok: false,
    failure: { kind: 'environment', sentence: expect.stringContaining(path) },
  });
  expect(existsSync(ground.dir)).toBe(false);
});

/** An engine that starts an attempt, says so and stays; given a number, it dies before that step of the start. */
function buildEngine(): string {
  const bundle = join(ground.root, 'engine.mjs');
  const source = join(import.meta.dirname, '../../../src/adapters/process/process-port.ts');
  buildSync({
    stdin: {
      contents: `
        import childProcess from 'node:child_process';
        import fs from 'node:fs';
        import { syncBuiltinESMExports } from 'node:module';
        import { createProcessPort } from ${JSON.stringify(source)};
        const spec = JSON.parse(process.argv[2]);
        let left = Number(process.argv[3]);
        const step = () => { if (left-- === 0) process.kill(process.pid, 'SIGKILL'); };
        const port = createProcessPort();
        for (const [of, names] of [[fs, ['mkdirSync', 'openSync', 'closeSync', 'readFileSync']], [childProcess, ['spawn']]]) {
          for (const name of names) {
            const real = of[name];
            of[name] = (...args) => {
              // Of what it reads only what is about the attempt, not the whole process table.
              if (name !== 'readFileSync' || args[0].startsWith(spec.dir)) step();
              return real(...args);
            };
          }
        }
        syncBuiltinESMExports();
        const started = await port.start(spec);
        console.log(started.value.kind);
        setInterval(() => {}, 1000);`,
      resolveDir: import.meta.dirname,
    },
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile: bundle,
  });
  return bundle;
}

/** Runs the engine until it has said something or is dead, and ends it; resolves with what it said. */
async function runEngine(bundle: string, spec: StartSpec, steps = Number.POSITIVE_INFINITY): Promise<string> {
  const engine = spawn(process.execPath, [bundle, JSON.stringify(spec), String(steps)], {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  const closed = new Promise((settle) => engine.once('close', settle));
  engine.stdout.on('data', (chunk) => {
    said += chunk;
    process.kill(-(engine.pid ?? Number.NaN), 'SIGKILL');
  });
  await closed;
  return said;
}

it('outlives the engine that started it, which the next engine can finish', async () => {
  const spec = ground.script('echo begun; read -r line; echo "heard $line"', { stdin: { kind: 'fifo' } });
  expect(await runEngine(buildEngine(), spec)).toBe('alive\n');
  await eventually(() => ground.output() === 'begun\n');
  const state = await port.inspect(spec);
  if (state.kind !== 'alive') throw new Error(`not alive but ${state.kind}`);
  expect(await port.writeInput(spec.dir, { number: 1, text: 'the second engine\n' })).toMatchObject({
    ok: true,
  });
  expect(await port.waitForExit({ dir: spec.dir, identity: state.identity }, never)).toEqual({
    code: 0,
    signal: null,
  });
  expect(ground.output()).toBe('begun\nheard the second engine\n');
});

it('is started once, and known before it can do anything, wherever the engine dies in the start', async () => {
  const engine = buildEngine();
  let steps = 0;
  for (let said = ''; said === ''; steps += 1) {
    const place = { dir: join(ground.root, `attempt-${steps}`), tag: `${ground.tag}/${steps}` };
    // What is known of it comes first of all that it reads.
    const spec = ground.script('head -n 1 "$0/pid"; cat; exec sleep 1000', {
      ...place,
      stdin: { kind: 'fifo' },
    });
    const argv = [...spec.argv, place.dir] as const;
    said = await runEngine(engine, { ...spec, argv }, steps);
    const identity = await start({ ...spec, argv });
    const known = [identity.pid, identity.bootId, identity.pidNs, identity.startTicks].join(' ');
    const hasPrinted = (text: string) => () => readText(join(place.dir, 'out.jsonl')) === text;
    await eventually(hasPrinted(`${known}\n`));
    expect(await port.writeInput(place.dir, { number: 0, text: 'prompt\n' })).toMatchObject({ ok: true });
    await port.closeInput(place.dir);
    await eventually(hasPrinted(`${known}\nprompt\n`));
    const running = () => leftovers(place.dir, place.tag).filter((pid) => isProgram(pid, 'sleep'));
    await eventually(() => running().length > 0);
    expect(running()).toHaveLength(1);
    await port.killTree({ identity, tag: place.tag, cwd: null, graceMs: 5_000 });
  }
  // Folders, log, process, and the looks before and after.
  expect(steps).toBeGreaterThan(6);
});

function isProgram(pid: number, name: string): boolean {
  return readText(`/proc/${pid}/cmdline`).startsWith(`${name}\0`);
}

it('waits for many at once with one watch each', async () => {
  const specs = Array.from({ length: 30 }, (_, n) =>
    ground.script(`exit ${n}`, { dir: join(ground.root, `attempt-${n}`), tag: `${ground.tag}/${n}` }),
  );
  const exits = await Promise.all(specs.map(runToEnd));
  expect(exits.map((exit) => exit?.code)).toEqual(specs.map((_, n) => n));
  // Each shim ends right after it has written the exit down.
  await eventually(() => leftovers(ground.root, ground.tag).length === 0);
});
