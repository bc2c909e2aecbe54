// What a configuration means to be started, and which variables go where.
import { describe, expect, test } from 'vitest';
import { chooseProgram } from '../../../src/adapters/agent/programs.ts';
import { ACP_PRESETS } from '../../../src/adapters/agent/session/acp.ts';
import type { AgentConfig } from '../../../src/core/model.ts';

function choose(config: AgentConfig): ReturnType<typeof read> {
  return read(chooseProgram(config));
}

function read(chosen: ReturnType<typeof chooseProgram>): Extract<typeof chosen, { ok: true }>['value'] {
  if (!chosen.ok) throw new Error(chosen.failure.sentence);
  return chosen.value;
}

describe('chooseProgram', () => {
  test.each([
    [{ kind: 'claude' }, 'claude', [], null],
    [{ kind: 'codex', program: '/opt/codex', mode: 'read-only' }, '/opt/codex', [], 'read-only'],
    [{ kind: 'acp', preset: 'gemini' }, 'gemini', ['--acp'], null],
    [{ kind: 'acp', preset: 'opencode', program: './oc' }, './oc', ['acp'], null],
    [{ kind: 'acp', preset: 'codex-acp' }, 'codex-acp', [], 'agent-full-access'],
    [{ kind: 'acp', preset: 'codex-acp', mode: 'auto' }, 'codex-acp', [], 'auto'],
    [{ kind: 'acp', command: ['my-agent', '--speak', 'acp'] }, 'my-agent', ['--speak', 'acp'], null],
  ])('%j', (config, program, args, mode) => {
    expect(choose(config)).toMatchObject({ kind: config.kind, program, args, mode });
  });

  test('opencode is made to ask: about files always, about commands where people are asked', () => {
    const permission = (approvals?: 'auto' | 'ask'): unknown =>
      choose({ kind: 'acp', preset: 'opencode', ...(approvals === undefined ? {} : { approvals }) }).env;
    expect(permission()).toEqual({ OPENCODE_PERMISSION: '{"edit":"ask"}' });
    expect(permission('ask')).toEqual({ OPENCODE_PERMISSION: '{"edit":"ask","bash":"ask"}' });
  });

  test('what says nothing is refused with what there is', () => {
    for (const config of [{ kind: 'acp' }, { kind: 'acp', preset: 'none' }, { kind: 'acp', command: [] }]) {
      expect(chooseProgram(config)).toMatchObject({
        ok: false,
        failure: { kind: 'usage', hint: expect.stringContaining('copilot') },
      });
    }
  });
});

describe('known programs', () => {
  const all = [
    choose({ kind: 'claude' }),
    choose({ kind: 'codex' }),
    ...Object.keys(ACP_PRESETS).map((preset) => choose({ kind: 'acp', preset })),
  ];

  test('every preset is one, with keys that it gets', () => {
    for (const { program, known } of all) {
      expect(known, program).not.toBeNull();
      expect(known?.pass, program).toEqual(expect.arrayContaining([...(known?.keys ?? [])]));
      expect(new Set(known?.pass).size, program).toBe(known?.pass.length);
    }
  });

  test.each([
    ['ANTHROPIC_API_KEY', ['claude', 'claude-agent-acp']],
    ['CODEX_API_KEY', ['codex', 'codex-acp']],
    ['GEMINI_API_KEY', ['gemini']],
    ['DASHSCOPE_API_KEY', ['qwen']],
    ['COPILOT_GITHUB_TOKEN', ['copilot']],
    ['GITHUB_TOKEN', []],
  ])('%s goes to its own alone', (name, programs) => {
    const given = all.filter(({ known }) => known?.pass.includes(name)).map(({ program }) => program);
    expect(given).toEqual(programs);
  });

  test('a command of the user’s own gets nothing unasked', () => {
    expect(choose({ kind: 'acp', command: ['my-agent'] }).known).toBeNull();
  });
});
