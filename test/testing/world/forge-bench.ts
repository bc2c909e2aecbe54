// What the contract of the forge port needs of a forge besides the port: one behind HTTP, and one in the virtual world.
import { onTestFinished } from 'vitest';
import { type Oid, oid } from '../../../src/core/model.ts';
import type { Forged, ForgePort, MergeMethod, PullWish } from '../../../src/ports/forge.ts';
import {
  listCommits,
  listRefs,
  resolveCommit,
  runGit,
  writeFiles,
} from '../../../src/testing/forge/bare-repo.ts';
import type { Forge } from '../../../src/testing/forge/forge.ts';
import { reportCheck } from '../../../src/testing/world/forge-checks.ts';
import {
  closeByPerson,
  editByPerson,
  mergeByPerson,
  pushFiles,
  reopenByPerson,
  replyByPerson,
  resolveByPerson,
  reviewByPerson,
  setBranch,
  startOver,
} from '../../../src/testing/world/forge-people.ts';
import { createForgePort } from '../../../src/testing/world/forge-port.ts';
import {
  changeFiles,
  createForgeWorld,
  type ForgeSetup,
  type ForgeWorld,
  STRANGER_LOGIN,
} from '../../../src/testing/world/forge-store.ts';
import { addCommit, commitOf, filesOf } from '../../../src/testing/world/git-store.ts';
import { given, openPort, openRig, REPO, wishOf } from '../../adapters/forge/github/rig.ts';
import { openStage, type Stage } from './stage.ts';

/** Texts by path; null deletes one. */
export type Texts = Readonly<Record<string, string | null>>;

/** How a forge of the contract is set up. */
export interface BenchSetup {
  readonly requiredChecks?: readonly string[];
  readonly approvals?: number;
  readonly dismissStale?: boolean;
  readonly isStrict?: boolean;
  readonly queue?: MergeMethod;
  readonly methods?: readonly MergeMethod[];
  readonly deletesMerged?: boolean;
  readonly mergeableAfterMs?: number;
}

/** A forge with one commit on `main`, which the repository has too. */
export interface ForgeBench {
  readonly port: ForgePort;
  /** A port that knows nothing yet, as after a restart. */
  reopen(): ForgePort;
  /** Adds a commit to the repository that no ref leads to; on the first commit of `main` when `on` is absent. */
  commit(files: Texts, on?: Oid): Promise<Oid>;
  /** Commit of a branch of the forge. */
  tip(branch: string): Promise<Oid | null>;
  /** Commit of a ref of the repository. */
  ref(name: string): Promise<Oid | null>;
  parentsOf(commit: Oid): Promise<readonly Oid[]>;
  textAt(commit: Oid, path: string): Promise<string | null>;
  /** Lets time pass. */
  pass(ms: number): void;
  /** How many pull requests there are. */
  pulls(): number;
  /** What was said below a pull request. */
  talk(number: number): readonly string[];
  /** Commit that the first of the merge queue would land as. */
  candidate(): Promise<Oid | null>;
  /** CI reports; `waits`: it has begun. */
  check(
    commit: Oid,
    report: {
      readonly name: string;
      readonly state: 'success' | 'failure' | 'neutral' | 'skipped' | 'waits';
      readonly log?: string;
    },
  ): Promise<void>;
  expireToken(): void;
  /** The answer to the next such call of the port is lost. */
  loseAnswer(call: 'push' | 'ensurePull' | 'merge' | 'comment'): void;
  readonly people: {
    push(branch: string, files: Texts): Promise<Oid>;
    startOver(branch: string, files: Texts): Promise<Oid>;
    setBranch(branch: string, to: Oid | null): Promise<void>;
    merge(number: number, method: MergeMethod): Promise<void>;
    close(number: number): Promise<void>;
    reopen(number: number): Promise<void>;
    editBody(number: number, body: string): Promise<void>;
    review(number: number, review: Opinion): Promise<void>;
    reply(number: number, to: { readonly comment: number; readonly body: string }): Promise<void>;
    resolve(number: number, comment: number): Promise<void>;
  };
}

/** What somebody thinks of a pull request. */
export interface Opinion {
  readonly state: 'approved' | 'changes-requested' | 'commented';
  readonly body: string;
  readonly lines?: readonly { readonly path: string; readonly line: number | null; readonly body: string }[];
  readonly isStranger?: boolean;
}

function isProtected({ requiredChecks, approvals, isStrict }: BenchSetup): boolean {
  return requiredChecks !== undefined || approvals !== undefined || isStrict !== undefined;
}

/** Requests whose answers a call of the port waits for. */
const REQUESTS = {
  push: { method: 'POST', path: /git-receive-pack$/ },
  ensurePull: { method: 'POST', path: '/pulls' },
  merge: { method: 'PUT', path: '/merge' },
  comment: { method: 'POST', path: '/comments' },
} as const;

const STATES = {
  approved: 'APPROVED',
  'changes-requested': 'CHANGES_REQUESTED',
  commented: 'COMMENTED',
} as const;
const BOT = { name: 'bot', email: 'bot@example.org', at: 1_767_614_400 };

/** A forge behind HTTP, with the adapter on it; it pushes from the forge's own repository, which has all commits. */
export async function openHttpBench(setup: BenchSetup = {}): Promise<ForgeBench> {
  const { methods = ['merge', 'squash', 'rebase'], queue, mergeableAfterMs } = setup;
  const { forge, port, clock } = await openRig({
    protection: isProtected(setup)
      ? {
          main: {
            contexts: setup.requiredChecks ?? [],
            approvals: setup.approvals ?? null,
            strict: setup.isStrict ?? false,
            dismissStale: setup.dismissStale ?? false,
          },
        }
      : {},
    settings: {
      allowMergeCommit: methods.includes('merge'),
      allowSquashMerge: methods.includes('squash'),
      allowRebaseMerge: methods.includes('rebase'),
      deleteBranchOnMerge: setup.deletesMerged ?? false,
    },
    ...(queue === undefined ? {} : { mergeQueue: { method: queue } }),
    ...(mergeableAfterMs === undefined ? {} : { mergeableAfterMs }),
  });
  const dir = forge.gitDir(REPO);
  const resolve = async (revision: string): Promise<Oid | null> => {
    const found = await resolveCommit(dir, revision);
    return found === null ? null : oid(found);
  };
  const first = await resolveCommit(dir, 'refs/heads/main');
  return {
    port,
    reopen: () => openPort(forge, clock),
    commit: async (files, on) =>
      oid(await writeFiles(dir, { parent: on ?? first, files, message: 'work', author: BOT })),
    tip: (branch) => resolve(`refs/heads/${branch}`),
    ref: resolve,
    parentsOf: async (commit) =>
      (await listCommits(dir, ['-1', commit])).flatMap(({ parents }) => parents.map(oid)),
    textAt: async (commit, path) => {
      const { code, stdout } = await runGit(dir, ['show', `${commit}:${path}`]);
      return code === 0 ? stdout : null;
    },
    pass: (ms) => clock.pass(ms),
    pulls: () => forge.pulls(REPO).length,
    talk: (number) =>
      forge
        .pulls(REPO)
        .find((pull) => pull.number === number)
        ?.comments.map(({ body }) => body) ?? [],
    candidate: async () => {
      const [tip] = (await listRefs(dir, 'refs/heads/gh-readonly-queue')).values();
      return tip === undefined ? null : oid(tip);
    },
    check: async (commit, { name, state, log }) => {
      const how = state === 'waits' ? { status: 'in_progress' as const } : { conclusion: state };
      await forge.ci.check(
        { repo: REPO, ref: commit },
        { name, ...how, ...(log === undefined ? {} : { log }) },
      );
    },
    expireToken: () => forge.expireToken('forge-token'),
    loseAnswer: (call) => {
      forge.faults.plan({ fault: { kind: 'drop-after' }, ...REQUESTS[call] });
    },
    people: httpPeople(forge),
  };
}

function httpPeople({ human }: Forge): ForgeBench['people'] {
  const at = (number: number) => ({ repo: REPO, number });
  return {
    push: async (branch, files) => oid(await human.push({ repo: REPO, branch }, files)),
    startOver: async (branch, files) => oid(await human.forcePush({ repo: REPO, branch }, files)),
    setBranch: async (branch, to) => {
      if (to === null) await human.deleteBranch({ repo: REPO, branch });
      else await human.forcePush({ repo: REPO, branch }, to);
    },
    merge: async (number, method) => void (await human.merge(at(number), method)),
    close: (number) => human.close(at(number)),
    reopen: (number) => human.reopen(at(number)),
    editBody: (number, body) => human.editBody(at(number), body),
    review: async (number, { state, body, lines = [], isStranger = false }) => {
      const target = { ...at(number), ...(isStranger ? { by: 'stranger' } : {}) };
      await human.review(target, { state: STATES[state], body, comments: lines });
    },
    reply: (number, to) => human.reply(at(number), to),
    resolve: (number, comment) => human.resolve(at(number), comment),
  };
}

/** A forge in the virtual world, with its port. */
export async function openWorldBench(setup: BenchSetup = {}): Promise<ForgeBench> {
  const { stage, forge, reopen } = openForgeStage(setup);
  const { world } = stage;
  const { git } = world;
  const first = forge.branches.get('main');
  const asGiven = <T>(forged: Forged<T>): void => {
    if (!forged.ok) throw new Error(forged.failure.sentence);
  };
  return {
    port: reopen(),
    reopen,
    commit: async (files, on = first) => {
      const parents = on === undefined ? [] : [on];
      const before = on === undefined ? new Map<string, string>() : filesOf(git, on);
      return addCommit(git, { files: changeFiles(before, files), parents, by: 'agent' });
    },
    tip: async (branch) => forge.branches.get(branch) ?? null,
    ref: async (name) => git.refs.get(name) ?? null,
    parentsOf: async (commit) => commitOf(git, commit).parents,
    textAt: async (commit, path) => filesOf(git, commit).get(path) ?? null,
    pass: (ms) => {
      world.monoMs += ms;
    },
    pulls: () => forge.pulls.size,
    talk: (number) => forge.pulls.get(number)?.talk.map(({ body }) => body) ?? [],
    candidate: async () => forge.queue[0]?.built?.commit ?? null,
    check: async (commit, { name, state, log }) => {
      const how = state === 'waits' ? 'pending' : state;
      reportCheck(forge, commit, { name, state: how, ...(log === undefined ? {} : { log }) });
    },
    expireToken: () => {
      forge.weather.deniedUntil = Number.POSITIVE_INFINITY;
    },
    loseAnswer: (call) => forge.weather.planned.push({ call, storm: 'lost' }),
    people: {
      push: async (branch, files) => pushFiles(forge, branch, files),
      startOver: async (branch, files) => startOver(forge, branch, files),
      setBranch: async (branch, to) => setBranch(forge, branch, to),
      merge: async (number, method) => asGiven(mergeByPerson(forge, number, method)),
      close: async (number) => closeByPerson(forge, number),
      reopen: async (number) => {
        if (!reopenByPerson(forge, number)) throw new Error(`#${number} cannot be reopened`);
      },
      editBody: async (number, body) => editByPerson(forge, number, { body }),
      review: async (number, { state, body, lines = [], isStranger = false }) => {
        const by = isStranger ? { by: STRANGER_LOGIN } : {};
        reviewByPerson(forge, number, { state, body, comments: lines, ...by });
      },
      reply: async (number, to) => replyByPerson(forge, number, to),
      resolve: async (number, comment) => resolveByPerson(forge, number, comment),
    },
  };
}

/** A virtual world with a forge, which goes on by itself until the test ends. */
export function openForgeStage(setup: BenchSetup & Partial<Pick<ForgeSetup, 'ci'>> = {}): {
  readonly stage: Stage;
  readonly forge: ForgeWorld;
  /** A port for another engine. */
  readonly reopen: () => ForgePort;
} {
  const { requiredChecks = [], approvals = null, dismissStale = false, isStrict = false, ...rest } = setup;
  const stage = openStage();
  onTestFinished(() => stage.close());
  const forge = createForgeWorld(stage.world, {
    ...rest,
    protections: isProtected(setup) ? { main: { requiredChecks, approvals, dismissStale, isStrict } } : {},
  });
  return { stage, forge, reopen: () => createForgePort(forge, stage.nextLife()) };
}

/** Both forges of the contract. */
export const FORGES: readonly [name: string, open: Make][] = [
  ['behind HTTP', openHttpBench],
  ['in the virtual world', openWorldBench],
];

/** Opens a forge. */
export type Make = (setup?: BenchSetup) => Promise<ForgeBench>;

/** How a merge is asked for. */
export const MERGE_WORDS = { method: 'squash', title: 'Add one', message: 'Weft-Task: one' } as const;

/** What a refusal looks like. */
export const REFUSED = { ok: false, failure: { kind: 'refused' } } as const;

/** A task with a pull request. */
export async function openWork(
  { port, commit }: ForgeBench,
  task: string,
  more: Partial<PullWish> = {},
): Promise<{ readonly number: number; readonly head: Oid; readonly branch: string }> {
  const wish = wishOf(task, more);
  const head = await commit({ [`${task}.txt`]: `${task}\n` });
  given(await port.push({ branch: wish.branch, commit: head, expected: null }));
  const { number } = given(await port.ensurePull(wish));
  return { number, head, branch: wish.branch };
}

/** Says it again and again until it is done. */
export async function insist(ask: () => Promise<{ readonly ok: boolean }>): Promise<void> {
  for (let tries = 0; !(await ask()).ok; tries += 1) if (tries > 5) throw new Error('it is never done');
}
