// The hand-over of questions and answers between a tool and its host: in order, in a race, and among planted files.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { answerAsk, openAsk, takeOpenAsks, waitForAnswer } from '../../../src/adapters/agent/asks.ts';

const ID = '00000000-0000-4000-8000-000000000000';
const never = new AbortController().signal;

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'weft-asks-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

async function open(question = 'Which limiter?', options: readonly string[] = []): Promise<string> {
  const id = await openAsk(dir, { question, options });
  if (id === null) throw new Error('no question could be opened');
  return id;
}

/** Files of the questions, without their ids. */
function steps(): readonly string[] {
  return readdirSync(join(dir, 'asks'))
    .map((name) => name.replace(/^[^.]*/, ''))
    .sort();
}

function wait(id: string, of: Partial<Parameters<typeof waitForAnswer>[2]> = {}): Promise<string | null> {
  return waitForAnswer(dir, id, { waitMs: 30_000, graceMs: 30_000, signal: never, ...of });
}

describe('a question', () => {
  it('is taken once and its answer is heard', async () => {
    const id = await open('Which limiter?', ['Sliding window', 'Token bucket']);
    const answer = wait(id);
    expect(await takeOpenAsks(dir)).toEqual([
      { id, question: 'Which limiter?', options: ['Sliding window', 'Token bucket'] },
    ]);
    expect(await takeOpenAsks(dir)).toEqual([]);
    expect(await answerAsk(dir, id, 'Token bucket\nplease')).toBe(true);
    expect(await answer).toBe('Token bucket\nplease');
    expect(steps()).toEqual(['.heard', '.taken']);
    expect(await answerAsk(dir, id, 'something else')).toBe(true);
  });

  it('that nobody takes in time is left, and cannot be taken any more', async () => {
    const id = await open();
    expect(await wait(id, { waitMs: 0 })).toBeNull();
    expect(steps()).toEqual(['.left']);
    expect(await takeOpenAsks(dir)).toEqual([]);
  });

  it('that was taken in time is waited for after the time is up', async () => {
    const id = await open();
    await takeOpenAsks(dir);
    const answer = wait(id, { waitMs: 0 });
    expect(await answerAsk(dir, id, 'late')).toBe(true);
    expect(await answer).toBe('late');
  });

  it('whose host is gone is given up in the end', async () => {
    const id = await open();
    await takeOpenAsks(dir);
    expect(await wait(id, { waitMs: 0, graceMs: 0 })).toBeNull();
  });

  it('is given up when the call is cancelled, and hears nothing then', async () => {
    const cancelled = AbortSignal.abort();
    const left = await open();
    expect(await wait(left, { signal: cancelled })).toBeNull();
    expect(steps()).toEqual(['.left']);
    const id = await open('Again?');
    await takeOpenAsks(dir);
    writeFileSync(join(dir, 'asks', `${id}.answer`), 'too late');
    expect(await wait(id, { signal: cancelled })).toBeNull();
    expect(steps()).toEqual(['.answer', '.left', '.taken']);
  });

  it('whose tool is gone gets its answer back, once and for all', async () => {
    const id = await open();
    await takeOpenAsks(dir);
    expect(await answerAsk(dir, id, 'Is anybody there?', 0)).toBe(false);
    expect(await wait(id, { waitMs: 0, graceMs: 0 })).toBeNull();
    expect(await answerAsk(dir, id, 'Is anybody there?')).toBe(false);
  });

  it('comes after those that were asked before', async () => {
    mkdirSync(join(dir, 'asks'));
    for (const second of [2, 1, 3]) {
      const ask = { question: `question ${second}`, at: `2026-03-01T12:00:0${second}.000Z` };
      writeFileSync(join(dir, 'asks', ID.replace(/0$/, String(second)).concat('.json')), JSON.stringify(ask));
    }
    const questions = (await takeOpenAsks(dir)).map(({ question }) => question);
    expect(questions).toEqual(['question 1', 'question 2', 'question 3']);
  });

  it('is cleaned and cut', async () => {
    await openAsk(dir, {
      question: `\u001b[31m${'x'.repeat(5_000)}`,
      options: Array.from({ length: 12 }, () => 'a\u202eb'),
    });
    const [ask] = await takeOpenAsks(dir);
    expect(ask?.question).toBe('x'.repeat(4_000));
    expect(ask?.options).toEqual(Array.from({ length: 9 }, () => 'ab'));
  });

  it('is answered in bounded words', async () => {
    expect(await answerAsk(dir, ID, 'x'.repeat(256 * 1024 + 1))).toBe(false);
    await expect(answerAsk(dir, '../status', 'x')).rejects.toThrow('Internal error');
  });
});

it('reaches exactly one of two who race for it', async () => {
  const round = async (n: number): Promise<'tool' | 'host'> => {
    const id = await open();
    const delay = async (turns: number): Promise<void> => {
      for (let turn = 0; turn < turns; turn += 1) await new Promise((go) => setImmediate(go));
    };
    const host = async (): Promise<boolean> => {
      await delay(n % 4);
      const taken = await takeOpenAsks(dir);
      return taken.some((ask) => ask.id === id) && answerAsk(dir, id, 'yes');
    };
    const tool = async (): Promise<string | null> => {
      await delay((n * 7) % 40);
      return wait(id, { waitMs: 0 });
    };
    const [given, heard] = await Promise.all([host(), tool()]);
    expect(given).toBe(heard === 'yes');
    return given ? 'tool' : 'host';
  };
  const ends = new Set<string>();
  for (let n = 0; n < 150; n += 1) ends.add(await round(n));
  expect([...ends].sort()).toEqual(['host', 'tool']);
});

describe('planted files', () => {
  it('a link in place of the folder is not followed', async () => {
    const elsewhere = mkdtempSync(join(tmpdir(), 'weft-asks-'));
    try {
      writeFileSync(join(elsewhere, `${ID}.json`), JSON.stringify({ question: 'Mine?' }));
      symlinkSync(elsewhere, join(dir, 'asks'));
      expect(await takeOpenAsks(dir)).toEqual([]);
      expect(await openAsk(dir, { question: 'x', options: [] })).toBeNull();
      expect(readdirSync(elsewhere)).toEqual([`${ID}.json`]);
    } finally {
      rmSync(elsewhere, { recursive: true });
    }
  });

  const plant = (what: string, put: (path: string) => void): void => {
    it(`${what} is no question`, async () => {
      mkdirSync(join(dir, 'asks'));
      put(join(dir, 'asks', `${ID}.json`));
      expect(await takeOpenAsks(dir)).toEqual([]);
    });
  };
  plant('a link', (path) => {
    writeFileSync(join(dir, 'secret'), JSON.stringify({ question: 'Secret?' }));
    symlinkSync(join(dir, 'secret'), path);
  });
  plant('a pipe', (path) => execFileSync('mkfifo', [path]));
  plant('a folder', (path) => mkdirSync(path));
  plant('a file that is too large', (path) =>
    writeFileSync(path, JSON.stringify({ question: 'x', more: 'x'.repeat(64 * 1024) })),
  );
  plant('a file that says nothing', (path) => writeFileSync(path, '{"question":""}'));
  plant('half a file', (path) => writeFileSync(path, '{"question":'));

  it('other names are left alone', async () => {
    mkdirSync(join(dir, 'asks'));
    for (const name of ['x.json', '..json', `${ID}.left`])
      writeFileSync(join(dir, 'asks', name), '{"question":"x"}');
    expect(await takeOpenAsks(dir)).toEqual([]);
    expect(readdirSync(join(dir, 'asks'))).toHaveLength(3);
  });

  it('a folder in the way of taking, answering or hearing is nobody’s crash', async () => {
    const id = await open();
    mkdirSync(join(dir, 'asks', `${id}.taken`));
    expect(await takeOpenAsks(dir)).toEqual([]);
    mkdirSync(join(dir, 'asks', `${id}.answer`));
    expect(await answerAsk(dir, id, 'x')).toBe(false);
    mkdirSync(join(dir, 'asks', `${id}.left`));
    expect(await wait(id, { waitMs: 0, graceMs: 0 })).toBeNull();
  });

  it('too many files end the asking, not weft', async () => {
    mkdirSync(join(dir, 'asks'));
    for (let n = 0; n < 1_000; n += 1) writeFileSync(join(dir, 'asks', String(n)), '');
    expect(await openAsk(dir, { question: 'x', options: [] })).toBeNull();
    expect(await takeOpenAsks(dir)).toEqual([]);
  });
});
