// What every agent kind keeps to. Run with `agentContract(name, make)`.
import { describe, expect, test } from 'vitest';
import type { AgentConfig } from '../../../src/core/model.ts';
import type { AgentPort, Launch } from '../../../src/ports/agent.ts';
import { attemptFacts } from './facts.ts';

/** A kind with configurations that work and one that does not. */
export interface AgentSetting {
  readonly port: AgentPort;
  /** Everything that it needs is there. */
  readonly good: AgentConfig;
  /** It says what to start, and that is not there. */
  readonly missing: AgentConfig;
  /** It does not say what to start. */
  readonly empty: AgentConfig;
  readonly repository: string;
}

/** Text that a shell would act on. */
const HOSTILE = '"; rm -rf "$HOME" #\n$(id) `id` \'';

/** Runs the contract against a kind. */
export function agentContract(name: string, at: () => AgentSetting): void {
  describe(`agent: ${name}`, () => {
    launching(at);
    probing(at);
  });
}

function launching(at: () => AgentSetting): void {
  const launch = (over: Parameters<typeof attemptFacts>[0] = {}): Launch => {
    const { port, good, repository } = at();
    const launched = port.launch(good, attemptFacts({ repository, ...over }));
    if (!launched.ok) throw new Error(launched.failure.sentence);
    return launched.value;
  };

  test('the kind is what configurations name it by', () => {
    const { port, good } = at();
    expect(port.kind).toBe(good.kind);
  });

  test('a launch is the same whenever it is asked for', () => {
    expect(launch()).toEqual(launch());
  });

  test('the agent is told of its attempt by its environment', () => {
    const facts = attemptFacts();
    expect(launch({ target: 'main' }).env).toMatchObject({
      WEFT_RUN: facts.run,
      WEFT_TASK: facts.task,
      WEFT_ATTEMPT: String(facts.attempt),
      WEFT_BASE: facts.base,
      WEFT_PROMPT_FILE: facts.promptFile,
      WEFT_STATUS_FILE: facts.statusFile,
      WEFT_TEMP_DIR: facts.tempDir,
      WEFT_PORT_BASE: String(facts.portBase),
      WEFT_TARGET: 'main',
    });
  });

  test('no word of the task or of its places enters the command line [F41]', () => {
    const hostile = launch({
      task: HOSTILE,
      promptFile: HOSTILE,
      statusFile: HOSTILE,
      worktree: HOSTILE,
      base: HOSTILE,
    });
    expect(hostile.argv).toEqual(launch().argv);
    expect(hostile.argv[0]).not.toBe('');
  });

  test('what cannot be launched is a mistake of the configuration, and says what to do', () => {
    const { port, empty } = at();
    const refused = port.launch(empty, attemptFacts());
    expect(refused).toMatchObject({ ok: false, failure: { kind: 'usage', hint: expect.any(String) } });
  });
}

function probing(at: () => AgentSetting): void {
  test('a probe tells whether the agent is there, in a sentence, and with a hint when it is not', async () => {
    const { port, good, missing, empty, repository } = at();
    expect(await port.probe(good, repository)).toMatchObject({
      found: true,
      sentence: expect.stringMatching(/\.$/),
    });
    for (const config of [missing, empty]) {
      expect(await port.probe(config, repository)).toMatchObject({
        found: false,
        sentence: expect.stringMatching(/\.$/),
        hint: expect.stringMatching(/\.$/),
      });
    }
  });

  test('a probe starts nothing of the agent and changes no answer', async () => {
    const { port, good, repository } = at();
    const first = await port.probe(good, repository);
    expect(await port.probe(good, repository)).toEqual(first);
  });
}
