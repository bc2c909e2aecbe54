// Puts weft together: the only file that names concrete adapters. Decides nothing.
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { createCommandAgent } from './adapters/agent/command.ts';
import { createHostedAgents } from './adapters/agent/hosted.ts';
import { locateProgram } from './adapters/agent/locate.ts';
import { readPlan, readReview } from './adapters/agent/result-file.ts';
import { createScriptAgent } from './adapters/agent/script.ts';
import { hideSecretsOf } from './adapters/agent/session/secrets.ts';
import { readSessionReport } from './adapters/agent/session-report.ts';
import { readStatus } from './adapters/agent/status-file.ts';
import { createTokens } from './adapters/agent/worker-secret.ts';
import {
  CONFIG_FILE,
  type ConfigRejection,
  loadConfig,
  overridePolicy,
} from './adapters/config/load-config.ts';
import { PLAN_FILE } from './adapters/config/sample.ts';
import { createControlPort } from './adapters/control/control-port.ts';
import { createGitPort } from './adapters/git/git-port.ts';
import { findPager, openDiffTool, readFileAt, streamPatch } from './adapters/git/show-change.ts';
import { listTrackedFiles } from './adapters/git/tracked.ts';
import { createJournalStore } from './adapters/journal/file-journal.ts';
import { buildEnvironment, type ParentEnvironment } from './adapters/process/env.ts';
import { findTail } from './adapters/process/find-tail.ts';
import type { Line } from './adapters/process/line-splitter.ts';
import { openPager } from './adapters/process/pager.ts';
import { createProcessPort } from './adapters/process/process-port.ts';
import { followLines } from './adapters/process/tail.ts';
import { findTrackFile, type TrackFilePlaces } from './adapters/source/find-track-file.ts';
import { createPathKind } from './adapters/source/path-kind.ts';
import { createTrackFileSource } from './adapters/source/track-file.ts';
import { createClock } from './adapters/system/clock.ts';
import { createFiles } from './adapters/system/files.ts';
import { initCheckout, migratePlans } from './compose/set-up.ts';
import { fail, ok, type Result } from './core/failure.ts';
import { DEFAULT_POLICY, type Policy } from './core/model.ts';
import { renderDiagnostics, renderPosition } from './core/plan/code-frame.ts';
import { compilePlan } from './core/plan/compile.ts';
import type { Diagnostic } from './core/plan/diagnostic.ts';
import { pictureRun } from './core/plan/dry-run.ts';
import { keepConfiguredAgents, keepUsedAgents, type PolicyFlags } from './core/policy.ts';
import { checkForge } from './engine/check-forge.ts';
import { checkJournals } from './engine/check-journals.ts';
import { type Closeness, examine, type Finding } from './engine/doctor.ts';
import { learnDurations } from './engine/durations.ts';
import { guessOwnership } from './engine/guesses.ts';
import { mergePulls } from './engine/merge-pulls.ts';
import { resumeRun, startRun } from './engine/open-run.ts';
import type { Tools } from './engine/parts.ts';
import { readLogs } from './engine/read-logs.ts';
import { giveComment, readFinishedWork, readWaitingWork } from './engine/read-review.ts';
import { findRun, followView, giveCommand, listRuns, readReceipt, readView } from './engine/read-run.ts';
import { verifyRun } from './engine/verify-run.ts';
import { cleanWorktrees, listWorktrees, prune } from './engine/worktrees.ts';
import type { FoundForge } from './ports/forge.ts';
import type { App, Diagnosed, NextStep, OpenApp, Planned } from './surfaces/app.ts';
import type { Demo, DemoAgent, DemoStage } from './surfaces/cli/call.ts';
import { pickDemoOption } from './testing/demo/answers.ts';
import { demoFiles } from './testing/demo/repository.ts';

/** What only the process itself knows. */
export interface Surroundings {
  readonly env: ParentEnvironment;
  /** Node's own binary and the bundled program of the script agent. */
  readonly scriptAgent: { readonly node: string; readonly entry: string };
  /** Likewise the bundled program that hosts sessions of agents. */
  readonly sessionHost: { readonly node: string; readonly entry: string; readonly tools: string };
}

/** Makes `openApp` for this process. */
export function compose(surroundings: Surroundings): OpenApp {
  return async (cwd) => {
    const git = await createGitPort(cwd);
    if (!git.ok) return git;
    const { repository, checkout } = git.value;
    const here = { cwd, checkout, repository, path: surroundings.env['PATH'] ?? '' };
    const tools = createTools(surroundings, git.value);
    return ok({ ...createApp(tools, here), ...createReview(tools, here, surroundings.env) });
  };
}

/** Where the user stands. */
interface Here extends TrackFilePlaces {
  readonly path: string;
}

type Git = Extract<Awaited<ReturnType<typeof createGitPort>>, { ok: true }>['value'];

function createTools(surroundings: Surroundings, git: Git): Tools {
  const { scriptAgent, sessionHost } = surroundings;
  const redact = hideSecretsOf(surroundings.env);
  const agents = [createCommandAgent(), createScriptAgent(scriptAgent), ...createHostedAgents(sessionHost)];
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
    readStatus: (path) => readStatus(path, redact),
    redact,
    readSession: readSessionReport,
    tokenOf: createTokens(join(git.repository, '.weft')),
    readPlan,
    readReview,
    findForge: () => findForge(surroundings.env, git.repository),
    environment: (wish) => buildEnvironment(surroundings.env, wish),
    findTail,
    followLines: async (path, of) => {
      const onLine = (line: Line): void =>
        of.onLine(`${line.bytes.toString('utf8')}${line.truncated ? '…' : ''}`);
      await followLines(path, { ...of, onLine });
    },
  };
}

/** The forge that a repository belongs to; only who needs one loads what talks to it. */
async function findForge(env: ParentEnvironment, repository: string): Promise<FoundForge | null> {
  const { GH_VARIABLES, openGithub } = await import('./adapters/forge/github/open-github.ts');
  const { run } = createProcessPort();
  const ghEnv = buildEnvironment(env, { pass: GH_VARIABLES, set: {} });
  return openGithub({ repository, clock: createClock(), env, ghEnv, run });
}

function createApp(tools: Tools, here: Here): Omit<App, keyof Review> {
  return {
    repository: tools.repository,
    stateDir: tools.stateDir,
    plan: (file, flags) => plan(tools, here, { file, flags }),
    check: async (policy, options) => {
      if (policy !== null) return examine(tools, policy);
      const closeness = options?.tryAgents === true ? 'try' : 'ask';
      const configured = await examineConfigured(tools, here, closeness);
      const isLookedAt = configured.some(({ name }) => name === 'forge');
      return [...configured, ...(isLookedAt ? [] : await checkForge(tools)), ...(await checkJournals(tools))];
    },
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
    merge: async ({ tasks, dryRun }, show) => {
      const configured = await configure(tools, here, {});
      if (!configured.ok) return refuseConfig(configured.failure);
      const { strategy } = configured.value.merge;
      return mergePulls(tools, { tasks, dryRun, strategy }, show);
    },
    worktrees: () => listWorktrees(tools),
    clean: (only, { dryRun, force }) => cleanWorktrees(tools, { only, dryRun, force }),
    prune: ({ dryRun }) => prune(tools, { dryRun }),
    init: (options) => initCheckout(tools, here, options),
    migrate: (options, show) => migratePlans(here, options, show),
    firstStep: () => findFirstStep(tools, here),
    leader: () => tools.control.findLeader(tools.stateDir),
  };
}

/** The part of the app that shows finished work to people. */
type Review = Pick<App, 'reviews' | 'review' | 'comment' | 'showChange' | 'openPager' | 'openDiffTool'>;

function createReview(tools: Tools, { checkout }: Here, env: ParentEnvironment): Review {
  const place = { cwd: tools.repository, env: {} };
  return {
    reviews: (run) => readWaitingWork(tools, run),
    review: (run, task) => readFinishedWork(tools, { run, task }),
    comment: (run, comment) => giveComment(tools, { run, comment, readFile: (of) => readFileAt(place, of) }),
    showChange: (range, show) => streamPatch(place, range, show),
    openPager: () => {
      const command = findPager(checkout, env);
      return command === null ? null : openPager(command, { cwd: checkout, env });
    },
    openDiffTool: (range) => openDiffTool({ cwd: checkout, env, range }),
  };
}

/** The policy that the configuration gives where the user stands. */
async function configure(
  tools: Tools,
  { checkout }: Here,
  flags: PolicyFlags,
): Promise<Result<Policy, ConfigRejection>> {
  const branch = await tools.git.currentBranch();
  const configured = loadConfig({
    repository: existsSync(join(checkout, CONFIG_FILE)) ? checkout : tools.repository,
    flags: asConfig(flags),
    defaults: { ...DEFAULT_POLICY, target: branch ?? NO_BRANCH },
  });
  if (!configured.ok || configured.value.target !== NO_BRANCH) return configured;
  const sentence = 'No branch is checked out here, so it is not clear where work is to land.';
  const fix = 'Name the branch with --target, or with `target:` in .weft/config.yaml.';
  return fail({ kind: 'usage', diagnostics: [{ position: null, sentence, fix }], texts: new Map() });
}

const NO_BRANCH = '';

type Refused = Diagnosed & { readonly kind: 'usage' | 'collision' };

/** Configuration, track file and task files into a checked plan; creates nothing. */
async function plan(
  tools: Tools,
  here: Here,
  of: { readonly file: string; readonly flags: PolicyFlags },
): Promise<Result<Planned, Refused>> {
  const configured = await configure(tools, here, of.flags);
  if (!configured.ok) {
    const { diagnostics, texts } = configured.failure;
    return refuse('usage', diagnostics, texts);
  }
  const policy = await addMergeDriver(configured.value, tools.repository);
  const found = findTrackFile(of.file, here);
  if (!found.ok) return refuse('usage', [found.failure], new Map());
  const { root, path } = found.value;
  const loaded = await createTrackFileSource({ repository: root, path }).load();
  if (loaded.diagnostics.length > 0) return refuse('usage', loaded.diagnostics, loaded.texts);
  const kindOf = createPathKind(root);
  const compiled = compilePlan(loaded.drafts, { policy, claims: { kindOf } });
  if (!compiled.ok) {
    const { kind, diagnostics } = compiled.failure;
    return refuse(kind, diagnostics, loaded.texts);
  }
  const tracked = await listTrackedFiles({ cwd: root, env: {} });
  const learned = await guessOwnership(tools, await learnDurations(tools, compiled.value), tracked);
  const used = keepUsedAgents(policy, learned);
  const dryRun = pictureRun(learned, used, { run: '<run>', repo: basename(tools.repository) });
  return ok({ plan: learned, policy: used, dryRun });
}

/** mergiraf merges what git cannot, by the syntax of the language; it is asked where it is installed and nothing else is said. */
async function addMergeDriver(policy: Policy, repository: string): Promise<Policy> {
  if (policy.merge.driver !== undefined || (await locateProgram('mergiraf', repository)) === null)
    return policy;
  return { ...policy, merge: { ...policy.merge, driver: 'mergiraf merge --git %O %A %B -p %P -l %L' } };
}

function refuse(
  kind: 'usage' | 'collision',
  diagnostics: readonly Diagnostic[],
  texts: ReadonlyMap<string, string>,
): Result<never, Refused> {
  return fail({ kind, diagnostics, text: renderDiagnostics(diagnostics, texts) });
}

/** Preflight of what the configuration says, or what is wrong with it. */
async function examineConfigured(
  tools: Tools,
  here: Here,
  closeness: Closeness,
): Promise<readonly Finding[]> {
  const name = 'configuration';
  const configured = await configure(tools, here, {});
  if (!configured.ok) {
    const mistakes = configured.failure.diagnostics.map(
      ({ position, sentence, fix }): Finding => ({
        name,
        state: 'failed',
        sentence: position === null ? sentence : `${renderPosition(position)}: ${sentence}`,
        ...(fix === undefined ? {} : { hint: fix }),
      }),
    );
    return [...(await examine(tools, null)), ...mistakes];
  }
  const policy = configured.value;
  if (existsSync(join(here.checkout, CONFIG_FILE)) || existsSync(join(here.repository, CONFIG_FILE))) {
    const read: Finding = { name, state: 'ok', sentence: `${CONFIG_FILE} can be read` };
    return [read, ...(await examine(tools, keepConfiguredAgents(policy), closeness))];
  }
  const none: Finding = {
    name,
    state: 'warning',
    sentence: `there is no ${CONFIG_FILE}, so there is no agent but for tasks with a \`run\` of their own`,
    hint: '`weft init` writes one.',
  };
  return [none, ...(await examine(tools, { ...policy, agents: {} }))];
}

async function findFirstStep(tools: Tools, { checkout, repository }: Here): Promise<NextStep> {
  const isThere = (name: string): boolean =>
    [checkout, repository].some((root) => existsSync(join(root, name)));
  if ((await tools.git.resolve('HEAD')) === null && isThere(CONFIG_FILE))
    return {
      command: 'git add -A && git commit -m start',
      reason: 'work lands on top of a commit, and there is none',
    };
  if (isThere(PLAN_FILE))
    return { command: `weft run ${PLAN_FILE}`, reason: '`--dry-run` shows what would happen' };
  if (isThere(CONFIG_FILE)) return { command: 'weft run FILE', reason: 'FILE is your track file' };
  return { command: 'weft init', reason: 'writes a sample configuration and plan; or `weft run FILE`' };
}

function override(recorded: Policy, flags: PolicyFlags): Result<Policy> {
  const overridden = overridePolicy(recorded, asConfig(flags));
  if (overridden.ok) return overridden;
  const { diagnostics } = overridden.failure;
  return refuseConfig({ diagnostics, texts: new Map() });
}

function refuseConfig({ diagnostics, texts }: Pick<ConfigRejection, 'diagnostics' | 'texts'>): Result<never> {
  return fail({ kind: 'usage', sentence: renderDiagnostics(diagnostics, texts) });
}

type ConfigFlags = NonNullable<Parameters<typeof loadConfig>[0]['flags']>;

/** Flags under the names of the configuration; what they hold is checked where the configuration is. */
function asConfig(flags: PolicyFlags): ConfigFlags {
  const { time, strategy, gates, phasesPlan, phasesReview, worktreesRoot, limitsAttempts, ...same } = flags;
  return {
    ...same,
    ...(gates === undefined ? {} : { gates: { tier0: gates } }),
    ...(worktreesRoot === undefined ? {} : { worktrees: { root: worktreesRoot } }),
    ...(limitsAttempts === undefined ? {} : { limits: { attempts: limitsAttempts } }),
    phases: { plan: asPhase(phasesPlan), review: asPhase(phasesReview) },
    ...(time === undefined ? {} : { budget: { minutes: time } }),
    ...(strategy === undefined ? {} : { merge: { strategy } }),
  } as ConfigFlags;
}

function asPhase(word: string | undefined): string | boolean | undefined {
  return word === 'true' || word === 'false' ? word === 'true' : word;
}

/** Makes what `weft demo` plays with. */
export function composeDemo(surroundings: Surroundings): Demo {
  return {
    stage: async (agent, folder) => {
      if (agent !== null) return stageAgent(surroundings, agent, folder);
      const openApp = compose(surroundings);
      return ok({ files: demoFiles(null), openApp, sentence: null, close: async () => undefined });
    },
    pick: pickDemoOption,
  };
}

async function stageAgent(
  surroundings: Surroundings,
  agent: DemoAgent,
  folder: string,
): Promise<Result<DemoStage>> {
  // only this has use for a model
  const { setStage } = await import('./testing/demo/stage.ts');
  const { env, scriptAgent } = surroundings;
  const staged = await setStage(agent, { folder, env, node: scriptAgent.node });
  if (!staged.ok) return staged;
  const { program, sentence, close } = staged.value;
  const openApp = compose({ ...surroundings, env: staged.value.env });
  return ok({ files: demoFiles(program), openApp, sentence, close });
}
