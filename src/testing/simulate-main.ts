// Command line of the simulation: lives histories on all processors, and makes a failing one plain enough to read.
import { writeSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { addBatches, type Batch, catchSabotage, neverHappened, runBatch, type Seeds } from './world/batch.ts';
import { searchAll } from './world/exhaustive.ts';
import { type HistoryEnd, runHistory } from './world/history.ts';
import type { Sabotage } from './world/life.ts';
import { type PullWish, provePulls } from './world/many-pulls.ts';
import { SABOTAGES } from './world/sabotage.ts';
import { shrinkTape } from './world/shrink.ts';
import { fixedTape, hashTape, seedTape, type Tape } from './world/tape.ts';

const USAGE = `npm run simulate -- [--seed N] [--histories N] [--sabotage NAME|all] [--tape HEX] [--pulls] [--many-pulls N] [--exhaustive] [--json]

Lives seeded histories of the real engine in a virtual world, with faults, and checks its promises.
  --seed N         first seed (1)
  --histories N    how many seeds (1000); a single one is told step by step
  --sabotage NAME  breaks a promise on purpose; all: every one must be caught within 3000 histories
  --tape HEX       lives the history of one tape, step by step
  --pulls          only histories with pull requests: one in six of the seeds
  --many-pulls N   one history of N pull requests, of whose calls something befalls three in ten, with ten crashes
  --exhaustive     every placement of two crashes over small plans
  --json           the sum as JSON
`;

const SHRINK_MS = 20_000;
const WIDTH = 200;
/** From here on a batch must have seen everything at least once. */
const LARGE = 10_000;

interface Wish {
  readonly seed: number;
  readonly histories: number;
  readonly tape: Uint8Array | null;
  readonly sabotage: string | null;
  readonly pulls: boolean;
  /** Tasks of the one history with so many; null: none such. */
  readonly manyPulls: number | null;
  readonly exhaustive: boolean;
  readonly json: boolean;
}

function readWish(): Wish | null {
  const options = {
    seed: { type: 'string', default: '1' },
    histories: { type: 'string', default: '1000' },
    tape: { type: 'string' },
    sabotage: { type: 'string' },
    pulls: { type: 'boolean', default: false },
    'many-pulls': { type: 'string' },
    exhaustive: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  } as const;
  try {
    const { values } = parseArgs({ options });
    const [seed, histories] = [Number(values.seed), Number(values.histories)];
    const manyPulls = values['many-pulls'] === undefined ? null : Number(values['many-pulls']);
    if (values.help || ![seed, histories, manyPulls ?? 1].every(Number.isSafeInteger)) return null;
    if (values.sabotage !== undefined && values.sabotage !== 'all') findSabotage(values.sabotage);
    return {
      seed,
      histories,
      tape: values.tape === undefined ? null : Buffer.from(values.tape, 'hex'),
      sabotage: values.sabotage ?? null,
      pulls: values.pulls,
      manyPulls,
      exhaustive: values.exhaustive,
      json: values.json,
    };
  } catch (error) {
    say(`${String(error)}\n`);
    return null;
  }
}

function findSabotage(name: string | null): Sabotage | null {
  if (name === null) return null;
  const found = SABOTAGES.find((each) => each.name === name);
  if (found === undefined) {
    throw new Error(`no sabotage ${name}; there are: all, ${SABOTAGES.map((each) => each.name).join(', ')}`);
  }
  return found;
}

/** Whole, even into a pipe: the process may end right after it. */
function say(text: string): void {
  let left = Buffer.from(text);
  while (left.length > 0) {
    try {
      left = left.subarray(writeSync(1, left));
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error;
    }
  }
}

async function main(): Promise<number> {
  const wish = readWish();
  if (wish === null) {
    say(USAGE);
    return 2;
  }
  if (wish.exhaustive) return searchSmallCases();
  if (wish.manyPulls !== null) return openMany({ tasks: wish.manyPulls, seed: wish.seed });
  if (wish.sabotage === 'all') return tryAllSabotages(wish.seed);
  const sabotage = findSabotage(wish.sabotage);
  if (wish.tape !== null) return tell(fixedTape(wish.tape), sabotage);
  if (wish.histories === 1) return tell(seedTape(wish.seed), sabotage);
  return runMany(wish, sabotage);
}

/** One history, step by step. */
async function tell(tape: Tape, sabotage: Sabotage | null): Promise<number> {
  const end = await runHistory({ tape, sabotage, log: true });
  say(`${end.log.join('\n')}\n\noutcome ${end.outcome}, ${end.steps} steps, ${end.faults} faults\n`);
  for (const { invariant, detail } of end.violations) say(`BROKEN ${invariant}: ${detail}\n`);
  return end.violations.length === 0 ? 0 : 1;
}

async function openMany(wish: PullWish): Promise<number> {
  const { end, repeated, ...of } = await provePulls(wish);
  const share = ((100 * of.befallen) / of.calls).toFixed(0);
  const hours = (of.virtualMs / 3_600_000).toFixed(1);
  say(
    `${of.calls} calls in ${hours} hours of virtual time, ${share} of 100 befallen; ${of.crashes} crashes\n`,
  );
  say(`${wish.tasks} tasks: ${of.opened} opened, ${of.landed} landed, ${repeated.length} done twice\n`);
  for (const { invariant, detail } of end.violations) say(`BROKEN ${invariant}: ${detail}\n`);
  for (const what of repeated) say(`REPEATED ${what}\n`);
  const isGood =
    end.violations.length === 0 &&
    of.opened === wish.tasks &&
    of.landed === wish.tasks &&
    repeated.length === 0;
  say(isGood ? '1 passed, 0 failed\n' : `0 passed, 1 failed (outcome ${end.outcome})\n`);
  return isGood ? 0 : 1;
}

async function runMany(wish: Wish, sabotage: Sabotage | null): Promise<number> {
  const began = performance.now();
  const workers = Math.max(1, Math.min(availableParallelism(), wish.histories));
  const shares = Array.from({ length: workers }, (_, at): Seeds => {
    const count = Math.floor((wish.histories + workers - 1 - at) / workers);
    return { from: wish.seed + at, count, stride: workers, pulls: wish.pulls };
  });
  const batch = addBatches(await Promise.all(shares.map((seeds) => runElsewhere(seeds, wish.sabotage))));
  const seconds = (performance.now() - began) / 1_000;
  const missing = batch.histories >= LARGE ? neverHappened(batch) : [];
  const bad = batch.failed.length > 0 || missing.length > 0;
  if (wish.json) {
    say(`${JSON.stringify({ schemaVersion: 1, ...batch, missing, seconds })}\n`);
  } else {
    const { histories, steps, faults, failed } = batch;
    const mean = (sum: number): string => (sum / histories).toFixed(1);
    say(
      `${histories} histories, ${mean(faults)} faults and ${mean(steps)} steps each, in ${seconds.toFixed(1)} s\n`,
    );
    for (const name of missing) say(`NEVER HAPPENED ${name}\n`);
    for (const { seed, invariant, detail } of failed) say(`BROKEN seed ${seed} ${invariant}: ${detail}\n`);
    const [first] = failed;
    if (first !== undefined) await explain(first.seed, sabotage);
    say(`${histories - failed.length} passed, ${failed.length} failed\n`);
  }
  return bad ? 1 : 0;
}

function runElsewhere(seeds: Seeds, sabotage: string | null): Promise<Batch> {
  const worker = new Worker(process.argv[1] ?? '', { workerData: { seeds, sabotage } });
  return new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`a worker ended with ${code}`)));
  });
}

async function work(): Promise<void> {
  // every aborted wait makes an error that nobody looks at: its stack is most of its cost
  Error.stackTraceLimit = 0;
  const { seeds, sabotage } = workerData as { readonly seeds: Seeds; readonly sabotage: string | null };
  parentPort?.postMessage(await runBatch(seeds, findSabotage(sabotage)));
}

/** The failing history, made plain, and how to see it again. */
async function explain(seed: number, sabotage: Sabotage | null): Promise<void> {
  const failed = await runHistory({ tape: seedTape(seed), sabotage });
  const plain = await shrinkTape({ failed, sabotage, limitMs: SHRINK_MS });
  const hex = Buffer.from(plain.tape).toString('hex');
  const also = sabotage === null ? '' : ` --sabotage ${sabotage.name}`;
  say(
    `\nseed ${seed}, tape ${hashTape(failed.tape)}; made plain in ${plain.tries} tries: ${plain.weight} bytes\n`,
  );
  say(`${schedule(plain.end)}\n`);
  say(`see it again: npm run simulate -- --tape ${hex}${also}\n\n`);
}

/** What struck and what was recorded, without the rest. */
function schedule(end: HistoryEnd): string {
  const telling = /\*\*\*|struck|refused|journal \d|VIOLATION|engine \d/;
  const lines = end.log.filter((line) => telling.test(line));
  return lines.map((line) => (line.length > WIDTH ? `${line.slice(0, WIDTH)}…` : line)).join('\n');
}

async function searchSmallCases(): Promise<number> {
  const cases = [
    { tasks: 2, shape: 'row', crashes: 2 },
    { tasks: 2, shape: 'beside', crashes: 1 },
    { tasks: 3, shape: 'row', crashes: 1 },
    { tasks: 3, shape: 'beside', crashes: 1 },
  ] as const;
  let bad = 0;
  for (const each of cases) {
    const began = performance.now();
    const { histories, failed } = await searchAll(each);
    const seconds = ((performance.now() - began) / 1_000).toFixed(1);
    say(
      `${each.tasks} tasks ${each.shape}, up to ${each.crashes} crashes: ${histories} histories in ${seconds} s\n`,
    );
    if (failed === null) continue;
    bad = 1;
    say(
      `BROKEN with crashes at ${JSON.stringify(failed.crashes)}: ${JSON.stringify(failed.end.violations[0])}\n`,
    );
  }
  return bad;
}

async function tryAllSabotages(from: number): Promise<number> {
  let missed = 0;
  for (const sabotage of SABOTAGES) {
    const caught = await catchSabotage(sabotage, { from, count: 3_000, stride: 1 });
    if (caught === null) missed += 1;
    const how =
      caught === null ? 'NOT CAUGHT' : `seed ${caught.seed}: ${caught.end.violations[0]?.invariant}`;
    say(`${sabotage.name.padEnd(34)} ${how}\n`);
  }
  say(`${SABOTAGES.length - missed} passed, ${missed} failed\n`);
  return missed === 0 ? 0 : 1;
}

if (isMainThread) process.exitCode = await main();
else await work();
