// One life of the engine: the real loop over the ports of the world, from its start to its rest or its sudden end.

import { parsePlan, parseReview } from '../../adapters/agent/result-file.ts';
import type { Command } from '../../core/decide/command.ts';
import { decide } from '../../core/decide/decide.ts';
import { ok } from '../../core/failure.ts';
import { type Oid, type RunId, runId } from '../../core/model.ts';
import { targetRefOf } from '../../core/names.ts';
import type { SourceSpec } from '../../core/source.ts';
import { type Beginning, type Leading, lead } from '../../engine/lead.ts';
import type { Parts } from '../../engine/parts.ts';
import { placesOf } from '../../engine/places.ts';
import { recoverState } from '../../engine/recovery.ts';
import type { AgentPort, AgentStatus } from '../../ports/agent.ts';
import type { JournalPort, JournalStore, Leadership, Opened } from '../../ports/journal.ts';
import { createWorldClock } from './clock.ts';
import { createWorldJournals, leadershipOf } from './disk.ts';
import { createWorldFiles } from './files-port.ts';
import { createForgePort } from './forge-port.ts';
import { checkWanted, noteStart } from './forge-promises.ts';
import { fetchBranch } from './forge-store.ts';
import { createWorldGit } from './git-port.ts';
import { REPOSITORY } from './git-store.ts';
import { createWorldProcesses } from './process-port.ts';
import { checkReplay } from './promises.ts';
import { answer, note, violate } from './scheduler.ts';
import { createSourcePort } from './source-port.ts';
import { noteSourceStart } from './source-promises.ts';
import type { Life, World } from './world.ts';

/** Facts between two snapshots: lives are short. */
const SNAPSHOT_EVERY = 15;
/** The derived files are not what histories are about; making them seldom leaves time for more histories. */
const PUBLISH_PAUSE_MS = 5_000;

/** Name of the one run. */
export const RUN: RunId = runId('run');

/** What a sabotage may replace of one life; without one, all is as it should be. */
export interface Sabotage {
  readonly name: string;
  /** The invariants of which one has to catch it. */
  readonly breaks: readonly string[];
  readonly leadership?: (honest: Leadership) => Leadership;
  readonly journals?: (honest: JournalStore, world: World, life: Life) => JournalStore;
  readonly parts?: (honest: Parts, world: World, life: Life) => Parts;
  readonly decide?: (honest: typeof decide, world: World) => typeof decide;
  readonly leading?: (honest: Leading) => Leading;
}

/** Where the run of the world keeps what it makes. */
export function placesOfWorld(world: World): Parts['places'] {
  return placesOf(REPOSITORY, RUN, world.scene.policy);
}

/** A new engine takes the lead and goes on where the journal ends. */
export async function startLife(world: World, sabotage: Sabotage | null): Promise<void> {
  world.epoch += 1;
  const life: Life = {
    epoch: world.epoch,
    standing: 'leads',
    leading: null,
    outcome: null,
    leaving: false,
    state: null,
  };
  noteStart(world);
  noteSourceStart(world);
  world.life = life;
  note(world, () => `engine ${life.epoch} takes the lead`);
  const honest = leadershipOf(world, life);
  const leadership = sabotage?.leadership?.(honest) ?? honest;
  const journals = createWorldJournals(world, life);
  const store = sabotage?.journals?.(journals, world, life) ?? journals;
  const opened = await store.open(placesOfWorld(world).runDir, leadership);
  if (!opened.ok) return violate(world, 'journal-reads', opened.failure.sentence);
  checkOpened(world, opened.value.opened);
  const parts = partsOf(world, life, opened.value.journal);
  const listen: typeof decide = (state, now) => {
    life.state = state;
    if (life.leaving) violate(world, 'leaves-at-once', 'the engine decides although it was told to leave');
    const effects = (sabotage?.decide?.(decide, world) ?? decide)(state, now);
    if (effects[0]?.kind !== 'record') checkWanted(world, life, effects);
    return effects;
  };
  const state = recoverState(opened.value.opened);
  const leading = lead({
    parts: sabotage?.parts?.(parts, world, life) ?? parts,
    opened: opened.value.opened,
    state,
    beginning:
      opened.value.opened.last === null ? beginningOf(world) : { kind: 'resumed', policy: state.policy },
    stay: world.scene.stay,
    decide: listen,
    snapshotEvery: Math.max(SNAPSHOT_EVERY, world.scene.tasks.length),
    publishPauseMs: Math.max(PUBLISH_PAUSE_MS, 1_000 * world.scene.tasks.length),
  });
  life.leading = sabotage?.leading?.(leading) ?? leading;
  awaitOutcome(world, life, leading);
}

/** The source, as a run remembers it. */
const SPEC: SourceSpec = { kind: 'beads', epic: null, issues: [], labels: [] };

function beginningOf(world: World): Beginning {
  const targetOid = findTarget(world);
  if (targetOid == null) throw new Error('Internal error: the world has no main');
  const { policy, tasks } = world.scene;
  const of = {
    run: RUN,
    repository: REPOSITORY,
    policy,
    tasks,
    targetOid,
    ...(world.source && { sources: [SPEC] }),
  };
  return { kind: 'new', started: { type: 'run.started', ...of } };
}

/** Where the target is as a run begins; the forge's is brought here, as who enters a forge does. */
function findTarget({ scene, forge, git }: World): Oid | null | undefined {
  const into = targetRefOf(scene.policy);
  return forge === null ? git.refs.get(into) : fetchBranch(forge, { branch: scene.policy.target, into });
}

function partsOf(world: World, life: Life, journal: JournalPort): Parts {
  const readAnswer = <T>(name: string, parse: (text: string) => T, path: string): Promise<T> =>
    answer(world, life, { name: `agent.${name}`, act: () => parse(world.disk.files.get(path) ?? '') });
  return {
    clock: createWorldClock(world, life),
    git: createWorldGit(world, life),
    process: createWorldProcesses(world, life),
    files: createWorldFiles(world, life),
    shared: null,
    notify: null,
    agents: new Map([['sim', createWorldAgent(world)]]),
    author: { name: 'weft', email: 'weft@localhost' },
    readStatus: (path) =>
      answer(world, life, {
        name: 'agent.readStatus',
        act: () => JSON.parse(world.disk.files.get(path) ?? 'null') as AgentStatus | null,
      }),
    redact: (text) => text,
    readSession: () => Promise.resolve(null),
    tokenOf: () => '',
    readPlan: ({ resultFile }) => readAnswer('readPlan', parsePlan, resultFile),
    readReview: ({ resultFile }) => readAnswer('readReview', parseReview, resultFile),
    sources: world.source === null ? [] : [createSourcePort(world.source, life)],
    claims: {},
    environment: () => ({}),
    forge: world.forge === null ? null : createForgePort(world.forge, life),
    journal,
    places: placesOfWorld(world),
    makeRoom: () => Promise.resolve(ok(undefined)),
    epoch: life.epoch,
  };
}

function awaitOutcome(world: World, life: Life, leading: Leading): void {
  leading.outcome.then(
    (outcome) => {
      life.outcome = outcome;
    },
    (error: unknown) => {
      note(world, () => `engine ${life.epoch} gives up: ${String(error)}`);
      life.outcome = 'lost';
      // a bug throws; a disk that refuses does not
      if (String(error).includes('Internal error') || error instanceof TypeError) {
        violate(world, 'no-bug', String(error));
      }
    },
  );
}

/** What the engine reads must be all that was ever acknowledged, and a snapshot must be what it stands for. */
function checkOpened(world: World, opened: Opened): void {
  const { oracle } = world;
  const { last, snapshot, records } = opened;
  const latest = oracle.records.at(-1);
  const missing = snapshot === null ? oracle.records.length - records.length : 0;
  const same =
    missing === 0 &&
    last?.seq === latest?.seq &&
    (records.length === 0 || JSON.stringify(records.at(-1)) === JSON.stringify(latest));
  if (!same) violate(world, 'journal-keeps', `read up to ${last?.seq}, written up to ${latest?.seq}`);
  // dear, and what a snapshot loses is lost for good: a look now and then finds it
  if (snapshot !== null && oracle.records.length % 3 === 0)
    checkReplay(world, recoverState({ records, snapshot: structuredClone(snapshot) }));
}

function createWorldAgent(world: World): AgentPort {
  return {
    kind: 'sim',
    launch: (_config, facts) =>
      ok({
        argv: ['sim', facts.task, String(facts.attempt)],
        env: {},
        stdin: world.scene.steerable.has(facts.task) ? 'fifo' : 'prompt',
      }),
    probe: async () => ({ found: true, sentence: 'It is here.' }),
  };
}

/** Gives a command to the engine that leads; what it promises must be durable when it says so. */
export function command(world: World, given: Command): void {
  const { life, oracle } = world;
  if (life?.leading == null || life.standing !== 'leads') return;
  const since = oracle.records.length;
  note(world, () => `a person says ${JSON.stringify(given)}`);
  void life.leading.command(given).then((judged) => {
    if (!judged.ok || life.standing !== 'leads') return;
    const durable = oracle.records.slice(since).map(({ event }) => JSON.stringify(event));
    for (const event of judged.value.events) {
      if (!durable.includes(JSON.stringify(event))) {
        violate(world, 'promises-kept', `a person heard "${judged.value.sentence}" before it was durable`);
      }
      if (event.type === 'guidance.given') oracle.promised.push({ task: event.task, text: event.text });
    }
  });
}
