// `weft demo --crash`: weft and agents are killed in a throw-away repository, another weft goes on, and what came of it is held
// to what had to. All is real but the agents' minds.
import { execFile, spawn } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { ok, type Result } from '../../../core/failure.ts';
import type { App } from '../../app.ts';
import type { Call, CrashDemo, CrashForge, CrashScene } from '../call.ts';
import { cleanLine } from '../clean.ts';
import { EXIT_OF_FAILURE } from '../exit-code.ts';
import { printJson, printLine, printLines } from '../report.ts';
import { makeRepository, withoutGit } from './demo-repository.ts';

const runFile = promisify(execFile);

/** What came of one crash; nothing wrong: all is well. */
interface Outcome {
  readonly run: string | null;
  readonly landed: string | null;
  readonly wrong: readonly string[];
}

/** Where crashes are played. */
interface Stage {
  readonly call: Call;
  readonly app: App;
  readonly repository: string;
  /** Null: work lands in the repository. */
  readonly forge: CrashForge | null;
}

/** How one weft ended, and what it said on standard error, its end. */
interface Ended {
  readonly code: number | null;
  readonly said: string;
}

/** One weft at work. */
interface Engine {
  readonly run: Promise<string>;
  readonly ended: Promise<Ended>;
  kill(): void;
}

/** A weft that takes longer is given up. */
const LIMIT_MS = 60_000;
/** Between two looks for the note of an agent that is there by now. */
const LOOK_MS = 20;
const MAX_SAID = 2_000;

/**
 * Plays all crashes in a repository, one after the other, and then those on the way to a forge in one beside it; ends with 1
 * when something did not come out as it had to.
 */
export async function playCrashes(call: Call, repository: string): Promise<Result<number>> {
  const { scenes, openApp, atForge } = call.demo.crashes;
  const crashes = scenes.length + atForge.scenes.length;
  if (!call.json) printLine(call.io, `${crashes} crashes, in ${repository}`);
  const here = await playAll({ call, repository, forge: null }, { scenes, openApp });
  if (!here.ok) return here;
  const other = `${repository}-at-forge`;
  const made = await makeRepository(call, atForge, other);
  if (!made.ok) return made;
  const forge = await atForge.open(other, dirname(repository));
  let there: Result<number>;
  try {
    const of = { scenes: atForge.scenes, openApp: forge.openApp };
    there = await playAll({ call, repository: other, forge }, of);
  } finally {
    await forge.close();
  }
  if (!there.ok) return there;
  const failed = here.value + there.value;
  if (call.json) printJson(call.io, { type: 'ended', crashes, failed });
  else printLine(call.io, drawEnd(crashes, failed));
  return ok(failed === 0 ? 0 : EXIT_OF_FAILURE.failed);
}

/** Plays some of them; gives how many did not come out as they had to. */
async function playAll(
  place: Omit<Stage, 'app'>,
  { scenes, openApp }: Pick<CrashDemo, 'scenes' | 'openApp'>,
): Promise<Result<number>> {
  const opened = await openApp(place.repository);
  if (!opened.ok) return opened;
  const stage = { ...place, app: opened.value };
  let failed = 0;
  for (const [index, scene] of scenes.entries()) {
    const played = await play(stage, scene);
    const wrong = [...played.wrong, ...(place.forge?.judge(index + 1) ?? [])];
    if (wrong.length > 0) failed += 1;
    show(place.call, scene, { ...played, wrong });
  }
  return ok(failed);
}

function drawEnd(crashes: number, failed: number): string {
  return failed === 0
    ? `All ${crashes} went on as they should, and every promise of every run was kept.`
    : `${failed} of ${crashes} did not come out as they should. \`weft demo --crash --keep\` keeps the repository to look at.`;
}

function show(call: Call, { title, outcome }: CrashScene, { run, landed, wrong }: Outcome): void {
  if (call.json) {
    printJson(call.io, { type: 'crash', title, run, landed, wrong });
    return;
  }
  const mark = wrong.length === 0 ? call.paint('green', '✔') : call.paint('red', '✘');
  const end = wrong.length === 0 ? `${outcome}; landed as ${landed?.slice(0, 10)}` : `run ${run}`;
  printLines(call.io, [`${mark} ${title}: ${end}`, ...wrong.map((each) => `    ${cleanLine(each)}`)]);
}

async function play(stage: Stage, scene: CrashScene): Promise<Outcome> {
  const { agentFile, goFile } = stage.call.demo.crashes;
  for (const file of [agentFile, goFile]) await rm(join(stage.repository, file), { force: true });
  stage.forge?.hold(scene.at === 'pushed' ? 'pulls' : 'checks');
  const options = scene.at === 'committed' ? ['--integrate', 'human', '--stay'] : [];
  const first = startWeft(stage, ['run', scene.plan, '--json', ...options]);
  const run = await Promise.race([first.run, first.ended.then(() => null)]);
  if (run === null) return { run, landed: null, wrong: [`It did not begin: ${(await first.ended).said}`] };
  let last = first;
  if (scene.at !== null) {
    const missed = await strike(stage, scene, { run, engine: first });
    if (missed !== null) return { run, landed: null, wrong: [missed] };
    if (scene.at === 'committed') await stage.app.command(run, { kind: 'approve', task: scene.task });
    last = startWeft(stage, ['resume', run, '--json']);
  }
  await writeFile(join(stage.repository, goFile), '');
  stage.forge?.goOn();
  return judge(stage, scene, { run, end: await last.ended });
}

/** Kills weft when the moment has come, and whoever dies with it; gives why it could not, or null. */
async function strike(
  stage: Stage,
  { at, task, with: also }: CrashScene,
  { run, engine }: { readonly run: string; readonly engine: Engine },
): Promise<string | null> {
  const { app, repository, call, forge } = stage;
  const seen = new AbortController();
  void engine.ended.then(() => seen.abort());
  let isTime = false;
  if (at === 'pushed') isTime = (await forge?.wasAsked(seen.signal)) === true;
  else
    await app.followView(
      run,
      ({ tasks }) => {
        isTime ||= tasks.some(({ id, phase }) => id === task && phase === at);
        if (isTime) seen.abort();
      },
      seen.signal,
    );
  if (!isTime) return `Its task did not come to be ${at}: ${(await engine.ended).said}`;
  const waits = at === 'working' || at === 'merged';
  const agent = waits ? await readPid(join(repository, call.demo.crashes.agentFile)) : null;
  engine.kill();
  if (also === 'agent' && agent !== null) await runFile('kill', ['-KILL', agent]);
  await engine.ended;
  return null;
}

/** What an agent that waits has noted; null: it did not within the limit. */
async function readPid(file: string): Promise<string | null> {
  for (let looks = 0; looks < LIMIT_MS / LOOK_MS; looks += 1) {
    const text = await readFile(file, 'utf8').catch(() => '');
    if (/^\d+\n$/.test(text)) return text.trim();
    await delay(LOOK_MS);
  }
  return null;
}

/** Holds what came of it to what had to, and the whole run to its promises. */
async function judge(
  { app }: Stage,
  { task: name, attempts }: CrashScene,
  { run, end }: { readonly run: string; readonly end: Ended },
): Promise<Outcome> {
  const view = await app.view(run);
  const task = view.ok ? view.value.tasks.find(({ id }) => id === name) : undefined;
  const verified = await app.verify(run);
  const wrong = [
    ...(end.code === 0 ? [] : [`weft ended with ${end.code}: ${end.said}`]),
    ...(task?.phase === 'merged' ? [] : [`Its work has not landed: it is ${task?.phase ?? 'gone'}.`]),
    ...(task?.attempts === attempts ? [] : [`It took ${task?.attempts} attempts and not ${attempts}.`]),
    ...(verified.ok
      ? verified.value.flatMap(({ state, promise, wrong: how }) =>
          state === 'broken' ? [`Broken: ${promise}: ${how.join('; ')}`] : [],
        )
      : [verified.failure.sentence]),
  ];
  return { run, landed: task?.landed ?? null, wrong };
}

/** Starts this program in the repository, without the user's own variables of git. */
function startWeft({ call, repository, forge }: Stage, args: readonly string[]): Engine {
  const { node, entry } = call.io.program;
  const child = spawn(node, [entry, ...args], {
    cwd: repository,
    // what a weft leaves behind that is killed goes with all the rest
    env: { ...withoutGit(call.io.env), ...forge?.env, TMPDIR: dirname(repository) },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: LIMIT_MS,
    killSignal: 'SIGKILL',
  });
  let said = '';
  let begin: (run: string) => void = () => undefined;
  const run = new Promise<string>((resolve) => {
    begin = resolve;
  });
  child.stdout.on('data', (chunk) => {
    const started = /^\{.*"type":"started".*?"run":"([^"]+)"/m.exec(String(chunk))?.[1];
    if (started !== undefined) begin(started);
  });
  child.stderr.on('data', (chunk) => {
    said = `${said}${String(chunk)}`.slice(-MAX_SAID);
  });
  const ended = new Promise<Ended>((resolve) => {
    child.on('error', (error) => resolve({ code: null, said: error.message }));
    child.on('exit', (code) => resolve({ code, said: said.trim() }));
  });
  return { run, ended, kill: () => child.kill('SIGKILL') };
}
