// The acting agent: a child process that plays its part from a scenario file. Knows nothing of what is in the file.
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fail, ok, type Result } from '../../core/failure.ts';
import type { AgentConfig } from '../../core/model.ts';
import type { AgentPort, AttemptFacts, Launch, Probe } from '../../ports/agent.ts';
import { attemptEnvironment } from './environment.ts';

const FIX = 'Set `scenario` of the agent under `agents` in .weft/config.yaml to a file of the repository.';

/** The program that acts: a Node binary and the bundled script agent, both absolute. */
export interface ScriptProgram {
  readonly node: string;
  readonly entry: string;
}

/** Makes the agent kind `script`; its guidance arrives on stdin, which stays open. */
export function createScriptAgent(program: ScriptProgram): AgentPort {
  return {
    kind: 'script',
    launch: (config, facts) => launchScript(program, config, facts),
    probe: (config, repository) => probeScript(program, config, repository),
  };
}

function launchScript(program: ScriptProgram, config: AgentConfig, facts: AttemptFacts): Result<Launch> {
  if (config.scenario === undefined) {
    return fail({
      kind: 'usage',
      sentence: `The agent of task ${facts.task} has no scenario file.`,
      hint: FIX,
    });
  }
  const scenario = resolve(facts.repository, config.scenario);
  return ok({ argv: [program.node, program.entry, scenario], env: attemptEnvironment(facts), stdin: 'fifo' });
}

async function probeScript(program: ScriptProgram, config: AgentConfig, repository: string): Promise<Probe> {
  if (config.scenario === undefined) {
    return { found: false, sentence: 'The agent has no scenario file.', hint: FIX };
  }
  if (!(await isReadable(program.entry))) {
    return {
      found: false,
      sentence: `The script agent is not at ${program.entry}.`,
      hint: 'Build it with `npm run build`.',
    };
  }
  if (!(await isReadable(resolve(repository, config.scenario)))) {
    return { found: false, sentence: `The scenario file ${config.scenario} cannot be read.`, hint: FIX };
  }
  const details = { protocol: 'script', version: null, login: null, trial: null } as const;
  return { found: true, sentence: `The script agent acts ${config.scenario}.`, details };
}

async function isReadable(path: string): Promise<boolean> {
  return access(path, constants.R_OK).then(
    () => true,
    () => false,
  );
}
