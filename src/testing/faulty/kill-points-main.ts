// Command line of the kill points: strikes engines at their operations and says where one did not come through.

import { mkdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import {
  type Ground,
  kindOf,
  listTargets,
  rank,
  type Struck,
  scout,
  strikeAll,
  strikePoint,
  type Target,
} from './campaign.ts';
import { LANES, type Point, parsePoint, type Seen, spellPoint } from './point.ts';
import { buildScene } from './scene.ts';
import { inScratch } from './scratch.ts';

const USAGE = `npm run kill-points -- [--all] [--seconds N] [--seed N] [--at-once N] [--point POINT] [--list] [--json]

Runs six tasks once and counts what the engine does to the world. Then strikes an engine at each of these operations (kills
it before, in the middle or after; or lets the operation go wrong), starts it again, and looks whether the run ends as if
nothing had happened.
  --all          every point; else one of each kind first, then others until the time is up
  --seconds N    time after which no further point is begun (240)
  --seed N       which points come first (by default by the date)
  --at-once N    runs beside each other (one more than there are processors)
  --point POINT  one point alone, told in full and kept: git:12:torn:3
  --list         the operations of the undisturbed run, and no more
  --json         the sum as JSON
`;

const DAY_MS = 86_400_000;

interface Wish {
  readonly all: boolean;
  readonly seconds: number;
  readonly seed: number;
  readonly atOnce: number;
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
    point: { type: 'string' },
    list: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  } as const;
  try {
    const { values } = parseArgs({ options });
    const [seconds, seed, atOnce] = [values.seconds, values.seed, values['at-once']].map(Number);
    const point = values.point === undefined ? null : parsePoint(values.point);
    if (values.help || (values.point !== undefined && point === null)) return null;
    if (![seconds, seed, atOnce].every((each) => Number.isSafeInteger(each) && (each ?? -1) >= 0))
      return null;
    return {
      all: values.all,
      seconds: seconds ?? 0,
      seed: seed ?? 0,
      atOnce: atOnce ?? 1,
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
    await mkdir(join(root, 'runs'));
    const ground: Ground = {
      scene: await buildScene(root),
      root: join(root, 'runs'),
      dist: dirname(fileURLToPath(import.meta.url)),
    };
    const failed = point === null ? await campaign(ground, wish) : await replay(ground, point);
    return { failed, keep: point !== null };
  });
}

/** Tells whether something was wrong. */
async function campaign(ground: Ground, wish: Wish): Promise<boolean> {
  const began = performance.now();
  const { seen, standard } = await scout(ground);
  if (wish.list) {
    for (const each of seen)
      say(`${each.lane}:${each.n} ${each.kind} ${each.to} (${each.children} programs)\n`);
    return false;
  }
  const targets = rank(listTargets(seen, wish.seed), wish.seed);
  if (!wish.json) say(`${tellOperations(seen)}; ${targets.length} points, seed ${wish.seed}\n`);
  const done: { readonly struck: Struck; readonly target: Target }[] = [];
  await strikeAll(ground, {
    targets,
    standard,
    atOnce: wish.atOnce,
    until: wish.all ? Number.POSITIVE_INFINITY : began + wish.seconds * 1_000,
    report: (struck, target) => {
      done.push({ struck, target });
      if (!wish.json && struck.wrongs.length > 0) say(tellFailure(struck));
    },
  });
  const broken = done.filter(({ struck }) => struck.wrongs.length > 0);
  const missed = done.filter(({ struck }) => struck.seen === null);
  const sum = {
    operations: seen.length,
    points: targets.length,
    struck: done.length - missed.length,
    kinds: new Set(targets.map(kindOf)).size,
    kindsStruck: new Set(
      done.filter(({ struck }) => struck.seen !== null).map(({ target }) => kindOf(target)),
    ).size,
    // a run that went another way had no such operation
    notReached: missed.length,
    failed: broken.length,
    seconds: Math.round((performance.now() - began) / 1_000),
  };
  if (wish.json) {
    const failures = broken.map(({ struck }) => ({
      point: spellPoint(struck.point),
      seen: struck.seen,
      wrongs: struck.wrongs,
    }));
    say(`${JSON.stringify({ ...sum, seed: wish.seed, failures })}\n`);
  } else {
    say(
      `${sum.struck} of ${sum.points} points struck in ${sum.seconds} s (${sum.kindsStruck} of ${sum.kinds} kinds), ` +
        `${sum.notReached} not reached, ${sum.failed} failed\n`,
    );
    for (const { struck } of broken) say(`  ${replayLine(struck.point)}\n`);
  }
  return broken.length > 0 || sum.struck === 0;
}

function tellOperations(seen: readonly Seen[]): string {
  const lanes = LANES.map((lane) => `${seen.filter((each) => each.lane === lane).length} ${lane}`).join(', ');
  return `${seen.length} durable operations (${lanes})`;
}

function tellFailure(struck: Struck): string {
  const what =
    struck.seen === null ? 'nothing: it was not reached' : `${struck.seen.kind} of ${struck.seen.to}`;
  const wrongs = struck.wrongs.map((wrong) => `  ${wrong}`).join('\n');
  return `\nFAILED ${spellPoint(struck.point)}, which struck ${what}\n${wrongs}\n${struck.story}\n  again: ${replayLine(struck.point)}\n`;
}

function replayLine(point: Point): string {
  return `npm run kill-points -- --point ${spellPoint(point)}`;
}

async function replay(ground: Ground, point: Point): Promise<boolean> {
  const { standard } = await scout(ground);
  const struck = await strikePoint(ground, { point, standard, keep: true });
  if (struck.wrongs.length > 0) {
    say(tellFailure(struck));
    return true;
  }
  const what = struck.seen === null ? 'not reached' : `${struck.seen.kind} of ${struck.seen.to}`;
  say(`${spellPoint(point)} (${what}): came through in ${Math.round(struck.elapsedMs)} ms\n`);
  return false;
}

process.exitCode = await main();
