// Turns a step of the script into a call of a tool that the agent offers. Knows the names agents give to their tools.
import { unreachable } from '../../core/failure.ts';
import type { Step } from './directives.ts';
import type { JsonObject } from './json.ts';

/** A tool of a request. */
export interface OfferedTool {
  readonly name: string;
  /** Whether it takes a JSON object or plain text. */
  readonly takes: 'object' | 'text';
}

/** A call of a tool, with what the tool takes. */
export type ToolCall =
  | { readonly name: string; readonly takes: 'object'; readonly input: JsonObject }
  | { readonly name: string; readonly takes: 'text'; readonly input: string };

type Act = Exclude<Step, { op: 'say' }>;
type Write = Extract<Step, { op: 'write' }>;

/** Longest wait that Codex allows a command before it goes on without it. */
const YIELD_MS = 30_000;

const WRITERS: readonly (readonly [tool: string, input: (step: Write) => JsonObject])[] = [
  ['Write', ({ path, text }) => ({ file_path: path, content: text })],
  ['write_file', ({ path, text }) => ({ file_path: path, content: text })],
  ['write', ({ path, text }) => ({ filePath: path, content: text })],
  ['create', ({ path, text }) => ({ path, file_text: text })],
];

const RUNNERS: readonly (readonly [tool: string, input: (command: string) => JsonObject])[] = [
  ['Bash', (command) => ({ command, description: 'Run a step' })],
  ['run_shell_command', (command) => ({ command, description: 'Run a step', is_background: false })],
  ['bash', (command) => ({ command, description: 'Run a step' })],
  ['exec_command', (cmd) => ({ cmd, yield_time_ms: YIELD_MS })],
  ['shell_command', (command) => ({ command })],
  ['shell', (command) => ({ command: ['bash', '-lc', command] })],
];

/**
 * Chooses the call for a step; null when no tool fits. A tool that a step names is called even if it is not offered:
 * agents keep tools back until they are looked for.
 */
export function chooseTool(step: Act, offered: readonly OfferedTool[]): ToolCall | null {
  switch (step.op) {
    case 'tool':
      return { name: step.name, takes: 'object', input: step.input };
    case 'bash':
      return runCommand(step.command, offered);
    case 'write':
      return writeFile(step, offered);
    default:
      return unreachable(step);
  }
}

function writeFile(step: Write, offered: readonly OfferedTool[]): ToolCall | null {
  const writer = WRITERS.find(([tool]) => offers(offered, tool, 'object'));
  if (writer !== undefined) return { name: writer[0], takes: 'object', input: writer[1](step) };
  if (offers(offered, 'apply_patch', 'text')) {
    return { name: 'apply_patch', takes: 'text', input: writePatch(step) };
  }
  return runCommand(`printf %s ${quote(step.text)} > ${quote(step.path)}`, offered);
}

function runCommand(command: string, offered: readonly OfferedTool[]): ToolCall | null {
  const runner = RUNNERS.find(([tool]) => offers(offered, tool, 'object'));
  return runner === undefined ? null : { name: runner[0], takes: 'object', input: runner[1](command) };
}

function offers(offered: readonly OfferedTool[], name: string, takes: OfferedTool['takes']): boolean {
  return offered.some((tool) => tool.name === name && tool.takes === takes);
}

/** The text of a step ends with a line end, which a patch has of itself. */
function writePatch({ path, text }: Write): string {
  const lines = text.replace(/\n$/, '').split('\n');
  return [
    '*** Begin Patch',
    `*** Add File: ${path}`,
    ...lines.map((line) => `+${line}`),
    '*** End Patch',
    '',
  ].join('\n');
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
