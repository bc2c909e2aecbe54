// Rounds of chaos: a run whose engines are killed again and again at any moment, with noise beside it, and then judged.
// Every choice comes from the round's seed; the moments themselves do not, and no two rounds go alike.
import type { ChildProcess } from 'node:child_process';
import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { seedTape } from '../world/tape.ts';
import { type Ground, startBystander, tellStory } from './campaign.ts';
import { judge, readStandard, type Standard } from './judge.ts';
import { kill, WAYS, type Way } from './kill.ts';
import { findRun, type Life, live } from './life.ts';
import { addNeighbours, makeNoise, NEIGHBOURS } from './noise.ts';
import { buildScene, copyScene, type Scene, type Stage } from './scene.ts';
import { HERE } from './script-here.ts';

const MAX_BLOWS = 6;
/** Undisturbed engines after the last kill before the run counts as wedged; each rests at most once for an answer. */
const MAX_QUIET = 4;
const NEXT_ROUND = 1_000_003;

/** One kill that is planned: how, and when in the life of its engine. */
export interface Blow {
  readonly way: Way;
  /** Share of the time that an undisturbed run takes. */
  readonly at: number;
}

/** What a round does; follows from seed and number alone. */
export interface Plan {
  readonly blows: readonly Blow[];
  /** Seconds for which each agent waits before it works. */
  readonly pace: number;
  readonly noise: number;
}

/** Plans a round. A third of the blows meet an engine that starts or mends, the others fall anywhere in a life. */
export function planRound(seed: number, round: number): Plan {
  const mixed = seed * NEXT_ROUND + round * 7919;
  const tape = seedTape(mixed);
  const share = (): number => tape.byte() / 256;
  const pace = tape.chance(128) ? 0 : Math.round(share() * 40) / 100;
  const first = tape.pick(2);
  const blows = Array.from({ length: MAX_BLOWS }, (_, at): Blow => {
    const isEarly = tape.chance(85);
    const when = isEarly ? 0.03 + 0.3 * share() : 0.1 + 1.1 * share();
    return { way: tape.chance(32) ? 'machine' : (WAYS[(first + at) % 2] ?? 'engine'), at: when };
  });
  return { blows, pace, noise: mixed };
}

/** The engines' program: copies, so that a build meanwhile does not change what is killed. */
const PROGRAMS = ['weft.cjs', 'app.cjs'];

/** Prepares a folder: the programs, copied from where they were `built`, and the scene with its neighbours. */
export async function layGround(of: { readonly root: string; readonly built: string }): Promise<Ground> {
  const { root, built } = of;
  const dist = join(root, 'dist');
  for (const folder of [dist, join(root, 'runs')]) await mkdir(folder);
  for (const name of PROGRAMS) await cp(join(built, name), join(dist, name));
  const scene = await buildScene(root, HERE);
  await addNeighbours(scene);
  return { scene, root: join(root, 'runs'), dist };
}

/** What an undisturbed run leads to, and how long it takes. */
export interface Measured {
  readonly standard: Standard;
  readonly spanMs: number;
}

/** Runs the plan once in peace. Rejects when it goes wrong by itself. */
export async function measure(ground: Ground): Promise<Measured> {
  const scene = await copyScene(ground.scene, join(ground.root, 'undisturbed'));
  const began = performance.now();
  const { lives, stuck } = await liveUnder(scene, {
    blows: [],
    heed: () => Promise.resolve(),
    spanMs: 0,
    entry: entryOf(ground),
  });
  const spanMs = performance.now() - began;
  const run = await findRun(scene);
  const deeds = { commits: [], refs: NEIGHBOURS };
  const wrongs = run === null ? ['no run was begun'] : await judge(scene, { run, standard: null, deeds });
  if (stuck !== null || wrongs.length > 0) {
    const story = await tellStory(scene, { lives, run });
    throw new Error(`the undisturbed run went wrong: ${[stuck, ...wrongs].join('\n')}\n${story}`);
  }
  const standard = await readStandard(scene);
  await rm(scene.dir, { recursive: true, force: true, maxRetries: 5 });
  return { standard, spanMs };
}

function entryOf({ dist }: Ground): string {
  return resolve(dist, 'weft.cjs');
}

/** How a round went. */
export interface Fought {
  readonly round: number;
  /** Engines that were alive when they were killed, by the way. */
  readonly kills: readonly Way[];
  /** Commands of the people beside the run that went through, and commits of theirs. */
  readonly deeds: number;
  readonly commits: number;
  readonly wrongs: readonly string[];
  /** For people: the engines and what they said. */
  readonly story: string;
  readonly scene: Stage;
}

/** Plays one round in a scene of its own, which stays when something is wrong or `keep` says so. */
export async function fight(
  ground: Ground,
  of: Measured & { readonly seed: number; readonly round: number; readonly keep?: boolean },
): Promise<Fought> {
  const { seed, round, standard } = of;
  const plan = planRound(seed, round);
  const scene = await copyScene(ground.scene, join(ground.root, `round-${round}`));
  if (plan.pace > 0) await writeFile(join(scene.dir, 'pace'), String(plan.pace));
  const bystander = startBystander(scene);
  const noise = makeNoise(scene, plan.noise);
  try {
    const { lives, kills, stuck } = await liveUnder(scene, {
      blows: plan.blows,
      heed: noise.heed,
      spanMs: of.spanMs,
      entry: entryOf(ground),
    });
    const deeds = await noise.stop();
    const run = await findRun(scene);
    const wrongs = [...(stuck === null ? [] : [stuck]), ...deeds.wrongs];
    if (run === null) wrongs.push('no run was begun');
    else if (stuck === null) wrongs.push(...(await judge(scene, { run, standard, deeds })));
    if (bystander.exitCode !== null || bystander.signalCode !== null)
      wrongs.push('I10: the bystander was ended');
    const story = wrongs.length === 0 ? '' : await tellStory(scene, { lives, run });
    if (wrongs.length === 0 && of.keep !== true)
      await rm(scene.dir, { recursive: true, force: true, maxRetries: 5 });
    return { round, kills, deeds: deeds.done, commits: deeds.commits.length, wrongs, story, scene };
  } finally {
    bystander.kill('SIGKILL');
  }
}

interface Survived {
  readonly lives: readonly Life[];
  readonly kills: readonly Way[];
  /** Why it was given up, or null. */
  readonly stuck: string | null;
}

/** Starts and resumes a run: each engine under a blow of its own, then left alone until one says that all is done. */
async function liveUnder(
  scene: Stage,
  of: {
    readonly blows: readonly Blow[];
    /** Resolves when a person has done what the run waits for. */
    readonly heed: () => Promise<void>;
    readonly spanMs: number;
    readonly entry: string;
  },
): Promise<Survived> {
  const lives: Life[] = [];
  const kills: Way[] = [];
  const blows = [...of.blows];
  for (let quiet = 0; quiet < MAX_QUIET; ) {
    const blow = blows.shift() ?? null;
    if (blow === null) quiet += 1;
    const strike = blow === null ? null : aim(scene, blow, of.spanMs);
    const life = await live(scene, {
      args:
        (await findRun(scene)) === null ? ['run', 'tracks.yaml', '--target', 'main'] : ['resume', 'latest'],
      entry: of.entry,
      ...(strike === null ? {} : { strike: strike.start }),
    });
    const isKilled = strike?.end() === true && life.signal === 'SIGKILL';
    lives.push(life);
    if (isKilled && blow !== null) kills.push(blow.way);
    if (life.code === 0) return { lives, kills, stuck: null };
    const stuck = isKilled ? null : findFault(life);
    if (stuck !== null) return { lives, kills, stuck };
    if (!isKilled) await of.heed();
  }
  return { lives, kills, stuck: `the run is not over after ${MAX_QUIET} engines that nobody killed` };
}

/** An engine that nobody killed ends when the run rests: complete, or waiting for an answer. */
function findFault({ code, signal }: Life): string | null {
  if (signal === 'SIGALRM') return 'an engine did not come to its end';
  return code === 3 ? null : `an engine ended with ${signal ?? code}, and nobody had killed it`;
}

/** A blow in wait for its moment; `end` tells whether it fell. */
function aim(
  { dir }: Scene,
  { way, at }: Blow,
  spanMs: number,
): { readonly start: (engine: ChildProcess) => void; readonly end: () => boolean } {
  let timer: NodeJS.Timeout | undefined;
  let fell = false;
  return {
    start: (engine) => {
      timer = setTimeout(() => {
        fell = kill(engine, { way, dir });
      }, at * spanMs);
    },
    end: () => {
      clearTimeout(timer);
      return fell;
    },
  };
}
