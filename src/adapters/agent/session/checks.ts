// Runs the quick checks in an agent's worktree and says what fails, in words for the agent. Knows no protocol.
import { fence } from '../../../core/prompt.ts';
import type { CommandEnd } from '../../../ports/process.ts';
import { openProcessTable } from '../../process/process-table.ts';
import { runCommand } from '../../process/run-command.ts';
import { cleanText } from '../agent-text.ts';
import { readStatus } from '../status-file.ts';
import type { Check } from './checked.ts';
import type { SessionPlan } from './plan.ts';

/** What the checks are run with. */
export interface CheckMeans {
  /** Variables of the agent; secrets of its own are not theirs. */
  readonly env: Readonly<Record<string, string>>;
  /** Names the attempt to those who look for what is left of it. */
  readonly tag: string;
  /** Hides what must not be shown to anybody. */
  readonly redact: (text: string) => string;
}

/** The checks of an attempt. */
export interface Checks {
  readonly run: Check;
  /** Ends what is under way, and resolves when nothing of it is left. */
  readonly end: () => Promise<void>;
}

/** Makes the checks of a plan; null: it has none. */
export function createChecks(
  plan: Pick<SessionPlan, 'checks' | 'worktree' | 'secrets'>,
  { env, tag, redact }: CheckMeans,
): Checks | null {
  const { checks, worktree, secrets } = plan;
  if (checks === null) return null;
  const { commands, timeoutMs, excerptBytes, statusFile } = checks;
  const table = openProcessTable();
  const own = Object.entries(env).filter(([name]) => !secrets.includes(name));
  const setting = {
    cwd: worktree,
    env: { ...Object.fromEntries(own), CI: '1' },
    tag,
    outputBytes: excerptBytes,
  };
  const ending = new AbortController();
  const runAll: Check = async (wanted, note) => {
    const signal = AbortSignal.any([wanted, ending.signal]);
    if (signal.aborted || (await readStatus(statusFile))?.status === 'stuck') return null;
    const deadline = performance.now() + timeoutMs;
    for (const command of commands) {
      note(`Check: ${command}`);
      const left = Math.max(1, deadline - performance.now());
      const end = await runCommand(table, {
        ...setting,
        argv: ['sh', '-c', command],
        timeoutMs: left,
        signal,
      });
      if (signal.aborted) return null;
      if (end.exit.code === 0 && !end.timedOut) continue;
      const how = `\`${command}\` ${wordEnd(end)}`;
      note(`Check: ${how}`);
      return redact(complain(how, cleanText(end.tail, excerptBytes)));
    }
    return null;
  };
  // what one of them left behind is ended before the next begins
  let last: Promise<unknown> = Promise.resolve();
  return {
    run: (signal, note) => {
      const run = last.then(() => runAll(signal, note));
      last = run;
      return run;
    },
    end: async () => {
      ending.abort();
      await last;
    },
  };
}

function wordEnd({ exit, timedOut }: CommandEnd): string {
  return timedOut ? 'took too long.' : `ended with ${exit.signal ?? `exit code ${exit.code}`}.`;
}

function complain(how: string, output: string | null): string {
  const shown = output === null ? 'It printed nothing.' : fence(output);
  return `Your work is not accepted yet. With the worktree as it is now, ${how}\n\n${shown}\n\nMend that, commit, and end your turn again. When it is none of your doing, or cannot be mended within your task, say so and end your turn.`;
}
