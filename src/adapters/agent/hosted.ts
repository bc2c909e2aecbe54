// Agents that converse while they work, under the host of a session. Says what to start; the talk is in `session/`.
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { ok, type Result } from '../../core/failure.ts';
import type { AgentConfig } from '../../core/model.ts';
import type { AgentPort, AttemptFacts, Launch, Probe } from '../../ports/agent.ts';
import { attemptEnvironment } from './environment.ts';
import { locateProgram } from './locate.ts';
import { PLAN_FILE, type SessionPlan } from './session/plan.ts';

/** The program that hosts sessions: a Node binary and the bundled host, both absolute. */
export interface HostProgram {
  readonly node: string;
  readonly entry: string;
  /** weft itself, which serves the tools of an attempt. */
  readonly tools: string;
}

/** One kind of agent that is hosted. */
interface Hosted {
  readonly kind: SessionPlan['kind'];
  /** Name of its program, unless the configuration names another. */
  readonly program: string;
  /** Variables of its own that it gets when weft has them. */
  readonly pass: readonly string[];
  readonly fix: string;
}

const CLAUDE: Hosted = {
  kind: 'claude',
  program: 'claude',
  pass: [
    'ANTHROPIC_API_KEY',
    'ANTHROPIC_AUTH_TOKEN',
    'ANTHROPIC_BASE_URL',
    'ANTHROPIC_MODEL',
    'CLAUDE_CODE_OAUTH_TOKEN',
    'CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC',
    'CLAUDE_CODE_MAX_RETRIES',
    'CLAUDE_CODE_USE_BEDROCK',
    'CLAUDE_CODE_USE_VERTEX',
    'CLAUDE_CONFIG_DIR',
    'IS_SANDBOX',
  ],
  fix: 'Install Claude Code (npm install -g @anthropic-ai/claude-code), or name its program: `program` of the agent in .weft/config.yaml.',
};

const CODEX: Hosted = {
  kind: 'codex',
  program: 'codex',
  pass: ['CODEX_API_KEY', 'CODEX_HOME', 'OPENAI_API_KEY', 'OPENAI_BASE_URL'],
  fix: 'Install Codex (npm install -g @openai/codex), or name its program: `program` of the agent in .weft/config.yaml.',
};

/** Makes the agent kinds that are hosted. */
export function createHostedAgents(host: HostProgram): readonly AgentPort[] {
  return [CLAUDE, CODEX].map((hosted) => ({
    kind: hosted.kind,
    launch: (config, facts) => launch(host, hosted, { config, facts }),
    probe: (config, repository) => probe(hosted, config, repository),
  }));
}

const SECRET = /KEY|TOKEN|SECRET|PASSWORD|CREDENTIAL/i;

function launch(
  host: HostProgram,
  hosted: Hosted,
  of: { readonly config: AgentConfig; readonly facts: AttemptFacts },
): Result<Launch> {
  const { config, facts } = of;
  const pass = [...hosted.pass, ...(config.env ?? [])];
  const plan: SessionPlan = {
    version: 1,
    kind: hosted.kind,
    program: config.program ?? hosted.program,
    dir: facts.dir,
    worktree: facts.worktree,
    promptFile: facts.promptFile,
    goOnFile: facts.resume === null ? null : facts.resume.promptFile,
    session: sessionIdOf(facts),
    resume: facts.resume?.session ?? null,
    model: config.model ?? null,
    effort: config.effort ?? null,
    mode: config.mode ?? null,
    approvals: config.approvals ?? 'auto',
    owns: facts.role === 'implement' ? facts.owns : [],
    own: [facts.tempDir, facts.resultFile, facts.statusFile],
    tools: toolsOf(host, facts),
    secrets: pass.filter((name) => SECRET.test(name)),
    retryMs: facts.retryMs,
    transcriptBytes: facts.outputBytes,
  };
  const path = join(facts.dir, PLAN_FILE);
  return ok({
    argv: [host.node, host.entry, path],
    env: { ...attemptEnvironment(facts), WEFT_SESSION_DIR: facts.dir },
    pass,
    stdin: 'fifo',
    files: [{ path, text: `${JSON.stringify(plan, null, 2)}\n` }],
  });
}

/** weft's own tools, as the agent is told to start them. */
function toolsOf({ node, tools }: HostProgram, facts: AttemptFacts): SessionPlan['tools'] {
  if (facts.token === null) return null;
  const own = { WEFT_TOKEN: facts.token, WEFT_SESSION_DIR: facts.dir };
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

async function probe(hosted: Hosted, config: AgentConfig, repository: string): Promise<Probe> {
  const program = config.program ?? hosted.program;
  const place = await locateProgram(program, repository);
  if (place !== null) return { found: true, sentence: `\`${program}\` is ${place}.` };
  return {
    found: false,
    sentence: `\`${program}\` is neither on PATH nor an executable file of the repository.`,
    hint: hosted.fix,
  };
}
