// `weft doctor`: with --verify what is said of the promises, with --probe what agents answer; and the exit codes.
import { describe, expect, it } from 'vitest';
import { ok } from '../../../src/core/failure.ts';
import type { PromiseFinding } from '../../../src/core/promise.ts';
import { createFakeApp, RUN, type, viewRun, viewTask } from './fake-app.ts';

const VIEW = viewRun([viewTask('one', { phase: 'merged' })], { state: 'complete' });

function found(changes: Partial<PromiseFinding>): PromiseFinding {
  const held = {
    id: 'I6',
    promise: 'a task lands at most once',
    state: 'held',
    looked: '5 landings',
  } as const;
  return { ...held, count: 5, wrong: [], wrongs: 0, ...changes };
}

const BROKEN = found({ state: 'broken', wrong: ['one lands \u001b[31magain'], wrongs: 3 });

describe('weft doctor --verify', () => {
  it('says what was looked at', async () => {
    const fake = createFakeApp(VIEW, { verify: async () => ok([found({})]) });
    const typed = type('doctor --verify latest', fake);
    expect(await typed.code).toBe(0);
    expect(typed.out()).toBe(`run ${RUN}\nheld    I6   a task lands at most once  (5 landings)\n`);
  });

  it('says what is wrong, and exits with 1', async () => {
    const typed = type(`doctor --verify ${RUN}`, createFakeApp(VIEW, { verify: async () => ok([BROKEN]) }));
    expect(await typed.code).toBe(1);
    expect(typed.out()).toBe(
      `run ${RUN}\nBROKEN  I6   a task lands at most once  (5 landings)\n             one lands again\n             and 2 more\n`,
    );
  });

  it('is JSON for programs', async () => {
    const typed = type(
      'doctor --verify latest --json',
      createFakeApp(VIEW, { verify: async () => ok([BROKEN]) }),
    );
    expect(await typed.code).toBe(1);
    expect(JSON.parse(typed.out())).toEqual({ schemaVersion: 1, run: RUN, promises: [BROKEN] });
  });

  it('waits for the end of a run that goes on', async () => {
    const fake = createFakeApp(viewRun([], { state: 'running' }));
    const typed = type('doctor --verify latest', fake);
    expect(await typed.code).toBe(2);
    expect(typed.err()).toContain('is going on');
    expect(fake.asked).toEqual([]);
  });

  it('knows no other run', async () => {
    const typed = type('doctor --verify nothing', createFakeApp(VIEW));
    expect(await typed.code).toBe(2);
  });
});

describe('weft doctor --probe', () => {
  const agent = {
    protocol: 'stream-json',
    version: '2.1.0',
    login: null,
    trial: { fault: 'login', text: 'No\u001b[31m key', isAsAsked: false, elapsedMs: 900 },
  } as const;
  const check = {
    name: 'agent claude',
    state: 'failed',
    sentence: 'A turn with it failed: No\u001b[31m key',
    hint: 'Log in.',
    agent,
  } as const;

  it.each([
    ['doctor', { tryAgents: false }],
    ['doctor --probe', { tryAgents: true }],
  ])('%s', async (line, expected) => {
    const given: unknown[] = [];
    const fake = createFakeApp(VIEW, {
      check: async (...words) => {
        given.push(words);
        return [check];
      },
    });
    const typed = type(line, fake);
    expect(await typed.code).toBe(2);
    expect(given).toEqual([[null, expected]]);
    expect(typed.out()).toBe('fail:    agent claude: A turn with it failed: No key\n         Log in.\n');
  });

  it('is JSON for programs', async () => {
    const typed = type('doctor --probe --json', createFakeApp(VIEW, { check: async () => [check] }));
    expect(await typed.code).toBe(2);
    expect(JSON.parse(typed.out())).toEqual({ schemaVersion: 1, checks: [check] });
  });
});
