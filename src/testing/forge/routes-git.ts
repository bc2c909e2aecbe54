// REST: references, commits, comparisons and files of a repository. Knows no pull requests.
import { asText } from '../model/json.ts';
import {
  created,
  done,
  invalid,
  notFound,
  ok,
  paginate,
  type Reply,
  type RepoAsk,
  type Route,
  refuse,
  repoRoute,
  textOrNull,
} from './answer.ts';
import {
  countApart,
  type FileChange,
  findMergeBase,
  isAncestor,
  listChanges,
  listCommits,
  listRefs,
  listTree,
  readBlob,
  resolveCommit,
  writeFiles,
} from './bare-repo.ts';
import { type Hub, signAs } from './hub.ts';
import { moveRef } from './pull-life.ts';
import { findPushBlock } from './push-rules.ts';
import { type Json, showCommit } from './shapes.ts';
import { fullName } from './store.ts';

function showRef({ site, repo }: RepoAsk, { ref, sha }: { ref: string; sha: string }): Json {
  const api = `${site.api}/repos/${fullName(repo)}/git`;
  return {
    ref,
    node_id: `REF_${ref}`,
    url: `${api}/${ref}`,
    object: { type: 'commit', sha, url: `${api}/commits/${sha}` },
  };
}

async function getRef(ask: RepoAsk): Promise<Reply> {
  const ref = `refs/${ask.params['ref']}`;
  const sha = (await listRefs(ask.repo.path, ref)).get(ref);
  return sha === undefined ? notFound() : ok(showRef(ask, { ref, sha }));
}

async function matchRefs(ask: RepoAsk): Promise<Reply> {
  const start = `refs/${ask.params['ref']}`;
  const refs = [...(await listRefs(ask.repo.path, 'refs'))].filter(([ref]) => ref.startsWith(start));
  return paginate(ask, refs, ([ref, sha]) => showRef(ask, { ref, sha }));
}

async function createRef(hub: Hub, ask: RepoAsk): Promise<Reply> {
  const ref = asText(ask.body['ref']);
  const to = asText(ask.body['sha']);
  if (!/^refs\/[^/]+\/./.test(ref))
    return refuse(422, 'Reference name must start with refs/ and have a slash.');
  if ((await resolveCommit(ask.repo.path, to)) !== to || to === '')
    return refuse(422, 'Object does not exist');
  const block = await findPushBlock(ask.repo, { ref, from: null, to, by: ask.actor });
  if (block !== null) return refuse(422, block);
  const made = await moveRef(hub, ask.repo, { ref, from: null, to, by: ask.actor });
  return made ? created(showRef(ask, { ref, sha: to })) : refuse(422, 'Reference already exists');
}

async function changeRef(hub: Hub, ask: RepoAsk): Promise<Reply> {
  const ref = `refs/${ask.params['ref']}`;
  const to = asText(ask.body['sha']);
  const from = (await listRefs(ask.repo.path, ref)).get(ref);
  if (from === undefined) return refuse(422, 'Reference does not exist');
  if ((await resolveCommit(ask.repo.path, to)) !== to || to === '')
    return refuse(422, 'Object does not exist');
  const isForward = await isAncestor(ask.repo.path, { older: from, newer: to });
  if (!isForward && ask.body['force'] !== true) return refuse(422, 'Update is not a fast forward');
  const change = { ref, from, to, by: ask.actor };
  const block = await findPushBlock(ask.repo, change);
  if (block !== null) return refuse(422, block);
  await moveRef(hub, ask.repo, change);
  return ok(showRef(ask, { ref, sha: to }));
}

async function deleteRef(hub: Hub, ask: RepoAsk): Promise<Reply> {
  const ref = `refs/${ask.params['ref']}`;
  const from = (await listRefs(ask.repo.path, ref)).get(ref);
  if (from === undefined) return refuse(422, 'Reference does not exist');
  const change = { ref, from, to: null, by: ask.actor };
  const block = await findPushBlock(ask.repo, change);
  if (block !== null) return refuse(422, block);
  await moveRef(hub, ask.repo, change);
  return done();
}

/** A changed file as comparisons and pull requests show it. */
export function showFile(change: FileChange): Json {
  return {
    sha: change.sha,
    filename: change.path,
    status: change.status,
    additions: change.additions,
    deletions: change.deletions,
    changes: change.additions + change.deletions,
    ...(change.patch === '' ? {} : { patch: change.patch }),
  };
}

async function compare(ask: RepoAsk): Promise<Reply> {
  const { repo, site } = ask;
  const names = /^(.+?)\.\.\.(.+)$/.exec(ask.params['range'] ?? '');
  const [base, head] = await Promise.all(
    [names?.[1], names?.[2]].map((name) => resolveRevision(ask, name ?? '')),
  );
  if (typeof base !== 'string' || typeof head !== 'string') return notFound();
  const fork = await findMergeBase(repo.path, [base, head]);
  if (fork === null) return refuse(404, 'No common ancestor between these commits.');
  const { ahead, behind } = await countApart(repo.path, { base, head });
  const status = ahead === 0 ? (behind === 0 ? 'identical' : 'behind') : behind === 0 ? 'ahead' : 'diverged';
  const commits = await listCommits(repo.path, ['--reverse', `${base}..${head}`]);
  const ends = await listCommits(repo.path, ['--no-walk=unsorted', base, fork]);
  const files = await listChanges(repo.path, { from: fork, to: head });
  const show = (sha: string): Json | undefined => {
    const commit = ends.find((each) => each.sha === sha);
    return commit === undefined ? undefined : showCommit(site, repo, commit);
  };
  return ok({
    status,
    ahead_by: ahead,
    behind_by: behind,
    total_commits: ahead,
    base_commit: show(base),
    merge_base_commit: show(fork),
    commits: commits.map((commit) => showCommit(site, repo, commit)),
    files: files.map(showFile),
  });
}

/** Commit that a branch, a tag, a hash or `owner:branch` names; null: there is none. */
export async function resolveRevision({ repo }: RepoAsk, name: string): Promise<string | null> {
  const plain = name.startsWith(`${repo.owner}:`) ? name.slice(repo.owner.length + 1) : name;
  return (
    (await resolveCommit(repo.path, `refs/heads/${plain}`)) ??
    (await resolveCommit(repo.path, plain.replace(/^(heads|tags)\//, 'refs/$1/')))
  );
}

async function listLog(ask: RepoAsk): Promise<Reply> {
  const sha = await resolveRevision(ask, ask.query.get('sha') ?? ask.repo.defaultBranch);
  if (sha === null) return notFound();
  return paginate(ask, await listCommits(ask.repo.path, [sha]), (commit) =>
    showCommit(ask.site, ask.repo, commit),
  );
}

async function getCommit(ask: RepoAsk): Promise<Reply> {
  const { repo, site } = ask;
  const name = ask.params['ref'] ?? '';
  const sha = await resolveRevision(ask, name);
  const [commit] = sha === null ? [] : await listCommits(repo.path, [sha], 1);
  if (commit === undefined) return refuse(422, `No commit found for SHA: ${name}`);
  const [parent] = commit.parents;
  const files = parent === undefined ? [] : await listChanges(repo.path, { from: parent, to: commit.sha });
  return ok({ ...showCommit(site, repo, commit), files: files.map(showFile) });
}

async function getContents(ask: RepoAsk): Promise<Reply> {
  const { repo, site } = ask;
  const path = (ask.params['path'] ?? '').replace(/\/$/, '');
  const revision = await resolveRevision(ask, ask.query.get('ref') ?? repo.defaultBranch);
  if (revision === null) return notFound();
  const show = (entry: { type: string; sha: string; size: number; path: string }): Json => ({
    type: entry.type === 'tree' ? 'dir' : 'file',
    name: entry.path.split('/').at(-1),
    path: entry.path,
    sha: entry.sha,
    size: entry.size,
    url: `${site.api}/repos/${fullName(repo)}/contents/${entry.path}`,
  });
  const [entry] = path === '' ? [] : await listTree(repo.path, { revision, path });
  if (entry?.type === 'blob') {
    const text = await readBlob(repo.path, entry.sha);
    return ok({ ...show(entry), encoding: 'base64', content: Buffer.from(text).toString('base64') });
  }
  const rows = await listTree(repo.path, { revision, path: path === '' ? '' : `${path}/` });
  return rows.length === 0 ? notFound() : ok(rows.map(show));
}

/** Writes or deletes one file with a commit on a branch. */
async function changeContents(hub: Hub, ask: RepoAsk): Promise<Reply> {
  const { repo, actor, body, method } = ask;
  const path = ask.params['path'] ?? '';
  const ref = `refs/heads/${textOrNull(body, 'branch') ?? repo.defaultBranch}`;
  const from = await resolveCommit(repo.path, ref);
  if (from === null) return notFound();
  const message = asText(body['message']);
  if (message === '') return invalid({ resource: 'Commit', code: 'missing_field', field: 'message' });
  const [old] = await listTree(repo.path, { revision: from, path });
  const sha = textOrNull(body, 'sha');
  if (old !== undefined && sha === null) return refuse(422, `Invalid request.\n\n"sha" wasn't supplied.`);
  if (sha !== null && sha !== old?.sha) return refuse(409, `${path} does not match ${sha}`);
  const text = method === 'DELETE' ? null : Buffer.from(asText(body['content']), 'base64').toString();
  const files = { [path]: text };
  const author = signAs(hub, actor);
  const to = await writeFiles(repo.path, { parent: from, files, message, author });
  const change = { ref, from, to, by: actor };
  const block = await findPushBlock(repo, change);
  if (block !== null) return refuse(409, block);
  await moveRef(hub, repo, change);
  const [commit] = await listCommits(repo.path, [to], 1);
  const [entry] = text === null ? [] : await listTree(repo.path, { revision: to, path });
  const content = entry === undefined ? null : { type: 'file', path, sha: entry.sha, size: entry.size };
  const answer = { content, commit: commit === undefined ? null : showCommit(ask.site, repo, commit) };
  return old === undefined ? created(answer) : ok(answer);
}

/** Routes of this topic. */
export const GIT_ROUTES: readonly Route[] = [
  repoRoute('GET', '/git/ref/:ref*', (_, ask) => getRef(ask)),
  repoRoute('GET', '/git/matching-refs/:ref*', (_, ask) => matchRefs(ask)),
  repoRoute('POST', '/git/refs', createRef),
  repoRoute('PATCH', '/git/refs/:ref*', changeRef),
  repoRoute('DELETE', '/git/refs/:ref*', deleteRef),
  repoRoute('GET', '/compare/:range*', (_, ask) => compare(ask)),
  repoRoute('GET', '/commits', (_, ask) => listLog(ask)),
  repoRoute('GET', '/commits/:ref*', (_, ask) => getCommit(ask)),
  repoRoute('GET', '/contents', (_, ask) => getContents(ask)),
  repoRoute('GET', '/contents/:path*', (_, ask) => getContents(ask)),
  repoRoute('PUT', '/contents/:path*', changeContents),
  repoRoute('DELETE', '/contents/:path*', changeContents),
];
