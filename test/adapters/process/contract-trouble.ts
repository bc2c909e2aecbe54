// The part of the process contract about what goes wrong: processes that vanish, flood, stay, or are somebody else's.
import { expect, it } from 'vitest';
import { type Bench, begin, never, runToEnd } from './bench.ts';

const UNKNOWN = { code: null, signal: null };
const ended = { kind: 'ended', exit: UNKNOWN };
const RUNS = { timeoutMs: 30_000, outputBytes: 1_000 };

/** Vanished and forgotten processes, too much output, strays, and what must be spared. */
export function trouble(at: () => Bench): void {
  vanished(at);
  started(at);
  stopped(at);
  commands(at);
  inputs(at);
}

function vanished(at: () => Bench): void {
  it('tells that it does not know how a process ended that nobody saw end, and starts none in its place', async () => {
    const bench = at();
    const spec = bench.spec(bench.behaviours.waits);
    const identity = await begin(bench, spec);
    const waiting = bench.port.waitForExit({ dir: spec.dir, identity }, never);
    await bench.vanish(identity);
    expect(await waiting).toEqual(UNKNOWN);
    for (const port of [bench.port, bench.reopen()]) {
      expect(await port.inspect(spec)).toEqual(ended);
      expect(await port.start(spec)).toEqual({ ok: true, value: ended });
      expect(await port.waitForExit({ dir: spec.dir, identity }, never)).toEqual(UNKNOWN);
    }
    expect(bench.live()).toBe(0);
  });

  it('reads how a process ended when it is long gone, also for a port that never saw it', async () => {
    const bench = at();
    const spec = bench.spec(bench.behaviours.copiesOneLine, { kind: 'fifo' });
    const identity = await begin(bench, spec);
    await bench.port.writeInput(spec.dir, { number: 0, text: 'over\n' });
    await bench.port.waitForExit({ dir: spec.dir, identity }, never);
    for (const port of [bench.port, bench.reopen()]) {
      expect(await port.waitForExit({ dir: spec.dir, identity }, never)).toEqual({ code: 0, signal: null });
      expect(port.isAlive(identity)).toBe(false);
    }
  });

  it('finds by its tag a process whose identity was never noted, and starts none beside it', async () => {
    const bench = at();
    const spec = bench.spec(bench.behaviours.waits);
    const identity = await begin(bench, spec);
    await bench.forgetIdentity(spec.dir);
    const port = bench.reopen();
    const alive = { kind: 'alive', identity };
    expect(await port.inspect(spec)).toEqual(alive);
    expect(await port.inspect({ dir: spec.dir, tag: 'another tag' })).toEqual({ kind: 'none' });
    expect(await port.start(spec)).toEqual({ ok: true, value: alive });
    expect(await port.killTree({ identity: null, tag: spec.tag, cwd: null, graceMs: 10_000 })).toEqual([]);
    expect(bench.live()).toBe(0);
  });
}

function started(at: () => Bench): void {
  it('fails, and starts nothing, when the prompt file is missing', async () => {
    const bench = at();
    const stdin = { kind: 'file', path: bench.pathTo('no-prompt.md') } as const;
    const spec = bench.spec(bench.behaviours.copies, stdin);
    expect(await bench.port.start(spec)).toMatchObject({ ok: false, failure: { kind: 'environment' } });
    expect(await bench.port.inspect(spec)).toEqual({ kind: 'none' });
    expect(bench.live()).toBe(0);
  });

  it('keeps output up to the cap and says that there was more; the process goes on to its end [F13]', async () => {
    const bench = at();
    const cap = 64 * 1024;
    const spec = { ...bench.spec(bench.behaviours.floods(4 * cap)), outputBytes: cap };
    expect(await runToEnd(bench, spec)).toEqual({ code: 3, signal: null });
    const kept = bench.output();
    expect(kept.startsWith('x'.repeat(cap / 2))).toBe(true);
    expect(kept.length).toBeLessThan(cap + 1_000);
    expect(kept.trimEnd().split('\n').at(-1)).not.toMatch(/^x*$/);
  });
}

function stopped(at: () => Bench): void {
  it('waits the grace time out before it ends by force [F12]', async () => {
    const bench = at();
    const spec = bench.spec(bench.behaviours.ignoresTerm);
    const identity = await begin(bench, spec);
    await bench.outputIs((text) => text.includes('ready'));
    const began = bench.nowMs();
    await bench.port.killTree({ identity, tag: spec.tag, cwd: spec.cwd, graceMs: 300 });
    expect(bench.nowMs() - began).toBeGreaterThanOrEqual(299);
    expect(bench.port.isAlive(identity)).toBe(false);
  });

  it('ends what a process left behind when it ended, and that may be repeated [F46]', async () => {
    const bench = at();
    const spec = bench.spec(bench.behaviours.leavesChild);
    expect(await runToEnd(bench, spec)).toEqual({ code: 0, signal: null });
    expect(bench.live()).toBeGreaterThan(0);
    const what = { identity: null, tag: spec.tag, cwd: spec.cwd, graceMs: 10_000 };
    for (const port of [bench.port, bench.reopen(), bench.port]) {
      expect(await port.killTree(what)).toEqual([]);
      expect(bench.live()).toBe(0);
    }
    expect(await bench.port.inspect(spec)).toEqual({ kind: 'ended', exit: { code: 0, signal: null } });
  });

  it("spares somebody else's process in the same folder", async () => {
    const bench = at();
    const stillRuns = await bench.moveIn();
    const spec = bench.spec(bench.behaviours.waits);
    const identity = await begin(bench, spec);
    const what = { identity, tag: spec.tag, cwd: spec.cwd, graceMs: 10_000 };
    expect(await bench.port.killTree(what)).toEqual([]);
    expect(bench.port.isAlive(identity)).toBe(false);
    expect(stillRuns()).toBe(true);
  });

  it('spares every process when the identity it is given is of another boot or namespace', async () => {
    const bench = at();
    const spec = bench.spec(bench.behaviours.waits);
    const identity = await begin(bench, spec);
    for (const other of [{ bootId: 'another' }, { pidNs: 'another' }]) {
      const what = { identity: { ...identity, ...other }, tag: 'another tag', cwd: null, graceMs: 0 };
      expect(await bench.port.killTree(what)).toEqual([]);
    }
    expect(bench.port.isAlive(identity)).toBe(true);
  });
}

function commands(at: () => Bench): void {
  it('keeps the end of what a command prints, and the beginning in its file', async () => {
    const bench = at();
    const { argv, cwd, env, tag } = bench.spec(bench.behaviours.prints('0123456789abcdef'));
    const outputFile = bench.pathTo('gate.log');
    const end = await bench.port.run({ argv, cwd, env, tag, timeoutMs: 30_000, outputBytes: 10, outputFile });
    expect(end.tail).toBe('6789abcdef');
    expect(bench.readFile(outputFile)).toBe('0123456789');
  });

  it('answers for a folder that is not there, like a shell', async () => {
    const bench = at();
    const { argv, env, tag } = bench.spec(bench.behaviours.prints('woven'));
    const end = await bench.port.run({ argv, env, tag, cwd: '/nowhere/at/all', ...RUNS });
    expect(end).toMatchObject({ exit: { code: 126, signal: null }, timedOut: false });
    expect(end.tail).not.toBe('');
  });

  it('ends by force a command that does not hear, and leaves nothing of it', async () => {
    const bench = at();
    const { argv, cwd, env, tag } = bench.spec(bench.behaviours.ignoresTerm);
    const end = await bench.port.run({ argv, cwd, env, tag, ...RUNS, timeoutMs: 300 });
    expect(end).toMatchObject({ exit: { code: null, signal: 'SIGKILL' }, timedOut: true });
    expect(bench.live()).toBe(0);
  });
}

function inputs(at: () => Bench): void {
  it('hands a message over once, however often and by whom it is called', async () => {
    const bench = at();
    const spec = bench.spec(bench.behaviours.copies, { kind: 'fifo' });
    const identity = await begin(bench, spec);
    const messages = [
      { number: 0, text: 'one\n' },
      { number: 2, text: 'two\n' },
    ];
    for (const message of [...messages, ...messages]) {
      for (const port of [bench.port, bench.reopen()]) {
        expect(await port.writeInput(spec.dir, message)).toMatchObject({ ok: true });
      }
    }
    for (const _ of [1, 2]) expect(await bench.port.closeInput(spec.dir)).toMatchObject({ ok: true });
    const exit = await bench.port.waitForExit({ dir: spec.dir, identity }, never);
    expect(exit).toEqual({ code: 0, signal: null });
    expect(bench.output()).toBe('one\ntwo\n');
    expect(await bench.port.closeInput(spec.dir)).toMatchObject({ ok: true });
    // it was taken: that it is known does not end with the process
    expect(await bench.reopen().writeInput(spec.dir, { number: 2, text: 'two\n' })).toMatchObject({
      ok: true,
    });
  });

  it('refuses messages, and the end of them, where there is no input', async () => {
    const bench = at();
    const refused = { ok: false, failure: { kind: 'failed' } };
    const plain = bench.spec(bench.behaviours.waits);
    const identity = await begin(bench, plain);
    expect(await bench.port.writeInput(plain.dir, { number: 0, text: 'x\n' })).toMatchObject(refused);
    expect(await bench.port.closeInput(plain.dir)).toMatchObject(refused);
    expect(bench.port.isAlive(identity)).toBe(true);
  });
}
