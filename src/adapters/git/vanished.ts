// Whether all that two commits did to some files is in a third. Reads the files; what counts as gone is the core's.
import type { Oid } from '../../core/model.ts';
import { findVanished } from '../../core/vanish.ts';
import type { Place } from './exec.ts';
import { listEach, MAX_FILES, MAX_LINES, readFile, tell } from './gone.ts';
import { ABSENT, listSteps } from './interrupted.ts';

/** Three commits and what was made of them. */
interface Joining {
  /** Where the sides part. */
  readonly base: Oid;
  readonly ours: Oid;
  readonly theirs: Oid;
  readonly result: Oid;
  readonly files: readonly string[];
}

/**
 * Lines of either side that are gone from the result, `path: what: line`, at most twenty. Looks at `files` and wherever the
 * result is not what the one side that changed a file made of it. A file without lines counts as one line.
 */
export async function listVanished(place: Place, what: Joining): Promise<readonly string[]> {
  const groups = await listMade(place, what);
  const count = groups.flat().length;
  if (count > MAX_FILES) return [`${count} files: too many to look into`];
  return listEach(groups, async (paths) => {
    const [base = null, ours = null, theirs = null, result = null] = await Promise.all(
      [what.base, what.ours, what.theirs, what.result].map(async (commit) => {
        const files = await Promise.all(paths.map((path) => readFile(place, commit, path)));
        return files.map((file) => file?.text ?? file?.standIn ?? '').join('\n');
      }),
    );
    const vanished = findVanished({ base, ours, theirs, result }, MAX_LINES);
    return vanished.map((each) => tell(paths.join(', '), each));
  });
}

/** Files that the result may have wrong, each by itself; those among which one may have been moved, together. */
async function listMade(
  place: Place,
  { base, ours, theirs, result, files }: Joining,
): Promise<readonly (readonly string[])[]> {
  const changes = await Promise.all(
    [ours, theirs, result].map(async (to) => {
      const steps = await listSteps(place, { from: base, to });
      return new Map(steps.map((step) => [step.path, step]));
    }),
  );
  const all = [...new Set(changes.flatMap((steps) => [...steps.keys()]))];
  const made = all.filter((path) => {
    const [one, other, is] = changes.map((steps) => steps.get(path)?.after);
    const isAsChanged = (one === undefined || other === undefined || one === other) && is === (one ?? other);
    return files.includes(path) || !isAsChanged;
  });
  const moves = new Set(
    all.filter((path) =>
      changes.some((steps) => [steps.get(path)?.before, steps.get(path)?.after].includes(ABSENT)),
    ),
  );
  const still = made.filter((path) => !moves.has(path)).map((path) => [path]);
  // what one side changed is to be found where the other has moved it
  return made.some((path) => moves.has(path)) ? [[...moves], ...still] : still;
}
