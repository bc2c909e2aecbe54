// What an agent's tools say and hear, as files of its attempt: the status file, questions, and what was told. Knows no protocol.
import { join } from 'node:path';
import { replaceFile } from '../journal/atomic-file.ts';
import { cleanText, parseObject, readAgentFile, readAgentTail } from './agent-text.ts';
import { openAsk, waitForAnswer } from './asks.ts';
import { createRedactor } from './session/secrets.ts';
import type { WorkerPlace } from './worker-place.ts';

const PROMPT_BYTES = 1024 * 1024;
/** What the host of a session notes to have told its agent, a line each, in the attempt's folder. */
export const TOLD_FILE = 'told.jsonl';
const TOLD_BYTES = 256 * 1024;
const TOLD_CHARS = 16_000;
/** A client gives a call a minute unless it is told otherwise; both together stay below. */
const ASK: Patience = { waitMs: 55_000, graceMs: 4_000 };

/** How long an agent waits for an answer, and for one that is on its way. */
export interface Patience {
  readonly waitMs: number;
  readonly graceMs: number;
}

/** A status as the status file has it. */
export type WorkerStatus = { readonly status: string } & Readonly<Record<string, unknown>>;

/** What an agent wants to know. */
export interface WorkerQuestion {
  readonly question: string;
  readonly options: readonly string[];
  readonly tried: readonly string[];
}

/** The files of an attempt as its tools use them; what cannot be written throws. */
export interface WorkerFiles {
  /** The prompt; null: it cannot be read. */
  readTask(): Promise<string | null>;
  /** Replaces the status file. */
  report(status: WorkerStatus): Promise<void>;
  /**
   * Says in the status file that the agent is stuck. Where the agent has a host it then waits for the answer, and says
   * that it works again. Null: the answer comes with the next words to the agent.
   */
  ask(question: WorkerQuestion, signal: AbortSignal): Promise<string | null>;
  /** What the host noted to have told the agent and no call gave yet, of the last 256 KiB. */
  readGuidance(): Promise<readonly string[]>;
}

/** Opens the files of an attempt. */
export function openWorkerFiles(
  place: Pick<WorkerPlace, 'promptFile' | 'statusFile' | 'sessionDir' | 'secrets'>,
  patience: Patience = ASK,
): WorkerFiles {
  const { sessionDir } = place;
  const redact = createRedactor(place.secrets);
  let said: Readonly<Record<string, unknown>> = {};
  const report = (status: WorkerStatus): Promise<void> => {
    const hide = (_: string, value: unknown): unknown => (typeof value === 'string' ? redact(value) : value);
    // whoever reads the file looks now and then: what is finished is in all that follows
    if (status['finished'] !== undefined) said = { finished: status['finished'] };
    const all = { ...said, ...status, at: new Date().toISOString() };
    return replaceFile(place.statusFile, JSON.stringify(all, hide));
  };
  return {
    readTask: async () => {
      const text = await readAgentFile(place.promptFile, PROMPT_BYTES);
      if (text !== null || (await readAgentTail(place.promptFile, 1)) === '') return text;
      return `Your task is in the file ${place.promptFile}: it is too long to be given here. Read all of it.`;
    },
    report,
    ask: async (of, signal) => {
      // the question is there for the host before anybody can learn of it and answer
      const hidden = { question: redact(of.question), options: of.options.map(redact) };
      const id = sessionDir === null ? null : await openAsk(sessionDir, hidden);
      await report({
        status: 'stuck',
        stuckReason: of.question,
        options: of.options.map((label) => ({ label })),
        tried: of.tried,
      });
      if (sessionDir === null || id === null) return null;
      const answer = await waitForAnswer(sessionDir, id, { ...patience, signal });
      if (answer !== null) await report({ status: 'working' });
      return answer;
    },
    readGuidance: sessionDir === null ? async () => [] : createReader(join(sessionDir, TOLD_FILE)),
  };
}

/** Gives each line's text once; a line that begins before what is looked at is passed over. */
function createReader(path: string): () => Promise<readonly string[]> {
  let seen: ReadonlySet<string> = new Set();
  return async () => {
    // an unfinished last line is the host's to finish
    const lines = (await readAgentTail(path, TOLD_BYTES)).split('\n').slice(0, -1);
    const fresh = lines.filter((line) => !seen.has(line));
    seen = new Set(lines);
    return fresh
      .map((line) => cleanText(parseObject(line)?.['text'], TOLD_CHARS))
      .filter((text) => text !== null);
  };
}
