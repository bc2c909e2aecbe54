// Finds the token for a host: in the environment, or with the `gh` program. Knows no repositories.
import type { CommandEnd, CommandSpec } from '../../../ports/process.ts';

/** A token, and where it is from, for people. */
export interface FoundToken {
  readonly token: string;
  readonly from: string;
}

/** What finding a token needs. */
export interface TokenMeans {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Environment for `gh`: no more than it needs. */
  readonly ghEnv: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly run: (spec: CommandSpec) => Promise<CommandEnd>;
}

const GH_MS = 10_000;
const MAX_BYTES = 4_096;
/** Tokens have no spaces; anything else is something that `gh` had to say. */
const TOKEN = /^[\w.-]{8,1024}$/;

/** Hosts of GitHub itself; all others are Enterprise, whose tokens are not for GitHub. */
export function isGithubCloud(host: string): boolean {
  return host === 'github.com' || host.endsWith('.ghe.com');
}

/** Finds the token for a host; null: there is none. */
export async function findToken(host: string, means: TokenMeans): Promise<FoundToken | null> {
  const names = isGithubCloud(host)
    ? ['GH_TOKEN', 'GITHUB_TOKEN']
    : ['GH_ENTERPRISE_TOKEN', 'GITHUB_ENTERPRISE_TOKEN'];
  for (const name of names) {
    const token = means.env[name]?.trim() ?? '';
    if (TOKEN.test(token)) return { token, from: name };
  }
  const end = await means.run({
    argv: ['gh', 'auth', 'token', '--hostname', host],
    cwd: means.cwd,
    env: means.ghEnv,
    timeoutMs: GH_MS,
    outputBytes: MAX_BYTES,
    tag: 'weft/forge/token',
  });
  const token = end.tail.trim();
  return end.exit.code === 0 && TOKEN.test(token) ? { token, from: '`gh auth token`' } : null;
}
