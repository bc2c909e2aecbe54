// Chooses the points at which engines are struck, strikes them one run each, several at a time, and sums up.
import { type ChildProcess, spawn } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { BYSTANDER, FOLDER_LEFT, judge, readStandard, type Standard } from './judge.ts';
import { type Life, type Lived, liveThrough } from './life.ts';
import { KILLS, type Lane, type Mode, type Point, type Seen, spellPoint } from './point.ts';
import { copyScene, type Scene, type Stage, type Template } from './scene.ts';

/** What is needed to strike. */
export interface Ground {
  readonly scene: Template;
  /** Folder for copies. */
  readonly root: string;
  /** Folder with the built programs. */
  readonly dist: string;
}

/** A scene as the undisturbed pass went through it: all operations, and what it leads to. */
export interface Scouted extends Ground {
  readonly seen: readonly Seen[];
  readonly standard: Standard;
}

/** A point of a scene, and the kind of what it strikes in the undisturbed pass. */
export interface Target {
  readonly ground: Scouted;
  readonly point: Point;
  readonly seen: Seen;
}

/** Makes the undisturbed pass. Rejects when it goes wrong by itself. */
export async function scout(ground: Ground): Promise<Scouted> {
  return onStage(ground, 'undisturbed', async (stage) => {
    const lived = await liveThrough(stage, { point: null, dist: ground.dist });
    const wrongs = await judgeLived(stage, lived, null);
    if (wrongs.length > 0) {
      const story = await tellStory(stage, lived);
      throw new Error(`the undisturbed run went wrong: ${wrongs.join('\n')}\n${story}`);
    }
    const standard = await readStandard(stage);
    await clear(stage);
    return { ...ground, seen: lived.seen, standard };
  });
}

/** Works on a copy, and closes what is beyond it whatever happens. */
async function onStage<T>(ground: Ground, name: string, work: (stage: Stage) => Promise<T>): Promise<T> {
  const dir = join(ground.root, `${ground.scene.script.name}-${name}`);
  const stage = await copyScene(ground.scene, dir);
  try {
    return await work(stage);
  } finally {
    await stage.beyond.close();
  }
}

/** Deletes a copy of which nothing is of interest any more. */
async function clear({ dir }: Scene): Promise<void> {
  await rm(dir, { recursive: true, force: true, maxRetries: 5 });
}

/** Exit codes of an engine whose run rests: complete, or waiting for an answer. */
const RESTS: readonly (number | null)[] = [0, 3];

/** Says what is wrong with a run and with what it left. */
async function judgeLived(scene: Stage, lived: Lived, standard: Standard | null): Promise<string[]> {
  const { run, stuck, lives, seen } = lived;
  if (stuck !== null) return [stuck];
  if (run === null) return ['no run was begun'];
  const wrongs = [...(await judge(scene, { run, standard }))];
  const first = lives[0];
  const isStruck = standard !== null && seen.length > 0;
  if (first !== undefined && !isStruck && !RESTS.includes(first.code))
    wrongs.push(`the first engine ended with ${first.signal ?? first.code}, and nobody had struck it`);
  return wrongs;
}

/** Every point of the operations seen; `seed` picks which child process is struck. */
export function listTargets(ground: Scouted, seed: number): readonly Target[] {
  return ground.seen.flatMap((seen) =>
    modesOf(seen).map((mode): Target => {
      const inChild = seen.children > 0 && mode !== 'before' && mode !== 'after' && mode !== 'EIO';
      const child = inChild ? 1 + ((seen.n + seed) % seen.children) : 0;
      return { ground, point: { lane: seen.lane, n: seen.n, mode, child }, seen };
    }),
  );
}

function modesOf({ lane, kind, children }: Seen): readonly Mode[] {
  switch (lane) {
    case 'control':
      return ['before', 'after'];
    case 'journal':
      return [...KILLS, 'EIO', 'ENOSPC', 'EIO-sync'];
    case 'files':
    case 'pictures':
      // an empty folder that cannot be removed is nobody's harm, and nobody is told
      return kind === 'removeEmpty' ? KILLS : [...KILLS, 'EIO', 'ENOSPC'];
    case 'git':
    case 'radar':
    case 'forge':
    case 'looks':
      return children === 0 ? KILLS : [...KILLS, 'orphan', 'exit128', 'lost', 'hang'];
    case 'calls':
    case 'questions':
      return [...KILLS, 'orphan', 'exit128', 'lost', 'hang'];
    case 'process':
      if (children === 0) return KILLS;
      return kind === 'run' ? [...KILLS, 'EAGAIN', 'exit128', 'hang'] : [...KILLS, 'EAGAIN', 'hang'];
  }
}

/** Ways to strike that show the most, by lane; then those that still show something of their own. */
const TELLING: readonly Readonly<Record<Lane, readonly Mode[]>>[] = [
  {
    control: ['before', 'after'],
    journal: ['torn', 'after'],
    git: ['torn', 'after', 'lost'],
    radar: ['torn', 'after'],
    forge: ['torn', 'after', 'lost'],
    looks: ['torn'],
    calls: ['torn', 'lost', 'orphan'],
    questions: ['torn', 'lost'],
    files: [],
    pictures: [],
    process: ['torn', 'after'],
  },
  {
    control: [],
    journal: ['EIO', 'ENOSPC', 'EIO-sync'],
    git: ['orphan', 'exit128', 'hang'],
    radar: ['orphan', 'lost', 'hang'],
    forge: ['before', 'orphan', 'exit128', 'hang'],
    looks: ['after', 'lost', 'exit128', 'hang'],
    calls: ['before', 'after', 'exit128', 'hang'],
    questions: ['exit128', 'hang'],
    files: ['torn', 'ENOSPC'],
    pictures: ['torn', 'ENOSPC'],
    process: ['EAGAIN', 'exit128', 'hang'],
  },
];

/**
 * Puts the targets in order: first one of each kind of operation and telling way to strike, then one of each other way,
 * then the rest. The seed decides which operation of a kind comes first, of which scene, and the order among equals. Scenes
 * take turns.
 */
export function rank(targets: readonly Target[], seed: number): readonly Target[] {
  const keys = new Map(
    targets.map((target) => [target, mix(`${seed} ${sceneOf(target)} ${spellPoint(target.point)}`)]),
  );
  const mixed = [...targets].sort((one, other) => (keys.get(one) ?? 0) - (keys.get(other) ?? 0));
  const met = new Set<string>();
  const tiers: Target[][] = [...TELLING.map(() => []), [], []];
  for (const target of mixed) {
    const kind = kindOf(target);
    const { lane, mode } = target.point;
    const telling = TELLING.findIndex((modes) => modes[lane].includes(mode));
    tiers[met.has(kind) ? tiers.length - 1 : telling < 0 ? TELLING.length : telling]?.push(target);
    met.add(kind);
  }
  return takeTurns(tiers.flat());
}

/** One of each scene, then again, for as long as there are some of each. */
function takeTurns(targets: readonly Target[]): readonly Target[] {
  const lists = [...groupBy(targets, sceneOf).values()];
  const rounds = Math.max(0, ...lists.map(({ length }) => length));
  return Array.from({ length: rounds }, (_, at) => lists.flatMap((list) => list.slice(at, at + 1))).flat();
}

function groupBy<T>(list: readonly T[], keyOf: (each: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const each of list) {
    const group = groups.get(keyOf(each));
    if (group === undefined) groups.set(keyOf(each), [each]);
    else group.push(each);
  }
  return groups;
}

/** Name of the scene that a target is in. */
export function sceneOf({ ground }: Pick<Target, 'ground'>): string {
  return ground.scene.script.name;
}

/** Names what is struck and how, whatever operation of the kind it is, in whatever scene. */
export function kindOf({ point, seen }: Target): string {
  return `${seen.lane} ${seen.kind} ${point.mode}`;
}

/** A number that depends on the text alone (FNV-1a). */
function mix(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}

/** How one point went. */
export interface Struck {
  readonly point: Point;
  /** What was struck; null: the run was over before it came to the point. */
  readonly seen: Seen | null;
  readonly wrongs: readonly string[];
  /** For people: the engines and what they said. */
  readonly story: string;
  readonly elapsedMs: number;
}

/** Strikes one point in a scene of its own. The scene stays when something is wrong or `keep` says so. */
export async function strikePoint(
  ground: Scouted,
  { point, keep }: { readonly point: Point; readonly keep?: boolean },
): Promise<Struck> {
  const began = performance.now();
  return onStage(ground, spellPoint(point).replaceAll(':', '-'), async (stage) => {
    const bystander = startBystander(stage);
    try {
      const lived = await liveThrough(stage, { point, dist: ground.dist });
      const judged = await judgeLived(stage, lived, ground.standard);
      const wrongs = judged.filter((wrong) => !isExcused(wrong, point, lived.seen[0]));
      if (bystander.exitCode !== null || bystander.signalCode !== null)
        wrongs.push('I10: the bystander was ended');
      const story = wrongs.length === 0 ? '' : await tellStory(stage, lived);
      if (wrongs.length === 0 && keep !== true) await clear(stage);
      return { point, seen: lived.seen[0] ?? null, wrongs, story, elapsedMs: performance.now() - began };
    } finally {
      bystander.kill('SIGKILL');
    }
  });
}

/** Runs differ a little: what was to strike a write may have struck the removal of an empty folder, which nobody misses. */
function isExcused(wrong: string, { mode }: Point, seen: Seen | undefined): boolean {
  const isRefused = seen?.kind === 'removeEmpty' && (mode === 'EIO' || mode === 'ENOSPC');
  return isRefused && wrong === FOLDER_LEFT;
}

/** Starts a process beside the run that only looks like one of its own. */
export function startBystander({ repo }: Scene): ChildProcess {
  return spawn('sleep', ['600'], {
    cwd: repo,
    env: { PATH: process.env['PATH'] ?? '', WEFT_TAG: BYSTANDER },
    stdio: 'ignore',
    detached: true,
  });
}

/** Tells for people how a run went: the engines with what they said, and its last facts. */
export async function tellStory(scene: Scene, lived: Pick<Lived, 'lives' | 'run'>): Promise<string> {
  return `${tellLives(lived.lives)}\n${await tellJournal(scene, lived.run)}`;
}

function tellLives(lives: readonly Life[]): string {
  return lives
    .map(
      ({ args, code, signal, said }) =>
        `weft ${args.join(' ')} → ${signal ?? code}\n${said.replace(/^/gm, '  | ')}`,
    )
    .join('\n');
}

const TOLD_FACTS = 30;

async function tellJournal(scene: Scene, run: string | null): Promise<string> {
  if (run === null) return '';
  const text = await readFile(join(scene.repo, '.weft', 'runs', run, 'journal.jsonl'), 'utf8').catch(
    () => '',
  );
  const lines = text.split('\n').slice(-TOLD_FACTS);
  return lines.map((line) => `  ${line.slice(0, 220)}`).join('\n');
}

/** Strikes in order, several at a time, until the time is up or all are struck. */
export async function strikeAll(of: {
  readonly targets: readonly Target[];
  readonly atOnce: number;
  /** Monotonic ms after which nothing more is begun. */
  readonly until: number;
  readonly report: (struck: Struck, target: Target) => void;
}): Promise<void> {
  const left = [...of.targets];
  const work = async (): Promise<void> => {
    while (performance.now() < of.until) {
      const target = left.shift();
      if (target === undefined) return;
      of.report(await strikePoint(target.ground, target), target);
    }
  };
  await Promise.all(Array.from({ length: of.atOnce }, work));
}
