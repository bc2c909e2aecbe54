// Writes the difference of two commits as a patch that people and agents read. Bounded; runs nobody's diff programs.
import type { Oid } from '../../core/model.ts';
import type { Patch } from '../../ports/git.ts';
import { giveUp, runGit } from './exec.ts';
import type { Repository } from './repository.ts';

/** Writes the patch from one commit to another, cut after the last whole line that fits. */
export async function writePatch(
  repo: Repository,
  of: { readonly from: Oid; readonly to: Oid; readonly maxBytes: number },
): Promise<Patch> {
  const args = ['diff-tree', '-r', '-p', '--no-color', '--no-ext-diff', '--no-textconv', of.from, of.to];
  const end = await runGit(repo.main, { args });
  const text = Buffer.from(end.stdout);
  // a patch too large to be read whole ends git early: what came of it is more than enough
  if (end.code !== 0 && text.length <= of.maxBytes) {
    giveUp(`The change from ${of.from} to ${of.to} could not be read.`, end.stderr.trim().slice(0, 500));
  }
  if (text.length <= of.maxBytes) return { text: end.stdout, cut: false };
  const whole = text.lastIndexOf(10, of.maxBytes - 1);
  return { text: text.toString('utf8', 0, whole + 1), cut: true };
}
