// Command line of the kill points: strikes engines at their operations and says where one did not come through.

import { mkdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import {
  kindOf,
  listTargets,
  rank,
  type Scouted,
  type Struck,
  sceneOf,
  scout,
  strikeAll,
  strikePoint,
  type Target,
} from './campaign.ts';
import { isAtForge, LANES, type Lane, type Point, parsePoint, type Seen, spellPoint } from './point.ts';
import { buildScene } from './scene.ts';
import { inScratch } from './scratch.ts';
import type { Script } from './script.ts';
import { HERE } from './script-here.ts';
import { AT_FORGE } from './script-pulls.ts';

const SCRIPTS: readonly Script[] = [HERE, ...AT_FORGE];
const NAMES = SCRIPTS.map(({ name }) => name).join(', ');

const USAGE = `npm run kill-points -- [--all] [--seconds N] [--seed N] [--at-once N] [--scene NAME] [--lane NAME] [--point POINT]
                       [--list] [--json]

Runs the tasks of each scene once and counts what the engine does to the world. Then strikes an engine at each of these
operations (kills it before, in the middle or after; or lets the operation go wrong), starts it again, and looks whether the
run ends as if nothing had happened. Where work becomes pull requests, the forge is a server on this machine that outlives
the engine, and each call to it is struck as well.
  --all          every point; else one of each kind first, then others until the time is up
  --seconds N    time after which no further point is begun (240)
  --seed N       which points come first (by default by the date)
  --at-once N    runs beside each other (one more than there are processors)
  --scene NAME   one scene alone, of ${NAMES}
  --lane NAME    operations of one lane alone, of ${LANES.join(', ')}
  --point POINT  one point alone, told in full and kept: git:12:torn:3, of the scene (${HERE.name})
  --list         the operations of the undisturbed runs, and no more
  --json         the sum as JSON
`;

const DAY_MS = 86_400_000;

interface Wish {
  readonly all: boolean;
  readonly seconds: number;
  readonly seed: number;
  readonly atOnce: number;
  readonly scripts: readonly Script[];
  readonly lanes: readonly Lane[];
  readonly point: Point | null;
  readonly list: boolean;
  readonly json: boolean;
}

function readWish(): Wish | null {
  const options = {
    all: { type: 'boolean', default: false },
    seconds: { type: 'string', default: '240' },
    seed: { type: 'string', default: String(Math.floor(Date.now() / DAY_MS)) },
    'at-once': { type: 'string', default: String(availableParallelism() + 1) },
    scene: { type: 'string' },
    lane: { type: 'string' },
    point: { type: 'string' },
    list: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  } as const;
  try {
    const { values } = parseArgs({ options });
    const [seconds, seed, atOnce] = [values.seconds, values.seed, values['at-once']].map(Number);
    const point = values.point === undefined ? null : parsePoint(values.point);
    const scripts = SCRIPTS.filter(({ name }) => values.scene === undefined || name === values.scene);
    const lanes = LANES.filter((name) => values.lane === undefined || name === values.lane);
    const isNothing = scripts.length === 0 || lanes.length === 0;
    if (values.help || isNothing || (values.point !== undefined && point === null)) return null;
    if (![seconds, seed, atOnce].every((each) => Number.isSafeInteger(each) && (each ?? -1) >= 0))
      return null;
    return {
      all: values.all,
      seconds: seconds ?? 0,
      seed: seed ?? 0,
      atOnce: atOnce ?? 1,
      scripts,
      lanes,
      point,
      list: values.list,
      json: values.json,
    };
  } catch {
    return null;
  }
}

function say(text: string): void {
  process.stdout.write(text);
}

async function main(): Promise<number> {
  const wish = readWish();
  if (wish === null) {
    say(USAGE);
    return 2;
  }
  const { point } = wish;
  return inScratch('struck', say, async (root) => {
    const failed = point === null ? await campaign(root, wish) : await replay(root, { ...wish, point });
    return { failed, keep: point !== null };
  });
}

/** Builds a scene and goes through it once. */
async function prepare(root: string, script: Script): Promise<Scouted> {
  const runs = join(root, 'runs');
  await mkdir(runs, { recursive: true });
  const scene = await buildScene(root, script);
  return scout({ scene, root: runs, dist: dirname(fileURLToPath(import.meta.url)) });
}

/** What was struck, and how it went. */
interface Done<T = Target> {
  readonly struck: Struck;
  readonly target: T;
}

/** Tells whether something was wrong. */
async function campaign(root: string, wish: Wish): Promise<boolean> {
  const began = performance.now();
  const scenes = await Promise.all(wish.scripts.map((script) => prepare(root, script)));
  if (wish.list) {
    for (const ground of scenes) say(listOperations(ground));
    return false;
  }
  const all = scenes.flatMap((ground) => listTargets(ground, wish.seed));
  const targets = rank(
    all.filter(({ point }) => wish.lanes.includes(point.lane)),
    wish.seed,
  );
  if (!wish.json) {
    for (const ground of scenes) say(`${sceneOf({ ground })}: ${tellOperations(ground.seen)}\n`);
    say(`${targets.length} points, seed ${wish.seed}\n`);
  }
  const done: Done[] = [];
  await strikeAll({
    targets,
    atOnce: wish.atOnce,
    until: wish.all ? Number.POSITIVE_INFINITY : began + wish.seconds * 1_000,
    report: (struck, target) => {
      done.push({ struck, target });
      if (!wish.json && struck.wrongs.length > 0) say(tellFailure({ struck, target }));
    },
  });
  const sum = sumUp({ targets, done, seconds: Math.round((performance.now() - began) / 1_000) });
  const broken = done.filter(({ struck }) => struck.wrongs.length > 0);
  if (wish.json) {
    const failures = broken.map(({ struck: { point, seen, wrongs }, target }) => {
      return { scene: sceneOf(target), point: spellPoint(point), seen, wrongs };
    });
    say(`${JSON.stringify({ ...sum, seed: wish.seed, failures })}\n`);
  } else {
    say(tellSum(sum));
    for (const { target } of broken) say(`  ${replayLine(target)}\n`);
  }
  return broken.length > 0 || sum.struck === 0;
}

type Sum = ReturnType<typeof sumUp>;

function sumUp({
  targets,
  done,
  seconds,
}: {
  readonly targets: readonly Target[];
  readonly done: readonly Done[];
  readonly seconds: number;
}) {
  const reached = done.flatMap(({ struck, target }) => (struck.seen === null ? [] : [target]));
  const count = (of: (target: Target) => boolean): Counts => ({
    points: targets.filter(of).length,
    struck: reached.filter(of).length,
    kinds: new Set(targets.filter(of).map(kindOf)).size,
    kindsStruck: new Set(reached.filter(of).map(kindOf)).size,
  });
  const names = new Set(targets.map(sceneOf));
  return {
    operations: new Set(targets.map(({ ground, seen }) => `${sceneOf({ ground })} ${seen.lane} ${seen.n}`))
      .size,
    ...count(() => true),
    scenes: Object.fromEntries([...names].map((name) => [name, count((target) => sceneOf(target) === name)])),
    /** Operations and calls at a forge, in all scenes. */
    forge: count(({ seen }) => isAtForge(seen)),
    // a run that went another way had no such operation
    notReached: done.length - reached.length,
    failed: done.filter(({ struck }) => struck.wrongs.length > 0).length,
    seconds,
  };
}

interface Counts {
  readonly points: number;
  readonly struck: number;
  readonly kinds: number;
  readonly kindsStruck: number;
}

function tellSum(sum: Sum): string {
  const tell = ({ points, struck, kinds, kindsStruck }: Counts): string =>
    `${struck} of ${points} points struck (${kindsStruck} of ${kinds} kinds)`;
  const scenes = Object.entries(sum.scenes).map(([name, counts]) => `  ${name}: ${tell(counts)}\n`);
  const forge = sum.forge.points === 0 ? '' : `  at the forge: ${tell(sum.forge)}\n`;
  const all = `${tell(sum)} in ${sum.seconds} s, ${sum.notReached} not reached, ${sum.failed} failed\n`;
  return `${scenes.join('')}${forge}${all}`;
}

function listOperations(ground: Scouted): string {
  const lines = ground.seen.map(
    ({ lane, n, kind, to, children }) =>
      `${sceneOf({ ground })} ${lane}:${n} ${kind} ${to} (${children} programs)\n`,
  );
  return lines.join('');
}

function tellOperations(seen: readonly Seen[]): string {
  const lanes = LANES.map((lane) => `${seen.filter((each) => each.lane === lane).length} ${lane}`).join(', ');
  return `${seen.length} durable operations (${lanes})`;
}

function tellFailure({ struck, target }: Done<Place>): string {
  const { seen, point, story } = struck;
  const what = seen === null ? 'nothing: it was not reached' : `${seen.kind} of ${seen.to}`;
  const wrongs = struck.wrongs.map((wrong) => `  ${wrong}`).join('\n');
  return `\nFAILED ${sceneOf(target)} ${spellPoint(point)}, which struck ${what}\n${wrongs}\n${story}\n  again: ${replayLine(target)}\n`;
}

type Place = Pick<Target, 'ground' | 'point'>;

function replayLine(target: Place): string {
  return `npm run kill-points -- --scene ${sceneOf(target)} --point ${spellPoint(target.point)}`;
}

async function replay(
  root: string,
  { scripts, point }: Pick<Wish, 'scripts'> & { readonly point: Point },
): Promise<boolean> {
  const ground = await prepare(root, scripts[0] ?? HERE);
  const struck = await strikePoint(ground, { point, keep: true });
  if (struck.wrongs.length > 0) {
    say(tellFailure({ struck, target: { ground, point } }));
    return true;
  }
  const what = struck.seen === null ? 'not reached' : `${struck.seen.kind} of ${struck.seen.to}`;
  say(`${spellPoint(point)} (${what}): came through in ${Math.round(struck.elapsedMs)} ms\n`);
  return false;
}

process.exitCode = await main();
