// A scripted model, a repository, and the conversations with agents that work there. Asserts nothing.
import type { Opening, Protocol } from '../../src/adapters/agent/session/conversation.ts';
import { type Model, startModel } from '../../src/testing/model/server.ts';
import { createTempRepo, type TempRepo } from '../../src/testing/temp-repo.ts';
import { type Pump, startPump } from '../adapters/agent/session/fixtures/pump.ts';

/** Where agents work. */
export interface Scene {
  readonly model: Model;
  readonly repo: TempRepo;
  /** Starts the agent of a protocol in the repository, if it is not told to work elsewhere. */
  converse(
    protocol: Protocol,
    opening: Partial<Opening> & Pick<Opening, 'prompt'>,
    env: Readonly<Record<string, string>>,
  ): Pump;
  /** What people said in all that the model was asked with last. */
  lastTexts(): string;
  /** Closes all conversations, and takes everything away. */
  remove(): Promise<void>;
}

/** Opens a scene. */
export async function openScene(): Promise<Scene> {
  const [model, repo] = await Promise.all([startModel(), createTempRepo()]);
  const pumps: Pump[] = [];
  return {
    model,
    repo,
    converse: (protocol, opening, env) => {
      const pump = startPump(protocol, { worktree: repo.path, ...opening }, env);
      pumps.push(pump);
      return pump;
    },
    lastTexts: () => model.requests.at(-1)?.userTexts.join('\n') ?? '',
    remove: async () => {
      await Promise.all(pumps.map((pump) => pump.close()));
      await model.close();
      await repo.remove();
    },
  };
}
