// Agents that converse while they work, under the host of a session. Says what to start; the talk is in `session/`.
import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { ok, type Result } from '../../core/failure.ts';
import type { AgentConfig } from '../../core/model.ts';
import type { AgentPort, AttemptFacts, Launch } from '../../ports/agent.ts';
import { attemptEnvironment } from './environment.ts';
import { probeHosted } from './probe.ts';
import { chooseProgram } from './programs.ts';
import { PLAN_FILE, type SessionPlan } from './session/plan.ts';
import { isSecret } from './session/secrets.ts';

/** The program that hosts sessions: a Node binary and the bundled host, both absolute. */
export interface HostProgram {
  readonly node: string;
  readonly entry: string;
  /** weft itself, which serves the tools of an attempt. */
  readonly tools: string;
}

/** Makes the agent kinds that are hosted. */
export function createHostedAgents(host: HostProgram): readonly AgentPort[] {
  return (['claude', 'codex', 'acp'] as const).map((kind) => {
    const launch: AgentPort['launch'] = (config, facts) => launchHosted(host, { config, facts });
    return {
      kind,
      launch,
      probe: (config, repository, means) => probeHosted(launch, { config, repository, means }),
    };
  });
}

function launchHosted(
  host: HostProgram,
  { config, facts }: { readonly config: AgentConfig; readonly facts: AttemptFacts },
): Result<Launch> {
  const chosen = chooseProgram(config);
  if (!chosen.ok) return chosen;
  const { kind, program, args, mode, known, env } = chosen.value;
  const { checks } = facts;
  const pass = [...(known?.pass ?? []), ...(config.env ?? [])];
  const plan: SessionPlan = {
    version: 1,
    kind,
    program,
    args,
    dir: facts.dir,
    worktree: facts.worktree,
    promptFile: facts.promptFile,
    goOnFile: facts.resume === null ? null : facts.resume.promptFile,
    session: sessionIdOf(facts),
    resume: facts.resume?.session ?? null,
    model: facts.model ?? config.model ?? null,
    effort: facts.effort ?? config.effort ?? null,
    mode,
    maxTurns: config.maxTurns ?? null,
    maxUsd: leastOf(config.maxUsd ?? null, facts.maxUsd ?? null),
    approvals: config.approvals ?? 'auto',
    leavesFile: join(dirname(facts.dir), 'leaves.json'),
    told: facts.told,
    owns: facts.role === 'implement' ? facts.owns : [],
    own: [facts.tempDir, facts.resultFile, facts.statusFile],
    tools: toolsOf(host, facts),
    checks: config.checks === true && checks !== null ? { ...checks, statusFile: facts.statusFile } : null,
    secrets: pass.filter(isSecret),
    retryMs: facts.retryMs,
    transcriptBytes: facts.outputBytes,
  };
  const path = join(facts.dir, PLAN_FILE);
  return ok({
    argv: [host.node, host.entry, path],
    env: { ...attemptEnvironment(facts), ...env, WEFT_SESSION_DIR: facts.dir },
    pass,
    stdin: 'fifo',
    files: [{ path, text: `${JSON.stringify(plan, null, 2)}\n` }],
  });
}

/** In whole hundredths of a cent, upwards: who stops there has used up what there was. */
function leastOf(configured: number | null, left: number | null): number | null {
  if (left === null) return configured;
  const rounded = Math.max(1, Math.ceil(left * 10_000)) / 10_000;
  return configured === null ? rounded : Math.min(configured, rounded);
}

/** weft's own tools, as the agent is told to start them. */
function toolsOf({ node, tools }: HostProgram, facts: AttemptFacts): SessionPlan['tools'] {
  if (facts.token === null) return null;
  const own = {
    WEFT_TOKEN: facts.token,
    WEFT_SESSION_DIR: facts.dir,
    WEFT_STATE_DIR: join(facts.repository, '.weft'),
  };
  const env = { ...attemptEnvironment(facts), ...own };
  return { name: 'weft', command: node, args: [tools, 'mcp', '--worker'], env };
}

/** A UUID that is the same whenever the attempt is started, and of no other attempt. */
function sessionIdOf({ run, task, attempt, repository }: AttemptFacts): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([repository, run, task, attempt]))
    .digest('hex');
  const variant = ((Number.parseInt(hash[16] ?? '0', 16) & 0x3) | 0x8).toString(16);
  return [
    hash.slice(0, 8),
    hash.slice(8, 12),
    `4${hash.slice(13, 16)}`,
    `${variant}${hash.slice(17, 20)}`,
    hash.slice(20, 32),
  ].join('-');
}
