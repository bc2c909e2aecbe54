// Moves branches of GitHub with real git and a lease. The token is in git's environment alone. Knows no pull requests.
import type { Oid } from '../../../core/model.ts';
import { type ProgramEnd, runProgram, safeGitEnv } from '../../git/exec.ts';
import type { RemotePlace } from './remote.ts';
import { ForgeError, giveUp } from './trouble.ts';

/** From where, to where and as whom branches are pushed. */
export interface PushPlace {
  /** Repository that has the commits. */
  readonly repository: string;
  readonly place: RemotePlace;
  readonly token: string;
}

const PUSH_MS = 600_000;
const LOOK_MS = 60_000;

/** Address for git, without anything secret. */
export function gitAddress({ scheme, host, owner, name }: RemotePlace): string {
  return `${scheme}://${host}/${owner}/${name}.git`;
}

/** Moves a branch from `expected` (null: it is not there) to a commit (null: it is to go). */
export async function moveBranch(
  where: PushPlace,
  what: { readonly branch: string; readonly to: Oid | null; readonly expected: Oid | null },
): Promise<void> {
  const ref = `refs/heads/${what.branch}`;
  const end = await runGit(where, [
    'push',
    '--porcelain',
    '--no-verify',
    `--force-with-lease=${ref}:${what.expected ?? ''}`,
    gitAddress(where.place),
    `${what.to ?? ''}:${ref}`,
  ]);
  if (end.code === 0) return;
  const actual = await findTip(where, ref);
  if (actual === what.to) return;
  if (actual !== what.expected) {
    const place = actual === null ? 'is not there' : `is at ${actual.slice(0, 12)}`;
    giveUp('refused', `Branch ${what.branch} ${place}, which is not where weft left it.`);
  }
  throw readEnd(end);
}

/** Commit of a branch at GitHub; null: it is not there. */
async function findTip(where: PushPlace, ref: string): Promise<string | null> {
  const end = await runGit(where, ['ls-remote', gitAddress(where.place), ref], LOOK_MS);
  if (end.code !== 0) throw readEnd(end);
  const line = end.stdout.split('\n').find((each) => each.endsWith(`\t${ref}`));
  return line?.split('\t')[0] ?? null;
}

/** Runs git with what GitHub lets in by. */
export function runGit(
  { repository, place, token }: PushPlace,
  args: readonly string[],
  timeoutMs: number = PUSH_MS,
): Promise<ProgramEnd> {
  const safe = safeGitEnv();
  const at = Number(safe['GIT_CONFIG_COUNT']);
  const basic = Buffer.from(`x-access-token:${token}`).toString('base64');
  const settings = [
    // only to this host: a redirect elsewhere gets nothing
    [`http.${place.scheme}://${place.host}/.extraHeader`, `Authorization: Basic ${basic}`],
    ['http.followRedirects', 'false'],
    ['push.gpgSign', 'false'],
    ['push.followTags', 'false'],
    ['push.recurseSubmodules', 'no'],
  ];
  const env: Record<string, string> = { GIT_CONFIG_COUNT: String(at + settings.length) };
  for (const [index, [key = '', value = '']] of settings.entries()) {
    env[`GIT_CONFIG_KEY_${at + index}`] = key;
    env[`GIT_CONFIG_VALUE_${at + index}`] = value;
  }
  return runProgram('git', args, { cwd: repository, env, timeoutMs });
}

const CREDENTIALS = /authentication failed|could not read (?:username|password)|error: 401/i;
const FORBIDDEN = /error: 403|permission to .* denied/i;
const MISSING = /repository .*not found|error: 404/i;
const SENTENCE_CHARS = 500;

/** What git said of a push, or a fetch, that did not happen. */
export function readEnd(end: ProgramEnd, what: 'push' | 'fetch' = 'push'): ForgeError {
  const told = end.stderr.split('\n').filter((line) => /^(?:remote|fatal|error):/.test(line));
  const said = told
    .map((line) => line.replace(/^(?:(?:remote|fatal|error):\s*)+/, '').trim())
    .filter((line) => line !== '' && !/^failed to push some refs/.test(line))
    .join(' ')
    .slice(0, SENTENCE_CHARS);
  const sentence = `git ${what} failed: ${end.trouble ?? (said === '' ? `exit code ${end.code}` : said)}`;
  if (CREDENTIALS.test(end.stderr)) {
    const hint =
      'Give weft a valid token in GH_TOKEN (GH_ENTERPRISE_TOKEN for Enterprise), or log in again with `gh auth login`.';
    return new ForgeError({ kind: 'unauthorized', sentence, hint });
  }
  if (FORBIDDEN.test(end.stderr)) {
    const hint =
      'The token needs to write contents (and workflows, where a change has some) of the repository.';
    return new ForgeError({ kind: 'unauthorized', sentence, hint });
  }
  if (MISSING.test(end.stderr)) return new ForgeError({ kind: 'gone', sentence });
  const isRejected = /^!\t/m.test(end.stdout);
  return new ForgeError({ kind: isRejected ? 'refused' : 'environment', sentence });
}
