// Finds out whether a repository belongs to GitHub, where its interface is and with which token. Asks no forge.
import { fail, ok } from '../../../core/failure.ts';
import type { ClockPort } from '../../../ports/clock.ts';
import type { Forged, FoundForge } from '../../../ports/forge.ts';
import type { SourcePort } from '../../../ports/source.ts';
import { runProgram } from '../../git/exec.ts';
import { createGithubSource, type GithubSourceOptions } from '../../source/github/github-source.ts';
import { ENTERPRISE_BUDGET } from './gate.ts';
import { createForgeIn } from './github-forge.ts';
import { parseRemote, type RemotePlace } from './remote.ts';
import { openRoom, type Room } from './room.ts';
import { findToken, isGithubCloud, type TokenMeans } from './token.ts';

/** What a forge is found with. */
export interface ForgeMeans extends Omit<TokenMeans, 'cwd'> {
  readonly repository: string;
  readonly clock: ClockPort;
  /** What talks to GitHub already: who talks to the same with the same token shares its budget. */
  readonly rooms: Map<string, Room>;
}

/** What `gh` needs beside the ordinary variables to find what it keeps. */
export const GH_VARIABLES: readonly string[] = ['GH_CONFIG_DIR', 'GH_HOST', 'DBUS_SESSION_BUS_ADDRESS'];

/** Variable that says where the interface is, for hosts that are not known to be GitHub's. */
const API_VARIABLE = 'WEFT_GITHUB_API';

/** Finds the forge of a repository; null: none of its remotes is at GitHub. */
export async function openGithub(means: ForgeMeans): Promise<FoundForge | null> {
  const entered = await enter(means);
  if (entered === null) return null;
  const { name, room } = entered;
  if (!room.ok) return { name, tokenFrom: null, forge: room };
  const { token, from, ...rest } = room.value;
  return { name, tokenFrom: from, forge: ok(createForgeIn(rest.room, { token, ...means })) };
}

/** Makes the source of its issues, which shares the budget of its pull requests; asks nothing yet. */
export async function openIssues(
  means: ForgeMeans,
  options: Omit<GithubSourceOptions, 'room'>,
): Promise<SourcePort> {
  const entered = await enter(means);
  if (entered === null) return createGithubSource({ ...options, room: null });
  const { room } = entered;
  return createGithubSource({ ...options, room: room.ok ? ok(room.value.room) : room });
}

/** What talks to a repository's GitHub, and with which token. */
interface Entered {
  /** `owner/name` on which host, for people. */
  readonly name: string;
  readonly room: Forged<{ readonly room: Room; readonly token: string; readonly from: string }>;
}

async function enter(means: ForgeMeans): Promise<Entered | null> {
  const found = await findPlace(means);
  if (found === null) return null;
  const { place, api } = found;
  const name = `${place.owner}/${place.name} on ${place.host}`;
  const token = await findToken(place.host, { ...means, cwd: means.repository });
  if (token === null) {
    const variable = isGithubCloud(place.host) ? 'GH_TOKEN' : 'GH_ENTERPRISE_TOKEN';
    const sentence = `There is no token for ${place.host}.`;
    const hint = `Put one into ${variable}, or log in with \`gh auth login --hostname ${place.host}\`.`;
    return { name, room: fail({ kind: 'unauthorized', sentence, hint }) };
  }
  const key = JSON.stringify([place, api, token.token]);
  const budget = isGithubCloud(place.host) ? {} : { budget: ENTERPRISE_BUDGET };
  const room =
    means.rooms.get(key) ?? openRoom({ place, api, token: token.token, clock: means.clock, ...budget });
  means.rooms.set(key, room);
  return { name, room: ok({ room, ...token }) };
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
