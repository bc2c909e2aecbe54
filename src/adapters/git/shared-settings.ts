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
/** Written by everyday commands, and nothing that makes git run a program or look elsewhere. */
const HARMLESS =
  /^(?:branch\..*|submodule\..*\.(?:url|active)|user\.(?:name|email)|init\..*|color\..*|advice\..*|pull\..*|push\..*)$/;

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
  const changed = [...names].filter((name) => before[name] !== now[name]).sort();
  // who of those at work did it cannot be known: it is held against one of them, not against all
  return changed.filter((name) => isHeldAgainst(repo, { dir, change: `${name} ${now[name] ?? ''}` }));
}

/** By change, the worktree that it was first seen from. */
const firstSeen = new WeakMap<Repository, Map<string, string>>();

function isHeldAgainst(
  repo: Repository,
  { dir, change }: { readonly dir: string; readonly change: string },
): boolean {
  const known = firstSeen.get(repo) ?? new Map<string, string>();
  firstSeen.set(repo, known);
  if (!known.has(change)) known.set(change, dir);
  return known.get(change) === dir;
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
    for (const [key, values] of await readConfig(repo, file)) settings[`${file} ${key}`] = digest(values);
  }
  for (const file of [...FILES, ...(await listHooks(repo))]) {
    const digest = await digestFile(join(repo.commonDir, file));
    if (digest !== null) settings[file] = digest;
  }
  return settings;
}

/** What a file of configuration says, key by key; all of it under no key when git cannot read it. */
async function readConfig(repo: Repository, file: string): Promise<ReadonlyMap<string, string>> {
  const path = join(repo.commonDir, file);
  if (!(await exists(path))) return new Map();
  const args = ['config', '--file', path, '--list', '-z'];
  const said = file === 'config' ? await askSettings(repo.main, args) : await askNow(repo, args);
  if (said === null) return new Map([['', (await digestFile(path)) ?? '']]);
  const values = new Map<string, string>();
  for (const entry of said.split('\0')) {
    const [key = ''] = entry.split('\n', 1);
    if (key !== '' && !HARMLESS.test(key)) values.set(key, `${values.get(key) ?? ''}${entry}\0`);
  }
  return values;
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
