// Steps become calls of the tools that agents offer.
import { describe, expect, it } from 'vitest';
import { chooseTool, type OfferedTool, type ToolCall } from '../../../src/testing/model/choose-tool.ts';

const WRITE = { op: 'write', path: 'a b.txt', text: "it's\nhere\n" } as const;
const BASH = { op: 'bash', command: 'ls' } as const;
const SHELL_WRITE = `printf %s 'it'\\''s\nhere\n' > 'a b.txt'`;

function offer(...names: readonly string[]): readonly OfferedTool[] {
  return names.map((name) => ({ name, takes: name === 'apply_patch' ? 'text' : 'object' }));
}

function call(name: string, input: Readonly<Record<string, unknown>>): ToolCall {
  return { name, takes: 'object', input };
}

describe('chooseTool', () => {
  for (const [names, expected] of [
    [['Bash', 'Edit', 'Write'], call('Write', { file_path: WRITE.path, content: WRITE.text })],
    [['write_file', 'run_shell_command'], call('write_file', { file_path: WRITE.path, content: WRITE.text })],
    [['bash', 'write'], call('write', { filePath: WRITE.path, content: WRITE.text })],
    [['create', 'bash'], call('create', { path: WRITE.path, file_text: WRITE.text })],
    [
      ['exec_command', 'apply_patch'],
      {
        name: 'apply_patch',
        takes: 'text',
        input: "*** Begin Patch\n*** Add File: a b.txt\n+it's\n+here\n*** End Patch\n",
      },
    ],
    [['shell'], call('shell', { command: ['bash', '-lc', SHELL_WRITE] })],
    [['Read'], null],
    [[], null],
  ] as const) {
    it(`writes with ${names.join(', ') || 'nothing'}`, () => {
      expect(chooseTool(WRITE, offer(...names))).toEqual(expected);
    });
  }

  for (const [name, input] of [
    ['Bash', { command: 'ls', description: 'Run a step' }],
    ['run_shell_command', { command: 'ls', description: 'Run a step', is_background: false }],
    ['bash', { command: 'ls', description: 'Run a step' }],
    ['exec_command', { cmd: 'ls', yield_time_ms: 30_000 }],
    ['shell_command', { command: 'ls' }],
    ['shell', { command: ['bash', '-lc', 'ls'] }],
  ] as const) {
    it(`runs with ${name}`, () => {
      expect(chooseTool(BASH, offer('Read', name))).toEqual(call(name, input));
    });
  }

  it('does not hand an object to a tool that takes text, or the other way round', () => {
    expect(chooseTool(BASH, [{ name: 'exec_command', takes: 'text' }])).toBeNull();
    expect(chooseTool(WRITE, [{ name: 'apply_patch', takes: 'object' }])).toBeNull();
  });

  it('calls a tool by name, offered or not', () => {
    const step = { op: 'tool', name: 'mcp__weft__ask', input: { q: 1 } } as const;
    expect(chooseTool(step, offer('Bash'))).toEqual(call('mcp__weft__ask', { q: 1 }));
  });
});
