// The files of an attempt as its tools use them: whose they are, what is written when, and what is read of what was told.
import { appendFileSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { answerAsk, type TakenAsk, takeOpenAsks } from '../../../src/adapters/agent/asks.ts';
import { packSecrets } from '../../../src/adapters/agent/session/secrets.ts';
import { readStatus } from '../../../src/adapters/agent/status-file.ts';
import { openWorkerFiles, type WorkerFiles } from '../../../src/adapters/agent/worker-desk.ts';
import { readWorkerPlace, SECRETS, spellToken } from '../../../src/adapters/agent/worker-place.ts';

const QUESTION = { question: 'Which limiter?', options: ['a', 'b'], tried: ['both'] };
const never = new AbortController().signal;

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'weft-desk-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function openFiles(of: { readonly hosted: boolean; readonly waitMs?: number }): WorkerFiles {
  const place = {
    promptFile: join(dir, 'prompt.md'),
    statusFile: join(dir, 'status.json'),
    sessionDir: of.hosted ? dir : null,
    secrets: ['correct horse'],
  };
  return openWorkerFiles(place, { waitMs: of.waitMs ?? 30_000, graceMs: 30_000 });
}

function status(): Record<string, unknown> {
  return JSON.parse(readFileSync(join(dir, 'status.json'), 'utf8'));
}

async function takeAsk(): Promise<TakenAsk> {
  for (;;) {
    const [ask] = await takeOpenAsks(dir);
    if (ask !== undefined) return ask;
  }
}

describe('place', () => {
  const WHOLE = {
    WEFT_RUN: 'r1',
    WEFT_TASK: 'api/auth',
    WEFT_ATTEMPT: '2',
    WEFT_TOKEN: 'r1/api/auth/2:0123456789abcdef',
    WEFT_PROMPT_FILE: '/a/prompt.md',
    WEFT_STATUS_FILE: '/a/status.json',
  };
  const PLACE = {
    run: 'r1',
    task: 'api/auth',
    attempt: 2,
    token: WHOLE.WEFT_TOKEN,
    stateDir: null,
    promptFile: '/a/prompt.md',
    statusFile: '/a/status.json',
    sessionDir: null,
    secrets: [],
  };

  it('is that of the environment', () => {
    expect(readWorkerPlace(WHOLE)).toEqual({ ok: true, value: PLACE });
    const hosted = readWorkerPlace({ ...WHOLE, WEFT_SESSION_DIR: '/a', WEFT_STATE_DIR: '/r/.weft' });
    const packed = packSecrets(['a', 'b\n"']);
    expect(readWorkerPlace({ ...WHOLE, [SECRETS]: packed })).toMatchObject({
      value: { secrets: ['a', 'b\n"'] },
    });
    expect(readWorkerPlace({ ...WHOLE, [SECRETS]: 'odd' })).toMatchObject({ value: { secrets: [] } });
    expect(hosted).toEqual({ ok: true, value: { ...PLACE, sessionDir: '/a', stateDir: '/r/.weft' } });
  });

  it('takes the token that is spelled for it', () => {
    const token = spellToken({ run: 'r1', task: 'api/auth', attempt: 2, secret: '0123456789abcdef' });
    expect(token).toBe(WHOLE.WEFT_TOKEN);
  });

  const check = (changes: Record<string, string | undefined>, sentence: string): void => {
    it(`is refused: ${sentence}`, () => {
      const read = readWorkerPlace({ ...WHOLE, ...changes });
      expect(read).toMatchObject({ ok: false, failure: { kind: 'usage', sentence } });
    });
  };
  for (const name of Object.keys(WHOLE)) {
    const sentence = `weft mcp --worker needs ${name} in its environment, and it is not set.`;
    check({ [name]: undefined }, sentence);
    check({ [name]: '' }, sentence);
  }
  const notThis = 'WEFT_TOKEN is not that of attempt 2 of task api/auth of run r1.';
  check({ WEFT_TOKEN: 'r1/api/auth/1:0123456789abcdef' }, notThis);
  check({ WEFT_TOKEN: 'r1/api/auth/2:short' }, notThis);
  check({ WEFT_TOKEN: '0123456789abcdef' }, notThis);
  check({ WEFT_PROMPT_FILE: 'prompt.md' }, 'WEFT_PROMPT_FILE has to be an absolute path.');
  check({ WEFT_SESSION_DIR: '.' }, 'WEFT_SESSION_DIR has to be an absolute path.');
});

describe('the task', () => {
  it('is the prompt', async () => {
    writeFileSync(join(dir, 'prompt.md'), 'Write the limiter.');
    expect(await openFiles({ hosted: false }).readTask()).toBe('Write the limiter.');
  });
  it('is where the prompt is, when that is too long', async () => {
    writeFileSync(join(dir, 'prompt.md'), 'x'.repeat(1024 * 1024 + 1));
    expect(await openFiles({ hosted: false }).readTask()).toContain(join(dir, 'prompt.md'));
  });
  it('is none where there is no prompt', async () => {
    expect(await openFiles({ hosted: false }).readTask()).toBeNull();
  });
});

it('reports are what the engine reads', async () => {
  const files = openFiles({ hosted: false });
  await files.report({ status: 'working', note: 'On it.' });
  expect(await readStatus(join(dir, 'status.json'))).toMatchObject({ status: 'working' });
  expect(status()).toMatchObject({ note: 'On it.', at: expect.stringMatching(/^\d{4}-.*Z$/) });
  await files.report({ status: 'complete', summary: 'Looked.', reason: 'It is there.' });
  expect(await readStatus(join(dir, 'status.json'))).toMatchObject({
    status: 'complete',
    reason: 'It is there.',
  });
});

it('what is finished is in all that is said later', async () => {
  const files = openFiles({ hosted: false });
  const finished = async (): Promise<readonly string[] | undefined> =>
    (await readStatus(join(dir, 'status.json')))?.finished;
  await files.report({ status: 'working', note: 'On it.', finished: ['T1'] });
  await files.report({ status: 'working', note: 'Still.' });
  expect(await finished()).toEqual(['T1']);
  await files.report({ status: 'working', note: 'More.', finished: ['T1', 'T2'] });
  await files.ask({ question: 'Which?', options: [], tried: [] }, never);
  expect(await finished()).toEqual(['T1', 'T2']);
});

it('nothing that is written tells a secret', async () => {
  const files = openFiles({ hosted: true });
  const key = `sk-ant-api03-${'a'.repeat(20)}`;
  await files.report({ status: 'complete', summary: 'Used correct horse.', reason: [key] as never });
  expect(status()).toMatchObject({ summary: 'Used [secret].', reason: ['[secret]'] });
  const answer = files.ask({ question: `${key}?`, options: ['correct horse'], tried: [key] }, never);
  const ask = await takeAsk();
  expect(ask).toMatchObject({ question: '[secret]?', options: ['[secret]'] });
  await answerAsk(dir, ask.id, 'Yes.');
  await answer;
  const places = ['status.json', join('asks', `${ask.id}.taken`)];
  for (const place of places)
    expect(readFileSync(join(dir, place), 'utf8')).not.toMatch(/correct horse|sk-ant/);
});

it('the longest question is one that the engine reads', async () => {
  const wide = '\u0001';
  await openFiles({ hosted: false }).ask(
    {
      question: `?${wide.repeat(3_999)}`,
      options: Array(9).fill(`o${wide.repeat(199)}`),
      tried: Array(9).fill(`t${wide.repeat(399)}`),
    },
    never,
  );
  expect(await readStatus(join(dir, 'status.json'))).toMatchObject({ status: 'stuck' });
});

describe('a question', () => {
  const STUCK = {
    status: 'stuck',
    stuckReason: 'Which limiter?\nTried: both',
    options: [
      { label: 'a', then: 'retry' },
      { label: 'b', then: 'retry' },
    ],
    reason: null,
    note: null,
    finished: [],
  };

  it('of an agent without a host is in the status, and the answer comes later', async () => {
    expect(await openFiles({ hosted: false }).ask(QUESTION, never)).toBeNull();
    expect(await readStatus(join(dir, 'status.json'))).toEqual(STUCK);
    expect(await takeOpenAsks(dir)).toEqual([]);
  });

  it('is there for the host, is in the status while it waits, and then the agent works again', async () => {
    const answer = openFiles({ hosted: true }).ask(QUESTION, never);
    const ask = await takeAsk();
    expect(ask).toMatchObject({ question: 'Which limiter?', options: ['a', 'b'] });
    while ((await readStatus(join(dir, 'status.json')))?.status !== 'stuck');
    expect(await readStatus(join(dir, 'status.json'))).toEqual(STUCK);
    expect(await answerAsk(dir, ask.id, 'Take b.')).toBe(true);
    expect(await answer).toBe('Take b.');
    expect(status()['status']).toBe('working');
  });

  it('that nobody answers stays in the status', async () => {
    expect(await openFiles({ hosted: true, waitMs: 0 }).ask(QUESTION, never)).toBeNull();
    expect(await readStatus(join(dir, 'status.json'))).toEqual(STUCK);
  });

  it('goes into the status where it cannot be put before the host', async () => {
    writeFileSync(join(dir, 'asks'), 'in the way');
    expect(await openFiles({ hosted: true }).ask(QUESTION, never)).toBeNull();
    expect(await readStatus(join(dir, 'status.json'))).toEqual(STUCK);
  });
});

describe('guidance', () => {
  const tell = (line: string): void => appendFileSync(join(dir, 'told.jsonl'), line);

  it('is given once, whole lines only', async () => {
    const files = openFiles({ hosted: true });
    expect(await files.readGuidance()).toEqual([]);
    tell('{"at":1,"text":"Mind the gap."}\nnot json\n{"at":2,"text":"\\u001b[31mRed."}\n{"at":3,"te');
    expect(await files.readGuidance()).toEqual(['Mind the gap.', 'Red.']);
    expect(await files.readGuidance()).toEqual([]);
    tell('xt":"Mind the gap."}\n');
    expect(await files.readGuidance()).toEqual(['Mind the gap.']);
  });

  it('is nothing without a host', async () => {
    tell('{"at":1,"text":"Mind the gap."}\n');
    expect(await openFiles({ hosted: false }).readGuidance()).toEqual([]);
  });

  it('is the end of much of it', async () => {
    for (let at = 0; at < 40; at += 1)
      tell(`${JSON.stringify({ at, text: `${at} ${'x'.repeat(10_000)}` })}\n`);
    const guidance = await openFiles({ hosted: true }).readGuidance();
    expect(guidance).toHaveLength(26);
    expect(guidance.at(-1)).toMatch(/^39 x/);
  });

  it('is not read through a link', async () => {
    writeFileSync(join(dir, 'secret'), '{"text":"secret"}\n');
    symlinkSync(join(dir, 'secret'), join(dir, 'told.jsonl'));
    expect(await openFiles({ hosted: true }).readGuidance()).toEqual([]);
  });
});
