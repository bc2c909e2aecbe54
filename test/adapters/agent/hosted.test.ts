// Agents that converse: what their host is told, and an agent of the Agent Client Protocol under it, from launch to report.
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createHostedAgents } from '../../../src/adapters/agent/hosted.ts';
import type { SessionPlan } from '../../../src/adapters/agent/session/plan.ts';
import { readSessionReport } from '../../../src/adapters/agent/session-report.ts';
import { createProcessPort } from '../../../src/adapters/process/process-port.ts';
import type { AgentConfig } from '../../../src/core/model.ts';
import type { AttemptFacts, Launch } from '../../../src/ports/agent.ts';
import { attemptFacts } from './facts.ts';

const AGENT = fileURLToPath(new URL('session/fixtures/acp-agent.mjs', import.meta.url));
const HOST = { node: process.execPath, entry: resolve('dist/session.cjs'), tools: resolve('dist/weft.cjs') };

let folder: string;
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'weft-hosted-')));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function launch(
  config: AgentConfig,
  over: Partial<AttemptFacts> = {},
): Launch & { readonly plan: SessionPlan } {
  const agent = createHostedAgents(HOST).find(({ kind }) => kind === config.kind);
  const launched = agent?.launch(config, attemptFacts(over));
  if (launched?.ok !== true) throw new Error(launched?.failure.sentence ?? config.kind);
  return { ...launched.value, plan: JSON.parse(launched.value.files?.[0]?.text ?? '') };
}

test('the host is told the program, and gets the variables that are its own', () => {
  const { plan, pass, argv } = launch({
    kind: 'acp',
    preset: 'copilot',
    model: 'm',
    env: ['MY_TOKEN', 'MY_DIR'],
  });
  expect(plan).toMatchObject({ kind: 'acp', program: 'copilot', args: ['--acp'], model: 'm', mode: null });
  expect(argv).toEqual([HOST.node, HOST.entry, '/s/session-plan.json']);
  expect(pass).toEqual(expect.arrayContaining(['COPILOT_GITHUB_TOKEN', 'MY_TOKEN', 'MY_DIR']));
  expect(pass).not.toContain('ANTHROPIC_API_KEY');
  expect(plan.secrets).toEqual(['COPILOT_GITHUB_TOKEN', 'COPILOT_PROVIDER_API_KEY', 'MY_TOKEN']);
});

test('a command of the user’s own gets what it is told to get, and no shell reads it', () => {
  const command = ['my-agent', '--note', '$(id) "x"'];
  const { plan, pass } = launch({ kind: 'acp', command, env: ['MY_DIR'] });
  expect(plan).toMatchObject({ program: 'my-agent', args: ['--note', '$(id) "x"'] });
  expect(pass).toEqual(['MY_DIR']);
});

test.each([
  [{ model: 'big' }, {}, { model: 'big', effort: 'low' }],
  [{}, { effort: 'low' }, { model: 'small', effort: 'low' }],
  [{ model: 'big', effort: 'high' }, { effort: 'low' }, { model: 'big', effort: 'high' }],
])('what a task asks for, %j, wins over its agent’s', (task, agent, expected) => {
  const config = { kind: 'claude', model: 'small', effort: 'low', ...agent };
  expect(launch(config, task).plan).toMatchObject(expected);
});

test.each([
  ['asked for', { checks: true }, true],
  ['not asked for', {}, false],
  ['refused', { checks: false }, false],
])('checks are run when that is %s', (_, agent, expected) => {
  const checks = { commands: ['npm test'], timeoutMs: 1_000, excerptBytes: 100 };
  const told = expected ? { ...checks, statusFile: '/s/status.json' } : null;
  expect(launch({ kind: 'codex', ...agent }, { checks }).plan.checks).toEqual(told);
  expect(launch({ kind: 'codex', ...agent }).plan.checks).toBeNull();
});

test('limits of its own are passed on', () => {
  expect(launch({ kind: 'claude', maxTurns: 30, maxUsd: 2.5 }).plan).toMatchObject({
    maxTurns: 30,
    maxUsd: 2.5,
  });
  expect(launch({ kind: 'claude' }).plan).toMatchObject({ maxTurns: null, maxUsd: null });
  for (const [left, maxUsd] of [
    [9, 2.5],
    [1.00001, 1.0001],
    [0, 0.0001],
  ] as const)
    expect(launch({ kind: 'claude', maxUsd: 2.5 }, { maxUsd: left }).plan.maxUsd).toBe(maxUsd);
});

test('who plans or reviews may write nothing', () => {
  const owns = ['src/**'];
  expect(launch({ kind: 'acp', preset: 'qwen' }, { owns }).plan.owns).toEqual(owns);
  expect(launch({ kind: 'acp', preset: 'qwen' }, { owns, role: 'review' }).plan.owns).toEqual([]);
});

test('an agent of the protocol does its work under the host', async () => {
  const worktree = join(folder, 'work');
  await mkdir(worktree);
  const promptFile = join(folder, 'prompt.md');
  await writeFile(promptFile, 'say On my way.\nedit a.txt\nsay All is done.');
  const command = [process.execPath, AGENT, join(folder, 'store')];
  const facts = { dir: folder, worktree, promptFile, tempDir: folder, owns: ['a.txt'] };
  const { argv, env, files = [] } = launch({ kind: 'acp', command }, facts);
  for (const { path, text } of files) await writeFile(path, text);
  const { exit, tail } = await createProcessPort().run({
    argv,
    env: { PATH: process.env['PATH'] ?? '', ...env },
    cwd: worktree,
    timeoutMs: 30_000,
    outputBytes: 65_536,
    tag: 'weft-test-hosted',
  });
  expect(exit, tail).toEqual({ code: 0, signal: null });
  expect(await readSessionReport(folder)).toMatchObject({
    files: ['a.txt'],
    spending: { input: 10, output: 1, usd: null },
    end: { fault: null, text: 'All is done.' },
  });
});
