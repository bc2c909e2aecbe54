// What steers every git of the repository and may run programs: configuration, hooks, attributes. An agent that changes it
// reaches beyond its worktree. Notes how it was and names what differs; puts nothing back.
import { createHash } from 'node:crypto';
import { lstat, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runGit } from './exec.ts';
import { exists } from './metadata.ts';
import { askSettings, type Repository } from './repository.ts';

const NOTE = 'weft-settings';
const FILES: readonly string[] = ['info/attributes', 'info/exclude', 'info/grafts'];
const MAX_HOOKS = 200;
/** Written by everyday commands: tracking of branches, submodules that were initialised. */
const HARMLESS = /^(?:branch\..*|submodule\..*\.(?:url|active))$/;

/** Digests by name of what they are of. */
type Settings = Readonly<Record<string, string>>;

/** Notes, in the metadata folder of a worktree, how the settings are now. */
export async function noteSettings(repo: Repository, dir: string): Promise<void> {
  await writeFile(join(dir, NOTE), JSON.stringify(await readSettings(repo)));
}

/** Names what differs from what was noted; nothing when nothing was. */
export async function findChangedSettings(repo: Repository, dir: string): Promise<readonly string[]> {
  const before = await readNote(dir);
  if (before === null) return [];
  const now = await readSettings(repo);
  const names = new Set([...Object.keys(before), ...Object.keys(now)]);
  return [...names].filter((name) => before[name] !== now[name]).sort();
}

async function readNote(dir: string): Promise<Settings | null> {
  try {
    return JSON.parse(await readFile(join(dir, NOTE), 'utf8')) as Settings;
  } catch {
    // none, or one that a power cut damaged
    return null;
  }
}

async function readSettings(repo: Repository): Promise<Settings> {
  const settings: Record<string, string> = {};
  for (const file of ['config', 'config.worktree']) {
    const digest = await digestConfig(repo, file);
    if (digest !== null) settings[file] = digest;
  }
  for (const file of [...FILES, ...(await listHooks(repo))]) {
    const digest = await digestFile(join(repo.commonDir, file));
    if (digest !== null) settings[file] = digest;
  }
  return settings;
}

/** Of what it says, not how it is written. */
async function digestConfig(repo: Repository, file: string): Promise<string | null> {
  const path = join(repo.commonDir, file);
  if (!(await exists(path))) return null;
  const args = ['config', '--file', path, '--list', '-z'];
  const said = file === 'config' ? await askSettings(repo.main, args) : await askNow(repo, args);
  if (said === null) return digestFile(path);
  const entries = said.split('\0').filter((entry) => !HARMLESS.test(entry.split('\n')[0] ?? ''));
  return digest(entries.join('\0'));
}

async function askNow(repo: Repository, args: readonly string[]): Promise<string | null> {
  const end = await runGit(repo.main, { args });
  return end.code === 0 ? end.stdout : null;
}

async function listHooks(repo: Repository): Promise<readonly string[]> {
  const names = await readdir(join(repo.commonDir, 'hooks')).catch(() => []);
  const hooks = names.filter((name) => !name.endsWith('.sample')).sort();
  return hooks.slice(0, MAX_HOOKS).map((name) => join('hooks', name));
}

async function digestFile(path: string): Promise<string | null> {
  const stats = await lstat(path).catch(() => null);
  if (stats === null) return null;
  const bytes = stats.isDirectory() ? '' : await readFile(path).catch(() => '');
  return digest(`${stats.mode}\n`, bytes);
}

function digest(...parts: readonly (string | Buffer)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}
