// Looks whether a run could go well, before anything is created. Changes nothing.
import { dirname } from 'node:path';
import { type AgentConfig, type Policy, runId } from '../core/model.ts';
import type { Probe, ProbeDetails, ProbeMeans, Trial } from '../ports/agent.ts';
import { requireForge } from './check-forge.ts';
import type { Tools } from './parts.ts';
import { fixedFolderOf, placesOf } from './places.ts';

/** One finding. */
export interface Finding {
  readonly name: string;
  readonly state: 'ok' | 'warning' | 'failed';
  readonly sentence: string;
  readonly hint?: string;
  /** What is known of an agent, where it was looked at closely. */
  readonly agent?: ProbeDetails;
}

/** How closely agents are looked at: is the program there · what does it say of itself · does it do a turn. */
export type Closeness = 'look' | 'ask' | 'try';

const LEAST_FREE_BYTES = 200 * 1024 * 1024;

/** Checks the repository, the places weft writes to, and (with a policy) the target, gates and agents it names. */
export async function examine(
  tools: Tools,
  policy: Policy | null,
  closeness: Closeness = 'look',
): Promise<readonly Finding[]> {
  const findings = [ok('git', `git ${tools.gitVersion} and the repository ${tools.repository} can be used`)];
  findings.push(await checkLeader(tools), ...(await checkPlaces(tools, policy)));
  if (policy === null) return findings;
  const target =
    policy.pullRequests === undefined
      ? [await checkTarget(tools, policy)]
      : await requireForge(tools, policy.target);
  findings.push(...target, checkGates(policy));
  findings.push(...(await checkAgents(tools, policy, closeness)));
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
  const { root } = placesOf(tools.repository, runId('run'), policy);
  const fixed = fixedFolderOf(tools.repository, policy);
  const hint = (key: string): string => `Name another place with \`worktrees.${key}\` in .weft/config.yaml.`;
  const findings = [state, await checkPlace(tools, { name: 'worktrees', path: root, hint: hint('root') })];
  if (fixed !== root)
    findings.push(await checkPlace(tools, { name: 'worktrees', path: fixed, hint: hint('path') }));
  return findings;
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

async function checkAgents(tools: Tools, policy: Policy, closeness: Closeness): Promise<readonly Finding[]> {
  const { environment, process } = tools;
  const means: ProbeMeans = { trial: closeness === 'try', environment, run: (spec) => process.run(spec) };
  const findings: Finding[] = [];
  // one after the other: agents that start at the same time are slow, and would be called late
  for (const [name, config] of Object.entries(policy.agents))
    findings.push(await checkAgent(tools, { name, config }, closeness === 'look' ? undefined : means));
  return findings;
}

async function checkAgent(
  tools: Tools,
  of: { readonly name: string; readonly config: AgentConfig },
  means: ProbeMeans | undefined,
): Promise<Finding> {
  const name = `agent ${of.name}`;
  const agent = tools.agents.get(of.config.kind);
  if (agent === undefined) {
    const sentence = `this weft has no agent of kind ${of.config.kind}`;
    return { name, state: 'failed', sentence, hint: `Kinds: ${[...tools.agents.keys()].join(', ')}.` };
  }
  const probe = await agent.probe(of.config, tools.repository, means);
  const { hint, details } = probe;
  return {
    name,
    state: stateOf(probe),
    sentence: means === undefined ? probe.sentence : describeProbe(probe, means),
    ...(hint === undefined ? {} : { hint }),
    ...(means === undefined || details === undefined ? {} : { agent: details }),
  };
}

function stateOf({ found, details }: Probe): Finding['state'] {
  const trial = details?.trial ?? null;
  if (!found || (trial !== null && trial.fault !== null)) return 'failed';
  return trial === null || trial.isAsAsked ? 'ok' : 'warning';
}

function describeProbe({ sentence, details }: Probe, { trial: isWanted }: ProbeMeans): string {
  if (details === undefined) return sentence;
  const { protocol, version, login, trial } = details;
  if (protocol === 'command' || protocol === 'script')
    return isWanted ? `${sentence} A ${protocol} is not tried.` : sentence;
  const parts = [
    `Version ${version ?? 'unknown'}`,
    protocol,
    `login ${login === null ? 'unknown' : `by ${login}`}`,
  ];
  return [sentence, `${parts.join(', ')}.`, ...(trial === null ? [] : [describeTrial(trial)])].join(' ');
}

function describeTrial({ fault, text, isAsAsked, elapsedMs }: Trial): string {
  const seconds = `${(elapsedMs / 1000).toFixed(1)} s`;
  if (isAsAsked) return `It answered in ${seconds}.`;
  if (fault === null) return `It answered in ${seconds}, but not what it was asked to: ${text}`;
  const what =
    fault === 'late'
      ? `It did not answer in ${seconds}`
      : `A turn with it failed after ${seconds} (${fault})`;
  return `${what}${text === '' ? '.' : `: ${text}`}`;
}
