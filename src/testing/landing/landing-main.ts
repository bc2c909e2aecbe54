// Command line of the landing proof: many tasks with conflicts, breaking and flaky gates and a target that others move, led by
// the built program on real git, and judged by what they leave.

import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { inScratch } from '../faulty/scratch.ts';
import { judgeRound, type Verdict } from './judge.ts';
import { type Plot, plotRound, STRATEGIES } from './plot.ts';
import { type Played, playRound } from './round.ts';
import { buildScene } from './scene.ts';

const USAGE = `npm run landing -- [--tasks N] [--seed N] [--batch N] [--agents N] [--strategy NAME] [--keep] [--json]

Lands many tasks that change the same files at random. One in ten breaks the gate, alone or on the target, one gate run in
twenty fails by accident, and a stranger commits on the target meanwhile. A patient person answers what is asked. Then
everything that the target ever was is checked out and tried again, and each line of the files is looked for.
  --tasks N        tasks (200)
  --seed N         what they do (by default by the date)
  --batch N        most tasks that are tried together (as many as do well)
  --agents N       agents at work at once (6)
  --strategy NAME  ${STRATEGIES.join(', ')} (by the seed)
  --keep           keeps what is left when all is well, too
  --json           the sum as JSON
`;

const DAY_MS = 86_400_000;

interface Wish {
  readonly tasks: number;
  readonly seed: number;
  readonly agents: number;
  readonly batch: number | null;
  readonly strategy: (typeof STRATEGIES)[number] | null;
  readonly keep: boolean;
  readonly json: boolean;
}

function readWish(): Wish | null {
  const options = {
    tasks: { type: 'string', default: '200' },
    seed: { type: 'string', default: String(Math.floor(Date.now() / DAY_MS)) },
    agents: { type: 'string', default: '6' },
    batch: { type: 'string' },
    strategy: { type: 'string' },
    keep: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  } as const;
  try {
    const { values } = parseArgs({ options });
    const numbers = [values.tasks, values.seed, values.agents, values.batch ?? '1'].map(Number);
    const [tasks = 0, seed = 0, agents = 1, batch = 1] = numbers;
    const strategy = STRATEGIES.find((each) => each === values.strategy) ?? null;
    if (values.strategy !== undefined && strategy === null) return null;
    if (values.help || !numbers.every((each) => Number.isSafeInteger(each) && each >= 0)) return null;
    const { keep, json } = values;
    return { tasks, seed, agents, batch: values.batch === undefined ? null : batch, strategy, keep, json };
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
  return inScratch('landing', say, async (root) => ({
    failed: (await prove(root, wish)) > 0,
    keep: wish.keep,
  }));
}

/** Gives how much was wrong. */
async function prove(root: string, wish: Wish): Promise<number> {
  const began = performance.now();
  const built = dirname(fileURLToPath(import.meta.url));
  const plotted = plotRound(wish);
  const plot = { ...plotted, strategy: wish.strategy ?? plotted.strategy };
  if (!wish.json) say(`seed ${wish.seed}, ${wish.tasks} tasks, ${plot.strategy}\n`);
  const scene = await buildScene(root, { plot, built, wishes: wish });
  const played = await playRound(scene, { plot, seed: wish.seed, entry: join(scene.dir, 'weft.cjs') });
  const verdict = await judgeRound(scene, { plot, played });
  const seconds = Math.round((performance.now() - began) / 1_000);
  if (wish.json)
    say(
      `${JSON.stringify({ ...verdict, strange: played.strange.length, seed: wish.seed, tasks: wish.tasks, seconds })}\n`,
    );
  else say(tell({ wish, plot, played, verdict, seconds }));
  return verdict.wrongs.length;
}

function tell(of: {
  readonly wish: Wish;
  readonly plot: Plot;
  readonly played: Played;
  readonly verdict: Verdict;
  readonly seconds: number;
}): string {
  const { wish, plot, played, verdict, seconds } = of;
  const { landed, wrongs, gateRuns, shaken } = verdict;
  const answers = Object.entries(played.answered).map(([cause, times]) => `${times} ${cause}`);
  const batch = wish.batch === null ? '' : ` --batch ${wish.batch}`;
  return [
    `${wish.tasks} tasks: ${tellBreaking(plot)} break the gate, ${share(verdict.conflicting, wish.tasks)} conflicted with the target, ${verdict.conflicts} times`,
    `${landed} landed by ${verdict.batches} moves of the target; a stranger moved it ${played.strange.length} times, and ${verdict.stale} landings found it moved`,
    `${gateRuns} runs of the gate, of which ${share(shaken, gateRuns)} failed by accident; ${verdict.runsPerLanded.toFixed(2)} on candidates for each that landed`,
    `${verdict.ejected} sent back by the queue, ${verdict.ejectedWrongly} of them wrongly; ${verdict.flaky} flaky gates seen`,
    `all ${verdict.commits} first-parent commits of the target tried again, ${verdict.below} of them below the last of a batch: ${verdict.red} red`,
    `questions: ${answers.join(', ') || 'none'}; ${played.engines} engines`,
    ...wrongs.map((wrong) => `  WRONG: ${wrong}`),
    ...(wrongs.length === 0
      ? []
      : [`  again: npm run landing -- --tasks ${wish.tasks} --seed ${wish.seed}${batch}`]),
    `${seconds} s: ${landed} passed, ${wrongs.length} failed`,
    '',
  ].join('\n');
}

function tellBreaking({ parts }: Plot): string {
  const breaking = parts.map(({ character }) => character).filter((character) => character !== 'good');
  const kinds = [...new Set(breaking)].map(
    (kind) => `${breaking.filter((each) => each === kind).length} ${kind}`,
  );
  return `${share(breaking.length, parts.length)} (${kinds.sort().join(', ') || 'none'})`;
}

function share(some: number, all: number): string {
  return `${some} = ${((100 * some) / Math.max(1, all)).toFixed(1)} %`;
}

process.exitCode = await main();
