// Finds out whether a repository belongs to GitHub, where its interface is and with which token. Asks no forge.
import { fail, ok } from '../../../core/failure.ts';
import type { ClockPort } from '../../../ports/clock.ts';
import type { FoundForge } from '../../../ports/forge.ts';
import { runProgram } from '../../git/exec.ts';
import { ENTERPRISE_BUDGET } from './gate.ts';
import { createGithubForge } from './github-forge.ts';
import { parseRemote, type RemotePlace } from './remote.ts';
import { findToken, isGithubCloud, type TokenMeans } from './token.ts';

/** What a forge is found with. */
export interface ForgeMeans extends Omit<TokenMeans, 'cwd'> {
  readonly repository: string;
  readonly clock: ClockPort;
}

/** What `gh` needs beside the ordinary variables to find what it keeps. */
export const GH_VARIABLES: readonly string[] = ['GH_CONFIG_DIR', 'GH_HOST', 'DBUS_SESSION_BUS_ADDRESS'];

/** Variable that says where the interface is, for hosts that are not known to be GitHub's. */
const API_VARIABLE = 'WEFT_GITHUB_API';

/** Finds the forge of a repository; null: none of its remotes is at GitHub. */
export async function openGithub(means: ForgeMeans): Promise<FoundForge | null> {
  const found = await findPlace(means);
  if (found === null) return null;
  const { place, api } = found;
  const name = `${place.owner}/${place.name} on ${place.host}`;
  const token = await findToken(place.host, { ...means, cwd: means.repository });
  if (token === null) {
    const variable = isGithubCloud(place.host) ? 'GH_TOKEN' : 'GH_ENTERPRISE_TOKEN';
    const sentence = `There is no token for ${place.host}.`;
    const hint = `Put one into ${variable}, or log in with \`gh auth login --hostname ${place.host}\`.`;
    return { name, tokenFrom: null, forge: fail({ kind: 'unauthorized', sentence, hint }) };
  }
  const { repository, clock } = means;
  const forge = createGithubForge({
    ...{ place, api, token: token.token, repository, clock },
    ...(isGithubCloud(place.host) ? {} : { budget: ENTERPRISE_BUDGET }),
  });
  return { name, tokenFrom: token.from, forge: ok(forge) };
}

/** The remote `origin` before all others. */
async function findPlace(
  means: ForgeMeans,
): Promise<{ readonly place: RemotePlace; readonly api: string } | null> {
  const git = (...args: readonly string[]) => runProgram('git', args, { cwd: means.repository });
  const listed = await git('remote');
  const remotes = listed.code === 0 ? listed.stdout.split('\n').filter((name) => name !== '') : [];
  for (const remote of remotes.sort((one, other) => rank(one) - rank(other))) {
    const { stdout } = await git('remote', 'get-url', '--push', remote);
    const place = parseRemote(stdout);
    const api = place === null ? null : findApi(place, means.env);
    if (place !== null && api !== null) return { place, api };
  }
  return null;
}

function rank(remote: string): number {
  return remote === 'origin' ? 0 : 1;
}

/** Where the interface for a repository is; null: its host is not known to be GitHub's. */
export function findApi(
  { host }: RemotePlace,
  env: Readonly<Record<string, string | undefined>>,
): string | null {
  const named = env[API_VARIABLE]?.trim().replace(/\/+$/, '') ?? '';
  if (host === 'github.com') return named === '' ? 'https://api.github.com' : named;
  if (host.endsWith('.ghe.com')) return named === '' ? `https://api.${host}` : named;
  if (named !== '') return named;
  return env['GH_HOST']?.toLowerCase() === host ? `https://${host}/api/v3` : null;
}
