// The tools of a worker: what they make of an input, what they say to the desk, and what they answer.
import { describe, expect, it } from 'vitest';
import { createWorkerTools } from '../../../src/surfaces/mcp/worker-tools.ts';
import { createFakeClient, createFakeDesk } from './fake-desk.ts';

const WAITING = '{"status":"waiting","say":"End your turn now; you will be resumed with the answer."}';

describe('get_task', () => {
  it('gives the text of the task', async () => {
    expect(await createFakeClient(createFakeDesk()).call('get_task')).toEqual({
      text: 'Write the limiter.',
      isError: false,
    });
  });
  it('says so when there is none', async () => {
    const client = createFakeClient(createFakeDesk({ readTask: async () => null }));
    expect(await client.call('get_task', {})).toEqual({
      text: 'The text of the task cannot be read.',
      isError: true,
    });
  });
});

describe('report_progress', () => {
  it('says where the work is', async () => {
    const desk = createFakeDesk();
    const client = createFakeClient(desk);
    expect(await client.call('report_progress', { phase: 'planning', note: 'Reading.' })).toEqual({
      text: 'Noted.',
      isError: false,
    });
    expect(desk.reports).toEqual([{ status: 'planning', note: 'Reading.' }]);
  });

  it('keeps its pace, in order, and loses nothing', async () => {
    const desk = createFakeDesk();
    const tools = createWorkerTools(desk, { reportMs: 20, progressMs: 1 });
    const tool = tools.find(({ name }) => name === 'report_progress');
    const call = { signal: new AbortController().signal, progress: () => undefined };
    const beginMs = performance.now();
    await Promise.all(['a', 'b', 'c'].map((note) => tool?.call({ phase: 'working', note }, call)));
    expect(performance.now() - beginMs).toBeGreaterThan(35);
    expect(desk.reports.map((report) => ('note' in report ? report.note : ''))).toEqual(['a', 'b', 'c']);
  });

  it('does not hide an open question', async () => {
    const desk = createFakeDesk();
    const client = createFakeClient(desk);
    const asked = desk.asked();
    const answer = client.call('ask_guidance', { question: 'Which?' });
    await asked;
    const said = await client.call('report_progress', { phase: 'working', note: 'Meanwhile.' });
    expect(said.text).toContain('still open');
    expect(await client.call('submit', { summary: 'Done.' })).toMatchObject({ isError: true });
    expect(desk.reports).toEqual([]);
    desk.reply('This.');
    await answer;
    expect(await client.call('report_progress', { phase: 'working', note: 'On.' })).toMatchObject({
      text: 'Noted.',
    });
  });

  it('that is being written is over before a question is asked', async () => {
    let written: (() => void) | null = null;
    const begun = async (): Promise<() => void> => {
      while (written === null) await new Promise((go) => setImmediate(go));
      return written;
    };
    const order: string[] = [];
    const fake = createFakeDesk();
    const client = createFakeClient({
      ...fake,
      report: () =>
        new Promise((resolve) => {
          written = () => {
            order.push('reported');
            resolve();
          };
        }),
      ask: async () => {
        order.push('asked');
        return 'yes';
      },
    });
    const report = client.call('report_progress', { phase: 'working', note: 'x' });
    const finish = await begun();
    const answer = client.call('ask_guidance', { question: 'Which?' });
    const late = client.call('report_progress', { phase: 'working', note: 'y' });
    finish();
    await Promise.all([report, answer, late]);
    expect(order).toEqual(['reported', 'asked']);
  });
});

describe('ask_guidance', () => {
  const question = { question: 'Which limiter?', options: ['a', 'b'], tried: ['both'] };

  it('gives the answer', async () => {
    const desk = createFakeDesk();
    const client = createFakeClient(desk);
    const asked = desk.asked();
    const said = client.call('ask_guidance', question);
    await asked;
    desk.reply('Take "b".');
    expect(await said).toEqual({ text: '{"status":"answered","answer":"Take \\"b\\"."}', isError: false });
    expect(desk.questions).toEqual([question]);
  });

  it('says what to do when there is none in time', async () => {
    const desk = createFakeDesk();
    const asked = desk.asked();
    const said = createFakeClient(desk).call('ask_guidance', { question: 'Which?' });
    await asked;
    desk.reply(null);
    expect(await said).toEqual({ text: WAITING, isError: false });
    expect(desk.questions).toEqual([{ question: 'Which?', options: [], tried: [] }]);
  });

  it('asks one thing at a time', async () => {
    const desk = createFakeDesk();
    const client = createFakeClient(desk);
    const asked = desk.asked();
    const said = client.call('ask_guidance', question);
    await asked;
    expect((await client.call('ask_guidance', question)).text).toContain('ask one at a time');
    desk.reply('a');
    expect((await said).isError).toBe(false);
  });

  it('can be asked again after the disk refused', async () => {
    let broken = true;
    const desk = createFakeDesk({
      ask: async () => {
        if (broken) throw new Error('ENOSPC: no space left');
        return 'a';
      },
    });
    const client = createFakeClient(desk);
    expect(await client.call('ask_guidance', question)).toEqual({
      text: 'weft could not do this: ENOSPC: no space left',
      isError: true,
    });
    broken = false;
    expect((await client.call('ask_guidance', question)).isError).toBe(false);
  });

  it('shows signs of life to a client that wants them, and none after the answer', async () => {
    const desk = createFakeDesk();
    const client = createFakeClient(desk);
    const { answer } = client.start('tools/call', {
      name: 'ask_guidance',
      arguments: question,
      _meta: { progressToken: 'tok' },
    });
    const signs = (): readonly unknown[] =>
      client.received.filter(({ method }) => method === 'notifications/progress').map(({ params }) => params);
    while (signs().length < 3) await new Promise((go) => setImmediate(go));
    desk.reply('a');
    await answer;
    const seen = signs().length;
    expect(signs().slice(0, 2)).toEqual([
      { progressToken: 'tok', progress: 1, message: 'Waiting for an answer.' },
      { progressToken: 'tok', progress: 2, message: 'Waiting for an answer.' },
    ]);
    await new Promise((go) => setTimeout(go, 10));
    expect(signs()).toHaveLength(seen);
  });
});

it('check_guidance gives what was told', async () => {
  const said = await createFakeClient(createFakeDesk()).call('check_guidance');
  expect(said).toEqual({ text: '{"guidance":["Mind the gap."]}', isError: false });
});

describe('claim_files', () => {
  const check = (globs: readonly string[], text: string): void => {
    it(`${globs.join()}: ${text}`, async () => {
      const desk = createFakeDesk();
      const said = await createFakeClient(desk).call('claim_files', { globs, why: 'Docs.' });
      expect(said).toEqual({ text, isError: false });
      expect(desk.wishes).toEqual([{ patterns: globs, why: 'Docs.' }]);
    });
  };
  check(['docs/**'], '{"status":"granted","say":"So be it."}');
  check(['src/**'], '{"status":"refused","say":"So be it."}');

  const checkAsked = (answer: string | null, like: object, wishes: number): void => {
    it(`of held files people are asked; their answer: ${answer}`, async () => {
      const desk = createFakeDesk();
      const asked = desk.asked();
      const said = createFakeClient(desk).call('claim_files', { globs: ['held/**'], why: 'Docs.' });
      await asked;
      desk.reply(answer);
      expect(JSON.parse((await said).text)).toMatchObject(like);
      expect(desk.questions).toEqual([
        {
          question: 'May it change held/** as well? So be it. Why it wants to: Docs.',
          options: ['Give it the files', 'It has to do without'],
          tried: [],
        },
      ]);
      expect(desk.wishes).toHaveLength(wishes);
    });
  };
  checkAsked(null, { status: 'asked', say: expect.stringContaining('Your people are asked.') }, 1);
  checkAsked('It has to do without', { status: 'refused', say: expect.stringContaining('do without') }, 1);
  checkAsked('Give it the files', { status: 'refused', say: expect.stringContaining('So be it.') }, 2);
});

describe('submit', () => {
  const check = (input: object, report: object): void => {
    it(JSON.stringify(input), async () => {
      const desk = createFakeDesk();
      const said = await createFakeClient(desk).call('submit', input);
      expect(said).toEqual({ text: 'Noted. End your turn now.', isError: false });
      expect(desk.reports).toEqual([report]);
    });
  };
  check({ summary: 'Done.' }, { status: 'complete', summary: 'Done.', reason: null });
  check(
    { summary: 'Looked.', nothing_to_change_reason: 'It is there already.' },
    { status: 'complete', summary: 'Looked.', reason: 'It is there already.' },
  );
});

describe('an input that does not fit is answered with a sentence', () => {
  const check = (name: string, input: unknown, sentence: string): void => {
    it(`${name}: ${sentence}`, async () => {
      const desk = createFakeDesk();
      const said = await createFakeClient(desk).call(name, input);
      expect(said).toEqual({ text: sentence, isError: true });
      expect([desk.reports, desk.questions, desk.wishes]).toEqual([[], [], []]);
    });
  };
  check('get_task', [], 'The arguments have to be an object.');
  check('get_task', 'x', 'The arguments have to be an object.');
  check('get_task', { id: 1 }, 'There is no argument "id": it takes none.');
  check('submit', undefined, '`summary` has to be a text.');
  check('submit', { summary: ' \n' }, '`summary` must not be empty.');
  check(
    'submit',
    { summary: 'x'.repeat(4_001) },
    '`summary` is longer than 4000 characters: say it in fewer.',
  );
  check(
    'submit',
    { summary: 'x', nothing_to_change_reason: 3 },
    '`nothing_to_change_reason` has to be a text.',
  );
  check('report_progress', { note: 'x' }, '`phase` has to be one of: planning, working.');
  check('report_progress', { phase: 'stuck', note: 'x' }, '`phase` has to be one of: planning, working.');
  check('ask_guidance', { question: 'x', options: 'a' }, '`options` has to be a list of texts.');
  check('ask_guidance', { question: 'x', options: [1] }, '`options[0]` has to be a text.');
  check('ask_guidance', { question: 'x', tried: ['a', ''] }, '`tried[1]` must not be empty.');
  check('ask_guidance', { question: 'x', options: Array(10).fill('a') }, '`options` takes at most 9 texts.');
  check(
    'ask_guidance',
    { question: 'x', opts: [] },
    'There is no argument "opts": it takes question, options, tried.',
  );
  check('claim_files', { globs: [], why: 'x' }, '`globs` must not be empty.');
  check('claim_files', { globs: ['a'] }, '`why` has to be a text.');
});
