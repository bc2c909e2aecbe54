// Every agent kind keeps the contract.
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { createCommandAgent } from '../../../src/adapters/agent/command.ts';
import { createHostedAgents } from '../../../src/adapters/agent/hosted.ts';
import { createScriptAgent } from '../../../src/adapters/agent/script.ts';
import { agentContract } from './contract.ts';

let repository = '';
beforeAll(async () => {
  repository = await mkdtemp(join(tmpdir(), 'weft-agents-'));
  await writeFile(join(repository, 'agent.sh'), '#!/bin/sh\n');
  await chmod(join(repository, 'agent.sh'), 0o755);
  await writeFile(join(repository, 'play.yaml'), 'tasks: {}\n');
});
afterAll(() => rm(repository, { recursive: true, force: true }));

agentContract('command', () => ({
  port: createCommandAgent(),
  good: { kind: 'command', run: './agent.sh --fast' },
  missing: { kind: 'command', run: './no-such-agent' },
  empty: { kind: 'command' },
  repository,
}));

agentContract('script', () => ({
  port: createScriptAgent({ node: process.execPath, entry: join(repository, 'agent.sh') }),
  good: { kind: 'script', scenario: 'play.yaml' },
  missing: { kind: 'script', scenario: 'none.yaml' },
  empty: { kind: 'script' },
  repository,
}));

const [, , ACP] = createHostedAgents({ node: process.execPath, entry: '/host.cjs', tools: '/weft.cjs' });

agentContract('acp', () => {
  if (ACP === undefined) throw new Error('there is no kind acp');
  return {
    port: ACP,
    good: { kind: 'acp', command: ['./agent.sh', '--acp'] },
    missing: { kind: 'acp', preset: 'qwen', program: './no-such-agent' },
    empty: { kind: 'acp' },
    repository,
  };
});
