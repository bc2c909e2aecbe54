// The quick start: help, version, completion and a first look at a run; everything else is loaded on demand.
import { type Failure, ok, type Result } from '../../core/failure.ts';
import { COMMANDS, FRONT_COMMAND, GROUPS } from './command-table.ts';
import { drawCompletion, drawNames, type Shell } from './completion.ts';
import { glance, glanceAtRuns, glanceAtTasks } from './glance.ts';
import { drawFamily, drawHelp, drawOverview, type HelpStyle } from './help.ts';
import type { Io } from './io.ts';
import { choosePaint } from './paint.ts';
import { findCommand, hasFlag, type Parsed, parseWords } from './parse.ts';
import { printLine, reportError, reportFailure } from './report.ts';
import { findStandstill } from './standstill.ts';
import { printBrief, printEnd, printStatus } from './status.ts';

/** Runs a command that needs more than a file. */
export type RunCommand = (io: Io, parsed: Parsed) => Promise<number>;

/** Runs the command line; gives the exit code and never rejects. `load` gets what the named command takes to run. */
export async function runFront(io: Io, load: (command: string) => Promise<RunCommand>): Promise<number> {
  try {
    const help = findHelp(io);
    if (help !== null) return help.ok ? say(io, help.value) : refuse(io, help.failure);
    const found = findCommand(COMMANDS, io.argv);
    if (!found.ok) return refuse(io, found.failure);
    const parsed = parseWords(found.value.command, found.value.rest);
    if (!parsed.ok) return refuse(io, parsed.failure);
    const quick = answerQuickly(io, parsed.value);
    if (quick !== null) return quick;
    const run = await load(parsed.value.command.name);
    return await run(io, parsed.value);
  } catch (error) {
    return reportError(io, error, { json: io.argv.includes('--json') });
  }
}

function say(io: Io, text: string): number {
  io.stdout.write(text);
  return 0;
}

function refuse(io: Io, failure: Failure): number {
  return reportFailure(io, failure, { json: io.argv.includes('--json') });
}

/** The help that is asked for by `--help`, `-h` or `weft help …`; null when none is. */
function findHelp(io: Io): Result<string> | null {
  const end = io.argv.indexOf('--');
  const words = end < 0 ? io.argv : io.argv.slice(0, end);
  const asked = words.includes('--help') || words.includes('-h');
  if (!asked && words[0] !== 'help') return null;
  const style: HelpStyle = {
    columns: io.stdout.isTTY ? io.stdout.columns : 80,
    paint: choosePaint(io, io.stdout),
  };
  const named = words[0] === 'help' ? words.slice(1) : words;
  const [first] = named;
  if (first === undefined || first.startsWith('-')) return ok(drawOverview(FRONT_COMMAND, GROUPS, style));
  const family = COMMANDS.filter((command) => command.name.startsWith(`${first} `));
  const found = findCommand(COMMANDS, named);
  if (found.ok) return ok(drawHelp(found.value.command, style));
  return family.length > 0 ? ok(drawFamily(first, family, style)) : found;
}

type CompletionWord = Shell | 'tasks' | 'runs';

function complete(io: Io, word: CompletionWord): string {
  if (word === 'tasks') return drawNames(glanceAtTasks(io.cwd));
  return word === 'runs' ? drawNames(glanceAtRuns(io.cwd)) : drawCompletion(word, COMMANDS);
}

/** Says that a run is complete which has nothing left to go on with; null when there may be more to it. */
function answerStandstill(io: Io, parsed: Parsed): number | null {
  const asks = [...parsed.options.keys()].some((option) => option !== 'json');
  if (asks || io.env['GIT_DIR'] !== undefined) return null;
  const view = findStandstill(io.cwd, parsed.arguments.values().next().value ?? 'latest');
  if (view === null) return null;
  printEnd({ io, paint: choosePaint(io, io.stdout), json: hasFlag(parsed, 'json') }, view);
  return 0;
}

/** Answers what a file or the table can answer; null when it takes more. */
function answerQuickly(io: Io, parsed: Parsed): number | null {
  const { name } = parsed.command;
  if (hasFlag(parsed, 'version')) {
    printLine(io, `weft ${io.version}`);
    return 0;
  }
  if (name === 'completion') return say(io, complete(io, parsed.arguments.get('SHELL') as CompletionWord));
  if (name === 'resume' || name === 'orchestrate resume') return answerStandstill(io, parsed);
  const plain = parsed.arguments.size === 0 && !hasFlag(parsed, 'watch') && !hasFlag(parsed, 'report');
  if ((name !== '' && name !== 'status') || !plain || io.env['GIT_DIR'] !== undefined) return null;
  const seen = glance(io.cwd);
  if (seen === null) return null;
  const surface = { io, paint: choosePaint(io, io.stdout), json: hasFlag(parsed, 'json') };
  if (name === '') printBrief(surface, seen);
  else printStatus(surface, seen);
  return 0;
}
