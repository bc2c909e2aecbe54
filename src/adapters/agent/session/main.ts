// The program that hosts a session: reads its plan, talks to the agent, and writes the report. Started by weft for an attempt;
// needs nobody afterwards.
import { appendFileSync, createWriteStream, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { readAnswer } from '../../../core/answer-text.ts';
import { replaceFile } from '../../journal/atomic-file.ts';
import { splitLines } from '../../process/line-splitter.ts';
import { TAG_VARIABLE } from '../../process/start.ts';
import { parseObject } from '../agent-text.ts';
import { answerAsk, type TakenAsk, takeOpenAsks } from '../asks.ts';
import { readGrants } from '../grants.ts';
import { TOLD_FILE } from '../worker-desk.ts';
import { SECRETS } from '../worker-place.ts';
import { createAcp } from './acp.ts';
import { withChecks } from './checked.ts';
import { createChecks } from './checks.ts';
import { createClaude } from './claude.ts';
import { createCodex } from './codex.ts';
import { createCodexExec } from './codex-exec.ts';
import type { Protocol } from './conversation.ts';
import { createGuard } from './guard.ts';
import { type Message, openSession, type SessionOver } from './host.ts';
import { openLeaves } from './leaves.ts';
import { REPORT_FILE, readSessionPlan, type SessionPlan } from './plan.ts';
import type { Gathering } from './report.ts';
import { createRedactor, packSecrets } from './secrets.ts';
import { serveTurns } from './turns.ts';

const MAX_MESSAGE_BYTES = 1024 * 1024;
/** Least time between two writings of a report in which only the latest doing has changed. */
const PAUSE_MS = 250;
const SAME_FAILURES = 5;
/** By what the tools of an attempt show whose they are. */
const TOKEN = 'WEFT_TOKEN';
/** Says that the program is to take turns for a host, rather than to be one. */
const TURNS = '--turns';
/** Questions of tools that wait for their answer at most. */
const MAX_OWED = 100;

async function main(path: string): Promise<SessionOver | number> {
  const read = readSessionPlan(path);
  if (!read.ok) {
    process.stderr.write(`${read.failure.sentence}\n${read.failure.hint ?? ''}\n`);
    return 2;
  }
  const plan = read.value;
  const token = plan.tools?.env[TOKEN] ?? '';
  const secrets = [token, ...plan.secrets.map((name) => process.env[name] ?? '')];
  const packed = packSecrets(secrets);
  const redact = createRedactor([...secrets, packed]);
  const reports = createReports(join(plan.dir, REPORT_FILE), redact);
  const transcript = createTranscript(plan, redact);
  const checks = createChecks(plan, { env: environment(), tag: process.env[TAG_VARIABLE] ?? '', redact });
  const wholePrompt = readFileSync(plan.promptFile, 'utf8');
  const checked = (protocol: Protocol): Protocol =>
    checks === null ? protocol : withChecks(protocol, checks.run);
  const session = openSession({
    protocol: checked(protocolOf(plan)),
    ...(plan.kind === 'codex' ? { fallback: { protocol: checked(oldCodex(plan)), notice: OLD_CODEX } } : {}),
    wholePrompt,
    opening: {
      ...plan,
      // they are hidden where its tools write as well
      tools: plan.tools && { ...plan.tools, env: { ...plan.tools.env, [SECRETS]: packed } },
      prompt: plan.goOnFile === null ? wholePrompt : readFileSync(plan.goOnFile, 'utf8'),
      guard: createGuard({ ...plan, granted: () => readGrants(plan.dir) }),
    },
    env: environment(),
    publish: reports.publish,
    print: (line) => process.stdout.write(`${redact(line)}\n`),
    printError: (line) => process.stderr.write(`${redact(line)}\n`),
    record: transcript.record,
    redact,
    noteTold: (message) => noteTold(plan.dir, message),
    answerTool: createToolAnswers(plan.dir),
    leaves: openLeaves(plan.leavesFile, plan.told),
    patience: { retryMs: plan.retryMs, sameFailures: SAME_FAILURES },
  });
  const input = splitLines({
    maxLineBytes: MAX_MESSAGE_BYTES,
    onLine: ({ bytes }) => {
      const message = parseObject(bytes.toString('utf8'));
      const { number, text } = message ?? {};
      if (typeof number === 'number' && typeof text === 'string') session.say({ number, text });
    },
  });
  process.stdin.on('data', (chunk: Buffer) => input.push(chunk));
  // when nobody keeps what it prints any more, the work goes on all the same
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, session.stop);
  const over = await session.over;
  await Promise.all([reports.flushed(), transcript.close(), checks?.end()]);
  return over;
}

function protocolOf({ kind, program, args }: SessionPlan): Protocol {
  switch (kind) {
    case 'claude':
      return createClaude({ program });
    case 'codex':
      return createCodex({ program });
    case 'acp':
      return createAcp({ command: program, args });
  }
}

/** What people are told when Codex has to be talked to in the old way. */
const OLD_CODEX =
  'This Codex has no app server: it takes one turn after the other, hears people in between, and asks nobody before it acts.';

/** This very program takes its turns, one process each. */
function oldCodex({ program }: SessionPlan): Protocol {
  const [node = 'node', entry = ''] = process.argv;
  return createCodexExec({ program, turns: [node, entry, TURNS] });
}

/** Takes turns as the host orders them; see `turns.ts`. */
async function takeTurns(): Promise<number> {
  // a host that is gone reads no more; its turn is ended with the input
  process.stdout.on('error', () => undefined);
  const turns = serveTurns(process.stdin, (line) => process.stdout.write(`${line}\n`));
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, turns.halt);
  await turns.over;
  return 0;
}

/** The agent's own environment: what is weft's alone stays here. */
function environment(): Record<string, string> {
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env))
    if (value !== undefined && name !== TOKEN) env[name] = value;
  return env;
}

/** Gives an answer to the tool call that waits for it; false: none does. What was taken meanwhile is owed its own answer. */
function createToolAnswers(dir: string): (text: string) => Promise<boolean> {
  let owed: readonly TakenAsk[] = [];
  return async (text) => {
    if (!text.startsWith('Question: ')) return false;
    owed = [...owed, ...(await takeOpenAsks(dir))].slice(-MAX_OWED);
    for (const ask of owed) {
      const answer = readAnswer(text, ask.question);
      if (answer === null) continue;
      owed = owed.filter((each) => each !== ask);
      if (await answerAsk(dir, ask.id, answer)) return true;
    }
    return false;
  };
}

/** Notes what the agent is told where its tools look; without that they know less, and that is all. */
function noteTold(dir: string, message: Message): void {
  try {
    appendFileSync(join(dir, TOLD_FILE), `${JSON.stringify(message)}\n`, { mode: 0o600 });
  } catch {
    // a full disk must not end the work
  }
}

/** Writes reports one after the other, at once when there is something to decide, else now and then. */
function createReports(
  path: string,
  redact: (text: string) => string,
): { readonly publish: (gathering: Gathering) => void; readonly flushed: () => Promise<void> } {
  let latest: Gathering | null = null;
  let shown = '';
  let timer: NodeJS.Timeout | null = null;
  let writing: Promise<void> = Promise.resolve();
  const write = (): void => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    const { report } = latest ?? {};
    const text = JSON.stringify(report, (_, value) => (typeof value === 'string' ? redact(value) : value));
    // a full disk must not end the work: the next one may be written again
    writing = writing.then(() => replaceFile(path, text)).catch(() => undefined);
  };
  return {
    publish: (gathering) => {
      latest = gathering;
      const { doing: _d, files: _f, spending: _s, ...decisive } = gathering.report;
      const picture = JSON.stringify(decisive);
      if (picture !== shown) {
        shown = picture;
        return write();
      }
      timer ??= setTimeout(write, PAUSE_MS);
    },
    flushed: () => {
      if (latest !== null) write();
      return writing;
    },
  };
}

/** Keeps what was said, as far as there is room for it. */
function createTranscript(
  { dir, transcriptBytes }: SessionPlan,
  redact: (text: string) => string,
): { readonly record: (direction: '<' | '>', line: string) => void; readonly close: () => Promise<void> } {
  const file = createWriteStream(join(dir, 'transcript.jsonl'), { flags: 'a', mode: 0o600 });
  let room = transcriptBytes;
  const closed = new Promise<void>((resolve) => {
    file.on('close', resolve);
    // a full disk must not end the work
    file.on('error', () => {
      room = 0;
    });
  });
  return {
    record: (direction, line) => {
      if (room <= 0) return;
      const text = `${direction} ${redact(line)}\n`;
      room -= Buffer.byteLength(text);
      if (room > 0) file.write(text);
    },
    close: () => {
      file.end();
      return closed;
    },
  };
}

/** Ends as the agent did, where that says something; a signal as shells tell it. */
function leave(over: SessionOver | number): void {
  if (typeof over === 'number') return process.exit(over);
  const { end, process: agent } = over;
  if (end.fault === null) return process.exit(0);
  const signal = end.fault === 'interrupted' ? 'SIGTERM' : (agent?.signal ?? null);
  process.exit(signal === null ? agent?.code || 1 : 128 + constants.signals[signal]);
}

const [, , given = ''] = process.argv;
void (given === TURNS ? takeTurns() : main(given)).then(leave);
