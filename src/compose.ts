// Puts weft together: the only file that names concrete adapters. Decides nothing.
import { randomBytes } from 'node:crypto';
import { basename, join } from 'node:path';
import { createCommandAgent } from './adapters/agent/command.ts';
import { readPlan, readReview } from './adapters/agent/result-file.ts';
import { createScriptAgent } from './adapters/agent/script.ts';
import { readStatus } from './adapters/agent/status-file.ts';
import { loadConfig, overridePolicy } from './adapters/config/load-config.ts';
import { writeSample } from './adapters/config/write-sample.ts';
import { createControlPort } from './adapters/control/control-port.ts';
import { createGitPort } from './adapters/git/git-port.ts';
import { createJournalStore } from './adapters/journal/file-journal.ts';
import { buildEnvironment, type ParentEnvironment } from './adapters/process/env.ts';
import { findTail } from './adapters/process/find-tail.ts';
import type { Line } from './adapters/process/line-splitter.ts';
import { createProcessPort } from './adapters/process/process-port.ts';
import { followLines } from './adapters/process/tail.ts';
import { createPathKind } from './adapters/source/path-kind.ts';
import { createTrackFileSource } from './adapters/source/track-file.ts';
import { createClock } from './adapters/system/clock.ts';
import { createFiles } from './adapters/system/files.ts';
import { fail, ok, type Result } from './core/failure.ts';
import { DEFAULT_POLICY, type Plan, type Policy } from './core/model.ts';
import { renderDiagnostics } from './core/plan/code-frame.ts';
import { compilePlan } from './core/plan/compile.ts';
import type { Diagnostic } from './core/plan/diagnostic.ts';
import { pictureRun } from './core/plan/dry-run.ts';
import type { PolicyFlags } from './core/policy.ts';
import { examine } from './engine/doctor.ts';
import { learnDurations } from './engine/durations.ts';
import { ignoreState, resumeRun, startRun } from './engine/open-run.ts';
import type { Tools } from './engine/parts.ts';
import { readLogs } from './engine/read-logs.ts';
import { findRun, followView, giveCommand, listRuns, readReceipt, readView } from './engine/read-run.ts';
import { verifyRun } from './engine/verify-run.ts';
import { cleanWorktrees, listWorktrees, prune } from './engine/worktrees.ts';
import type { App, Diagnosed, OpenApp, Planned } from './surfaces/app.ts';
import type { Demo } from './surfaces/cli/call.ts';
import { pickDemoOption } from './testing/demo/answers.ts';
import { demoFiles } from './testing/demo/repository.ts';

/** What only the process itself knows. */
export interface Surroundings {
  readonly env: ParentEnvironment;
  /** Node's own binary and the bundled program of the script agent. */
  readonly scriptAgent: { readonly node: string; readonly entry: string };
}

/** Makes `openApp` for this process. */
export function compose(surroundings: Surroundings): OpenApp {
  return async (cwd) => {
    const git = await createGitPort(cwd);
    return git.ok ? ok(createApp(createTools(surroundings, git.value))) : git;
  };
}

type Git = Extract<Awaited<ReturnType<typeof createGitPort>>, { ok: true }>['value'];

function createTools(surroundings: Surroundings, git: Git): Tools {
  const agents = [createCommandAgent(), createScriptAgent(surroundings.scriptAgent)];
  return {
    repository: git.repository,
    stateDir: join(git.repository, '.weft'),
    gitVersion: git.version,
    clock: createClock(),
    git,
    process: createProcessPort(),
    files: createFiles(),
    control: createControlPort(),
    journals: createJournalStore(),
    agents: new Map(agents.map((agent) => [agent.kind, agent])),
    chance: () => randomBytes(2).toString('hex'),
    author: { name: 'weft', email: 'weft@localhost' },
    readStatus,
    readPlan,
    readReview,
    environment: (wish) => buildEnvironment(surroundings.env, wish),
    findTail,
    followLines: async (path, of) => {
      const onLine = (line: Line): void =>
        of.onLine(`${line.bytes.toString('utf8')}${line.truncated ? '…' : ''}`);
      await followLines(path, { ...of, onLine });
    },
  };
}

function createApp(tools: Tools): App {
  return {
    repository: tools.repository,
    stateDir: tools.stateDir,
    plan: (file, flags) => plan(tools, file, flags),
    check: (policy) => examine(tools, policy),
    verify: (run) => verifyRun(tools, run),
    start: ({ plan: of, policy }, { stay }) => startRun(tools, { plan: of, policy, stay }),
    resume: (run, flags, { stay }) =>
      resumeRun(tools, { run, stay, override: (recorded) => override(recorded, flags) }),
    runs: () => listRuns(tools),
    findRun: (name) => findRun(tools, name),
    view: (run) => readView(tools, run),
    followView: (run, show, signal) => followView(tools, { run, show, signal }),
    command: (run, command) => giveCommand(tools, run, command),
    receipt: (run, { write }) => readReceipt(tools, { run, write }),
    logs: (run, task, options, show) => readLogs(tools, { run, task, ...options }, show),
    worktrees: () => listWorktrees(tools),
    clean: (only, { dryRun }) => cleanWorktrees(tools, { only, dryRun }),
    prune: ({ dryRun }) => prune(tools, { dryRun }),
    init: async () => {
      await ignoreState(tools);
      return writeSample(tools.repository);
    },
    leader: () => tools.control.findLeader(tools.stateDir),
  };
}

type Refused = Diagnosed & { readonly kind: 'usage' | 'collision' };

/** Configuration, track file and task files into a checked plan; creates nothing. */
async function plan(tools: Tools, file: string, flags: PolicyFlags): Promise<Result<Planned, Refused>> {
  const target = (await tools.git.currentBranch()) ?? DEFAULT_POLICY.target;
  const configured = loadConfig({
    repository: tools.repository,
    flags: asConfig(flags),
    defaults: { ...DEFAULT_POLICY, target },
  });
  if (!configured.ok) {
    const { diagnostics, texts } = configured.failure;
    return refuse('usage', diagnostics, texts);
  }
  const policy = configured.value;
  const loaded = await createTrackFileSource({ repository: tools.repository, path: file }).load();
  if (loaded.diagnostics.length > 0) return refuse('usage', loaded.diagnostics, loaded.texts);
  const kindOf = createPathKind(tools.repository);
  const compiled = compilePlan(loaded.drafts, { policy, claims: { kindOf } });
  if (!compiled.ok) {
    const { kind, diagnostics } = compiled.failure;
    return refuse(kind, diagnostics, loaded.texts);
  }
  const learned = await learnDurations(tools, compiled.value);
  const used = withUsedAgents(policy, learned);
  const dryRun = pictureRun(learned, used, { run: '<run>', repo: basename(tools.repository) });
  return ok({ plan: learned, policy: used, dryRun });
}

function refuse(
  kind: 'usage' | 'collision',
  diagnostics: readonly Diagnostic[],
  texts: ReadonlyMap<string, string>,
): Result<never, Refused> {
  return fail({ kind, diagnostics, text: renderDiagnostics(diagnostics, texts) });
}

/** Only the agents that the plan or its phases name: the others are nobody's business in this run. */
function withUsedAgents(policy: Policy, of: Plan): Policy {
  const { phases, fast } = policy;
  const names = new Set<unknown>(fast ? [] : [phases.plan, phases.review]);
  for (const task of of.tasks) if (task.run === null && task.type !== 'manual') names.add(task.agent);
  const agents = Object.fromEntries(Object.entries(policy.agents).filter(([name]) => names.has(name)));
  return { ...policy, agents };
}

function override(recorded: Policy, flags: PolicyFlags): Result<Policy> {
  const overridden = overridePolicy(recorded, asConfig(flags));
  if (overridden.ok) return overridden;
  const { diagnostics } = overridden.failure;
  return fail({ kind: 'usage', sentence: renderDiagnostics(diagnostics, new Map()) });
}

type ConfigFlags = NonNullable<Parameters<typeof loadConfig>[0]['flags']>;

/** Flags under the names of the configuration; what they hold is checked where the configuration is. */
function asConfig(flags: PolicyFlags): ConfigFlags {
  const { time, strategy, ...same } = flags;
  return {
    ...same,
    ...(time === undefined ? {} : { budget: { minutes: time } }),
    ...(strategy === undefined ? {} : { merge: { strategy } }),
  } as ConfigFlags;
}

/** What `weft demo` plays with. */
export const demo: Demo = {
  files: demoFiles,
  pick: pickDemoOption,
};
