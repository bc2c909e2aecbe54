// A repository with acting agents and the whole of weft around it: real git, real processes, nothing faked.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll } from 'vitest';
import { stringify } from 'yaml';
import { compose } from '../../src/compose.ts';
import type { Outcome } from '../../src/core/event.ts';
import type { RunView, TaskView } from '../../src/core/view.ts';
import type { App, PolicyFlags } from '../../src/surfaces/app.ts';
import { createTempRepo, type TempRepo } from '../../src/testing/temp-repo.ts';
import { bundleHost } from '../adapters/agent/session/fixtures/host.ts';
import { bundleScriptAgent } from '../testing/script-agent/rig.ts';

/** A step of a script agent, e.g. `{ write: { path, text } }`. */
export type Step = Readonly<Record<string, unknown>>;

/** One task of a test. */
export interface TestTask {
  readonly id: string;
  readonly owns?: readonly string[];
  readonly dependsOn?: readonly string[];
  /** What its agent does: the same every time, or by attempt. */
  readonly acts: readonly Step[] | Readonly<Record<string, readonly Step[]>>;
  readonly frontmatter?: Readonly<Record<string, unknown>>;
}

/** A test's repository. */
export interface Stage {
  readonly repo: TempRepo;
  readonly app: App;
  /** Writes tracks (each a list of tasks) and the configuration, and commits them. */
  script(tracks: readonly (readonly TestTask[])[], config?: Readonly<Record<string, unknown>>): Promise<void>;
  /** Plans and runs to the rest. */
  run(
    flags?: PolicyFlags,
  ): Promise<{ readonly run: string; readonly outcome: Outcome; readonly view: RunView }>;
  task(view: RunView, id: string): TaskView;
  remove(): Promise<void>;
}

/** Where bundles lie, one a test file. */
let bundles: string | null = null;
const entries = new Map<(dir: string) => string, string>();

// a worker that runs tests is ended without a word to those who listen for its exit
afterAll(() => {
  if (bundles !== null) rmSync(bundles, { recursive: true, force: true });
});

/** A program, bundled once per test file. */
function entryOf(bundle: (dir: string) => string): string {
  bundles ??= mkdtempSync(join(tmpdir(), 'weft-agent-'));
  const entry = entries.get(bundle) ?? bundle(bundles);
  entries.set(bundle, entry);
  return entry;
}

/** The acting agent's program. */
export function scriptAgentEntry(): string {
  return entryOf(bundleScriptAgent);
}

/** Opens a stage in a temporary folder. */
export async function openStage(): Promise<Stage> {
  const repo = await createTempRepo();
  const open = compose({
    env: process.env,
    scriptAgent: { node: process.execPath, entry: scriptAgentEntry() },
    sessionHost: { node: process.execPath, entry: entryOf(bundleHost), tools: resolve('dist/weft.cjs') },
  });
  const opened = await open(repo.path);
  if (!opened.ok) throw new Error(opened.failure.sentence);
  const app = opened.value;
  return {
    repo,
    app,
    script: (tracks, config = {}) => writeScript(repo, tracks, config),
    run: async (flags = {}) => {
      const planned = await app.plan([{ kind: 'file', path: 'tracks.yaml' }], flags);
      if (!planned.ok) throw new Error(planned.failure.text);
      const led = await app.start(planned.value, { stay: false });
      if (!led.ok) throw new Error(led.failure.sentence);
      const outcome = await led.value.outcome;
      const view = await app.view(led.value.run);
      if (!view.ok) throw new Error(view.failure.sentence);
      return { run: led.value.run, outcome, view: view.value };
    },
    task: (view, id) => {
      const found = view.tasks.find((task) => task.id === id);
      if (found === undefined) throw new Error(`no task ${id}`);
      return found;
    },
    remove: () => repo.remove(),
  };
}

/** Writes track file, task files, scenario and configuration, and commits them. */
export async function writeScript(
  repo: TempRepo,
  tracks: readonly (readonly TestTask[])[],
  config: Readonly<Record<string, unknown>>,
): Promise<void> {
  const scenario: Record<string, unknown> = {};
  for (const task of tracks.flat()) {
    scenario[task.id] = Array.isArray(task.acts) ? { default: task.acts } : task.acts;
    const head = { owns: task.owns, depends_on: task.dependsOn, ...task.frontmatter };
    await repo.write(
      `tasks/${task.id}.md`,
      `---\n${stringify(head)}---\n\n# Task ${task.id}\n\nDo ${task.id}.\n`,
    );
  }
  const plan = {
    tracks: tracks.map((steps, at) => ({
      name: `track-${at + 1}`,
      steps: steps.map((task) => ({ task: `tasks/${task.id}.md` })),
    })),
  };
  await repo.write('tracks.yaml', stringify(plan));
  await repo.write('scenario.yaml', stringify({ tasks: scenario }, { aliasDuplicateObjects: false }));
  const base = {
    integrate: 'auto',
    agent: 'actor',
    agents: { actor: { kind: 'script', scenario: 'scenario.yaml', env: ['WEFT_TEST_LEDGER'] } },
  };
  await repo.write('.weft/config.yaml', stringify({ ...base, ...config }));
  await repo.commit('plan');
}
