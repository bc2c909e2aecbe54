// Programs from npm to compare with, each in a folder of its own under the user's cache. Knows nothing of what they do.
import { existsSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fail, ok, type Result } from '../src/core/failure.ts';
import { npmEnv, run } from './stopwatch.ts';

/** Fixed, so that figures of two days can be compared. */
export const RIVALS = { wireit: '0.14.13', 'ralphy-cli': '4.7.2', takt: '0.39.0' } as const;

const LIMIT_S = 300;

/** The folder it is installed in (its programs are in `node_modules/.bin`), or why it cannot be had. */
export async function installRival(name: keyof typeof RIVALS): Promise<Result<string, string>> {
  const version = RIVALS[name];
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  const folder = join(cache, 'weft-bench', `${name}-${version}`);
  if (existsSync(join(folder, 'node_modules', name, 'package.json'))) return ok(folder);
  mkdirSync(folder, { recursive: true });
  const flags = ['--no-audit', '--no-fund', '--ignore-scripts', '--no-save', '--silent'];
  const argv = [
    'timeout',
    `${LIMIT_S}`,
    'npm',
    'install',
    ...flags,
    '--prefix',
    folder,
    `${name}@${version}`,
  ] as const;
  const { code } = await run({ argv: [...argv], cwd: folder, env: npmEnv() });
  return code === 0 ? ok(folder) : fail(`npm install ended with ${code}`);
}
