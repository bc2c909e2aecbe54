// One round of the landing proof: the built program leads the plot's tasks to their end, with a stranger who moves the target
// and a person who answers. Judges nothing.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';
import { createJournalStore } from '../../adapters/journal/file-journal.ts';
import type { Recorded } from '../../core/event.ts';
import { findRun } from '../faulty/life.ts';
import type { Scene } from '../faulty/scene.ts';
import { testGitEnv } from '../temp-repo.ts';
import { attend } from './person.ts';
import type { Plot } from './plot.ts';
import { startStranger } from './stranger.ts';

/** Engines before a run counts as wedged: one rests when all that is left waits for an answer. */
const MAX_ENGINES = 40;
/** Time of one engine before it counts as wedged. */
const ENGINE_MS = 20 * 60_000;

/** How a round went. */
export interface Played {
  readonly run: string;
  readonly records: readonly Recorded[];
  /** Commits of the stranger. */
  readonly strange: readonly string[];
  /** Questions that were answered, by cause. */
  readonly answered: Readonly<Record<string, number>>;
  readonly engines: number;
  /** Why it was given up, or null. */
  readonly stuck: string | null;
  /** What the last engine said, its end. */
  readonly said: string;
}

/** Plays a round. Rejects when no run was begun. */
export async function playRound(
  scene: Scene,
  of: { readonly plot: Plot; readonly seed: number; readonly entry: string },
): Promise<Played> {
  const person = attend(scene, of.plot);
  const stranger = startStranger(scene, of);
  let engines = 0;
  let end: EngineEnd;
  do {
    const args = (await findRun(scene)) === null ? ['run', 'tracks.yaml'] : ['resume', 'latest'];
    end = await lead(scene, [of.entry, ...args]);
    engines += 1;
    // 3: it waits for an answer, which the person gives meanwhile
  } while (end.code === 3 && engines < MAX_ENGINES);
  const strange = await stranger.stop();
  const answered = await person.stop();
  const run = await findRun(scene);
  if (run === null) throw new Error(`no run was begun: ${end.said}`);
  const read = await createJournalStore().read(join(scene.repo, '.weft', 'runs', run));
  if (!read.ok) throw new Error(read.failure.sentence);
  const stuck =
    end.code === 0 || end.code === 1 ? null : `the run is not over: ${engines} engines, ${end.code}`;
  return { run, records: read.value.records, strange, answered, engines, stuck, said: end.said };
}

interface EngineEnd {
  readonly code: number | null;
  readonly said: string;
}

async function lead({ dir, repo }: Scene, args: readonly string[]): Promise<EngineEnd> {
  const child = spawn(process.argv[0] ?? 'node', args, {
    cwd: repo,
    env: { ...testGitEnv(), NO_COLOR: '1', ACTOR_DIR: dir, TMPDIR: join(dir, 'tmp') },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      said = `${said}${String(chunk)}`.slice(-4_000);
    });
  }
  const timer = setTimeout(() => {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  }, ENGINE_MS);
  const code = await new Promise<number | null>((done) => {
    child.once('exit', (how) => done(how));
  });
  clearTimeout(timer);
  return { code, said };
}
