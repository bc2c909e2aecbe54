// Finds the plan that somebody named and says in which format it is, and opens it. Knows nothing of tasks.
import { existsSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { fail, ok, type Result } from '../../../core/failure.ts';
import type { Diagnostic } from '../../../core/plan/diagnostic.ts';
import { quote, quoteList } from '../../../core/plan/quote.ts';
import type { SourceSpec } from '../../../core/source.ts';
import type { SourcePort } from '../../../ports/source.ts';
import { readDocument } from '../../config/document.ts';
import { readTextFile } from '../../config/text-file.ts';
import type { TrackFilePlaces } from '../find-track-file.ts';
import { isInside } from '../task-file.ts';
import { createPlanFileSource } from './plan-file.ts';
import { createPlanFolderSource } from './plan-folder.ts';
import { createRalphySource } from './ralphy.ts';
import { createTaktSource } from './takt.ts';

/** Names a plan of any of the formats. */
export type PlanSpec = Extract<SourceSpec, { kind: 'plan-folder' | 'plan-file' | 'ralphy' | 'takt' }>;

/** Where plans are looked for when nobody says where. */
const USUAL = ['.plan', '.claude/plan', 'IMPLEMENTATION_PLAN.md', '.takt/tasks.yaml'];

/** Opens the source that a spec names. */
export function openPlan(repository: string, { kind, path }: PlanSpec): SourcePort {
  const place = { repository, path };
  switch (kind) {
    case 'plan-folder':
      return createPlanFolderSource(place);
    case 'plan-file':
      return createPlanFileSource(place);
    case 'ralphy':
      return createRalphySource(place);
    case 'takt':
      return createTaktSource(place);
  }
}

/**
 * Finds a plan from the folder its path was typed in, else from the roots of the checkout and the repository; without a
 * path where plans usually are. The spec's path is relative to the repository. Fails with all places looked at.
 */
export function findPlan(path: string | null, places: TrackFilePlaces): Result<PlanSpec, Diagnostic> {
  const { cwd, checkout, repository } = places;
  const tried = [
    ...new Set(
      (path === null ? USUAL : [path]).flatMap((one) =>
        [cwd, checkout, repository].map((at) => resolve(at, one)),
      ),
    ),
  ];
  const found = path?.includes('\0') === true ? undefined : tried.find(existsSync);
  if (found === undefined) {
    const sentence = path === null ? 'There is no plan here.' : `The plan ${quote(path)} does not exist.`;
    return fail({
      position: null,
      sentence,
      fix: `Looked for ${quoteList(tried)}. Type \`weft run plan PATH\` for another place, or \`weft init\` for a plan to begin with.`,
    });
  }
  const real = realpathSync(found);
  const kind = readKind(real);
  if (!kind.ok) return kind;
  const root = realpathSync(repository);
  return ok({
    kind: kind.value,
    path: isInside(root, real) ? relative(root, real).split(sep).join('/') : found,
  });
}

function readKind(path: string): Result<PlanSpec['kind'], Diagnostic> {
  if (statSync(path).isDirectory()) return ok('plan-folder');
  if (/\.(?:md|markdown)$/i.test(path)) return ok('plan-file');
  if (basename(dirname(path)) === '.takt') return ok('takt');
  const read = readTextFile(path);
  const document = read.ok ? readDocument({ file: basename(path), text: read.value }) : null;
  const value = document?.ok === true ? document.value.value : null;
  const isMapping = typeof value === 'object' && value !== null;
  if (isMapping && 'tracks' in value)
    return fail({
      position: null,
      sentence: `${quote(basename(path))} is a track file.`,
      fix: `Type \`weft run ${join('.', path)}\`.`,
    });
  const first: unknown = isMapping && 'tasks' in value && Array.isArray(value.tasks) ? value.tasks[0] : null;
  const isTakt = typeof first === 'object' && first !== null && 'status' in first && 'name' in first;
  return ok(isTakt ? 'takt' : 'ralphy');
}
