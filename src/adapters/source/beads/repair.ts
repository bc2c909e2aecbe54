// What helps when `bd` cannot work with a database, by what it complains of. Repairs nothing itself.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Failure } from '../../../core/failure.ts';
import { isFields, parseJson } from './issue.ts';

/** Brings the newest `bd`. */
export const INSTALL = 'npm install -g @beads/bd';
/** Folder of a database that `bd` opens without a server. */
export const EMBEDDED = 'embeddeddolt';

const TOO_OLD = /unknown (?:command|flag|shorthand flag)|schema.*newer|newer.*schema|schema skew/i;
const BUSY = /locked|is locked by|took longer|timed? ?out|\bbusy\b/i;
const BROKEN = /corrupt|failed to load database|checksum|unexpected EOF|invalid manifest/i;

/** The complaint as half a sentence, and what to type. */
export function adviseRepair(
  complaint: string,
  of: { readonly beadsDir: string; readonly version: string; readonly isEmbedded: boolean },
): { readonly why: string; readonly hint: string } {
  const why = complaint.replace(/\.$/, '');
  const folder = join(of.beadsDir, EMBEDDED);
  if (/no beads database/i.test(complaint)) return { why, hint: 'bd bootstrap' };
  if (TOO_OLD.test(complaint)) return { why: `bd ${of.version} is too old (${why})`, hint: INSTALL };
  if (BUSY.test(complaint))
    return {
      why: `Another program may have the Beads database open (${why})`,
      hint: of.isEmbedded ? `fuser -v ${join(folder, '.lock')} ${folder}/*/.dolt/noms/LOCK` : 'bd doctor',
    };
  // `bd doctor` looks at no embedded database, and `bd bootstrap` at none that is there
  if (BROKEN.test(complaint) && of.isEmbedded)
    return { why, hint: `mv ${folder} ${folder}.broken && bd bootstrap` };
  return { why, hint: of.isEmbedded ? 'bd list' : 'bd doctor' };
}

/** Settings that `bd` passes over when it cannot read them: it would make another database, without an issue. */
export function findBrokenSettings(beadsDir: string): Failure | null {
  const path = join(beadsDir, 'metadata.json');
  if (!existsSync(path) || isFields(parseJson(readFileSync(path, 'utf8')))) return null;
  return {
    kind: 'environment',
    sentence: `${path} is no JSON object, and without it bd would begin another database.`,
    hint: `git -C ${join(beadsDir, '..')} checkout -- .beads/metadata.json`,
  };
}
