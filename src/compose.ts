// Puts weft together: the only file that names concrete adapters. Decides nothing.
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { platform } from 'node:os';
import { join } from 'node:path';
import { createCommandAgent } from './adapters/agent/command.ts';
import { createHostedAgents } from './adapters/agent/hosted.ts';
import { readPlan, readReview } from './adapters/agent/result-file.ts';
import { createScriptAgent } from './adapters/agent/script.ts';
import { hideSecretsOf } from './adapters/agent/session/secrets.ts';
import { readSessionReport } from './adapters/agent/session-report.ts';
import { readStatus } from './adapters/agent/status-file.ts';
import { createTokens } from './adapters/agent/worker-secret.ts';
import { CONFIG_FILE } from './adapters/config/load-config.ts';
import { findUsual } from './adapters/config/presets.ts';
import { PLAN_FILE } from './adapters/config/sample.ts';
import { createControlPort } from './adapters/control/control-port.ts';
import { createGitPort } from './adapters/git/git-port.ts';
import { findPager, openDiffTool, readFileAt, streamPatch } from './adapters/git/show-change.ts';
import { createJournalStore } from './adapters/journal/file-journal.ts';
import { buildEnvironment, type ParentEnvironment } from './adapters/process/env.ts';
import { findTail } from './adapters/process/find-tail.ts';
import type { Line } from './adapters/process/line-splitter.ts';
import { openPager } from './adapters/process/pager.ts';
import { createProcessPort } from './adapters/process/process-port.ts';
import { followLines } from './adapters/process/tail.ts';
import { createPathKind } from './adapters/source/path-kind.ts';
import { createClock } from './adapters/system/clock.ts';
import { createFiles } from './adapters/system/files.ts';
import { createNotify } from './adapters/system/notify.ts';
import { createSharedFiles } from './adapters/system/shared-files.ts';
import { configure, type Here, override, refuseConfig } from './compose/configuration.ts';
import { nameSources, plan } from './compose/plan.ts';
import {
  examineSources,
  findForge,
  findHome,
  openSource,
  type ReachMeans,
  readStreams,
} from './compose/reach.ts';
import { initCheckout, migratePlans } from './compose/set-up.ts';
import { ok, type Result } from './core/failure.ts';
import { chooseFirstStep } from './core/first-step.ts';
import { renderPosition } from './core/plan/code-frame.ts';
import { keepConfiguredAgents } from './core/policy.ts';
import { checkForge } from './engine/check-forge.ts';
import { checkJournals } from './engine/check-journals.ts';
import { type Closeness, examine, type Finding } from './engine/doctor.ts';
import { mergePulls } from './engine/merge-pulls.ts';
import { noteChanges } from './engine/note-changes.ts';
import { resumeRun, startRun } from './engine/open-run.ts';
import type { Tools } from './engine/parts.ts';
import { readLogs } from './engine/read-logs.ts';
import { giveComment, readFinishedWork, readWaitingWork } from './engine/read-review.ts';
import {
  awaitDeparture,
  findRun,
  findUnfinished,
  followView,
  giveCommand,
  listRuns,
  readReceipt,
  readView,
} from './engine/read-run.ts';
import { verifyRun } from './engine/verify-run.ts';
import { cleanWorktrees, listWorktrees, prune } from './engine/worktrees.ts';
import type { App, NextStep, OpenApp } from './surfaces/app.ts';
import type { Demo, DemoAgent, DemoStage } from './surfaces/cli/call.ts';
import { pickDemoOption } from './testing/demo/answers.ts';
import {
  AGENT_FILE,
  CRASHES,
  crashFiles,
  FORGE_CRASHES,
  forgeCrashFiles,
  GO_FILE,
} from './testing/demo/crashes.ts';
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
    return ok({
      ...createApp(tools, here, surroundings.env),
      ...createReview(tools, here, surroundings.env),
    });
  };
}

type Git = Extract<Awaited<ReturnType<typeof createGitPort>>, { ok: true }>['value'];

function createTools(surroundings: Surroundings, git: Git): Tools {
  const { scriptAgent, sessionHost } = surroundings;
  const redact = hideSecretsOf(surroundings.env);
  const { env } = surroundings;
  const means: ReachMeans = { env, repository: git.repository, redact, rooms: new Map() };
  const processes = createProcessPort();
  const environment: Tools['environment'] = (wish) => buildEnvironment(env, wish);
  const agents = [createCommandAgent(), createScriptAgent(scriptAgent), ...createHostedAgents(sessionHost)];
  return {
    repository: git.repository,
    stateDir: join(git.repository, '.weft'),
    gitVersion: git.version,
    clock: createClock(),
    git,
    process: processes,
    notify: createNotify({
      cwd: git.repository,
      variables: env,
      isMac: platform() === 'darwin',
      run: processes.run,
      environment,
    }),
    files: createFiles(),
    shared: createSharedFiles(findHome(env)),
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
    openSource: (spec, run) => openSource(means, spec, run),
    claims: { kindOf: createPathKind(git.repository) },
    findForge: () => findForge(means),
    environment,
    findTail,
    followLines: async (path, of) => {
      const onLine = (line: Line): void =>
        of.onLine(`${line.bytes.toString('utf8')}${line.truncated ? '…' : ''}`);
      await followLines(path, { ...of, onLine });
    },
  };
}

function createApp(tools: Tools, here: Here, env: ParentEnvironment): Omit<App, keyof Review> {
  return {
    repository: tools.repository,
    stateDir: tools.stateDir,
    plan: (sources, flags) => plan(tools, here, { sources, flags }),
    check: async (policy, options) => {
      if (policy !== null) return examine(tools, policy);
      const closeness = options?.tryAgents === true ? 'try' : 'ask';
      const configured = await examineConfigured(tools, here, closeness);
      const isLookedAt = configured.some(({ name }) => name === 'forge');
      const read = await configure(tools, here, {});
      return [
        ...configured,
        ...(isLookedAt ? [] : await checkForge(tools)),
        ...(await examineSources({ repository: tools.repository, env }, read.ok ? read.value : null)),
        ...(await checkJournals(tools)),
      ];
    },
    verify: (run) => verifyRun(tools, run),
    start: ({ plan: of, policy, sources, withheld }, { stay }) =>
      startRun(tools, { plan: of, policy, sources, withheld, stay }),
    findUnfinished: async (wishes) => {
      const specs = await nameSources(here, wishes);
      return specs === null || (await tools.control.findLeader(tools.stateDir)) !== null
        ? null
        : findUnfinished(tools, specs);
    },
    resume: (run, flags, { stay }) =>
      resumeRun(tools, { run, stay, override: (recorded) => override(recorded, flags) }),
    runs: () => listRuns(tools),
    findRun: (name) => findRun(tools, name),
    view: (run) => readView(tools, run),
    noteChanges: (view) => noteChanges(tools, view),
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
    streams: (of) =>
      readStreams({ env, repository: tools.repository }, of, async () => {
        const latest = await findRun(tools, 'latest');
        return latest.ok ? readView(tools, latest.value) : latest;
      }),
    firstStep: () => findFirstStep(tools, here),
    leader: () => tools.control.findLeader(tools.stateDir),
    departed: (run) => awaitDeparture(tools, run),
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
  const find = (name: string): string | undefined =>
    [checkout, repository].map((root) => join(root, name)).find(existsSync);
  const config = find(CONFIG_FILE);
  return chooseFirstStep({
    isCommitted: (await tools.git.resolve('HEAD')) !== null,
    isConfigured: config !== undefined,
    trackFile: find(PLAN_FILE) === undefined ? null : PLAN_FILE,
    usual: config === undefined ? null : findUsual(readFileSync(config, 'utf8')),
    sources: (['beads', 'plan'] as const).filter((name) => find(`.${name}`) !== undefined),
  });
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
    crashes: {
      files: crashFiles(),
      scenes: CRASHES,
      agentFile: AGENT_FILE,
      goFile: GO_FILE,
      openApp: compose(surroundings),
      atForge: {
        files: forgeCrashFiles(),
        scenes: FORGE_CRASHES,
        open: async (repository, folder) => {
          // only this has use for a forge
          const { openCrashForge } = await import('./testing/demo/crash-forge.ts');
          const forge = await openCrashForge(repository, folder);
          const env = { ...surroundings.env, ...forge.env };
          return { ...forge, openApp: compose({ ...surroundings, env }) };
        },
      },
    },
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
