// What is said to Codex in and between its turns, and how it is stopped: nothing is lost, nothing is said twice.
import { describe, expect, it } from 'vitest';
import {
  atFirstTurn,
  CODEX,
  DONE,
  endTurn,
  failed,
  inTurn,
  item,
  OVER,
  over,
  report,
  textInput,
} from './fixtures/codex-steps.ts';
import { openTalk, type Talk } from './fixtures/talk.ts';

describe('what is said', () => {
  it('steers the turn, and is heard when it is in the conversation', () => {
    const talk = inTurn();
    talk.say({ number: 4, text: 'Left.' });
    expect(talk.sent()).toEqual([
      {
        id: 4,
        method: 'turn/steer',
        params: {
          threadId: 't',
          clientUserMessageId: 'weft-2',
          input: textInput('Left.'),
          expectedTurnId: 'u1',
        },
      },
    ]);
    talk.take({ id: 4, result: { turnId: 'u1' } });
    expect(talk.news()).toEqual([]);
    item(talk, 'started', { type: 'userMessage', clientId: 'weft-2' });
    item(talk, 'started', { type: 'userMessage', clientId: 'weft-2' });
    expect(talk.news()).toEqual([{ kind: 'heard', number: 4 }]);
  });

  it('waits until there is a turn to steer', () => {
    const talk = atFirstTurn();
    talk.say({ number: 1, text: 'One.' });
    talk.say({ number: 2, text: 'Two.' });
    expect(talk.sent()).toEqual([]);
    talk.take({ id: 3, result: { turn: { id: 'u1' } } });
    expect(talk.sent()).toEqual([]);
    report(talk, 'turn/started', { turn: { id: 'u1' } });
    expect(talk.sent()).toMatchObject([
      { method: 'turn/steer', params: { input: textInput('One.\n\nTwo.') } },
    ]);
    item(talk, 'started', { type: 'userMessage', clientId: 'weft-2' });
    expect(talk.news()).toEqual([
      { kind: 'heard', number: 1 },
      { kind: 'heard', number: 2 },
    ]);
  });

  it('starts a turn when none is under way', () => {
    const talk = inTurn();
    endTurn(talk, 'u1', DONE);
    talk.news();
    talk.say({ number: 1, text: 'More.' });
    expect(talk.sent()).toMatchObject([
      { id: 4, method: 'turn/start', params: { input: textInput('More.') } },
    ]);
    report(talk, 'turn/started', { turn: { id: 'u2' } });
    item(talk, 'started', { type: 'userMessage', clientId: 'weft-2' });
    endTurn(talk, 'u2', DONE);
    expect(talk.news()).toEqual([{ kind: 'heard', number: 1 }, OVER]);
  });

  it('becomes a turn when the one under way was just over', () => {
    const talk = inTurn();
    talk.say({ number: 1, text: 'Late.' });
    talk.take({ id: 4, error: { code: -32_600, message: 'no active turn to steer' } });
    talk.say({ number: 2, text: 'Later.' });
    talk.sent();
    endTurn(talk, 'u1', DONE);
    expect(talk.sent()).toMatchObject([
      {
        method: 'turn/start',
        params: { clientUserMessageId: 'weft-3', input: textInput('Late.\n\nLater.') },
      },
    ]);
    expect(talk.news()).toEqual([]);
  });

  it('becomes a turn when it was taken but not heard', () => {
    const talk = inTurn();
    talk.say({ number: 1, text: 'Late.' });
    talk.sent();
    endTurn(talk, 'u1', DONE);
    expect(talk.sent()).toMatchObject([{ method: 'turn/start', params: { input: textInput('Late.') } }]);
    talk.take({ id: 4, error: { code: -32_600, message: 'no active turn to steer' } });
    report(talk, 'turn/started', { turn: { id: 'u2' } });
    item(talk, 'started', { type: 'userMessage', clientId: 'weft-3' });
    endTurn(talk, 'u2', DONE);
    expect(talk.sent()).toEqual([]);
    expect(talk.news()).toEqual([{ kind: 'heard', number: 1 }, OVER]);
  });

  it('is heard by a turn that it started and that is done, even where nothing says so', () => {
    const talk = atFirstTurn();
    report(talk, 'turn/started', { turn: { id: 'u1' } });
    endTurn(talk, 'u1', DONE);
    expect(talk.news()).toEqual([OVER]);
    talk.say({ number: 1, text: 'More.' });
    report(talk, 'turn/started', { turn: { id: 'u2' } });
    endTurn(talk, 'u2', DONE);
    expect(talk.news()).toEqual([{ kind: 'heard', number: 1 }, OVER]);
  });

  it('stays to be said when the turn failed', () => {
    const talk = inTurn();
    talk.say({ number: 1, text: 'One.' });
    talk.sent();
    endTurn(talk, 'u1', failed('busy', 'serverOverloaded'));
    expect(talk.sent()).toEqual([]);
    expect(talk.news()).toEqual([over('api-error', 'busy')]);
    talk.say({ number: 2, text: 'Two.' });
    expect(talk.sent()).toMatchObject([
      { method: 'turn/start', params: { input: textInput('One.\n\nTwo.') } },
    ]);
  });
});

describe('an interruption', () => {
  it('stops the turn and what it asked', () => {
    const talk = inTurn({ approvals: 'ask' });
    talk.take({ id: 0, method: 'item/commandExecution/requestApproval', params: { command: 'make' } });
    talk.news();
    talk.interrupt();
    expect(talk.sent()).toEqual([
      { id: 4, method: 'turn/interrupt', params: { threadId: 't', turnId: 'u1' } },
    ]);
    endTurn(talk, 'u1', { status: 'interrupted' });
    expect(talk.news()).toEqual([
      { kind: 'asks-no-more', id: '0' },
      over('interrupted', 'It was interrupted.'),
    ]);
  });

  it('waits for the turn to be there', () => {
    const talk = atFirstTurn();
    talk.interrupt();
    expect(talk.sent()).toEqual([]);
    report(talk, 'turn/started', { turn: { id: 'u1' } });
    expect(talk.sent()).toMatchObject([{ method: 'turn/interrupt' }]);
  });

  it('keeps the first turn from starting', () => {
    const talk = openTalk(CODEX);
    talk.begin();
    talk.interrupt();
    talk.take({ id: 1, result: {} });
    talk.sent();
    talk.take({ id: 2, result: { thread: { id: 't' } } });
    expect(talk.sent()).toEqual([]);
    expect(talk.news()).toEqual([{ kind: 'session', id: 't' }, over('interrupted', 'It was interrupted.')]);
  });

  it('goes on with what was said after it, and not with what was said before', () => {
    const said = (after: boolean): Talk => {
      const talk = inTurn();
      if (!after) talk.say({ number: 1, text: 'Left.' });
      talk.interrupt();
      if (after) talk.say({ number: 1, text: 'Left.' });
      talk.sent();
      endTurn(talk, 'u1', { status: 'interrupted' });
      return talk;
    };
    expect(said(true).sent()).toMatchObject([
      { method: 'turn/start', params: { input: textInput('Left.') } },
    ]);
    expect(said(false).sent()).toEqual([]);
  });

  it('means nothing when no turn is under way', () => {
    const talk = inTurn();
    endTurn(talk, 'u1', DONE);
    talk.interrupt();
    talk.say({ number: 1, text: 'More.' });
    expect(talk.sent()).toMatchObject([{ method: 'turn/start' }]);
    report(talk, 'turn/started', { turn: { id: 'u2' } });
    expect(talk.sent()).toEqual([]);
  });
});
