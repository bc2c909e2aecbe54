// Any program as an agent: a shell command line of the repository's own. Never puts task text on a command line.
import { fail, ok, type Result } from '../../core/failure.ts';
import type { AgentConfig } from '../../core/model.ts';
import type { AgentPort, AttemptFacts, Launch, Probe, ProbeDetails } from '../../ports/agent.ts';
import { attemptEnvironment } from './environment.ts';
import { forwardMessages } from './forwarded.ts';
import { describeAbsence, locateProgram } from './locate.ts';

const FIX =
  'Set `run` of the agent under `agents` in .weft/config.yaml, or `run` in the frontmatter of the task.';

/** Makes the agent kind `command`: the line runs as `sh -c` in the worktree, with the prompt on stdin. */
export function createCommandAgent(): AgentPort {
  return { kind: 'command', launch: launchCommand, tell: forwardMessages, probe: probeCommand };
}

function launchCommand(config: AgentConfig, facts: AttemptFacts): Result<Launch> {
  const line = facts.command ?? config.run ?? '';
  if (line.trim() === '') {
    return fail({
      kind: 'usage',
      sentence: `Task ${facts.task} has no command line: neither the task nor its agent sets \`run\`.`,
      hint: FIX,
    });
  }
  if (line.includes('\0')) {
    return fail({
      kind: 'usage',
      sentence: `The command line of task ${facts.task} has a NUL byte.`,
      hint: FIX,
    });
  }
  return ok({ argv: ['sh', '-c', line], env: attemptEnvironment(facts), stdin: 'prompt' });
}

/** Nothing more is known of a line of the user's own, which is never run to find out. */
const DETAILS: ProbeDetails = { protocol: 'command', version: null, login: null, trial: null };

async function probeCommand(config: AgentConfig, repository: string): Promise<Probe> {
  const line = (config.run ?? '').trim();
  if (line === '') {
    return {
      found: false,
      sentence: 'The agent has no command line; only tasks with a `run` of their own can use it.',
      hint: FIX,
    };
  }
  const word = firstWord(line);
  if (word === null) {
    return {
      found: true,
      sentence: `\`${line}\` begins with shell syntax, so its program was not looked up.`,
      details: DETAILS,
    };
  }
  const place = await locateProgram(word, repository);
  if (place !== null) return { found: true, sentence: `\`${word}\` is ${place}.`, details: DETAILS };
  return {
    found: false,
    sentence: describeAbsence(word),
    hint: `Install ${word}, or correct \`run\` of the agent in .weft/config.yaml.`,
  };
}

/** The word of a shell line that names its program, or null when only a shell could tell. */
function firstWord(line: string): string | null {
  let rest = line.trimStart();
  for (;;) {
    const assignment = /^[A-Za-z_]\w*=(?:"[^"$`\\]*"|'[^']*'|[^\s"'$`\\;&|<>()]*)\s+/.exec(rest);
    const prefix = assignment ?? /^exec\s+(?=[^-])/.exec(rest);
    if (prefix === null) break;
    rest = rest.slice(prefix[0].length);
  }
  const word = /^(?:"([^"$`\\]+)"|'([^']+)'|([\w./~+@%:,[-]+))(?=\s|[;&|<>]|$)/.exec(rest);
  return word?.[1] ?? word?.[2] ?? word?.[3] ?? null;
}
