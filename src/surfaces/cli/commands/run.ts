// `weft run` and `weft resume`: check first, then lead the run in this process or in one left behind.
import { fail, ok, type Result } from '../../../core/failure.ts';
import type { App, Check, LedRun, Planned, PolicyFlags, SourceWish } from '../../app.ts';
import { createBell } from '../bell.ts';
import { type Call, type Handler, isAsked } from '../call.ts';
import { cleanLine, cleanText } from '../clean.ts';
import { EXIT_OF_FAILURE } from '../exit-code.ts';
import { findUnfinished } from '../glance.ts';
import { choosePaint } from '../paint.ts';
import { listOption, numberOption, type Parsed, textOption } from '../parse.ts';
import { printJson, printLines } from '../report.ts';
import { drawCounts } from '../rows.ts';
import { readSources } from '../source-words.ts';
import { drawEarlier } from '../status.ts';
import { drawElsewhere } from '../summary.ts';
import { giveTo } from './decide.ts';
import { announceRun, leaveBehind } from './detach.ts';
import { reportChecks } from './doctor.ts';
import { drawDryRun } from './dry-run.ts';
import { type LeadOptions, leadRun } from './lead.ts';

/** The flags that override the configuration; failure `usage` when two of them disagree. */
export function readPolicyFlags(parsed: Parsed): Result<PolicyFlags> {
  const isolation = textOption(parsed, 'isolation');
  const worktree = parsed.options.has('worktree');
  if (worktree && isolation === 'shared') {
    return fail({ kind: 'usage', sentence: '--worktree and --isolation shared contradict each other.' });
  }
  const flags = {
    target: textOption(parsed, 'target'),
    integrate: textOption(parsed, 'integrate'),
    isolation: worktree ? 'worktree' : isolation,
    collisionPolicy: textOption(parsed, 'collision-policy'),
    outside: textOption(parsed, 'outside'),
    maxAgents: numberOption(parsed, 'max-agents'),
    maxPerTrack: numberOption(parsed, 'max-per-track'),
    agent: textOption(parsed, 'agent'),
    time: numberOption(parsed, 'time'),
    fast: parsed.options.has('fast') ? true : undefined,
    pullRequests: parsed.options.has('pull-requests') ? true : undefined,
    strategy: textOption(parsed, 'strategy'),
    setup: textOption(parsed, 'setup'),
    gates: listOption(parsed, 'gate'),
    phasesPlan: textOption(parsed, 'phases-plan'),
    phasesReview: textOption(parsed, 'phases-review'),
    worktreesRoot: textOption(parsed, 'worktrees-root'),
    worktreesPath: textOption(parsed, 'worktrees-path'),
    limitsAttempts: numberOption(parsed, 'limits-attempts'),
  };
  const given = Object.entries(flags).filter(([, value]) => value !== undefined);
  return ok(Object.fromEntries(given) as PolicyFlags);
}

function readWishes(call: Call): Result<readonly SourceWish[]> {
  const { parsed } = call;
  if (parsed.command.name === 'run') return readSources(parsed, parsed.words);
  const path = textOption(parsed, 'config');
  if (path !== undefined) return ok([{ kind: 'file', path }]);
  return fail({
    kind: 'usage',
    sentence: 'weft orchestrate run needs --config FILE.',
    hint: 'For example `weft orchestrate run --config tracks.yaml`.',
  });
}

/** `weft run SOURCE…` and `weft orchestrate run --config FILE`. */
export const run: Handler = async (call) => {
  const sources = readWishes(call);
  if (!sources.ok) return sources;
  const flags = readPolicyFlags(call.parsed);
  if (!flags.ok) return flags;
  const opened = await call.openApp(call.io.cwd);
  if (!opened.ok) return opened;
  const app = opened.value;
  const unfinished = isAsked(call, 'dry-run') ? null : await app.findUnfinished(sources.value);
  if (unfinished !== null) return goOn(call, app, { run: unfinished, flags: flags.value });
  const planned = await app.plan(sources.value, flags.value);
  if (!planned.ok) return ok(reportPlan(call, planned.failure));
  const checks = await app.check(planned.value.policy);
  const failedChecks = reportChecks(call, checks);
  if (failedChecks !== null) return ok(failedChecks);
  if (isAsked(call, 'dry-run')) return ok(printDryRun(call, planned.value, checks));
  if (planned.value.plan.tasks.length === 0 && !isAsked(call, 'stay'))
    return ok(sayNothingToDo(call, planned.value));
  if (isAsked(call, 'detach')) return leaveBehind(call, app);
  return begin(call, app, planned.value);
};

/** Tasks that are named when a run begins without them. */
const MOST_WITHHELD = 5;

/** No run is begun for nothing: only who stays waits for tasks to come. */
function sayNothingToDo(call: Call, { notes }: Planned): number {
  if (call.json) {
    printJson(call.io, { type: 'nothing', notes });
    return 0;
  }
  printLines(call.io, [
    'There is nothing to do: no task is open.',
    ...notes.map(cleanLine),
    `${call.paint('bold', 'next:')} add some, or wait for some with --stay`,
  ]);
  return 0;
}

async function begin(call: Call, app: App, planned: Planned): Promise<Result<number>> {
  const started = await app.start(planned, { stay: isAsked(call, 'stay') });
  if (!started.ok) return started;
  const { policy, plan } = planned;
  const tracks = new Set(plan.tasks.map((task) => task.track).filter((track) => track !== null)).size;
  const count = (number: number, word: string): string => `${number} ${word}${number === 1 ? '' : 's'}`;
  const words = [
    count(plan.tasks.length, 'task'),
    ...(tracks === 0 ? [] : [count(tracks, 'track')]),
    `${count(policy.maxAgents, 'agent')} at once`,
    policy.integrate === 'auto'
      ? `lands on ${cleanLine(policy.target)} when green`
      : `lands on ${cleanLine(policy.target)} after \`weft approve\``,
  ];
  for (const note of planned.notes) call.io.stderr.write(`${cleanLine(note)}\n`);
  const { run } = started.value;
  const earlier = drawEarlier({ earlier: findUnfinished(app.stateDir, run) });
  const heading = `run ${cleanLine(run)} · ${words.join(' · ')}`;
  return follow(call, started.value, [heading, ...earlier, ...drawWithheld(planned)]);
}

/** What is not begun at first, and why: others may keep it for long, and nothing else would be said meanwhile. */
function drawWithheld({ withheld }: Pick<Planned, 'withheld'>): readonly string[] {
  const lines = withheld.flatMap((event) =>
    event.type === 'task.withheld' && event.why !== null
      ? [cleanLine(`· ${event.task} is not begun: ${event.why}`)]
      : [],
  );
  const hidden = lines.length - MOST_WITHHELD;
  return [...lines.slice(0, MOST_WITHHELD), ...(hidden > 0 ? [`… ${hidden} more`] : [])];
}

async function follow(
  call: Call,
  led: LedRun,
  lines: readonly string[],
  options: LeadOptions = {},
): Promise<Result<number>> {
  announceRun(call.io, led.run);
  if (call.json) printJson(call.io, { type: 'started', run: led.run });
  else printLines(call.io, lines);
  return leadRun(call, led, { ...options, also: createBell(call.io, options.known ?? null) });
}

type PlanFailure = Extract<Awaited<ReturnType<App['plan']>>, { readonly ok: false }>['failure'];

function reportPlan(call: Call, failure: PlanFailure): number {
  const { kind, diagnostics, text } = failure;
  // one block for each mistake
  const blocks = cleanText(text).trimEnd().split('\n\n');
  const paint = choosePaint(call.io, call.io.stderr);
  call.io.stderr.write(`${blocks.map((block) => `${paint('red', 'error:')} ${block}`).join('\n\n')}\n`);
  const [first] = diagnostics;
  if (call.json) {
    printJson(call.io, { error: { kind, sentence: first?.sentence ?? text, hint: first?.fix }, diagnostics });
  }
  return EXIT_OF_FAILURE[kind];
}

function printDryRun(call: Call, planned: Planned, checks: readonly Check[]): number {
  const { dryRun, policy } = planned;
  if (call.json) printJson(call.io, { dryRun, policy, checks });
  else printLines(call.io, drawDryRun(planned, checks, call.paint));
  return 0;
}

/** `weft resume [RUN|TASK]` and `weft orchestrate resume RUN`. */
export const resume: Handler = async (call) => {
  const name = call.parsed.arguments.get('RUN|TASK') ?? call.parsed.arguments.get('RUN') ?? 'latest';
  const flags = readPolicyFlags(call.parsed);
  if (!flags.ok) return flags;
  const opened = await call.openApp(call.io.cwd);
  if (!opened.ok) return opened;
  const app = opened.value;
  const latest = await app.findRun('latest');
  if (!latest.ok) return latest;
  if (name !== 'latest' && name !== latest.value && (await isTask(app, latest.value, name))) {
    return giveTo(call, app, { run: latest.value, command: { kind: 'unpause', task: name } });
  }
  const found = await app.findRun(name);
  if (!found.ok) return found;
  if (await isLed(app, found.value)) {
    return giveTo(call, app, { run: found.value, command: { kind: 'unpause', task: null } });
  }
  return goOn(call, app, { run: found.value, flags: flags.value });
};

/** Leads a run that was begun before. */
async function goOn(
  call: Call,
  app: App,
  of: { readonly run: string; readonly flags: PolicyFlags },
): Promise<Result<number>> {
  if (isAsked(call, 'detach')) return leaveBehind(call, app);
  const led = await app.resume(of.run, of.flags, { stay: isAsked(call, 'stay') });
  if (!led.ok) return led;
  for (const { field, before, after } of led.value.changes) {
    call.io.stderr.write(`${cleanLine(field)}: ${cleanLine(before)} → ${cleanLine(after)}\n`);
  }
  const { run } = led.value;
  const known = await led.value.before;
  const counts = drawCounts(known.counts);
  const line = `run ${cleanLine(run)} goes on${counts === '' ? '' : ` (${counts})`} → ${cleanLine(known.target)}`;
  return follow(call, led.value, [line, ...drawElsewhere(known, call.paint)], { known });
}

async function isTask(app: App, run: string, name: string): Promise<boolean> {
  const view = await app.view(run);
  return view.ok && view.value.tasks.some((task) => task.id === name);
}

/** Tells whether an engine is at work on the run. */
async function isLed(app: App, run: string): Promise<boolean> {
  if ((await app.leader()) === null) return false;
  const view = await app.view(run);
  return view.ok && view.value.state === 'running';
}
