// What every process port promises, the real one and stand-ins for it alike.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Exit, Identity } from '../../../src/core/model.ts';
import type { StartSpec } from '../../../src/ports/process.ts';
import { type Behaviours, type Bench, begin, identityOf, never, runToEnd } from './bench.ts';
import { trouble } from './contract-trouble.ts';

const RUNS = { timeoutMs: 30_000, outputBytes: 1_000 };

/** Runs the promises against a port. */
export function processContract(name: string, make: () => Bench): void {
  describe(`process port: ${name}`, () => {
    let bench: Bench;
    beforeEach(() => {
      bench = make();
    });
    afterEach(() => bench.close());
    describe('start and exit', () => startAndExit(() => bench));
    describe('finding again', () => findingAgain(() => bench));
    describe('input', () => input(() => bench));
    describe('ending', () => ending(() => bench));
    describe('short commands', () => shortCommands(() => bench));
    describe('trouble', () => trouble(() => bench));
  });
}

function startAndExit(at: () => Bench): void {
  const exits: readonly [string, (b: Behaviours) => StartSpec['argv'], Exit][] = [
    ['success', (b) => b.exits(0), { code: 0, signal: null }],
    ['a failure', (b) => b.exits(3), { code: 3, signal: null }],
    ['the highest code', (b) => b.exits(255), { code: 255, signal: null }],
    ['SIGKILL', (b) => b.diesOf('SIGKILL'), { code: null, signal: 'SIGKILL' }],
    ['SIGSEGV', (b) => b.diesOf('SIGSEGV'), { code: null, signal: 'SIGSEGV' }],
    ['a missing program', (b) => b.missing, { code: 127, signal: null }],
  ];
  it.each(exits)('tells %s', async (_, argv, expected) => {
    const bench = at();
    const spec = bench.spec(argv(bench.behaviours));
    expect(await runToEnd(bench, spec)).toEqual(expected);
    expect(await bench.port.inspect(spec)).toEqual({ kind: 'ended', exit: expected });
  });

  it('says nothing was started before the start', async () => {
    const bench = at();
    expect(await bench.port.inspect(bench.spec(bench.behaviours.waits))).toEqual({ kind: 'none' });
  });

  it('fails, and starts nothing, when the folder to work in is missing', async () => {
    const bench = at();
    const spec = { ...bench.spec(bench.behaviours.waits), cwd: '/nowhere/at/all' };
    expect(await bench.port.start(spec)).toMatchObject({ ok: false, failure: { kind: 'environment' } });
    expect(await bench.port.inspect(spec)).toEqual({ kind: 'none' });
  });

  it('stops waiting when the signal fires, and the process runs on', async () => {
    const bench = at();
    const spec = bench.spec(bench.behaviours.waits);
    const identity = await begin(bench, spec);
    const stop = new AbortController();
    const waiting = bench.port.waitForExit({ dir: spec.dir, identity }, stop.signal);
    stop.abort();
    expect(await waiting).toBeNull();
    expect(await bench.port.waitForExit({ dir: spec.dir, identity }, stop.signal)).toBeNull();
    expect(bench.port.isAlive(identity)).toBe(true);
  });
}

function findingAgain(at: () => Bench): void {
  it('finds a live process from a port that did not start it, and sees its end', async () => {
    const bench = at();
    const spec = bench.spec(bench.behaviours.copiesOneLine, { kind: 'fifo' });
    const identity = await begin(bench, spec);
    const second = bench.reopen();
    expect(await second.inspect(spec)).toEqual({ kind: 'alive', identity });
    expect(second.isAlive(identity)).toBe(true);
    const end = second.waitForExit({ dir: spec.dir, identity }, never);
    await second.writeInput(spec.dir, { number: 0, text: 'over\n' });
    expect(await end).toEqual({ code: 0, signal: null });
    expect(await bench.port.inspect(spec)).toEqual({ kind: 'ended', exit: { code: 0, signal: null } });
  });

  it('finds the first process instead of starting a second one', async () => {
    const bench = at();
    const spec = bench.spec(bench.behaviours.waits);
    const identity = await begin(bench, spec);
    expect(await bench.port.start(spec)).toEqual({ ok: true, value: { kind: 'alive', identity } });
    expect(await bench.reopen().start(spec)).toEqual({ ok: true, value: { kind: 'alive', identity } });
  });

  it('starts one process however many ask at once', async () => {
    const bench = at();
    const spec = bench.spec(bench.behaviours.waits);
    const ports = [bench.port, bench.port, bench.reopen(), bench.reopen(), bench.reopen()];
    const started = await Promise.all(ports.map((port) => port.start(spec)));
    const pids = started.map((result) =>
      result.ok ? identityOf(result.value).pid : result.failure.sentence,
    );
    expect(new Set(pids).size).toBe(1);
  });

  it('does not start again what has ended', async () => {
    const bench = at();
    const spec = bench.spec(bench.behaviours.prints('once'));
    await runToEnd(bench, spec);
    const again = await bench.reopen().start(spec);
    expect(again).toEqual({ ok: true, value: { kind: 'ended', exit: { code: 0, signal: null } } });
    expect(bench.output()).toBe('once');
  });

  it('tells a later process with the same pid from the one it knew [F5]', async () => {
    const bench = at();
    const identity = await begin(bench, bench.spec(bench.behaviours.waits));
    for (const other of [
      { startTicks: identity.startTicks + 1 },
      { bootId: 'another' },
      { pidNs: 'another' },
    ]) {
      expect(bench.port.isAlive({ ...identity, ...other })).toBe(false);
    }
    expect(bench.port.isAlive(identity)).toBe(true);
  });

  it('knows itself', () => {
    const { port, pid } = at();
    expect(port.isAlive(port.self())).toBe(true);
    expect(port.self().pid).toBe(pid);
    expect(port.isAlive({ ...port.self(), startTicks: port.self().startTicks + 1 })).toBe(false);
  });
}

function input(at: () => Bench): void {
  const prompt = `${'woven '.repeat(200_000)}end\n`;

  it('gives a prompt of more than a megabyte from a file, then the end of input [F41]', async () => {
    const bench = at();
    const path = bench.writeFile(prompt);
    const spec = bench.spec(bench.behaviours.copies, { kind: 'file', path });
    expect(await runToEnd(bench, spec)).toEqual({ code: 0, signal: null });
    expect(bench.output() === prompt).toBe(true);
  });

  it('gives a prompt of more than a megabyte through the FIFO, and more later, from another port too', async () => {
    const bench = at();
    const spec = bench.spec(bench.behaviours.copies, { kind: 'fifo' });
    const identity = await begin(bench, spec);
    expect(await bench.port.writeInput(spec.dir, { number: 0, text: prompt })).toMatchObject({ ok: true });
    await bench.outputIs((text) => text.length === prompt.length);
    expect(
      await bench.reopen().writeInput(spec.dir, { number: 1, text: 'take the left one\n' }),
    ).toMatchObject({ ok: true });
    await bench.outputIs((text) => text === `${prompt}take the left one\n`);
    expect(bench.port.isAlive(identity)).toBe(true);
  });

  it('does not mix texts that are written at once', async () => {
    const bench = at();
    const spec = bench.spec(bench.behaviours.copies, { kind: 'fifo' });
    await begin(bench, spec);
    const texts = ['a', 'b', 'c'].map((letter) => `${letter.repeat(200_000)}\n`);
    await Promise.all(texts.map((text, number) => bench.port.writeInput(spec.dir, { number, text })));
    await bench.outputIs((text) => text === texts.join(''));
  });

  it('fails for a process that has ended, one without a FIFO and one that never was', async () => {
    const bench = at();
    const refused = { ok: false, failure: { kind: 'failed' } };
    expect(
      await bench.port.writeInput(bench.spec(bench.behaviours.waits).dir, { number: 0, text: 'x' }),
    ).toMatchObject(refused);
    const spec = bench.spec(bench.behaviours.copiesOneLine, { kind: 'fifo' });
    const identity = await begin(bench, spec);
    await bench.port.writeInput(spec.dir, { number: 0, text: 'last\n' });
    await bench.port.waitForExit({ dir: spec.dir, identity }, never);
    expect(await bench.port.writeInput(spec.dir, { number: 1, text: 'too late\n' })).toMatchObject(refused);
  });
}

function ending(at: () => Bench): void {
  const kill = (bench: Bench, spec: StartSpec, identity: Identity | null, graceMs: number) =>
    bench.port.killTree({ identity, tag: spec.tag, cwd: spec.cwd, graceMs });

  it('ends a process and tells how it ended', async () => {
    const bench = at();
    const spec = bench.spec(bench.behaviours.waits);
    const identity = await begin(bench, spec);
    const end = bench.port.waitForExit({ dir: spec.dir, identity }, never);
    expect(await kill(bench, spec, identity, 10_000)).toEqual([]);
    expect(await end).toEqual({ code: null, signal: 'SIGTERM' });
    expect(bench.port.isAlive(identity)).toBe(false);
    expect(await bench.port.inspect(spec)).toMatchObject({ kind: 'ended' });
  });

  it('ends by force what ignores SIGTERM [F12]', async () => {
    const bench = at();
    const spec = bench.spec(bench.behaviours.ignoresTerm);
    const identity = await begin(bench, spec);
    await bench.outputIs((text) => text.includes('ready'));
    expect(await kill(bench, spec, identity, 20)).toEqual([]);
    expect(await bench.port.waitForExit({ dir: spec.dir, identity }, never)).toEqual({
      code: null,
      signal: 'SIGKILL',
    });
  });

  it('finds by the tag alone what it has to end', async () => {
    const bench = at();
    const spec = bench.spec(bench.behaviours.waits);
    const identity = await begin(bench, spec);
    expect(await kill(bench, spec, null, 10_000)).toEqual([]);
    expect(bench.port.isAlive(identity)).toBe(false);
  });

  it('has nothing to do for what is gone or never was', async () => {
    const bench = at();
    const spec = bench.spec(bench.behaviours.exits(0));
    expect(await kill(bench, spec, null, 0)).toEqual([]);
    await runToEnd(bench, spec);
    expect(await kill(bench, spec, null, 0)).toEqual([]);
  });

  it('spares a later process with the same pid [F5]', async () => {
    const bench = at();
    const spec = bench.spec(bench.behaviours.waits);
    const identity = await begin(bench, spec);
    const dead = { ...identity, startTicks: identity.startTicks - 1 };
    const elsewhere = { tag: 'another tag', cwd: '/another/place', graceMs: 0 };
    expect(await bench.port.killTree({ identity: dead, ...elsewhere })).toEqual([]);
    expect(bench.port.isAlive(identity)).toBe(true);
  });
}

function shortCommands(at: () => Bench): void {
  it('tells exit and output', async () => {
    const bench = at();
    const { argv, cwd, env, tag } = bench.spec(bench.behaviours.prints('woven'));
    const end = await bench.port.run({ argv, cwd, env, tag, ...RUNS });
    expect(end).toMatchObject({ exit: { code: 0, signal: null }, timedOut: false, tail: 'woven' });
    expect(end.elapsedMs).toBeGreaterThanOrEqual(0);
  });

  it('answers for a missing program like a shell', async () => {
    const bench = at();
    const { argv, cwd, env, tag } = bench.spec(bench.behaviours.missing);
    const end = await bench.port.run({ argv, cwd, env, tag, ...RUNS });
    expect(end).toMatchObject({ exit: { code: 127, signal: null }, timedOut: false });
    expect(end.tail).toContain(argv[0]);
  });

  it('ends at the time limit', async () => {
    const bench = at();
    const { argv, cwd, env, tag } = bench.spec(bench.behaviours.waits);
    const end = await bench.port.run({ argv, cwd, env, tag, ...RUNS, timeoutMs: 50 });
    expect(end).toMatchObject({ exit: { code: null, signal: 'SIGTERM' }, timedOut: true });
  });

  it('ends when the signal fires, even before the start', async () => {
    const bench = at();
    const { argv, cwd, env, tag } = bench.spec(bench.behaviours.waits);
    const stop = new AbortController();
    const running = bench.port.run({ argv, cwd, env, tag, ...RUNS, signal: stop.signal });
    stop.abort();
    expect(await running).toMatchObject({ exit: { code: null, signal: 'SIGTERM' }, timedOut: false });
    const unstarted = await bench.port.run({ argv, cwd, env, tag, ...RUNS, signal: stop.signal });
    expect(unstarted).toMatchObject({ exit: { code: null, signal: null }, timedOut: false });
  });
}
