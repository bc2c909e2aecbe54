// Calls `bd`, one call at a time, with limits. Knows its command line and how it complains, and nothing of tasks.
import { setTimeout as sleep } from 'node:timers/promises';
import { type Failure, fail, ok, type Result } from '../../../core/failure.ts';
import { type ProgramEnd, runProgram } from '../../git/exec.ts';
import { isFields, parseJson, unwrap } from './issue.ts';

/** Runs `bd` for one repository. Calls wait for each other: a database asked by many at once slows down for everybody. */
export interface BdTool {
  /** Gives the JSON that it printed, without its envelope; undefined when it printed none. `input` is what it reads. */
  ask(args: readonly string[], input?: string): Promise<Result<unknown>>;
  /** Gives what it printed. */
  print(args: readonly string[]): Promise<Result<string>>;
  /** How long the last call took, in ms. */
  lastMs(): number;
}

/** What `bd` is run with. */
export interface BdSetting {
  /** Name or path of the program. */
  readonly program: string;
  readonly cwd: string;
  readonly beadsDir: string;
  /** Who the calls are by, as Beads records it. */
  readonly actor: string;
  /** Longest that one call may take; absent: two minutes. */
  readonly timeoutMs?: number;
}

/** Longest that one call may take. */
const TIMEOUT_MS = 120_000;
/** A database that somebody else has open is asked again, about ten seconds long. */
const RETRIES = 6;
const RETRY_BASE_MS = 150;
const MAX_COMPLAINT = 300;

const BUSY =
  /database is (?:locked|read.?only)|is locked by|lock(?:ed)? (?:timeout|by another)|cannot acquire lock|resource temporarily unavailable|serialization failure|try restarting transaction|error 1213|\bbusy\b/i;

/** Creates the tool; nothing is run yet. */
export function createBdTool(setting: BdSetting): BdTool {
  let last: Promise<unknown> = Promise.resolve();
  let lastMs = 0;
  const inTurn = (args: readonly string[], input?: string): Promise<ProgramEnd> => {
    const turn = last.then(async () => {
      const began = performance.now();
      const end = await callPatiently(setting, args, input);
      lastMs = performance.now() - began;
      return end;
    });
    last = turn.catch(() => undefined);
    return turn;
  };
  return {
    ask: async (args, input) => {
      const end = await inTurn(['--json', ...args], input);
      return end.code === 0 ? ok(unwrap(parseJson(end.stdout))) : fail(describe(args, end));
    },
    print: async (args) => {
      const end = await inTurn(args);
      return end.code === 0 ? ok(end.stdout) : fail(describe(args, end));
    },
    lastMs: () => lastMs,
  };
}

async function callPatiently(
  setting: BdSetting,
  args: readonly string[],
  input: string | undefined,
): Promise<ProgramEnd> {
  const env = { BEADS_DIR: setting.beadsDir, BEADS_ACTOR: setting.actor, NO_COLOR: '1' };
  const call = {
    cwd: setting.cwd,
    env,
    timeoutMs: setting.timeoutMs ?? TIMEOUT_MS,
    ...(input === undefined ? {} : { input }),
  };
  for (let retry = 0; ; retry += 1) {
    const end = await runProgram(setting.program, args, call);
    const isBusy = end.code !== 0 && end.trouble === null && BUSY.test(findComplaint(end));
    if (!isBusy || retry >= RETRIES) return end;
    await sleep(RETRY_BASE_MS * 2 ** retry * (0.5 + Math.random()));
  }
}

/** Errors are JSON, on either stream, or lines of text among warnings. */
function findComplaint(end: ProgramEnd): string {
  for (const text of [end.stdout, end.stderr]) {
    const inner = unwrap(parseJson(text));
    if (!isFields(inner) || typeof inner['error'] !== 'string') continue;
    const { hint } = inner;
    return typeof hint === 'string' ? `${inner['error']} (${hint})` : inner['error'];
  }
  const lines = end.stderr.split('\n').map((line) => line.trim());
  return lines.find((line) => /^(?:error|cannot)\b/i.test(line)) ?? lines.find((line) => line !== '') ?? '';
}

function describe(args: readonly string[], end: ProgramEnd): Failure {
  const command = `bd ${args.find((word) => !word.startsWith('-')) ?? ''}`;
  const complaint = findComplaint(end).slice(0, MAX_COMPLAINT);
  const why = end.trouble ?? (complaint === '' ? `ended with ${end.code}` : `said: ${complaint}`);
  return {
    kind: 'environment',
    sentence: `${command} ${why.replace(/[.\s]+$/, '')}.`,
    hint: end.trouble === null ? 'bd doctor' : 'bd version',
  };
}
