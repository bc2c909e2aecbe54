// What all parts of a forge share: its memory, its clock, whose turn it is, what still runs. Knows no HTTP and no routes.
import type { Signature } from './bare-repo.ts';
import type { Faults } from './faults.ts';
import type { Repository, Store, User } from './store.ts';

/** What a check is told to be. */
export interface CheckInput {
  readonly name: string;
  /** `completed` when absent. */
  readonly status?: 'queued' | 'in_progress' | 'completed';
  /** `success` when absent and completed. */
  readonly conclusion?: string;
  readonly output?: { readonly title?: string; readonly summary?: string; readonly text?: string };
  readonly annotations?: readonly unknown[];
  /** Lines of its job. */
  readonly log?: string;
}

/** A commit that came to a branch, for checking. */
export interface Build {
  readonly repo: string;
  /** Whole name of the reference, `refs/heads/…`. */
  readonly ref: string;
  readonly sha: string;
}

/** Checks a commit by itself. */
export type Ci = (build: Build) => readonly CheckInput[] | Promise<readonly CheckInput[]>;

/** One thing that happened in a repository. */
export interface Happening {
  readonly repo: Repository;
  readonly event: string;
  readonly sender: User;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** Where a forge is, as its answers say it; without slashes at the end. */
export interface Site {
  /** Root of the REST interface. */
  readonly api: string;
  /** Root of pages and of git. */
  readonly web: string;
}

/** A reference that has moved. */
export interface RefChange {
  readonly ref: string;
  /** Null: it was created. */
  readonly from: string | null;
  /** Null: it was deleted. */
  readonly to: string | null;
  readonly by: User;
}

/** The middle of a forge. */
export interface Hub {
  readonly store: Store;
  readonly faults: Faults;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** How long the forge thinks about whether a pull request is mergeable. */
  readonly mergeableAfterMs: number;
  readonly ci: Ci | null;
  /** Aborted when the forge closes. */
  readonly closing: AbortSignal;
  /** Notes a bug of the forge, which closing it then tells. */
  readonly fail: (error: unknown) => void;
  /** Where it is when nobody's request says so. */
  readonly site: () => Site;
  /** A number that was never used for anything. */
  nextId(): number;
  /** Does what changes a repository, one after the other. Not to be called from within. */
  inTurn<T>(repo: Repository, act: () => Promise<T>): Promise<T>;
  /** Lets something run on; `settled` waits for it. */
  inBackground(work: Promise<unknown>): void;
  /** Waits until nothing runs any more, or the forge closes. */
  settled(): Promise<void>;
  /** Waits until no repository is being changed. */
  rested(): Promise<void>;
  /** Tells the webhooks of a repository. */
  tell(happening: Happening): void;
  /** Draws the consequences of a reference that has moved: for pull requests, the merge queue, checks. */
  follow(repo: Repository, change: RefChange): Promise<void>;
}

/** What a hub is made from. */
export type HubParts = Pick<
  Hub,
  'store' | 'faults' | 'now' | 'mergeableAfterMs' | 'ci' | 'site' | 'closing' | 'fail'
> & {
  readonly tell: (hub: Hub, happening: Happening) => void;
  readonly follow: (hub: Hub, repo: Repository, change: RefChange) => Promise<void>;
};

/** Makes the middle of a forge. */
export function createHub(parts: HubParts): Hub {
  const turns = new Map<Repository, Promise<unknown>>();
  const running = new Set<Promise<unknown>>();
  let id = 1000;
  const hub: Hub = {
    ...parts,
    nextId: () => {
      id += 1;
      return id;
    },
    inTurn: (repo, act) => {
      const mine = (turns.get(repo) ?? Promise.resolve()).then(act);
      turns.set(
        repo,
        mine.catch(() => undefined),
      );
      return mine;
    },
    inBackground: (work) => {
      const quiet = work.catch(parts.fail);
      running.add(quiet);
      void quiet.then(() => running.delete(quiet));
    },
    settled: async () => {
      const closed = untilAborted(parts.closing);
      while (running.size > 0 && !parts.closing.aborted) await Promise.race([Promise.all(running), closed]);
    },
    rested: async () => {
      for (const turn of [...turns.values()]) await turn;
    },
    tell: (happening) => parts.tell(hub, happening),
    follow: (repo, change) => parts.follow(hub, repo, change),
  };
  return hub;
}

/** Waits until a signal is given. */
export function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** Finds a user, or gives them an account. */
export function openAccount(hub: Pick<Hub, 'store' | 'nextId'>, login: string): User {
  const known = hub.store.users.get(login);
  if (known !== undefined) return known;
  const user: User = { id: hub.nextId(), login };
  hub.store.users.set(login, user);
  return user;
}

/** How a user signs commits at this moment. */
export function signAs(hub: Pick<Hub, 'now'>, user: User): Signature {
  const email = `${user.id}+${user.login}@users.noreply.github.com`;
  return { name: user.login, email, at: Math.floor(hub.now() / 1000) };
}

/** How the forge itself signs commits at this moment. */
export function signAsForge(hub: Pick<Hub, 'now'>): Signature {
  return { name: 'GitHub', email: 'noreply@github.com', at: Math.floor(hub.now() / 1000) };
}
