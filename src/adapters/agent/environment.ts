// The environment variables every kind of agent gets from weft. Knows nothing of how an agent is started.
import type { AttemptFacts } from '../../ports/agent.ts';

/**
 * Names the attempt to its agent.
 *
 * - `WEFT_ROLE`: `plan`, `implement` or `review`. `WEFT_RESULT_FILE`: where a planner or reviewer puts its answer.
 * - `WEFT_RUN`, `WEFT_TASK`, `WEFT_ATTEMPT` (counts from 1): which attempt this is.
 * - `WEFT_PROMPT_FILE`: what to do. `WEFT_STATUS_FILE`: where to say how it goes (optional).
 * - `WEFT_BASE`: commit the work started from. `WEFT_TARGET`: what it is to land on, when known.
 * - `WEFT_TEMP_DIR` and `TMPDIR`: folder for temporary files of this attempt alone.
 * - `WEFT_PORT_BASE` and `PORT`: first of ten TCP ports set aside for this attempt, so that two dev servers never meet.
 */
export function attemptEnvironment(facts: AttemptFacts): Readonly<Record<string, string>> {
  return {
    WEFT_RUN: facts.run,
    WEFT_TASK: facts.task,
    WEFT_ATTEMPT: String(facts.attempt),
    WEFT_ROLE: facts.role,
    WEFT_RESULT_FILE: facts.resultFile,
    WEFT_PROMPT_FILE: facts.promptFile,
    WEFT_STATUS_FILE: facts.statusFile,
    WEFT_BASE: facts.base,
    ...(facts.target === undefined ? {} : { WEFT_TARGET: facts.target }),
    WEFT_TEMP_DIR: facts.tempDir,
    TMPDIR: facts.tempDir,
    WEFT_PORT_BASE: String(facts.portBase),
    PORT: String(facts.portBase),
  };
}
