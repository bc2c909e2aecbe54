// The talk with one agent: who is told what and when, which answer goes where, and when it is over.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Ask, News, Reply } from '../../../../src/adapters/agent/session/conversation.ts';
import type { Leaves } from '../../../../src/adapters/agent/session/leaves.ts';
import { beginReport, type Gathering } from '../../../../src/adapters/agent/session/report.ts';
import { createTalk, type Talk } from '../../../../src/adapters/agent/session/talk.ts';
import { writeAnswer } from '../../../../src/core/answer-text.ts';
import type { SessionEnd, SessionReport } from '../../../../src/ports/agent.ts';
import { OPENING } from './fixtures/talk.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const COLOUR: Ask = { id: 'c', text: 'Which colour?', labels: ['Red', 'Redder', 'Blue'] };
const SHAPE: Ask = { id: 's', text: 'Which shape?', labels: [] };
const DONE: News = { kind: 'turn-over', fault: null, text: 'Done.' };
const END: SessionEnd = { fault: null, text: 'Done.' };

interface Scene {
  readonly talk: Talk;
  /** What the agent was told and asked for, in order. */
  readonly acts: readonly string[];
  readonly printed: readonly string[];
  tell(...news: readonly News[]): void;
  /** People say something; numbers count from 1. */
  say(...texts: readonly string[]): Promise<void>;
  report(): SessionReport;
  /** Lets everything happen that is under way. */
  settle(): Promise<void>;
}

const NO_LEAVES: Leaves = {
  note: () => undefined,
  drop: () => undefined,
  hear: () => undefined,
  take: () => null,
};

function openScene(
  of: { readonly answerTool?: (text: string) => Promise<boolean>; readonly leaves?: Partial<Leaves> } = {},
): Scene {
  const acts: string[] = [];
  const printed: string[] = [];
  const waiting: { number: number; text: string }[] = [];
  let gathering: Gathering = beginReport();
  let count = 0;
  let tellAll = (_: News): void => undefined;
  const talk = createTalk(
    {
      protocol: {
        launch: () => ({ argv: ['agent'], env: {} }),
        converse: (_, wire) => {
          tellAll = wire.tell;
          return {
            begin: () => acts.push('begin'),
            hear: () => undefined,
            say: ({ number, text }) => acts.push(`say ${number} ${text}`),
            reply: (id, { choice, text }) => acts.push(`reply ${id} ${choice} ${text}`),
            interrupt: () => acts.push('interrupt'),
          };
        },
      },
      opening: OPENING,
      wholePrompt: '',
      env: {},
      publish: () => undefined,
      print: (line) => printed.push(line),
      printError: () => undefined,
      record: () => undefined,
      noteTold: () => undefined,
      redact: (text) => text.replaceAll('hunter2', '[secret]'),
      answerTool: of.answerTool ?? (() => Promise.resolve(false)),
      leaves: { ...NO_LEAVES, ...of.leaves },
      patience: { retryMs: 60_000, sameFailures: 3 },
    },
    {
      waiting,
      gathering: () => gathering,
      update: (next) => {
        gathering = next;
      },
    },
    () => undefined,
  );
  const settle = async (): Promise<void> => void (await vi.advanceTimersByTimeAsync(0));
  talk.begin();
  acts.splice(0);
  return {
    talk,
    acts,
    printed,
    settle,
    report: () => gathering.report,
    tell: (...news) => {
      for (const each of news) tellAll(each);
    },
    say: async (...texts) => {
      for (const text of texts) {
        count += 1;
        waiting.push({ number: count, text });
      }
      talk.pump();
      await settle();
    },
  };
}

function asks(ask: Ask): News {
  return { kind: 'asks', ask };
}

function heard(number: number): News {
  return { kind: 'heard', number };
}

describe('a message', () => {
  it('is said at once, and heard when the agent says so', async () => {
    const scene = openScene();
    await scene.say('One.', 'Two.');
    expect(scene.acts).toEqual(['say 1 One.', 'say 2 Two.']);
    expect(scene.report().heard).toEqual([]);
    expect(scene.talk.unheard().map(({ number }) => number)).toEqual([1, 2]);
    scene.tell(heard(2));
    expect(scene.report().heard).toEqual([2]);
    expect(scene.talk.unheard()).toEqual([{ number: 1, text: 'One.' }]);
  });

  it('is held while something is asked, until that is answered', async () => {
    const scene = openScene();
    scene.tell(asks(COLOUR));
    await scene.say('One.', 'Two.');
    expect(scene.acts).toEqual([]);
    await scene.say(writeAnswer('Which colour?', 'Blue'));
    expect(scene.acts).toEqual(['reply c 2 ', 'say 1 One.', 'say 2 Two.']);
    expect(scene.report()).toMatchObject({ heard: [3], ask: null });
  });

  it('is held until what is asked is withdrawn', async () => {
    const scene = openScene();
    scene.tell(asks(COLOUR));
    await scene.say('One.');
    scene.tell({ kind: 'asks-no-more', id: 'c' });
    await scene.settle();
    expect(scene.acts).toEqual(['say 1 One.']);
  });
});

describe('an answer', () => {
  const answers: readonly [string, string, string][] = [
    ['a label', 'Red', 'reply c 0 '],
    ['a label that begins like another one', 'Redder', 'reply c 1 '],
    ['a label and words', 'Redder but not much', 'reply c 1 but not much'],
    ['words', 'Redmond', 'reply c null Redmond'],
    ['words of several lines', 'Green.\nOr so.', 'reply c null Green.\nOr so.'],
  ];
  for (const [name, answer, expected] of answers) {
    it(`is ${name}`, async () => {
      const scene = openScene();
      scene.tell(asks(COLOUR));
      await scene.say(writeAnswer('Which colour?', answer));
      expect(scene.acts).toEqual([expected]);
    });
  }

  it('goes to what it answers, not to what is asked first', async () => {
    const scene = openScene();
    scene.tell(asks(COLOUR), asks(SHAPE));
    expect(scene.report().ask).toMatchObject({ id: 'c' });
    await scene.say(writeAnswer('Which shape?', 'Round.'));
    expect(scene.acts).toEqual(['reply s null Round.']);
    expect(scene.report().ask).toMatchObject({ id: 'c' });
  });

  it('to a question in other words than it was put is found by the words that people saw', async () => {
    const scene = openScene();
    const text = `${'x'.repeat(3_998)}  hunter2 \u001b[31mred\u202e`;
    scene.tell(asks({ id: 'x', text, labels: ['  hunter2\n twice ', `${'y'.repeat(199)} z`] }));
    const { ask } = scene.report();
    expect(JSON.stringify(ask)).not.toContain('hunter2');
    await scene.say(writeAnswer(ask?.text ?? '', ask?.labels[1] ?? ''));
    expect(scene.acts).toEqual(['reply x 1 ']);
  });

  it('to nothing that is asked is said', async () => {
    const scene = openScene();
    await scene.say(writeAnswer('Which colour?', 'Red'));
    expect(scene.acts).toEqual(['say 1 Question: Which colour?\nAnswer: Red']);
  });

  it('goes to a tool that waits for it', async () => {
    const texts: string[] = [];
    const scene = openScene({
      answerTool: async (text) => {
        texts.push(text);
        return text.startsWith('Question: ');
      },
    });
    await scene.say(writeAnswer('Which tool?', 'This.'), 'Else.');
    expect(texts).toEqual(['Question: Which tool?\nAnswer: This.', 'Else.']);
    expect(scene.acts).toEqual(['say 2 Else.']);
    expect(scene.report().heard).toEqual([1]);
  });
});

describe('leave that was asked for', () => {
  const LEAVE: Ask = { id: 'l', text: 'May it?', labels: ['Yes.', 'No.'], leave: 'this' };

  function openKept(given: Reply | null): { readonly scene: Scene; readonly kept: readonly string[] } {
    const kept: string[] = [];
    const scene = openScene({
      leaves: {
        note: ({ id }) => kept.push(`note ${id}`),
        drop: (id) => kept.push(`drop ${id}`),
        hear: (text) => kept.push(`hear ${text}`),
        take: () => given,
      },
    });
    return { scene, kept };
  }

  it('before is given at once, and people see it', () => {
    const { scene, kept } = openKept({ choice: 1, text: 'Not here.' });
    scene.tell(asks(LEAVE));
    expect(scene.acts).toEqual(['reply l 1 Not here.']);
    expect(scene.report()).toMatchObject({ ask: null, doing: 'May it?\nAnswered before: No.' });
    expect(kept).toEqual([]);
  });

  it('is kept no longer than until it is given', async () => {
    const { scene, kept } = openKept(null);
    scene.tell(asks(LEAVE));
    const answer = writeAnswer('May it?', 'Yes.');
    await scene.say('Else.', answer);
    expect(kept).toEqual(['note l', 'drop l', `hear ${answer}`, 'hear Else.']);
  });

  it('is kept when the agent is stopped', () => {
    const { scene, kept } = openKept(null);
    scene.tell(asks(LEAVE));
    scene.talk.stop();
    scene.tell({ kind: 'asks-no-more', id: 'l' });
    expect(kept).toEqual(['note l']);
  });
});

describe('the end', () => {
  it('comes with the turn', async () => {
    const scene = openScene();
    scene.tell(DONE);
    expect(scene.talk.ended()).toEqual(END);
    expect(await scene.talk.over).toEqual(END);
    await scene.say('Too late.');
    expect(scene.acts).toEqual([]);
  });

  it('comes with a fault whatever waits', async () => {
    const scene = openScene();
    await scene.say('One.');
    scene.tell({ kind: 'turn-over', fault: 'limit', text: 'No more.' });
    expect(scene.talk.ended()).toEqual({ fault: 'limit', text: 'No more.' });
    expect(scene.talk.unheard()).toHaveLength(1);
  });

  it('waits for a turn that begins with what was said at the last moment', async () => {
    const scene = openScene();
    await scene.say('One.');
    scene.tell(DONE);
    expect(scene.talk.ended()).toBe(null);
    await vi.advanceTimersByTimeAsync(14_000);
    scene.tell(heard(1));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(scene.talk.ended()).toBe(null);
    scene.tell({ ...DONE, text: 'Now done.' });
    expect(scene.talk.ended()).toEqual({ fault: null, text: 'Now done.' });
  });

  it('comes without it after a while', async () => {
    const scene = openScene();
    await scene.say('One.');
    scene.tell(DONE);
    await vi.advanceTimersByTimeAsync(15_000);
    expect(scene.talk.ended()).toEqual(END);
    expect(scene.report().heard).toEqual([]);
  });

  it('waits for what could not be said before', async () => {
    const scene = openScene();
    scene.tell(asks(COLOUR));
    await scene.say('One.');
    scene.tell(DONE);
    await scene.settle();
    expect(scene.acts).toEqual(['say 1 One.']);
    expect(scene.talk.ended()).toBe(null);
    expect(scene.report().ask).toBe(null);
    scene.tell(heard(1), DONE);
    expect(scene.talk.ended()).toEqual(END);
  });

  it('waits for an answer that is on its way to a tool, and comes with the words of the turn', async () => {
    let finish = (_: boolean): void => undefined;
    const scene = openScene({
      answerTool: () =>
        new Promise((resolve) => {
          finish = resolve;
        }),
    });
    await scene.say(writeAnswer('Which tool?', 'This.'));
    scene.tell({ kind: 'doing', text: 'Something.' }, DONE);
    expect(scene.talk.ended()).toBe(null);
    finish(true);
    await scene.settle();
    expect(scene.talk.ended()).toEqual(END);
  });

  it('is told', () => {
    const scene = openScene();
    scene.talk.stop();
    expect(scene.acts).toEqual(['interrupt']);
    expect(scene.talk.ended()).toMatchObject({ fault: 'interrupted' });
    scene.tell(DONE);
    expect(scene.talk.ended()).toMatchObject({ fault: 'interrupted' });
  });
});

describe('an agent that gets nowhere', () => {
  const FAILURE: News = { kind: 'failed-call', text: 'make failed: no' };

  it('goes on when people say so, and hears nothing of it', async () => {
    const scene = openScene();
    scene.tell(FAILURE, FAILURE, FAILURE);
    const { ask } = scene.report();
    await scene.say('One.', writeAnswer(ask?.text ?? '', 'Let it go on.'));
    expect(scene.acts).toEqual(['say 1 One.']);
    expect(scene.report()).toMatchObject({ heard: [2], ask: null });
  });

  it('is asked about no more when it is done', async () => {
    const scene = openScene();
    scene.tell(FAILURE, FAILURE, FAILURE, DONE);
    expect(scene.report().ask).toBe(null);
    expect(scene.talk.ended()).toEqual(END);
  });
});

it('people see what happens, but for what is of no interest', () => {
  const scene = openScene();
  const spending = { input: 1, output: 1, usd: null };
  scene.tell({ kind: 'session', id: 'x' }, { kind: 'doing', text: 'Works.' }, { kind: 'spent', spending });
  scene.tell(asks(SHAPE), { kind: 'failed-call', text: 'No.' }, { kind: 'retries', text: 'Again.' });
  scene.tell({ kind: 'limited', untilMs: null, text: 'Used up.' });
  scene.tell({ kind: 'turn-over', fault: 'limit', text: 'Over.' });
  expect(scene.printed).toEqual(['Works.', '? Which shape?', '! No.', '! Again.', '! Used up.', '! Over.']);
});
