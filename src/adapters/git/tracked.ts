// Lists the files that a repository tracks. Knows nothing of what they are for.
import { gitFields, type Place } from './exec.ts';

const MAX_FILES = 200_000;

/** Tracked files of the checkout, by git's order; those beyond a great many are left out. None where git cannot say. */
export async function listTrackedFiles(place: Place): Promise<readonly string[]> {
  const fields = await gitFields(place, { args: ['ls-files', '-z', '--deduplicate'] }).catch(() => []);
  return fields.slice(0, MAX_FILES);
}
