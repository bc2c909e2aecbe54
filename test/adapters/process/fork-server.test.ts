// The sh that starts programs: what it is given arrives as it is, and its death or inability stops no start.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createForkServer, type ForkServer, type Launch } from '../../../src/adapters/process/fork-server.ts';
import { createLauncher } from '../../../src/adapters/process/launcher.ts';
import { breakGround, eventually, type Ground, isUp, leftovers, readText, stateOf } from './ground.ts';

/** Says its name, and then writes down what it was given. */
const RECORD = 'echo "$1 here" >&3; shift; printf "%s\\0" "$@" >words; env -0 >variables; pwd >folder';
let ground: Ground;
let server: ForkServer;
let before: readonly number[];

beforeEach(() => {
  ground = breakGround();
  server = createForkServer({ limitMs: 10_000 });
  before = shells();
});
afterEach(() => ground.sweep());

function launch(script: string, more: Partial<Launch> = {}, words: readonly string[] = []): Launch {
  return {
    argv: (name) => ['/bin/sh', '-c', script, 'program', name, ...words],
    cwd: ground.cwd,
    env: { ...ground.env, WEFT_TAG: ground.tag },
    errorsFile: join(ground.root, 'errors'),
    ...more,
  };
}

/** Children of this process that are a sh without arguments. */
function shells(): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => readText(`/proc/${pid}/cmdline`) === '/bin/sh\0' && isUp(pid))
    .filter((pid) => readText(`/proc/${pid}/status`).includes(`PPid:\t${process.pid}\n`));
}

const ownShell = (): number => shells().find((pid) => !before.includes(pid)) ?? Number.NaN;
const recorded = (name: string): string => readText(join(ground.cwd, name));

describe('what is given', () => {
  const text = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 30 }),
    fc.string({
      unit: fc.constantFrom("'", '"', '\\', '$', '`', '\n', '\r', ' ', '\u0081', '\u0088', '#', '~', '*'),
    }),
  );
  const word = text.map((any) => any.replaceAll('\0', ''));

  it('arrives as it is', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(word, { maxLength: 4 }), word, async (words, value) => {
        const env = { ...ground.env, WEFT_TAG: ground.tag, VALUE: value, PS4: value, IFS: value };
        expect(await server.start(launch(`${RECORD}; : >done`, { env }, words))).toBe('answered');
        await eventually(() => existsSync(join(ground.cwd, 'done')));
        spawnSync('rm', [join(ground.cwd, 'done')]);
        expect(recorded('words')).toBe(words.length === 0 ? '\0' : words.map((each) => `${each}\0`).join(''));
        expect(recorded('variables').split('\0')).toContain(`VALUE=${value}`);
      }),
      { numRuns: 25 },
    );
  });

  it('is all: no variable, no descriptor, no signal that is ignored, no terminal, a session of its own', async () => {
    const script = `${RECORD}; grep SigIgn /proc/self/status >ignored; ls /proc/$$/fd >open; cut -d ' ' -f 6 /proc/$$/stat >session; echo $$ >self`;
    expect(await server.start(launch(script))).toBe('answered');
    const self = await eventually(() => recorded('self') || null);
    const names = recorded('variables')
      .split('\0')
      .map((entry) => entry.split('=')[0]);
    expect(names.filter((name) => !/^(|PWD|OLDPWD|SHLVL|_)$/.test(name ?? '')).sort()).toEqual([
      'PATH',
      'WEFT_TAG',
    ]);
    expect(recorded('ignored')).toMatch(/:\s*0+\n$/);
    expect(recorded('open')).not.toMatch(/^[4-9]$/m);
    expect(recorded('session')).toBe(self);
    expect(recorded('folder')).toBe(`${ground.cwd}\n`);
  });
});

describe('trouble', () => {
  it('starts many at once', async () => {
    const starts = Array.from({ length: 20 }, (_, n) => server.start(launch(`echo "$1 here" >&3; : >${n}`)));
    expect(new Set(await Promise.all(starts))).toEqual(new Set(['answered']));
    await eventually(() => readdirSync(ground.cwd).length === 20);
  });

  it('begins anew when its sh was killed, and says so to whoever waited', async () => {
    await server.start(launch('echo "$1 here" >&3'));
    const first = ownShell();
    const waiting = server.start(launch(': >began; exec sleep 1000'));
    await eventually(() => existsSync(join(ground.cwd, 'began')));
    process.kill(first, 'SIGKILL');
    expect(await waiting).toBe('unable');
    expect(await server.start(launch('echo "$1 here" >&3'))).toBe('answered');
    expect(ownShell()).not.toBe(first);
  });

  it('waits no longer than the limit, and has a fresh sh for the next', async () => {
    const hasty = createForkServer({ limitMs: 300 });
    expect(await hasty.start(launch('exec sleep 1000'))).toBe('late');
    const patient = createForkServer({ limitMs: 10_000 });
    expect(await patient.start(launch('echo "$1 here" >&3'))).toBe('answered');
  });

  it.each<[string, Partial<Launch>]>([
    ['a variable that sh cannot have', { env: { 'npm-config': 'x' } }],
    ['a variable that means something to sh', { env: { OPTIND: 'abc' } }],
    ['a folder that is missing', { cwd: '/nowhere/at/all' }],
  ])('is unable with %s', async (_, more) => {
    expect(await server.start(launch('echo "$1 here" >&3; : >began', more))).toBe('unable');
    expect(readdirSync(ground.cwd)).toEqual([]);
  });

  it('leaves no program behind that nobody has collected', async () => {
    const script = 'echo "$1 here" >&3; echo $$ >self';
    await server.start(launch(script));
    const pid = Number(await eventually(() => recorded('self') || null));
    await eventually(() => stateOf(pid) === null);
  });
});

describe('the launcher', () => {
  it('starts by itself what the sh cannot', async () => {
    const env = { ...ground.env, WEFT_TAG: ground.tag, 'npm-config': 'x' };
    expect(await createLauncher()(launch('echo "$1 here" >&3; : >began', { env }))).toBeNull();
    await eventually(() => existsSync(join(ground.cwd, 'began')));
  });

  it('does not wait for a program that ends without a word', async () => {
    const env = { ...ground.env, 'npm-config': 'x' };
    expect(await createLauncher()(launch('exit 1', { env }))).toBeNull();
  });

  it('says why nothing could be started', async () => {
    const argv = (): readonly [string] => [`${ground.cwd}/\0`];
    expect(await createLauncher()(launch('', { argv }))).toMatch(/null bytes/);
  });

  it('lets this process end', async () => {
    await createLauncher()(launch('echo "$1 here" >&3'));
    expect(leftovers(ground.root, ground.tag).length).toBeLessThan(2);
  });
});
