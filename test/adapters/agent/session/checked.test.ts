// Turns that are over only when the checks pass: what the agent and those who wait for it are told.
import { expect, it, vi } from 'vitest';
import { type Check, MAX_ROUNDS, withChecks } from '../../../../src/adapters/agent/session/checked.ts';
import type { News, Protocol } from '../../../../src/adapters/agent/session/conversation.ts';
import { openTalk } from './fixtures/talk.ts';

interface Scene {
  /** What the agent's side tells. */
  readonly tell: (...news: readonly News[]) => Promise<void>;
  /** What was done to the agent's side. */
  readonly acts: readonly string[];
  readonly talk: ReturnType<typeof openTalk>;
  /** What was told, shortened. */
  readonly told: () => readonly string[];
  /** Ends the check under way, oldest first, with what fails. */
  readonly finish: (failure: string | null) => Promise<void>;
  /** Whether nobody wants to know of a check any more, by check. */
  readonly aborted: () => readonly boolean[];
}

function openScene(): Scene {
  const acts: string[] = [];
  let tellInner: (news: News) => void = () => undefined;
  const inner: Protocol = {
    launch: () => ({ argv: ['agent'], env: {} }),
    converse: (_, wire) => {
      tellInner = wire.tell;
      return {
        begin: () => acts.push('begin'),
        hear: (line) => acts.push(`hear ${line}`),
        say: ({ number, text }) => acts.push(`say ${number < 1_000 ? number : 'own'} ${text}`),
        reply: (id) => acts.push(`reply ${id}`),
        interrupt: () => acts.push('interrupt'),
      };
    },
  };
  const signals: AbortSignal[] = [];
  const open: ((failure: string | null) => void)[] = [];
  const check: Check = (signal, note) => {
    signals.push(signal);
    note('Check: c');
    return new Promise((resolve) => open.push(resolve));
  };
  const talk = openTalk(withChecks(inner, check));
  const settle = (): Promise<void> => vi.waitFor(() => undefined);
  return {
    acts,
    talk,
    tell: (...news) => {
      for (const each of news) tellInner(each);
      return settle();
    },
    told: () => talk.news().map((news) => ('text' in news ? `${news.kind} ${news.text}` : news.kind)),
    finish: (failure) => {
      open.shift()?.(failure);
      return settle();
    },
    aborted: () => signals.map(({ aborted }) => aborted),
  };
}

const done = (text: string): News => ({ kind: 'turn-over', fault: null, text });
const doing: News = { kind: 'doing', text: 'Works.' };

it('is over when the checks pass', async () => {
  const { tell, told, finish, acts } = openScene();
  await tell(doing, done('Done.'));
  expect(told()).toEqual(['doing Works.', 'doing Check: c']);
  await finish(null);
  expect(told()).toEqual(['turn-over Done.']);
  expect(acts).toEqual([]);
});

it('goes on when one fails, and its words are those of the last turn', async () => {
  const { tell, told, finish, acts } = openScene();
  await tell(done('First.'));
  await finish('c fails');
  expect(acts).toEqual(['say own c fails']);
  await tell({ kind: 'heard', number: 2 ** 40 + 1 }, doing, done('Second.'));
  await finish(null);
  expect(told()).toEqual(['doing Check: c', 'doing Works.', 'doing Check: c', 'turn-over Second.']);
});

it('is sent back so many times in a row, and people who speak begin the count anew', async () => {
  const { tell, told, finish, acts, talk, aborted } = openScene();
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    await tell(doing, done('Done.'));
    await finish('c fails');
  }
  expect(acts).toHaveLength(MAX_ROUNDS);
  talk.news();
  await tell(doing, done('Enough.'));
  expect(told()).toEqual(['doing Works.', 'turn-over Enough.']);
  talk.say({ number: 1, text: 'Try.' });
  await tell(doing, done('Tried.'));
  expect(aborted()).toHaveLength(MAX_ROUNDS + 1);
});

it.each<[string, (scene: Scene) => Promise<void>, readonly string[]]>([
  ['people speak', async ({ talk }) => talk.say({ number: 1, text: 'Hi.' }), ['say 1 Hi.']],
  ['it works again by itself', ({ tell }) => tell({ kind: 'heard', number: 1 }), []],
  ['it is stopped', async ({ talk }) => talk.interrupt(), ['interrupt']],
])('does not want to know any more when %s', async (_, act, expected) => {
  const scene = openScene();
  await scene.tell(done('Done.'));
  await act(scene);
  expect(scene.aborted()).toEqual([true]);
  await scene.finish('c fails');
  expect(scene.acts).toEqual(expected);
  expect(scene.told().filter((text) => text.startsWith('turn-over'))).toEqual([]);
  // and the next turn is looked at again
  await scene.tell(done('Done.'));
  await scene.finish(null);
  expect(scene.told()).toContain('turn-over Done.');
});

it('checks nothing after a fault', async () => {
  const { tell, talk, aborted } = openScene();
  const fault: News = { kind: 'turn-over', fault: 'limit', text: 'Used up.' };
  await tell(fault);
  expect(talk.news()).toEqual([fault]);
  expect(aborted()).toEqual([]);
});
