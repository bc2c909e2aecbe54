// `weft worktree …`, `weft prune` and `weft init`: what weft put on disk.
import { ok, type Result } from '../../../core/failure.ts';
import type { App } from '../../app.ts';
import { argumentOf, type Call, type Handler, isAsked } from '../call.ts';
import { cleanLine } from '../clean.ts';
import { printJson, printLine, printLines } from '../report.ts';

/** `weft worktree list`. */
export const listWorktrees: Handler = (call) =>
  inRepository(call, async (app) => {
    const worktrees = await app.worktrees();
    if (call.json) printJson(call.io, { worktrees });
    else if (worktrees.length === 0) printLine(call.io, 'There are no worktrees of weft.');
    else {
      for (const { task, path, keep } of worktrees) {
        const why = keep === null ? 'not needed any more' : `kept: ${keep}`;
        printLine(call.io, `${cleanLine(task)}  ${cleanLine(path)}  ${call.paint('dim', cleanLine(why))}`);
      }
    }
    return ok(0);
  });

/** `weft worktree clean`. */
export const cleanWorktrees: Handler = (call) => inRepository(call, (app) => clean(call, app, null));

/** `weft worktree remove TASK`. */
export const removeWorktree: Handler = (call) =>
  inRepository(call, (app) => clean(call, app, argumentOf(call, 'TASK')));

async function clean(call: Call, app: App, only: string | null): Promise<Result<number>> {
  const dryRun = isAsked(call, 'dry-run');
  const cleaned = await app.clean(only, { dryRun });
  if (!cleaned.ok) return cleaned;
  const { removed, kept } = cleaned.value;
  if (call.json) printJson(call.io, { dryRun, removed, kept });
  else {
    const verb = dryRun ? 'would remove' : 'removed';
    for (const { path, rescue } of removed) {
      const note = rescue === null ? '' : `  (its work is kept at ${cleanLine(rescue)})`;
      printLine(call.io, `${verb} ${cleanLine(path)}${note}`);
    }
    for (const { path, reason } of kept) printLine(call.io, `kept ${cleanLine(path)}: ${cleanLine(reason)}`);
    if (removed.length + kept.length === 0) printLine(call.io, 'There is nothing to remove.');
  }
  const refused = only !== null && removed.length === 0 && kept.length > 0;
  return ok(refused ? 1 : 0);
}

/** `weft prune`. */
export const prune: Handler = (call) =>
  inRepository(call, async (app) => {
    const dryRun = isAsked(call, 'dry-run');
    const lines = await app.prune({ dryRun });
    if (call.json) printJson(call.io, { dryRun, dropped: lines });
    else if (lines.length === 0) printLine(call.io, 'There is nothing to drop.');
    else printLines(call.io, lines.map(cleanLine));
    return ok(0);
  });

/** `weft init`. */
export const init: Handler = (call) =>
  inRepository(call, async (app) => {
    const made = await app.init();
    if (!made.ok) return made;
    const { written, note } = made.value;
    if (call.json) printJson(call.io, { written, note });
    else {
      for (const path of written) printLine(call.io, `wrote ${cleanLine(path)}`);
      if (written.length === 0) printLine(call.io, 'Everything is there already.');
      if (note !== null) printLine(call.io, cleanLine(note));
      printLine(
        call.io,
        `next: ${call.paint('cyan', 'weft doctor')}  (is everything there that agents need?)`,
      );
    }
    return ok(0);
  });

async function inRepository(call: Call, act: (app: App) => Promise<Result<number>>): Promise<Result<number>> {
  const app = await call.openApp(call.io.cwd);
  return app.ok ? act(app.value) : app;
}
