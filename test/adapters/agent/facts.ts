// The attempt that the tests of agent adapters launch.
import type { AttemptFacts } from '../../../src/ports/agent.ts';

/** Makes the facts of an attempt; `over` replaces some of them. */
export function attemptFacts(over: Partial<AttemptFacts> = {}): AttemptFacts {
  return {
    run: 'r1',
    task: 'api',
    attempt: 2,
    role: 'implement',
    base: 'b'.repeat(40),
    worktree: '/w/api',
    promptFile: '/s/prompt.md',
    statusFile: '/s/status.json',
    resultFile: '/s/result.json',
    tempDir: '/s/tmp',
    portBase: 42_000,
    command: null,
    repository: '/repo',
    dir: '/s',
    owns: null,
    model: null,
    effort: null,
    resume: null,
    told: [],
    token: null,
    checks: null,
    retryMs: 600_000,
    outputBytes: 1_000_000,
    ...over,
  };
}
