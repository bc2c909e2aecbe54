// A forge as plain maps beside the world's git: branches, pull requests, checks, a merge queue. Knows no port, no engine.
import type { Oid } from '../../core/model.ts';
import type {
  CheckState,
  ForgeReview,
  LineComment,
  MergeMethod,
  PullState,
  TalkComment,
} from '../../ports/forge.ts';
import { createForgeLedger, type ForgeLedger } from './forge-ledger.ts';
import { createWeather, type Weather } from './forge-weather.ts';
import { addCommit, ancestorsOf, type Commit, type Tree } from './git-store.ts';
import type { World } from './world.ts';

/** Who weft is at the forge. */
export const WEFT_LOGIN = 'bot';
/** Who people are at the forge. */
export const PERSON_LOGIN = 'human';
/** Somebody who may look and talk, and no more. */
export const STRANGER_LOGIN = 'stranger';

/** Rules of a protected branch; they hold for everybody. */
export interface Protection {
  readonly requiredChecks: readonly string[];
  /** Approving reviews that a pull request needs; null: a push needs no pull request. */
  readonly approvals: number | null;
  /** A push takes approvals away. */
  readonly dismissStale: boolean;
  /** A pull request must contain its base. */
  readonly isStrict: boolean;
}

/** A commit that CI is to look at. */
export interface Build {
  readonly commit: Oid;
  readonly branch: string;
}

/** How one check of a commit will go. */
export interface CheckPlan {
  readonly name: string;
  /** How it ends; `pending`: it never does. */
  readonly state: Exclude<CheckState, 'absent'>;
  /** For so long nobody reports it. */
  readonly absentMs: number;
  /** For so long it is pending then. */
  readonly pendingMs: number;
  readonly log: string;
}

/** Decides which checks a commit gets. */
export type Ci = (build: Build) => readonly CheckPlan[];

/** How a forge is set up. */
export interface ForgeSetup {
  readonly methods: readonly MergeMethod[];
  readonly protections: Readonly<Record<string, Partial<Protection>>>;
  /** How the merge queue in front of the default branch merges; null: there is none. */
  readonly queue: MergeMethod | null;
  /** Branches of merged pull requests are deleted by the forge. */
  readonly deletesMerged: boolean;
  /** Looks at heads of pull requests and at candidates of the merge queue; null: there are no checks but those set by hand. */
  readonly ci: Ci | null;
  /** For so long after the first look nobody knows whether a pull request is mergeable. */
  readonly mergeableAfterMs: number;
}

/** What a check has reported. */
export interface Report {
  readonly id: number;
  readonly name: string;
  readonly state: Exclude<CheckState, 'absent'>;
  readonly summary: string;
  readonly log: string;
}

/** A comment on a line. */
export interface Remarked extends LineComment {
  /** The thread that it began is called resolved. */
  isResolved: boolean;
}

/** A pull request. */
export interface ForgePull {
  readonly number: number;
  /** Marker that it was opened with, whatever became of its body. */
  readonly marker: string;
  readonly branch: string;
  base: string;
  title: string;
  body: string;
  isDraft: boolean;
  state: PullState;
  head: Oid;
  merged: Oid | null;
  readonly reviews: ForgeReview[];
  readonly comments: Remarked[];
  /** What was said below it. */
  readonly talk: TalkComment[];
  dequeued: string | null;
  /** Sides for which somebody asked whether they merge, and when. */
  asked: { readonly head: Oid; readonly base: Oid; readonly atMs: number } | null;
}

/** A pull request in the merge queue. */
export interface QueuePlace {
  readonly pull: ForgePull;
  /** Commit it would land as, and the one below; null: not built. */
  built: { readonly commit: Oid; readonly base: Oid } | null;
}

/** See the file's first line. */
export interface ForgeWorld {
  readonly world: World;
  readonly setup: ForgeSetup;
  readonly defaultBranch: string;
  /** Tips of the forge's own branches. */
  readonly branches: Map<string, Oid>;
  /** Commits that only the forge and people have. */
  readonly away: Set<Oid>;
  readonly pulls: Map<number, ForgePull>;
  /** Newest report of each check, by commit and name. */
  readonly reports: Map<Oid, Map<string, Report>>;
  readonly queue: QueuePlace[];
  /** Commits that CI has not begun to look at. */
  readonly builds: Build[];
  readonly ledger: ForgeLedger;
  readonly weather: Weather;
  lastId: number;
}

const PLAIN_SETUP: ForgeSetup = {
  methods: ['merge', 'squash', 'rebase'],
  protections: {},
  queue: null,
  deletesMerged: false,
  ci: null,
  mergeableAfterMs: 0,
};

/** A forge that has the target as the repository has it. */
export function createForgeWorld(world: World, setup: Partial<ForgeSetup> = {}): ForgeWorld {
  const defaultBranch = world.scene.policy.target;
  const tip = world.git.refs.get(`refs/heads/${defaultBranch}`);
  if (tip === undefined) throw new Error(`Internal error: the world has no ${defaultBranch}`);
  return {
    world,
    setup: { ...PLAIN_SETUP, ...setup },
    defaultBranch,
    branches: new Map([[defaultBranch, tip]]),
    away: new Set(),
    pulls: new Map(),
    reports: new Map(),
    queue: [],
    builds: [],
    ledger: createForgeLedger(),
    weather: createWeather(),
    lastId: 0,
  };
}

const NO_PROTECTION: Protection = {
  requiredChecks: [],
  approvals: null,
  dismissStale: false,
  isStrict: false,
};

/** Rules of a branch; null: it has none. */
export function protectionOf({ setup }: ForgeWorld, branch: string): Protection | null {
  const rules = setup.protections[branch];
  return rules === undefined ? null : { ...NO_PROTECTION, ...rules };
}

/** A number that nothing at the forge has. */
export function nextId(forge: ForgeWorld): number {
  forge.lastId += 1;
  return forge.lastId;
}

/** The pull request; asking for one that is not there is a bug of the world. */
export function pullOf(forge: ForgeWorld, number: number): ForgePull {
  const pull = forge.pulls.get(number);
  if (pull === undefined) throw new Error(`Internal error: there is no #${number}`);
  return pull;
}

/** Open pull requests, oldest first. */
export function openPulls(forge: ForgeWorld): readonly ForgePull[] {
  return [...forge.pulls.values()].filter(({ state }) => state === 'open');
}

/** Adds a commit that only the forge and people have. */
export function addAway(
  { world: { git }, away }: ForgeWorld,
  of: { readonly files: Tree; readonly parents: readonly Oid[]; readonly by: Commit['by'] },
): Oid {
  const made = addCommit(git, of);
  away.add(made);
  return made;
}

/** Tells whether the repository has a commit: its own, or one that was fetched. */
export function isHere({ world: { git }, away }: ForgeWorld, commit: Oid): boolean {
  return git.commits.has(commit) && !away.has(commit);
}

/** The first of the commits that the repository does not have: nobody brought it here from the forge; null: it has them all. */
export function findAway({ git, forge }: World, ...commits: readonly Oid[]): Oid | null {
  return commits.find((each) => !git.commits.has(each) || forge?.away.has(each) === true) ?? null;
}

/** Brings a branch of the forge under a ref of the repository; null: there is no such branch, and the ref is gone. */
export function fetchBranch(
  { world: { git }, branches, away }: ForgeWorld,
  { branch, into }: { readonly branch: string; readonly into: string },
): Oid | null {
  const tip = branches.get(branch) ?? null;
  if (tip === null) git.refs.delete(into);
  else {
    git.refs.set(into, tip);
    for (const each of ancestorsOf(git, [tip])) away.delete(each);
  }
  return tip;
}

/** Files of a commit with some of them changed; null deletes one. */
export function changeFiles(of: Tree, by: Readonly<Record<string, string | null>>): Tree {
  const files = new Map(of);
  for (const [path, text] of Object.entries(by)) {
    if (text === null) files.delete(path);
    else files.set(path, text);
  }
  return files;
}
