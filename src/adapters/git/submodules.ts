// Submodules of a worktree: made from the main checkout's own copies, without asking the network for what is there.
// A submodule that the main checkout does not have stays empty here too. Nested ones are not looked at.
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Oid, oid } from '../../core/model.ts';
import { git, gitFields, gitText, giveUp, type Place, runGit } from './exec.ts';
import { exists, gitDirOf } from './metadata.ts';
import type { Repository } from './repository.ts';

const MAX_SUBMODULES = 200;
const CLONE_MS = 1_800_000;
const GITLINK = '160000';
/** Below this, in a submodule of ours, is what the main checkout's copy holds; it counts as kept. */
const KEPT = 'refs/remotes/weft/';

/** One submodule of a worktree. */
interface Submodule {
  readonly path: string;
  readonly commit: Oid;
  /** Git directory of the main checkout's copy. */
  readonly source: string;
  /** Where git runs for the worktree's copy. */
  readonly place: Place;
}

/** How a worktree's submodules are to be left. */
export interface SubmoduleWish {
  /** `keep`: nothing is deleted; `ignored`: tracked and ignored files stay; `none`: only tracked files stay. */
  readonly beside: 'keep' | 'ignored' | 'none';
}

/** Puts each submodule that the main checkout has to the commit that the worktree's index names. */
export async function fillSubmodules(repo: Repository, place: Place, wish: SubmoduleWish): Promise<void> {
  for (const each of await findSubmodules(repo, place)) {
    if (!(await exists(join(each.place.cwd, '.git')))) await make(repo, each);
    await fetchCommit(repo, each);
    await gitText(each.place, 'checkout', '--quiet', '--force', '--detach', each.commit);
    if (wish.beside !== 'keep')
      await gitText(each.place, 'clean', wish.beside === 'none' ? '-ffdxq' : '-ffdq');
  }
}

async function findSubmodules(repo: Repository, place: Place): Promise<readonly Submodule[]> {
  if (!(await exists(join(place.cwd, '.gitmodules')))) return [];
  const names = await readNames(place);
  const found: Submodule[] = [];
  for (const field of await gitFields(place, { args: ['ls-files', '-s', '-z'] })) {
    if (!field.startsWith(GITLINK)) continue;
    const path = field.slice(field.indexOf('\t') + 1);
    const name = names.get(path);
    if (name === undefined) continue;
    const source = join(repo.commonDir, 'modules', name);
    if (!(await exists(join(source, 'HEAD')))) continue;
    const env = {
      GIT_DIR: join(gitDirOf(repo, place), 'modules', name),
      GIT_WORK_TREE: join(place.cwd, path),
    };
    const commit = oid(field.split(' ')[1] ?? '');
    found.push({ path, commit, source, place: { cwd: env.GIT_WORK_TREE, env } });
  }
  if (found.length > MAX_SUBMODULES)
    giveUp(`It has ${found.length} submodules; the limit is ${MAX_SUBMODULES}.`);
  return found;
}

/** Names by path, as the commit says; a name that leads out of the folder of submodules is none. */
async function readNames(place: Place): Promise<ReadonlyMap<string, string>> {
  const args = ['config', '--blob', ':.gitmodules', '-z', '--get-regexp', String.raw`^submodule\..*\.path$`];
  const { stdout } = await git(place, { args, codes: [0, 1] });
  const names = new Map<string, string>();
  for (const entry of stdout.split('\0')) {
    const [, name, path] = /^submodule\.(.+)\.path\n(.+)$/s.exec(entry) ?? [];
    if (name === undefined || path === undefined) continue;
    if (!name.split(/[\\/]/).some((part) => part === '' || part === '.' || part === '..'))
      names.set(path, name);
  }
  return names;
}

/** Borrows the objects of the main checkout's copy and takes over what it knows of its remotes. */
async function make(repo: Repository, { place, source }: Submodule): Promise<void> {
  const gitDir = gitDirOf(repo, place);
  await mkdir(dirname(gitDir), { recursive: true });
  const flags = ['--quiet', '--shared', '--no-checkout', '--no-tags', `--separate-git-dir=${gitDir}`];
  // a folder of this very repository: not what a rule against local remotes is about
  const call = { env: { GIT_ALLOW_PROTOCOL: 'file' }, timeoutMs: CLONE_MS };
  await git(repo.main, { ...call, args: ['clone', ...flags, '--', source, place.cwd] });
  const refs = ['+refs/remotes/*:refs/remotes/*', `+refs/heads/*:${KEPT}*`];
  await git(place, { ...call, args: ['fetch', '--quiet', '--no-tags', source, ...refs] });
  const url = await runGit(
    { cwd: source, env: { GIT_DIR: source } },
    { args: ['config', 'remote.origin.url'] },
  );
  if (url.code === 0) await gitText(place, 'remote', 'set-url', 'origin', url.stdout.trim());
}

/** Brings the commit in, from the main checkout's copy or, as the user's configuration allows, from where that came from. */
async function fetchCommit(repo: Repository, { place, source, commit, path }: Submodule): Promise<void> {
  const isThere = async (at: Place): Promise<boolean> =>
    (await runGit(at, { args: ['cat-file', '-e', `${commit}^{commit}`] })).code === 0;
  // what it borrows from may have got it since
  if (!(await isThere(place))) {
    const env = { GIT_PROTOCOL_FROM_USER: '0' };
    const fetched = await runGit(place, { args: ['fetch', '--quiet', 'origin'], env, timeoutMs: CLONE_MS });
    if (!(await isThere(place))) {
      const said = fetched.stderr.trim().split('\n').at(-1) ?? '';
      giveUp(
        `The submodule ${path} has no commit ${commit.slice(0, 12)}${said === '' ? '' : `: ${said.slice(0, 300)}`}`,
        `Fetch it in ${join(repo.root, path)}.`,
      );
    }
  }
  if (await isThere({ cwd: source, env: { GIT_DIR: source } }))
    await gitText(place, 'update-ref', `${KEPT}start`, commit);
}

/** Finds a submodule that was put to a commit which none of its remotes has: nobody else could check it out. */
export async function findUnpublished(
  place: Place,
  moved: readonly { readonly path: string; readonly commit: string }[],
): Promise<string | null> {
  for (const { path, commit } of moved.slice(0, MAX_SUBMODULES)) {
    const cwd = join(place.cwd, path);
    if (!(await exists(join(cwd, '.git')))) continue;
    const inner: Place = { cwd, env: { GIT_CEILING_DIRECTORIES: place.cwd } };
    const args = ['rev-list', '-n', '1', commit, '--not', '--remotes'];
    const beyond = await runGit(inner, { args });
    if (beyond.code === 0 && beyond.stdout !== '') return path;
  }
  return null;
}
