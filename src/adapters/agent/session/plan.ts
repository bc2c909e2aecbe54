// What the host of a session is told before it starts: a file that weft writes into the attempt's folder. Knows no protocol.
import { readFileSync } from 'node:fs';
import { fail, ok, type Result } from '../../../core/failure.ts';
import type { TurnChecks } from '../../../ports/agent.ts';
import { isRecord, parseObject } from '../agent-text.ts';
import type { ToolServer } from './conversation.ts';

/** Name of the file in the attempt's folder. */
export const PLAN_FILE = 'session-plan.json';
/** Name of the report in the attempt's folder. */
export const REPORT_FILE = 'session.json';

/** See the file's first line. Absolute paths. */
export interface SessionPlan {
  readonly version: 1;
  readonly kind: 'claude' | 'codex' | 'acp';
  readonly program: string;
  /** What it is started with, where the protocol does not say that by itself. */
  readonly args: readonly string[];
  /** The attempt's folder: for the report, and what is kept of the talk. */
  readonly dir: string;
  readonly worktree: string;
  readonly promptFile: string;
  /** What it is told when it goes on with a conversation; null: it does not. */
  readonly goOnFile: string | null;
  readonly session: string;
  readonly resume: string | null;
  readonly model: string | null;
  readonly effort: string | null;
  readonly mode: string | null;
  /** Requests to its model until it ends its turn, and US dollars in all; null: as it is configured. */
  readonly maxTurns: number | null;
  readonly maxUsd: number | null;
  readonly approvals: 'auto' | 'ask';
  /** Where the leave that people give is kept for all attempts of the task. */
  readonly leavesFile: string;
  /** What people have said to the task so far, in order. */
  readonly told: readonly string[];
  /** Patterns of files that it may change; null: all of the worktree. */
  readonly owns: readonly string[] | null;
  /** Files and folders beside the worktree that are the attempt's own. */
  readonly own: readonly string[];
  readonly tools: ToolServer | null;
  /** What is run when it ends its turn, unless its status file says that it is stuck; null: nothing. */
  readonly checks: (TurnChecks & { readonly statusFile: string }) | null;
  /** Names of variables whose values must not be written down. */
  readonly secrets: readonly string[];
  readonly retryMs: number;
  /** Cap of what is kept of the talk. */
  readonly transcriptBytes: number;
}

/** Reads a plan; failure `usage`: there is none, or it is another version's. */
export function readSessionPlan(path: string): Result<SessionPlan> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    return refuse(`${path}: ${error instanceof Error ? error.message : String(error)}.`);
  }
  const plan = parseObject(text);
  if (plan === null || !isRecord(plan) || plan['version'] !== 1)
    return refuse(`${path} is no plan of a session.`);
  return ok(plan as unknown as SessionPlan);
}

function refuse(sentence: string): Result<never> {
  return fail({
    kind: 'usage',
    sentence,
    hint: 'This program is started by weft, with a file that weft writes.',
  });
}
