// Command line of the chaos: kills engines at any moment until enough have died, and says where one did not come through.

import { availableParallelism } from 'node:os';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Ground } from './campaign.ts';
import { type Fought, fight, layGround, type Measured, measure } from './chaos.ts';
import { WAYS } from './kill.ts';
import { inScratch } from './scratch.ts';

const USAGE = `npm run chaos -- [--kills N] [--seed N] [--round N] [--at-once N] [--json]

Runs six tasks, over and over, each time in a fresh repository. In each round engine after engine is killed with SIGKILL
at any moment: alone, with every program under it, or with its agents too. Meanwhile a person commits on the target, and
others fetch, repack and prune. Then one engine is left alone, and what it leaves is judged.
  --kills N    engines to kill (200)
  --seed N     what is chosen in each round (by default by the date)
  --round N    one round alone, told in full and kept
  --at-once N  rounds beside each other (one more than there are processors)
  --json       the sum as JSON
`;

const DAY_MS = 86_400_000;

interface Wish {
  readonly kills: number;
  readonly seed: number;
  readonly atOnce: number;
  readonly round: number | null;
  readonly json: boolean;
}

function readWish(): Wish | null {
  const options = {
    kills: { type: 'string', default: '200' },
    seed: { type: 'string', default: String(Math.floor(Date.now() / DAY_MS)) },
    'at-once': { type: 'string', default: String(availableParallelism() + 1) },
    round: { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  } as const;
  try {
    const { values } = parseArgs({ options });
    const numbers = [values.kills, values.seed, values['at-once'], values.round ?? '1'].map(Number);
    const [kills = 0, seed = 0, atOnce = 1, round = 1] = numbers;
    if (values.help || !numbers.every((each) => Number.isSafeInteger(each) && each >= 0)) return null;
    return { kills, seed, atOnce, round: values.round === undefined ? null : round, json: values.json };
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
  const { seed, round } = wish;
  return inScratch('chaos', say, async (root) => {
    const ground = await layGround({ root, built: dirname(fileURLToPath(import.meta.url)) });
    const measured = await measure(ground);
    const failed =
      round === null
        ? await campaign(ground, wish, measured)
        : await replay(ground, { seed, round, measured });
    return { failed, keep: round !== null };
  });
}

/** Tells whether something was wrong. */
async function campaign(ground: Ground, wish: Wish, measured: Measured): Promise<boolean> {
  const began = performance.now();
  const done: Fought[] = [];
  const count = (): number => done.reduce((sum, { kills }) => sum + kills.length, 0);
  let next = 1;
  if (!wish.json) say(`seed ${wish.seed}, an undisturbed run takes ${Math.round(measured.spanMs)} ms\n`);
  const work = async (): Promise<void> => {
    // a round that kills nobody counts too, so that this ends
    while (count() < wish.kills && next <= wish.kills) {
      const round = next;
      next += 1;
      const fought = await fight(ground, { seed: wish.seed, round, ...measured });
      done.push(fought);
      if (!wish.json && fought.wrongs.length > 0) say(tellFailure(fought, wish.seed));
    }
  };
  await Promise.all(Array.from({ length: wish.atOnce }, work));
  const broken = done.filter(({ wrongs }) => wrongs.length > 0);
  const died = done.flatMap(({ kills }) => kills);
  const sum = {
    kills: died.length,
    ways: Object.fromEntries(WAYS.map((way) => [way, died.filter((each) => each === way).length])),
    runs: done.length,
    deeds: done.reduce((all, { deeds }) => all + deeds, 0),
    commits: done.reduce((all, { commits }) => all + commits, 0),
    passed: done.length - broken.length,
    failed: broken.length,
    seconds: Math.round((performance.now() - began) / 1_000),
  };
  if (wish.json) {
    const failures = broken.map(({ round, wrongs }) => ({ round, wrongs }));
    say(`${JSON.stringify({ ...sum, seed: wish.seed, failures })}\n`);
  } else {
    for (const { round } of broken) say(`  ${replayLine(wish.seed, round)}\n`);
    const ways = WAYS.map((way) => `${sum.ways[way]} ${way}`).join(', ');
    say(
      `${sum.kills} kills (${ways}) in ${sum.runs} runs, beside ${sum.commits} commits and ${sum.deeds} commands of ` +
        `others, in ${sum.seconds} s: ${sum.passed} passed, ${sum.failed} failed\n`,
    );
  }
  return broken.length > 0 || sum.kills < wish.kills;
}

function tellFailure({ round, wrongs, kills, story }: Fought, seed: number): string {
  const said = wrongs.map((wrong) => `  ${wrong}`).join('\n');
  return `\nFAILED round ${round} (${kills.join(', ')})\n${said}\n${story}\n  again: ${replayLine(seed, round)}\n`;
}

function replayLine(seed: number, round: number): string {
  return `npm run chaos -- --seed ${seed} --round ${round}`;
}

async function replay(
  ground: Ground,
  of: { readonly seed: number; readonly round: number; readonly measured: Measured },
): Promise<boolean> {
  const fought = await fight(ground, { seed: of.seed, round: of.round, ...of.measured, keep: true });
  if (fought.wrongs.length > 0) {
    say(tellFailure(fought, of.seed));
    return true;
  }
  say(`round ${of.round}: came through ${fought.kills.length} kills (${fought.kills.join(', ')})\n`);
  return false;
}

process.exitCode = await main();
