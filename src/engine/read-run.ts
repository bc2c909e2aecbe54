// Looks at runs without leading them: which there are, how they stand, what they left. Writes nothing but inbox files.
import { join } from 'node:path';
import { type Command, judgeCommand } from '../core/decide/command.ts';
import { documentReceipt, type ReceiptDocument, renderReceipt } from '../core/documents/receipt.ts';
import type { Outcome } from '../core/event.ts';
import { evolve } from '../core/evolve/evolve.ts';
import { type Failure, fail, ok, type Result } from '../core/failure.ts';
import { runMs } from '../core/model.ts';
import { addPending, parseCommand } from '../core/pending.ts';
import { isOfSource, type SourceSpec } from '../core/source.ts';
import type { RunState } from '../core/state.ts';
import { type RunView, viewRun } from '../core/view.ts';
import type { Json } from '../ports/control.ts';
import type { Opened } from '../ports/journal.ts';
import { noteHeard } from './heard.ts';
import { lookAtLanded } from './landed-work.ts';
import type { Tools } from './parts.ts';
import { recoverState } from './recovery.ts';
import { startRunClock } from './run-clock.ts';

/** One run on disk. */
export interface RunSummary {
  readonly run: string;
  readonly startedAt: string;
  readonly state: 'running' | 'interrupted' | Outcome;
  readonly tasks: number;
}

const MAX_VIEW_BYTES = 256 * 1024 * 1024;
const MAX_COMMAND_BYTES = 256 * 1024;
const COMMAND_TIMEOUT_MS = 30_000;
/** How often a follower makes sure that the engine still lives. */
const LIFE_CHECK_MS = 1_000;
/** Looks at a run that seems to have no engine while somebody leads, before that is believed. */
const PATIENCE = 3;

/** Folder of a run. */
export function runDirOf(tools: Pick<Tools, 'stateDir'>, run: string): string {
  return join(tools.stateDir, 'runs', run);
}

/** Names of the runs on disk, latest first. */
export async function listRunNames(tools: Tools): Promise<readonly string[]> {
  return [...(await tools.files.list(join(tools.stateDir, 'runs')))].reverse();
}

/** The runs on disk, latest first; one whose journal cannot be read is passed over. */
export async function listRuns(tools: Tools): Promise<readonly RunSummary[]> {
  const summaries: RunSummary[] = [];
  for (const run of await listRunNames(tools)) {
    const view = await readView(tools, run);
    if (!view.ok) continue;
    const { startedAt, state, tasks } = view.value;
    summaries.push({ run, startedAt, state, tasks: tasks.length });
  }
  return summaries;
}

/** Resolves `latest`, a full name or a unique beginning. */
export async function findRun(tools: Tools, name: string): Promise<Result<string>> {
  const runs = await listRunNames(tools);
  const latest = await findLatest(tools, runs);
  if (latest === null) {
    return fail({
      kind: 'usage',
      sentence: 'There is no run yet.',
      hint: '`weft` says how to begin.',
    });
  }
  if (name === 'latest') return ok(latest);
  const found = runs.includes(name) ? [name] : runs.filter((run) => run.startsWith(name));
  const only = found[0];
  if (only !== undefined && found.length === 1) return ok(only);
  const what =
    found.length === 0 ? `There is no run ${name}.` : `${name} could be any of ${found.length} runs.`;
  return fail({
    kind: 'usage',
    sentence: what,
    hint: `Runs: ${(found.length === 0 ? runs : found).slice(0, 5).join(', ')}`,
  });
}

/** The newest run that has begun: an engine may have died before its first fact. */
async function findLatest(tools: Tools, runs: readonly string[]): Promise<string | null> {
  for (const run of runs) {
    // its picture is written soon after the first fact, and is quicker to look for
    if (await tools.files.exists(join(runDirOf(tools, run), 'view.json'))) return run;
    const read = await tools.journals.readLatest(runDirOf(tools, run));
    // a journal that cannot be read is for a human to see
    if (!read.ok || read.value.last !== null) return run;
  }
  return null;
}

/** Runs looked at to find one that is not finished. */
const MOST_RUNS = 20;

/**
 * The latest run of exactly these sources that was interrupted, was stopped or waits for people, has a command of theirs
 * waiting, or could not tell its sources how it went; null: there is none.
 */
export async function findUnfinished(tools: Tools, sources: readonly SourceSpec[]): Promise<string | null> {
  const wanted = spell(sources);
  for (const run of (await listRunNames(tools)).slice(0, MOST_RUNS)) {
    const dir = runDirOf(tools, run);
    const isAwaited = (await tools.files.list(join(dir, 'inbox'))).some((name) => name.endsWith('.json'));
    // most are told by that alone
    if (!isAwaited && (await tools.files.exists(join(dir, 'closed.json')))) continue;
    const read = await readState(tools, run);
    if (!read.ok || spell(read.value.sources) !== wanted) continue;
    const { rested, tasks, sourceTroubles } = read.value;
    if ([...tasks.values()].some(({ task }) => task.source === 'track-file')) continue;
    const isUnfinished = rested === null || rested === 'blocked' || rested === 'stopped';
    const owes = Object.keys(sourceTroubles).some(isOfSource);
    return isUnfinished || owes || isAwaited ? run : null;
  }
  return null;
}

/** What was named, whatever was found by it. */
function spell(sources: readonly SourceSpec[]): string {
  const named = (source: SourceSpec): readonly (readonly [string, unknown])[] =>
    Object.entries(source).filter(([key]) => key !== 'found');
  return sources
    .map((source) => JSON.stringify([...named(source)].sort(([one], [other]) => (one < other ? -1 : 1))))
    .sort()
    .join('\n');
}

/** What reading a journal needs. */
type Reading = Pick<Tools, 'stateDir' | 'journals'>;

/** State of a run from its journal. */
export async function readState(tools: Reading, run: string): Promise<Result<RunState>> {
  const read = await readJournal(tools, run);
  return read.ok ? ok(recoverState(read.value)) : read;
}

/** A run's journal; one without a fact is refused. */
export async function readJournal(tools: Reading, run: string): Promise<Result<Opened>> {
  const read = await tools.journals.readLatest(runDirOf(tools, run));
  if (!read.ok) return read;
  if (read.value.last !== null) return read;
  return fail({
    kind: 'corrupt',
    sentence: `Run ${run} was never begun.`,
    hint: 'weft run starts a new one.',
  });
}

/** Makes sure, at a look, that a run has begun; else says what is wrong, as reading its journal would. */
export async function checkBegun(tools: Tools, run: string): Promise<Result<void>> {
  const start = await tools.files.readText(join(runDirOf(tools, run), 'journal.jsonl'), 1);
  if (start !== null && start !== '') return ok(undefined);
  const read = await readJournal(tools, run);
  return read.ok ? ok(undefined) : read;
}

/** Picture of a run that nobody leads. What it is drawn from may change as soon as this returns. */
export async function drawUnled(tools: Tools, run: string, state: RunState): Promise<RunView> {
  // at rest the run's clock stands; for an interrupted one it tells what the next engine will see
  const clock = startRunClock(tools.clock, { ms: state.ms, at: state.updatedAt });
  const drawn = viewRun(state, state.rested === null ? clock() : state.ms);
  const { aside: _, ...view }: RunView =
    drawn.state === 'running' ? { ...drawn, state: 'interrupted' } : drawn;
  const { aside, gone } = await lookAtLanded(tools.git, state);
  const whole = { ...view, ...(aside === null ? {} : { aside }), ...(gone.length === 0 ? {} : { gone }) };
  return addPending(whole, await readInbox(tools, run));
}

/** Picture of a run: the engine's own file while it leads, else made anew from the journal. */
export async function readView(tools: Tools, run: string): Promise<Result<RunView>> {
  const leader = await tools.control.findLeader(tools.stateDir);
  const text =
    leader === null
      ? null
      : await tools.files.readText(join(runDirOf(tools, run), 'view.json'), MAX_VIEW_BYTES);
  const written = text === null ? null : parseView(text);
  // an engine that leads another run says nothing about this one
  const isLed = leader !== null && written?.epoch === leader.epoch;
  if (isLed) {
    const { view, quietAfterMs: afterMs } = written;
    return ok(await noteHeard(tools, { view, runDir: runDirOf(tools, run), afterMs }));
  }
  const read = await readJournal(tools, run);
  if (!read.ok) return read;
  const state = recoverState(read.value);
  if (leader === null || read.value.last?.epoch !== leader.epoch)
    return ok(await drawUnled(tools, run, state));
  // its engine has not drawn it yet
  const clock = startRunClock(tools.clock, { ms: state.ms, at: state.updatedAt });
  const now = state.rested === null ? clock() : state.ms;
  return ok(viewRun(state, now, await lookAtLanded(tools.git, state)));
}

/** Time that an engine has, after the last word about its run, to clear up before nobody waits for it any more, in ms. */
const DEPART_MS = 10_000;
const DEPART_LOOK_MS = 50;

/** Resolves when the engine that led the run has left, or takes too long for that: what only it needed is gone then. */
export async function awaitDeparture(tools: Tools, run: string): Promise<void> {
  const until = tools.clock.monoMs() + DEPART_MS;
  while (tools.clock.monoMs() < until) {
    const leader = await tools.control.findLeader(tools.stateDir);
    if (leader === null) return;
    const text = await tools.files.readText(join(runDirOf(tools, run), 'view.json'), MAX_VIEW_BYTES);
    const view = text === null ? null : parseView(text);
    if (view?.epoch !== leader.epoch || view.view.state === 'running') return;
    await tools.clock.sleep(DEPART_LOOK_MS);
  }
}

/** Commands that wait for an engine, in the order they were given. */
async function readInbox(tools: Tools, run: string): Promise<readonly Command[]> {
  const dir = join(runDirOf(tools, run), 'inbox');
  const commands: Command[] = [];
  for (const name of await tools.files.list(dir)) {
    if (!name.endsWith('.json')) continue;
    const text = await tools.files.readText(join(dir, name), MAX_COMMAND_BYTES);
    const command = text === null ? null : parseCommand(text);
    if (command !== null) commands.push(command);
  }
  return commands;
}

/** What an engine writes beside the picture. */
interface Written {
  readonly view: RunView;
  readonly epoch: number;
  readonly quietAfterMs: number;
}

function parseView(text: string): Written | null {
  try {
    const { epoch, quietAfterMs, ...view } = JSON.parse(text) as RunView & Omit<Written, 'view'>;
    return { view, epoch, quietAfterMs };
  } catch {
    return null;
  }
}

/** Shows each new picture until the run is not running any more, or the signal fires. */
export async function followView(
  tools: Tools,
  of: { readonly run: string; readonly show: (view: RunView) => void; readonly signal: AbortSignal },
): Promise<void> {
  let shown = '';
  let doubts = 0;
  let ring: () => void = () => undefined;
  const stop = tools.files.watchDir(runDirOf(tools, of.run), () => ring());
  try {
    while (!of.signal.aborted) {
      const rung = new Promise<void>((resolve) => {
        ring = resolve;
      });
      const view = await readView(tools, of.run);
      if (!view.ok) return;
      const text = JSON.stringify(view.value);
      // an engine that has just begun to lead has not written anything yet
      const starting = view.value.state === 'interrupted' && doubts < PATIENCE && (await isLed(tools));
      doubts = starting ? doubts + 1 : 0;
      if (text !== shown && !starting) of.show(view.value);
      shown = text;
      if (view.value.state !== 'running' && !starting) return;
      const timer = new AbortController();
      await Promise.race([
        rung,
        tools.clock.sleep(LIFE_CHECK_MS, AbortSignal.any([timer.signal, of.signal])),
      ]);
      timer.abort();
    }
  } finally {
    stop();
  }
}

async function isLed(tools: Tools): Promise<boolean> {
  return (await tools.control.findLeader(tools.stateDir)) !== null;
}

/** Gives a command to the engine, or leaves it for the next one after judging it against the journal. */
export async function giveCommand(
  tools: Tools,
  run: string,
  command: Command,
): Promise<Result<{ readonly sentence: string; readonly by: 'engine' | 'inbox' }>> {
  const request = { run, command: { ...command } } as Json;
  const answer = await tools.control.call(tools.stateDir, request, COMMAND_TIMEOUT_MS);
  if (!answer.ok) return answer;
  if (answer.value !== null && !isForOtherRun(answer.value)) return readAnswer(answer.value);
  const state = await readForeseen(tools, run);
  if (!state.ok) return state;
  const judged = judgeCommand(state.value, command);
  if (!judged.ok) return judged;
  // a command that changes nothing now would be as idle later
  if (judged.value.events.length === 0) return ok({ sentence: judged.value.sentence, by: 'inbox' });
  const dir = join(runDirOf(tools, run), 'inbox');
  await tools.files.makeDir(dir);
  const name = `${String(tools.clock.wallMs()).padStart(15, '0')}-${tools.chance()}.json`;
  await tools.files.replace(join(dir, name), `${JSON.stringify(command)}\n`);
  return ok({
    sentence: `${judged.value.sentence} No engine runs now: \`weft resume\` takes it up.`,
    by: 'inbox',
  });
}

/** State of a run as it will be when the commands that wait for an engine are taken up. */
export async function readForeseen(tools: Tools, run: string): Promise<Result<RunState>> {
  const state = await readState(tools, run);
  if (state.ok) for (const waiting of await readInbox(tools, run)) foresee(state.value, waiting);
  return state;
}

/** Brings a state of nobody else's to what it will be when the next engine has taken the command up. */
function foresee(state: RunState, command: Command): void {
  const judged = judgeCommand(state, command);
  if (!judged.ok) return;
  for (const event of judged.value.events) evolve(state, { at: state.updatedAt, ms: state.ms, event });
}

function isForOtherRun(answer: Json): boolean {
  return typeof answer === 'object' && answer !== null && 'otherRun' in answer;
}

function readAnswer(answer: Json): Result<{ readonly sentence: string; readonly by: 'engine' }> {
  const fields = (answer ?? {}) as { readonly ok?: Json; readonly sentence?: Json; readonly failure?: Json };
  if (fields.ok === true && typeof fields.sentence === 'string')
    return ok({ sentence: fields.sentence, by: 'engine' });
  if (fields.failure !== undefined) return fail(fields.failure as unknown as Failure);
  return fail({ kind: 'environment', sentence: 'The engine gave an answer that cannot be read.' });
}

/** Receipt as data and as text, made from the journal. */
export async function readReceipt(
  tools: Reading & Pick<Tools, 'git' | 'files'>,
  of: { readonly run: string; readonly write: boolean },
): Promise<Result<{ readonly json: ReceiptDocument; readonly markdown: string }>> {
  const state = await readState(tools, of.run);
  if (!state.ok) return state;
  const work = await lookAtLanded(tools.git, state.value);
  const json = documentReceipt(state.value, runMs(state.value.ms), work);
  const markdown = renderReceipt(json);
  if (of.write) {
    const dir = runDirOf(tools, of.run);
    await tools.files.replace(join(dir, 'receipt.json'), `${JSON.stringify(json, null, 2)}\n`);
    await tools.files.replace(join(dir, 'receipt.md'), markdown);
  }
  return ok({ json, markdown });
}
