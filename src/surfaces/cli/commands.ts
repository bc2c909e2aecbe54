// The command table's other half: what each command does. Loaded only when a command needs more than a file.
import type { OpenApp } from '../app.ts';
import type { Demo, Handler } from './call.ts';
import { answer, approve, createHolder, createMover, guide } from './commands/decide.ts';
import { demo } from './commands/demo.ts';
import { doctor } from './commands/doctor.ts';
import { init } from './commands/init.ts';
import { logs } from './commands/logs.ts';
import { merge } from './commands/merge.ts';
import { migrateBeads } from './commands/migrate.ts';
import { comment, reject, review } from './commands/review.ts';
import { resume, run } from './commands/run.ts';
import { explain, front, status } from './commands/status.ts';
import { cleanWorktrees, listWorktrees, prune, removeWorktree } from './commands/tidy.ts';
import { receipt, wait } from './commands/wait.ts';
import { watchStatus } from './commands/watch-status.ts';
import type { Io } from './io.ts';
import { choosePaint } from './paint.ts';
import { hasFlag, type Parsed } from './parse.ts';
import { reportFailure } from './report.ts';

/** By the command's name in the table; `completion` and `mcp` are answered before this is loaded. */
export const HANDLERS: Readonly<Record<string, Handler>> = {
  '': front,
  init,
  demo,
  run,
  resume,
  status,
  'watch-status': watchStatus,
  explain,
  logs,
  wait,
  receipt,
  answer,
  guide,
  review,
  comment,
  reject,
  approve,
  merge,
  pause: createHolder('pause'),
  stop: createHolder('stop'),
  restart: createMover('restart'),
  cancel: createMover('cancel'),
  done: createMover('done'),
  doctor,
  'worktree list': listWorktrees,
  'worktree clean': cleanWorktrees,
  'worktree remove': removeWorktree,
  prune,
  'migrate beads': migrateBeads,
  'orchestrate run': run,
  'orchestrate resume': resume,
  'orchestrate wait': wait,
  'orchestrate receipt': receipt,
};

/** Runs the command; gives the exit code. */
export async function runCommand(
  io: Io,
  parsed: Parsed,
  world: { readonly openApp: OpenApp; readonly demo: Demo },
): Promise<number> {
  const handler = HANDLERS[parsed.command.name];
  if (handler === undefined) throw new Error(`Internal error: no handler for ${parsed.command.name}`);
  const json = hasFlag(parsed, 'json');
  const result = await handler({ io, parsed, json, paint: choosePaint(io, io.stdout), ...world });
  return result.ok ? result.value : reportFailure(io, result.failure, { json });
}
