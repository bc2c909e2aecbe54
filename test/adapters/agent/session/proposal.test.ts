// What people read of a change before they allow it.
import { describe, expect, it } from 'vitest';
import { createAcp } from '../../../../src/adapters/agent/session/acp.ts';
import { createClaude } from '../../../../src/adapters/agent/session/claude.ts';
import { placeIn, spellChange, wordProposal } from '../../../../src/adapters/agent/session/proposal.ts';
import { inTurn, item, report } from './fixtures/codex-steps.ts';
import { openTalk, type Talk } from './fixtures/talk.ts';

describe('a path', () => {
  const paths: readonly [string, string][] = [
    ['/w/src/a.ts', 'src/a.ts'],
    ['src/a.ts', 'src/a.ts'],
    ['/elsewhere/a.ts', '/elsewhere/a.ts'],
    ['/wide/a.ts', '/wide/a.ts'],
    ['/w', '/w'],
  ];
  for (const [path, expected] of paths) it(path, () => expect(placeIn('/w', path)).toBe(expected));
});

describe('a change', () => {
  it('is shown line by line', () => {
    expect(wordProposal('May it?', spellChange('a\nb\n', 'c'))).toBe('May it?\n- a\n- b\n+ c');
    expect(wordProposal('May it?', [])).toBe('May it?');
  });

  it('is cut', () => {
    const text = wordProposal('May it?', [...Array(21).fill('x'.repeat(1_000)), 'y']);
    expect(text.split('\n')).toHaveLength(22);
    expect(text.length).toBeLessThan(4_000);
    expect(text).toMatch(/… 2 more lines$/);
  });
});

describe('an agent that wants to write is asked about with what it would write:', () => {
  const textOf = (talk: Talk): unknown =>
    talk.news().flatMap((news) => (news.kind === 'asks' ? news.ask.text : []));
  const CHANGES: readonly [string, object, string][] = [
    ['Write', { file_path: '/w/a', content: 'hello\n' }, 'May it use Write: a?\n+ hello'],
    ['Edit', { file_path: '/w/a', old_string: 'x', new_string: 'y' }, 'May it use Edit: a?\n- x\n+ y'],
    [
      'MultiEdit',
      {
        file_path: '/w/a',
        edits: [
          { old_string: 'x', new_string: '' },
          { old_string: '', new_string: 'z' },
        ],
      },
      'May it use MultiEdit: a?\n- x\n+ z',
    ],
    ['NotebookEdit', { notebook_path: '/w/n', new_source: 'z' }, 'May it use NotebookEdit: n?\n+ z'],
  ];
  for (const [tool, input, expected] of CHANGES) {
    it(`Claude Code, ${tool}`, () => {
      const talk = openTalk(createClaude({ program: 'claude' }), { approvals: 'ask' });
      talk.begin();
      const request = { subtype: 'can_use_tool', tool_name: tool, input };
      talk.take({ type: 'control_request', request_id: 'p', request });
      expect(textOf(talk)).toEqual([expected]);
    });
  }

  it('Codex', () => {
    const talk = inTurn({ approvals: 'ask' });
    talk.news();
    const changes = [
      { path: '/w/a', kind: { type: 'add' }, diff: 'hello\n' },
      { path: '/w/b', kind: { type: 'delete' }, diff: 'gone\n' },
      { path: '/w/c', kind: { type: 'update' }, diff: '@@ -1 +1 @@\n-x\n+y\n' },
    ];
    item(talk, 'started', { type: 'fileChange', id: 'c', changes });
    talk.news();
    talk.take({ id: 7, method: 'item/fileChange/requestApproval', params: { itemId: 'c' } });
    expect(textOf(talk)).toEqual(['May it change a, b, c?\n+ hello\n- gone\n@@ -1 +1 @@\n-x\n+y']);
    report(talk, 'turn/completed', {});
  });

  it('agents of the protocol', () => {
    const talk = openTalk(createAcp({ command: 'a', args: [] }), { approvals: 'ask' });
    talk.begin();
    talk.take({ id: 1, result: { protocolVersion: 1 } });
    talk.take({ id: 2, result: { sessionId: 's' } });
    const content = [{ type: 'diff', path: '/w/a', oldText: 'x\n', newText: 'y\n' }];
    const toolCall = { toolCallId: 'c', title: 'Edit', kind: 'edit', content };
    const options = [{ optionId: 'y', name: 'Yes', kind: 'allow_once' }];
    talk.take({ id: 7, method: 'session/request_permission', params: { sessionId: 's', toolCall, options } });
    expect(textOf(talk)).toEqual(['May it do this? Edit a\n- x\n+ y']);
  });
});
