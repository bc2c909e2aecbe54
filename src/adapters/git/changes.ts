// What becomes of each file between two trees: modes, contents and checked out repositories. Reads no file.
import type { Change, Entry } from '../../core/undone.ts';
import { gitFields, type Place } from './exec.ts';

/** Mode of a commit of another repository that is checked out below this one. */
export const GITLINK = '160000';

/** What changes between two commits or trees, file by file; a file that moved is gone from one path and new at another. */
export async function listChanges(
  place: Place,
  between: { readonly from: string; readonly to: string },
): Promise<readonly Change[]> {
  const args = ['diff-tree', '-r', '-z', '--raw', '--no-renames', between.from, between.to];
  const fields = await gitFields(place, { args });
  const changes: Change[] = [];
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [oldMode = '', newMode = '', before = '', after = ''] = (fields[at] ?? '').slice(1).split(' ');
    changes.push({
      path: fields[at + 1] ?? '',
      before: entryOf(oldMode, before),
      after: entryOf(newMode, after),
    });
  }
  return changes;
}

function entryOf(mode: string, content: string): Entry | null {
  return /^0+$/.test(content) ? null : { mode, content };
}
