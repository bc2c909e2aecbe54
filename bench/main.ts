// Runs benchmarks by name, one after the other, and prints what they say: tables for people, or JSON.
import { availableParallelism, loadavg } from 'node:os';
import { decide } from './decide.ts';
import { handover } from './handover.ts';
import { idle } from './idle.ts';
import { install } from './install.ts';
import { issues } from './issues.ts';
import { journal } from './journal.ts';
import { makespan } from './makespan.ts';
import { startBudget } from './measure.ts';
import { output } from './output.ts';
import { overhead } from './overhead.ts';
import { peers } from './peers.ts';
import { radar } from './radar.ts';
import { recovery } from './recovery.ts';
import { refs } from './refs.ts';
import { drawReport, isMet } from './report.ts';
import { type Bench, withScene } from './scene.ts';
import { spawn } from './spawn.ts';
import { start } from './start.ts';
import { tasks } from './tasks.ts';

const BENCHES: readonly Bench[] = [
  overhead,
  decide,
  makespan,
  handover,
  tasks,
  spawn,
  start,
  journal,
  output,
  idle,
  recovery,
  refs,
  radar,
  issues,
  install,
  peers,
];

/** No round of measuring begins after this; what is under way is brought to its end. */
const BUDGET_MS = 45_000;

const words = process.argv.slice(2);
const names = words.filter((word) => !word.startsWith('-'));
const json = words.includes('--json');
const unknown = names.filter((name) => !BENCHES.some((bench) => bench.name === name));
if (unknown.length > 0 || words.includes('--help')) {
  const list = BENCHES.map(({ name, about }) => `  ${name.padEnd(10)}${about}`).join('\n');
  console.error(`npm run bench [NAME…] [-- --json --quick]\n${list}`);
  process.exit(unknown.length > 0 ? 2 : 0);
}

const results: unknown[] = [];
let hasFailed = false;
for (const bench of BENCHES) {
  if (names.length > 0 && !names.includes(bench.name)) continue;
  const say = json ? console.error : console.log;
  say(`\n${bench.name}: ${bench.about}`);
  const began = performance.now();
  const load = loadavg()[0] ?? 0;
  try {
    const quick = words.includes('--quick');
    const report = await withScene(
      { quick, budget: startBudget(quick ? BUDGET_MS / 3 : BUDGET_MS) },
      bench.run,
    );
    const seconds = Math.round((performance.now() - began) / 1_000);
    say(drawReport(report));
    say(`  ${seconds} s, load ${load.toFixed(1)} on ${availableParallelism()} cores`);
    const figures = report.figures.map((figure) => ({ ...figure, met: isMet(figure) }));
    results.push({ bench: bench.name, seconds, load, ...report, figures });
  } catch (error) {
    hasFailed = true;
    say(`  failed: ${error instanceof Error ? error.stack : String(error)}`);
    results.push({ bench: bench.name, error: String(error) });
  }
}
if (json) console.log(JSON.stringify({ node: process.version, results }, null, 2));
process.exitCode = hasFailed ? 1 : 0;
