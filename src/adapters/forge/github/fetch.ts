// Brings branches of GitHub into the repository, under refs of weft's own. Touches nothing of the user's.
import { setTimeout as sleep } from 'node:timers/promises';
import { type Oid, oid } from '../../../core/model.ts';
import { type ProgramEnd, runProgram } from '../../git/exec.ts';
import { gitAddress, type PushPlace, readEnd, runGit } from './push.ts';
import { giveUp } from './trouble.ts';

const MISSING = /couldn't find remote ref/i;
/** Another fetch brings the same branch. */
const MET = /cannot lock ref|unable to create '[^']*\.lock': file exists/i;
const TRIES = 6;
const PAUSE_MS = 20;

/** Brings a branch under a ref; null: there is no such branch, and the ref is gone. */
export async function fetchBranch(
  where: PushPlace,
  { branch, into }: { readonly branch: string; readonly into: string },
): Promise<Oid | null> {
  const end = await fetchInTurn(where, [
    'fetch',
    '--quiet',
    '--no-tags',
    '--no-write-fetch-head',
    '--no-recurse-submodules',
    '--no-auto-maintenance',
    gitAddress(where.place),
    `+refs/heads/${branch}:${into}`,
  ]);
  const local = (...args: readonly string[]) => runProgram('git', args, { cwd: where.repository });
  if (end.code === 0) {
    const found = (await local('rev-parse', '--verify', '--quiet', `${into}^{commit}`)).stdout.trim();
    return found === '' ? giveUp('environment', `git fetched ${branch}, and does not have it.`) : oid(found);
  }
  if (!MISSING.test(end.stderr)) throw readEnd(end, 'fetch');
  await local('update-ref', '-d', into);
  return null;
}

/** Fetches again where two met in passing. */
async function fetchInTurn(where: PushPlace, args: readonly string[]): Promise<ProgramEnd> {
  for (let tries = 1; ; tries += 1) {
    const end = await runGit(where, args);
    if (end.code === 0 || tries === TRIES || !MET.test(end.stderr)) return end;
    await sleep(PAUSE_MS * 2 ** tries * Math.random());
  }
}
