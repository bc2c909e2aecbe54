// Git over HTTP: `git http-backend` as CGI on the bare repositories, and what follows from a push. Knows no interface.
import { spawn } from 'node:child_process';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { testGitEnv } from '../temp-repo.ts';
import { listRefs } from './bare-repo.ts';
import type { Hub } from './hub.ts';
import { tabulateRules } from './push-rules.ts';
import { fullName, permissionOf, type Repository, type User } from './store.ts';

/** A request of git. */
export interface GitAsk {
  readonly repo: Repository;
  /** What is called below the repository. */
  readonly tail: 'info/refs' | 'git-upload-pack' | 'git-receive-pack';
  readonly service: 'git-upload-pack' | 'git-receive-pack';
  readonly query: string;
  /** Null: nobody said who they are. */
  readonly user: User | null;
}

const PATH = /^\/([\w.-]+)\/([\w.-]+?)(?:\.git)?\/(info\/refs|git-upload-pack|git-receive-pack)$/;

/** Tells whether a path is one of git, and which repository and service it means. */
export function readGitPath(
  path: string,
  query: URLSearchParams,
): { readonly name: string; readonly tail: GitAsk['tail']; readonly service: string } | null {
  const match = PATH.exec(path);
  if (match === null) return null;
  const tail = match[3] as GitAsk['tail'];
  const service = tail === 'info/refs' ? (query.get('service') ?? '') : tail;
  return { name: `${match[1]}/${match[2]}`, tail, service };
}

/** Says why git may not do that; null: it may. */
export function refuseGit({ repo, service, user }: GitAsk): { status: number; message: string } | null {
  const needsUser = service === 'git-receive-pack' || repo.settings.private;
  if (user === null) return needsUser ? { status: 401, message: 'Authentication required' } : null;
  const permission = permissionOf(repo, user);
  if (permission === null) return { status: 404, message: 'Repository not found.' };
  if (service === 'git-upload-pack' || permission !== 'read') return null;
  return { status: 403, message: `Permission to ${fullName(repo)}.git denied to ${user.login}.` };
}

/** Lets git serve a request; without a response its answer is thrown away. Returns the status git gave. */
export async function serveGit(
  hub: Hub,
  ask: GitAsk,
  { request, response }: { readonly request: IncomingMessage; readonly response: ServerResponse | null },
): Promise<number> {
  const { repo, user, tail } = ask;
  if (tail !== 'git-receive-pack' || user === null) {
    const status = await runBackend(ask, { request, response, rules: '' });
    response?.end();
    return status;
  }
  return hub.inTurn(repo, async () => {
    const before = await listRefs(repo.path, 'refs');
    const status = await runBackend(ask, { request, response, rules: tabulateRules(repo, user) });
    const after = await listRefs(repo.path, 'refs');
    for (const ref of new Set([...before.keys(), ...after.keys()])) {
      const [from = null, to = null] = [before.get(ref), after.get(ref)];
      if (from !== to) await hub.follow(repo, { ref, from, to, by: user });
    }
    // git returns when the answer ends, so what follows from a push is there by then
    response?.end();
    return status;
  });
}

/** No length: git would wait for ever, and busily, for the rest of a request that broke off. */
function backendEnv(ask: GitAsk, request: IncomingMessage): Record<string, string> {
  const header = (name: string): string => String(request.headers[name] ?? '');
  return {
    ...testGitEnv(),
    GIT_PROJECT_ROOT: ask.repo.path,
    GIT_HTTP_EXPORT_ALL: '1',
    PATH_INFO: `/${ask.tail}`,
    QUERY_STRING: ask.query,
    REQUEST_METHOD: request.method ?? 'GET',
    CONTENT_TYPE: header('content-type'),
    HTTP_CONTENT_ENCODING: header('content-encoding'),
    GIT_PROTOCOL: header('git-protocol'),
    ...(ask.user === null ? {} : { REMOTE_USER: ask.user.login }),
  };
}

function runBackend(
  ask: GitAsk,
  to: { readonly request: IncomingMessage; readonly response: ServerResponse | null; readonly rules: string },
): Promise<number> {
  const { request, response } = to;
  return new Promise((resolve, reject) => {
    const child = spawn('git', ['http-backend'], {
      env: { ...backendEnv(ask, request), FORGE_RULES: to.rules },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    child.on('error', reject);
    child.stdin.on('error', () => undefined);
    // a client that leaves early would keep git waiting, and with it all who wait for the repository
    const leave = (): void => {
      if (!request.complete) child.stdin.destroy();
    };
    request.on('error', leave);
    request.on('close', leave);
    if (request.destroyed) leave();
    else request.pipe(child.stdin);
    let head: Buffer | null = Buffer.alloc(0);
    let status = 200;
    child.stdout.on('data', (chunk: Buffer) => {
      if (head === null) {
        response?.write(chunk);
        return;
      }
      head = Buffer.concat([head, chunk]);
      const end = head.indexOf('\r\n\r\n');
      if (end < 0) return;
      const { code, headers } = readHead(head.subarray(0, end).toString());
      status = code;
      response?.writeHead(code, headers);
      response?.write(head.subarray(end + 4));
      head = null;
    });
    child.on('close', () => resolve(status));
  });
}

function readHead(text: string): { readonly code: number; readonly headers: Record<string, string> } {
  const headers: Record<string, string> = {};
  let code = 200;
  for (const line of text.split('\r\n')) {
    const [name = '', value = ''] = line.split(/:\s*(.*)/s);
    if (name.toLowerCase() === 'status') code = Number.parseInt(value, 10);
    else headers[name] = value;
  }
  return { code, headers };
}
