// What Claude Code asks before it acts, and what it is answered: by the guard, by weft at once, by people.
import { describe, expect, it } from 'vitest';
import { createClaude } from '../../../../src/adapters/agent/session/claude.ts';
import type { Opening, Reply } from '../../../../src/adapters/agent/session/conversation.ts';
import { openTalk, type Talk } from './fixtures/talk.ts';

type Fields = Readonly<Record<string, unknown>>;

const CLAUDE = createClaude({ program: '/bin/claude' });
const LEAVE = ['Allow it.', 'Allow it, and the like of it from now on.', 'Refuse it.'];

function inTurn(opening: Partial<Opening> = {}): Talk {
  const talk = openTalk(CLAUDE, opening);
  talk.begin();
  talk.sent();
  return talk;
}

function wish(id: string, tool: string, input: Fields, more: Fields = {}): Fields {
  const request = { subtype: 'can_use_tool', tool_name: tool, input, ...more };
  return { type: 'control_request', request_id: id, request };
}

function answered(id: string, response: Fields): Fields {
  return { type: 'control_response', response: { subtype: 'success', request_id: id, response } };
}

describe('what writes is looked at first', () => {
  const calls: readonly [string, string, Fields, Fields][] = [
    ['a write elsewhere', 'Write', { file_path: '/w/forbidden' }, refusal('/w/forbidden is not yours.')],
    ['an edit elsewhere', 'Edit', { file_path: 'forbidden' }, refusal('forbidden is not yours.')],
    ['several edits elsewhere', 'MultiEdit', { file_path: 'forbidden' }, refusal('forbidden is not yours.')],
    [
      'a notebook elsewhere',
      'NotebookEdit',
      { notebook_path: 'forbidden' },
      refusal('forbidden is not yours.'),
    ],
    ['a write of its own', 'Write', { file_path: '/w/a' }, {}],
    ['a write without a path', 'Write', {}, {}],
  ];
  for (const [name, tool, input, expected] of calls) {
    it(name, () => {
      const talk = inTurn();
      const hook = { hook_event_name: 'PreToolUse', tool_name: tool, tool_input: input };
      const request = { subtype: 'hook_callback', callback_id: 'guard', input: hook };
      talk.take({ type: 'control_request', request_id: 'h', request });
      expect(talk.sent()).toEqual([answered('h', expected)]);
      expect(talk.news()).toEqual([]);
    });
  }

  function refusal(permissionDecisionReason: string): Fields {
    return {
      hookSpecificOutput: {
        hookEventName: 'PreToolUse',
        permissionDecision: 'deny',
        permissionDecisionReason,
      },
    };
  }
});

describe('leave', () => {
  for (const approvals of ['auto', 'ask'] as const) {
    it(`is refused for what is not its own, with ${approvals}`, () => {
      const talk = inTurn({ approvals });
      talk.take(wish('p', 'Write', { file_path: 'forbidden' }));
      const message = 'forbidden is not yours.';
      expect(talk.sent()).toEqual([answered('p', { behavior: 'deny', message, interrupt: false })]);
      expect(talk.news()).toEqual([]);
    });
  }

  it('is given at once with auto', () => {
    const talk = inTurn();
    talk.take(wish('p', 'Bash', { command: 'make' }));
    expect(talk.sent()).toEqual([answered('p', { behavior: 'allow', updatedInput: { command: 'make' } })]);
    expect(talk.news()).toEqual([]);
  });

  const RULE = { type: 'addRules', behavior: 'allow', destination: 'localSettings' };
  const replies: readonly [string, Reply, Fields][] = [
    ['allow', { choice: 0, text: '' }, { behavior: 'allow', updatedInput: { command: 'make' } }],
    [
      'allow the like of it, for this session',
      { choice: 1, text: '' },
      {
        behavior: 'allow',
        updatedInput: { command: 'make' },
        updatedPermissions: [{ ...RULE, destination: 'session' }],
      },
    ],
    ['refuse', { choice: 2, text: '' }, { behavior: 'deny', message: 'This was refused.', interrupt: false }],
    [
      'refuse and say why',
      { choice: 2, text: 'No.' },
      { behavior: 'deny', message: 'No.', interrupt: false },
    ],
    [
      'say something',
      { choice: null, text: 'Later.' },
      { behavior: 'deny', message: 'Later.', interrupt: false },
    ],
  ];
  for (const [name, reply, expected] of replies) {
    it(`is asked for: people ${name}`, () => {
      const talk = inTurn({ approvals: 'ask' });
      talk.take(wish('p', 'Bash', { command: 'make' }, { permission_suggestions: [RULE, 'odd'] }));
      const leave = '["Bash",{"command":"make"}]';
      expect(talk.news()).toEqual([
        { kind: 'asks', ask: { id: 'p', text: 'May it use Bash: make?', labels: LEAVE, leave } },
      ]);
      expect(talk.sent()).toEqual([]);
      talk.reply('p', reply);
      talk.reply('p', reply);
      expect(talk.sent()).toEqual([answered('p', expected)]);
    });
  }
});

describe('questions', () => {
  const WHICH = {
    question: 'Which?',
    options: [
      { label: 'Red', description: 'like fire' },
      { label: 'Blue', description: 'like sky' },
    ],
  };
  const HOW = { question: 'How?', multiSelect: true, options: [{ label: 'A' }, { label: 'B' }] };
  const ask = (...questions: readonly unknown[]): Talk => {
    const talk = inTurn();
    talk.take(wish('q', 'AskUserQuestion', { questions }));
    return talk;
  };

  const answers: readonly [string, Reply, string][] = [
    ['a label', { choice: 1, text: '' }, 'Blue'],
    ['a label and words', { choice: 0, text: 'but dark' }, 'Red: but dark'],
    ['words', { choice: null, text: 'Green' }, 'Green'],
  ];
  for (const [name, reply, answer] of answers) {
    it(`take ${name}`, () => {
      const talk = ask(WHICH);
      expect(talk.news()).toEqual([
        {
          kind: 'asks',
          ask: { id: 'q', text: 'Which?\nRed: like fire\nBlue: like sky', labels: ['Red', 'Blue'] },
        },
      ]);
      talk.reply('q', reply);
      const updatedInput = { questions: [WHICH], answers: { 'Which?': answer } };
      expect(talk.sent()).toEqual([answered('q', { behavior: 'allow', updatedInput })]);
    });
  }

  it('are put one by one, and answered together', () => {
    const talk = ask(WHICH, HOW);
    expect(talk.news().map((news) => (news.kind === 'asks' ? news.ask : null))).toMatchObject([
      { id: 'q/1', labels: ['Red', 'Blue'] },
      { id: 'q/2', text: 'How?\nMore than one may be named.', labels: ['A', 'B'] },
    ]);
    talk.reply('q/1', { choice: 0, text: '' });
    expect(talk.sent()).toEqual([]);
    talk.reply('q/2', { choice: null, text: 'A, B' });
    const answers = { 'Which?': 'Red', 'How?': 'A, B' };
    const updatedInput = { questions: [WHICH, HOW], answers };
    expect(talk.sent()).toEqual([answered('q', { behavior: 'allow', updatedInput })]);
  });

  it('without words can be answered', () => {
    const talk = ask();
    expect(talk.news()).toEqual([{ kind: 'asks', ask: { id: 'q', text: '', labels: [] } }]);
    talk.reply('q', { choice: null, text: 'What?' });
    expect(talk.sent()).toHaveLength(1);
  });

  it('have nine labels at most', () => {
    const options = Array.from({ length: 30 }, (_, at) => ({ label: `${at}` }));
    const [news] = ask({ question: 'Which?', options }).news();
    expect(news).toMatchObject({ ask: { labels: ['0', '1', '2', '3', '4', '5', '6', '7', '8'] } });
  });

  it('are withdrawn, those that were not answered', () => {
    const talk = ask(WHICH, HOW);
    talk.reply('q/1', { choice: 0, text: '' });
    talk.news();
    talk.take({ type: 'control_cancel_request', request_id: 'q' });
    expect(talk.news()).toEqual([{ kind: 'asks-no-more', id: 'q/2' }]);
    talk.reply('q/2', { choice: 0, text: '' });
    expect(talk.sent()).toEqual([]);
  });

  it('are over with the turn', () => {
    const talk = ask(WHICH);
    talk.news();
    talk.take({ type: 'result', subtype: 'success', result: 'Done.' });
    expect(talk.news()).toEqual([
      { kind: 'asks-no-more', id: 'q' },
      { kind: 'turn-over', fault: null, text: 'Done.' },
    ]);
  });
});

it('a request that weft does not know is refused', () => {
  const talk = inTurn();
  talk.take({ type: 'control_request', request_id: 'x', request: { subtype: 'mcp_message' } });
  expect(talk.sent()).toEqual([
    {
      type: 'control_response',
      response: { subtype: 'error', request_id: 'x', error: 'weft does not do that' },
    },
  ]);
});
