// The acting agent: a real child process that plays its part from a scenario file. Knows nothing of weft beyond WEFT_*.
import { readFileSync } from 'node:fs';
import { fail, type Result } from '../../core/failure.ts';
import { actSteps } from './act.ts';
import { findSteps, parseScenario, type Scenario } from './scenario.ts';
import { openStage, type Stage } from './stage.ts';

const LIFE_MS = 600_000;

/** Plays the part of `WEFT_TASK`, `WEFT_ATTEMPT`; resolves with the exit code: 2 for a bad scenario, 1 for a failed step. */
async function main(path: string): Promise<number> {
  const scenario = readScenario(path);
  if (!scenario.ok) {
    process.stderr.write(`${scenario.failure.sentence}\n${scenario.failure.hint ?? ''}\n`);
    return 2;
  }
  const stage = openStage(process.env, process.cwd());
  const code = await play(stage, scenario.value).catch((error: unknown) => {
    process.stderr.write(`script-agent: ${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  });
  stage.leave(code);
  return code;
}

async function play(stage: Stage, scenario: Scenario): Promise<number> {
  const steps = findSteps(scenario, stage);
  if (steps !== null) return actSteps(stage, steps);
  process.stderr.write(`The scenario has no steps for attempt ${stage.attempt} of task ${stage.task}.\n`);
  return 2;
}

function readScenario(path: string): Result<Scenario> {
  try {
    return parseScenario(readFileSync(path, 'utf8'), path);
  } catch (error) {
    return fail({
      kind: 'usage',
      sentence: `${path}: ${error instanceof Error ? error.message : String(error)}.`,
    });
  }
}

// Keeps the process alive while a step waits, and bounds its life when nobody ends it.
setTimeout(() => process.exit(1), LIFE_MS);
// stdin stays open as long as weft wants, so the end has to be said.
void main(process.argv[2] ?? '').then((code) => process.exit(code));
