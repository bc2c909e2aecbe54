// Where the real agent programs are that tests start, and what tests do without them. Knows nothing of how they are driven.
import { accessSync, constants } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe } from 'vitest';

/** Set where tests have to fail without the programs, rather than be skipped. */
const NEEDS_AGENTS = 'WEFT_NEEDS_AGENTS';

/** Path of Claude Code; null where it is not installed. */
export function claudeBinary(): string | null {
  return findProgram('@anthropic-ai/claude-code-linux-x64/claude');
}

/** Path of Codex; null where it is not installed. */
export function codexBinary(): string | null {
  return findProgram('codex-linux-x64/vendor/x86_64-unknown-linux-musl/bin/codex');
}

/** Path of a program that is installed on demand, below `wide`; null where it is not. */
export function wideBinary(path: string): string | null {
  return findProgram(path, 'wide/');
}

/** Says why tests with the programs cannot run; null when they can. Throws where they have to run. */
export function reasonToSkip(): string | null {
  if (claudeBinary() !== null && codexBinary() !== null) return null;
  const reason = 'no real agents: `npm ci --prefix test/agents --ignore-scripts` installs them';
  if (process.env[NEEDS_AGENTS] === '1') throw new Error(reason);
  return reason;
}

/** Paths of the real agent programs. */
export interface Agents {
  readonly claude: string;
  readonly codex: string;
}

/** Describes tests that start real agents; they are skipped, and it is said why, where there are none. */
export function describeWithAgents(name: string, tests: (agents: Agents) => void): void {
  const reason = reasonToSkip();
  if (reason !== null) console.warn(`${name}: skipped, ${reason}`);
  describe.skipIf(reason !== null)(name, () => {
    tests({ claude: claudeBinary() ?? '', codex: codexBinary() ?? '' });
  });
}

function findProgram(path: string, folder = ''): string | null {
  const program = fileURLToPath(new URL(`${folder}node_modules/${path}`, import.meta.url));
  try {
    accessSync(program, constants.X_OK);
    return program;
  } catch {
    return null;
  }
}
