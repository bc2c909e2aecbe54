// `weft worktree …` and `weft prune`: what weft put on disk.
import { ok, type Result } from '../../../core/failure.ts';
import type { App, Cleaned } from '../../app.ts';
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
      for (const { task, path, keep, holds } of worktrees) {
        const why = [
          ...(keep === null ? [] : [`kept: ${keep}`]),
          ...(holds === null ? [] : [`holds ${holds}`]),
        ];
        const words = why.length === 0 ? 'not needed any more' : why.join('; ');
        printLine(call.io, `${cleanLine(task)}  ${cleanLine(path)}  ${call.paint('dim', cleanLine(words))}`);
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
  const cleaned = await app.clean(only, { dryRun, force: isAsked(call, 'force') });
  if (!cleaned.ok) return cleaned;
  const { removed, kept } = cleaned.value;
  if (call.json) printJson(call.io, { dryRun, removed, kept });
  else {
    const lines = drawCleaned(cleaned.value, { dryRun });
    printLines(call.io, lines.length === 0 ? ['There is nothing to remove.'] : lines);
  }
  const refused = only !== null && removed.length === 0 && kept.length > 0;
  return ok(refused ? 1 : 0);
}

function drawCleaned(
  { removed, kept }: Cleaned,
  { dryRun }: { readonly dryRun: boolean },
): readonly string[] {
  const [verb, keeps] = dryRun ? ['would remove', 'would keep'] : ['removed', 'kept'];
  return [
    ...removed.map(({ path, rescue }) => {
      const note = rescue === null ? '' : `  (its work is kept at ${cleanLine(rescue)})`;
      return `${verb} ${cleanLine(path)}${note}`;
    }),
    ...kept.map(({ path, reason }) => `${keeps} ${cleanLine(path)}: ${cleanLine(reason)}`),
  ];
}

/** `weft prune`. */
export const prune: Handler = (call) =>
  inRepository(call, async (app) => {
    const dryRun = isAsked(call, 'dry-run');
    const pruned = await app.prune({ dryRun });
    const { dropped, removed, kept } = pruned;
    if (call.json) printJson(call.io, { dryRun, dropped, removed, kept });
    else {
      const lines = [...dropped.map(cleanLine), ...drawCleaned(pruned, { dryRun })];
      printLines(call.io, lines.length === 0 ? ['There is nothing to drop.'] : lines);
    }
    return ok(0);
  });

async function inRepository(call: Call, act: (app: App) => Promise<Result<number>>): Promise<Result<number>> {
  const app = await call.openApp(call.io.cwd);
  return app.ok ? act(app.value) : app;
}
