// Looks whether a run could go well, before anything is created. Changes nothing.
import { dirname } from 'node:path';
import { type Policy, runId } from '../core/model.ts';
import type { Tools } from './parts.ts';
import { placesOf } from './places.ts';

/** One finding. */
export interface Finding {
  readonly name: string;
  readonly state: 'ok' | 'warning' | 'failed';
  readonly sentence: string;
  readonly hint?: string;
}

const LEAST_FREE_BYTES = 200 * 1024 * 1024;

/** Checks the repository, the places weft writes to, and (with a policy) the target, gates and agents it names. */
export async function examine(tools: Tools, policy: Policy | null): Promise<readonly Finding[]> {
  const findings = [ok('git', `git ${tools.gitVersion} and the repository ${tools.repository} can be used`)];
  findings.push(await checkLeader(tools), ...(await checkPlaces(tools, policy)));
  if (policy === null) return findings;
  findings.push(await checkTarget(tools, policy), checkGates(policy));
  findings.push(...(await checkAgents(tools, policy)));
  return findings;
}

function ok(name: string, sentence: string): Finding {
  return { name, state: 'ok', sentence };
}

async function checkLeader(tools: Tools): Promise<Finding> {
  const leader = await tools.control.findLeader(tools.stateDir);
  return ok(
    'engine',
    leader === null
      ? 'no engine leads this repository now'
      : `the engine with pid ${leader.pid} leads this repository`,
  );
}

async function checkPlaces(tools: Tools, policy: Policy | null): Promise<readonly Finding[]> {
  const state = await checkPlace(tools, {
    name: 'state',
    path: tools.stateDir,
    hint: 'Move it away, or mend its permissions.',
  });
  if (policy === null) return [state];
  const worktrees = await checkPlace(tools, {
    name: 'worktrees',
    path: dirname(placesOf(tools.repository, runId('run'), policy).worktrees),
    hint: 'Name another place with `worktrees.root` in .weft/config.yaml.',
  });
  return [state, worktrees];
}

async function checkPlace(
  { files }: Tools,
  { name, path, hint }: { readonly name: string; readonly path: string; readonly hint: string },
): Promise<Finding> {
  const obstacle = await files.findObstacle(path);
  if (obstacle !== null)
    return { name, state: 'failed', sentence: `${path} cannot be used: ${obstacle}`, hint };
  const free = await findFreeBytes(files, path);
  if (free === null || free >= LEAST_FREE_BYTES) return ok(name, `${path} can be written to`);
  const sentence = `only ${Math.round(free / 1024 / 1024)} MB are free at ${path}`;
  return { name, state: 'warning', sentence };
}

/** Room where the folder is, or would be made. */
async function findFreeBytes(files: Tools['files'], path: string): Promise<number | null> {
  const free = await files.freeBytes(path);
  return free === null && dirname(path) !== path ? findFreeBytes(files, dirname(path)) : free;
}

async function checkTarget(tools: Tools, policy: Policy): Promise<Finding> {
  const found = await tools.git.resolve(`refs/heads/${policy.target}`);
  if (found !== null) return ok('target', `branch ${policy.target} is at ${found.slice(0, 12)}`);
  const { sentence, hint } = await explainMissingTarget(tools, policy.target);
  return { name: 'target', state: 'failed', sentence, hint };
}

/** Why there is no such branch to land on, and what helps. */
async function explainMissingTarget(
  tools: Pick<Tools, 'git'>,
  target: string,
): Promise<{ readonly sentence: string; readonly hint: string }> {
  if ((await tools.git.resolve('HEAD')) === null) {
    return {
      sentence: 'the repository has no commit yet, and work lands on top of one',
      hint: 'Make a first one: git add -A && git commit -m start',
    };
  }
  return {
    sentence: `there is no branch ${target} to land on`,
    hint: 'Name one with --target, or `target:` in .weft/config.yaml.',
  };
}

function checkGates(policy: Policy): Finding {
  const count = policy.gates.tier0.length + policy.gates.tier1.length + policy.gates.tier2.length;
  if (count > 0)
    return ok('gates', `${count} ${count === 1 ? 'gate has' : 'gates have'} to pass before a task lands`);
  return {
    name: 'gates',
    state: 'warning',
    sentence: 'no gate is configured: whatever merges, lands',
    hint: 'Name the commands that must pass under `gates.tier0` in .weft/config.yaml.',
  };
}

async function checkAgents(tools: Tools, policy: Policy): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const [name, config] of Object.entries(policy.agents)) {
    const agent = tools.agents.get(config.kind);
    if (agent === undefined) {
      const kinds = [...tools.agents.keys()].join(', ');
      findings.push({
        name: `agent ${name}`,
        state: 'failed',
        sentence: `this weft has no agent of kind ${config.kind}`,
        hint: `Kinds: ${kinds}.`,
      });
      continue;
    }
    const { found, sentence, hint } = await agent.probe(config, tools.repository);
    const state = found ? 'ok' : 'failed';
    findings.push({ name: `agent ${name}`, state, sentence, ...(hint === undefined ? {} : { hint }) });
  }
  return findings;
}
