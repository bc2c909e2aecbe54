// A stand-in for GitHub on this machine: its REST, some of its GraphQL, its git, its limits, its faults. Knows no client.
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createBareRepo, updateRef, writeFiles } from './bare-repo.ts';
import { createFaults, type FaultRates, type Faults } from './faults.ts';
import { type Hands, makeHands, requireRepo } from './hands.ts';
import { type Ci, createHub, type Hub, openAccount, signAs, untilAborted } from './hub.ts';
import type { MergeMethod } from './integrate.ts';
import { type Call, countKinds, listDuplicates } from './ledger.ts';
import { createMeter, GITHUB_LIMITS, type Limits } from './limits.ts';
import { UPDATE_HOOK } from './push-rules.ts';
import { followRefChange } from './pushes.ts';
import { NO_PROTECTION } from './routes-repository.ts';
import { type Counter, serve } from './server.ts';
import {
  listPulls,
  type Permission,
  type Protection,
  type PullIssue,
  type Repository,
  type Settings,
  type Store,
} from './store.ts';
import { createMessenger } from './webhooks.ts';

/** A repository to begin with. */
export interface RepositoryOptions {
  /** `owner/name`. */
  readonly name: string;
  /** `main` when absent. */
  readonly defaultBranch?: string;
  /** Files of its first commit; a README when absent. */
  readonly files?: Readonly<Record<string, string>>;
  readonly settings?: Partial<Settings>;
  /** Rules by branch; what is absent is not required. */
  readonly protection?: Readonly<Record<string, Partial<Protection>>>;
  /** What users may do; `bot` and `human` may write when absent. */
  readonly permissions?: Readonly<Record<string, Permission>>;
  /** A merge queue in front of the default branch. */
  readonly mergeQueue?: { readonly method: MergeMethod };
}

/** How a forge is started. */
export interface ForgeOptions {
  /** Any free port when absent. */
  readonly port?: number;
  /** Folder for its repositories, which stay in it; a temporary one, which goes with the forge, when absent. */
  readonly root?: string;
  readonly repositories?: readonly RepositoryOptions[];
  /** Tokens with their users; `forge-token` of `bot` when absent. */
  readonly tokens?: Readonly<Record<string, string>>;
  /** The clock, in milliseconds since 1970. */
  readonly now?: () => number;
  /** How slow answers wait. */
  readonly sleep?: (ms: number) => Promise<void>;
  readonly limits?: Partial<Limits>;
  readonly faults?: FaultRates;
  /** Checks every commit that comes to a branch. */
  readonly ci?: Ci;
  /** How long `mergeable` is not known after the first look; the second look knows it when absent. */
  readonly mergeableAfterMs?: number;
}

/** A forge that is listening. */
export interface Forge extends Hands {
  /** `http://127.0.0.1:PORT`: REST, `/graphql`, `/api/v3`, `/api/graphql`, git, and a proxy for `github.localhost`. */
  readonly url: string;
  readonly faults: Faults;
  /** Address of a repository for git. */
  gitUrl(repo: string): string;
  /** Folder of a bare repository. */
  gitDir(repo: string): string;
  /** The newest 100,000 calls, oldest first. */
  calls(): readonly Call[];
  /** Calls by kind. */
  counts(): ReadonlyMap<string, number>;
  /** Pull requests of a repository, oldest first. */
  pulls(repo: string): readonly PullIssue[];
  /** Says what was made more than once. */
  duplicates(): readonly string[];
  /** Has a webhook told what happens; all events when none are given. */
  addHook(
    repo: string,
    hook: { readonly url: string; readonly secret?: string; readonly events?: readonly string[] },
  ): void;
  /** Makes a token invalid. */
  expireToken(token: string): void;
  /** Makes a token valid, known or new; `login` is whose it is. */
  grantToken(token: string, login: string): void;
  /** Waits until CI has run and webhooks were delivered. */
  settled(): Promise<void>;
  /** Ends every request, stops listening and deletes its temporary folder; rejects when there was a bug in the forge. */
  close(): Promise<void>;
}

/** Starts a forge on 127.0.0.1. Rejects when the port is taken. */
export async function startForge(options: ForgeOptions = {}): Promise<Forge> {
  const root = options.root ?? (await realpath(await mkdtemp(join(tmpdir(), 'weft-forge-'))));
  const store: Store = { users: new Map(), tokens: new Map(), repositories: new Map() };
  const now = options.now ?? Date.now;
  const closing = new AbortController();
  const bugs: unknown[] = [];
  let url = '';
  const hub = createHub({
    store,
    faults: createFaults(options.faults),
    now,
    mergeableAfterMs: options.mergeableAfterMs ?? 0,
    ci: options.ci ?? null,
    closing: closing.signal,
    fail: (error) => {
      if (!closing.signal.aborted) bugs.push(error);
    },
    site: () => ({ api: url, web: url }),
    tell: createMessenger(),
    follow: followRefChange,
  });
  const grantToken = (token: string, login: string): void => {
    openAccount(hub, login);
    store.tokens.set(token, { login, expired: false });
  };
  for (const [token, login] of Object.entries(options.tokens ?? { 'forge-token': 'bot' }))
    grantToken(token, login);
  for (const each of options.repositories ?? []) await createRepository(hub, root, each);
  const meter = createMeter({ ...GITHUB_LIMITS, ...options.limits }, now);
  const calls: Call[] = [];
  const pause = options.sleep ?? ((ms: number) => delay(ms, undefined, { ref: false }));
  const closed = untilAborted(closing.signal);
  const sleep = (ms: number): Promise<void> => Promise.race([pause(ms), closed]);
  const door = await openDoor({ hub, meter, calls, sleep }, options.port ?? 0);
  url = `http://127.0.0.1:${door.port}`;
  return {
    url,
    ...makeHands(hub),
    faults: hub.faults,
    gitUrl: (repo) => `${url}/${repo}.git`,
    gitDir: (repo) => requireRepo(hub, repo).path,
    calls: () => calls,
    counts: () => countKinds(calls),
    pulls: (repo) => listPulls(requireRepo(hub, repo)),
    duplicates: () => listDuplicates(store),
    addHook: (repo, { url: to, secret = '', events = ['*'] }) => {
      requireRepo(hub, repo).hooks.push({ id: hub.nextId(), url: to, secret, events });
    },
    expireToken: (token) => {
      const known = store.tokens.get(token);
      if (known !== undefined) known.expired = true;
    },
    grantToken,
    settled: hub.settled,
    close: async () => {
      closing.abort();
      await door.close();
      await hub.rested();
      if (options.root === undefined) await rm(root, { recursive: true, force: true, maxRetries: 5 });
      if (bugs.length > 0) throw bugs[0];
    },
  };
}

/** Listens on 127.0.0.1; closing ends every request and waits for it. */
async function openDoor(
  counter: Counter,
  port: number,
): Promise<{ readonly port: number; close(): Promise<void> }> {
  const running = new Set<Promise<void>>();
  const server = createServer((request, response) => {
    const served = serve(counter, { request, response }).catch((error: unknown) => {
      // whoever left early gets no answer, and that is no bug
      if (!response.destroyed) counter.hub.fail(error);
      response.destroy();
    });
    running.add(served);
    void served.then(() => running.delete(served));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const close = async (): Promise<void> => {
    const stopped = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    await stopped;
    await Promise.all(running);
  };
  return { port: (server.address() as AddressInfo).port, close };
}

async function createRepository(hub: Hub, root: string, options: RepositoryOptions): Promise<void> {
  const [owner = '', name = ''] = options.name.split('/');
  const { defaultBranch = 'main' } = options;
  const path = join(root, owner, `${name}.git`);
  await createBareRepo(path, defaultBranch);
  await writeFile(join(path, 'hooks', 'update'), UPDATE_HOOK, { mode: 0o755 });
  const granted: Readonly<Record<string, Permission>> = options.permissions ?? {
    bot: 'write',
    human: 'write',
  };
  const permissions = Object.entries(granted);
  for (const [login] of permissions) openAccount(hub, login);
  const protections = Object.entries(options.protection ?? {}).map(
    ([branch, rules]) => [branch, { ...NO_PROTECTION, ...rules }] as const,
  );
  const files = options.files ?? { 'README.md': `# ${name}\n` };
  const author = signAs(hub, openAccount(hub, 'human'));
  const first = await writeFiles(path, { parent: null, files, message: 'start', author });
  await updateRef(path, { ref: `refs/heads/${defaultBranch}`, to: first });
  const repo: Repository = {
    id: hub.nextId(),
    owner,
    name,
    path,
    defaultBranch,
    settings: {
      allowMergeCommit: true,
      allowSquashMerge: true,
      allowRebaseMerge: true,
      deleteBranchOnMerge: false,
      private: false,
      ...options.settings,
    },
    permissions: new Map(permissions),
    protections: new Map(protections),
    issues: new Map(),
    checks: [],
    statuses: [],
    milestones: [],
    hooks: [],
    queue:
      options.mergeQueue === undefined
        ? null
        : { branch: defaultBranch, method: options.mergeQueue.method, entries: [] },
    createdAt: hub.now(),
  };
  hub.store.repositories.set(options.name, repo);
}
