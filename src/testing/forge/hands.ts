// What tests do as people and as CI, without HTTP, limits and faults. Knows no requests.
import { listRefs, resolveCommit, writeFiles } from './bare-repo.ts';
import { addCheck, changeCheck } from './checks.ts';
import { closeEither } from './closing.ts';
import { addComment, addLineComment, addReview, type NewLineComment, setLabels } from './comments.ts';
import { type CheckInput, type Hub, openAccount, signAs } from './hub.ts';
import type { MergeMethod } from './integrate.ts';
import { editText } from './issue-history.ts';
import { mergePull, moveRef, type Outcome, openIssue, openPull, reopenIssue } from './pull-life.ts';
import {
  asPull,
  type CheckRun,
  type Comment,
  type Issue,
  type PullIssue,
  type Repository,
  type Review,
  type User,
} from './store.ts';

/** Which issue or pull request, of which repository (`owner/name`), and who acts: `human` when absent. */
export interface Target {
  readonly repo: string;
  readonly number: number;
  readonly by?: string;
}

/** Which branch of which repository, and who acts: `human` when absent. */
export interface BranchTarget {
  readonly repo: string;
  readonly branch: string;
  readonly by?: string;
}

/** Files with their new text; null deletes one. */
export type Files = Readonly<Record<string, string | null>>;

/** What people do. */
export interface Human {
  review(
    target: Target,
    review: {
      readonly state: 'APPROVED' | 'CHANGES_REQUESTED' | 'COMMENTED';
      readonly body?: string;
      readonly comments?: readonly NewLineComment[];
    },
  ): Promise<Review>;
  comment(target: Target, body: string): Promise<Comment>;
  /** Answers a comment on a line, by its id. */
  reply(target: Target, to: { readonly comment: number; readonly body: string }): Promise<void>;
  /** Calls the thread of a comment on a line resolved, which does not count as a change of the pull request. */
  resolve(target: Target, comment: number): Promise<void>;
  merge(target: Target, method?: MergeMethod): Promise<string>;
  close(target: Target, reason?: 'completed' | 'not_planned'): Promise<void>;
  reopen(target: Target): Promise<void>;
  editBody(target: Target, body: string): Promise<void>;
  editTitle(target: Target, title: string): Promise<void>;
  label(target: Target, label: string): Promise<void>;
  unlabel(target: Target, label: string): Promise<void>;
  /** Opens an issue. */
  openIssue(
    repo: string,
    issue: {
      readonly title: string;
      readonly body?: string;
      readonly labels?: readonly string[];
      readonly by?: string;
    },
  ): Promise<Issue>;
  /** Opens a pull request. */
  openPull(
    repo: string,
    pull: {
      readonly title: string;
      readonly head: string;
      readonly base?: string;
      readonly body?: string;
      readonly by?: string;
    },
  ): Promise<PullIssue>;
  /** Adds a commit to a branch, which begins at the default branch when it is new; returns the commit. */
  push(target: BranchTarget, files: Files, message?: string): Promise<string>;
  /** Replaces what a branch has by one commit on the default branch, or by a commit that is given; returns it. */
  forcePush(target: BranchTarget, to: Files | string): Promise<string>;
  deleteBranch(target: BranchTarget): Promise<void>;
}

/** What CI does. */
export interface CiHand {
  /** Sets a check of a commit, given as hash or branch: makes it, or changes the unfinished one of that name. */
  check(ref: { readonly repo: string; readonly ref: string }, input: CheckInput): Promise<CheckRun>;
}

/** The hands of one forge. */
export interface Hands {
  readonly human: Human;
  readonly ci: CiHand;
}

/** Finds a repository by `owner/name`; a test that names another one is wrong. */
export function requireRepo(hub: Hub, name: string): Repository {
  const repo = hub.store.repositories.get(name);
  if (repo === undefined) throw new Error(`Internal error: there is no repository ${name}`);
  return repo;
}

function requireDone<T>(outcome: Outcome<T>): T {
  if (outcome.ok) return outcome.value;
  throw new Error(`Internal error: ${outcome.message} ${JSON.stringify(outcome.errors ?? [])}`);
}

interface Scene {
  readonly repo: Repository;
  readonly by: User;
}

/** Makes the hands of a forge. */
export function makeHands(hub: Hub): Hands {
  const enter: Enter = (target, act) => {
    const repo = requireRepo(hub, target.repo);
    return hub.inTurn(repo, () => act({ repo, by: openAccount(hub, target.by ?? 'human') }));
  };
  const onIssue: OnIssue = (target, act) =>
    enter(target, (scene) => {
      const issue = scene.repo.issues.get(target.number);
      if (issue === undefined) throw new Error(`Internal error: there is no #${target.number}`);
      return act({ ...scene, issue });
    });
  const onPull = <T>(
    target: Target,
    act: (scene: Scene & { readonly issue: PullIssue }) => Promise<T>,
  ): Promise<T> =>
    onIssue(target, (scene) => {
      const issue = asPull(scene.issue);
      if (issue === null) throw new Error(`Internal error: #${target.number} is no pull request`);
      return act({ ...scene, issue });
    });
  return {
    ci: makeCiHand(hub, enter),
    human: {
      ...makeBranchHand(hub, enter),
      ...makeOpeningHand(hub, enter),
      ...makeEditingHand(hub, onIssue),
      review: (target, { state, body = 'I have looked.', comments = [] }) =>
        onPull(target, async ({ repo, issue, by }) =>
          requireDone(await addReview(hub, repo, { issue, by, state, body, comments, sha: null })),
        ),
      comment: (target, body) =>
        onIssue(target, async ({ repo, issue, by }) => addComment(hub, repo, { issue, by, body })),
      reply: (target, { comment, body }) =>
        onPull(target, async ({ repo, issue, by }) => {
          const parent = issue.pull.comments.find(({ id }) => id === comment) ?? null;
          if (parent === null) throw new Error(`Internal error: there is no comment ${comment}`);
          const { path, line } = parent;
          addLineComment(hub, repo, { issue, by, comment: { path, line, body }, review: null, parent });
        }),
      resolve: (target, comment) =>
        onPull(target, async ({ issue }) => {
          const found = issue.pull.comments.find(({ id }) => id === comment);
          if (found === undefined) throw new Error(`Internal error: there is no comment ${comment}`);
          found.isResolved = true;
        }),
      merge: (target, method = 'merge') =>
        onPull(target, async ({ repo, issue, by }) =>
          requireDone(
            await mergePull(hub, repo, { issue, by, method, title: null, message: null, sha: null }),
          ),
        ),
      close: (target, reason = 'completed') =>
        onIssue(target, ({ repo, issue, by }) => closeEither(hub, repo, { issue, by, reason })),
      reopen: (target) =>
        onIssue(target, async ({ repo, issue, by }) => {
          requireDone(await reopenIssue(hub, repo, { issue, by }));
        }),
    },
  };
}

type Enter = <T>(
  target: { readonly repo: string; readonly by?: string },
  act: (scene: Scene) => Promise<T>,
) => Promise<T>;

type OnIssue = <T>(
  target: Target,
  act: (scene: Scene & { readonly issue: Issue }) => Promise<T>,
) => Promise<T>;

function makeEditingHand(
  hub: Hub,
  onIssue: OnIssue,
): Pick<Human, 'editBody' | 'editTitle' | 'label' | 'unlabel'> {
  return {
    editBody: (target, body) =>
      onIssue(target, ({ repo, issue, by }) => editText(hub, repo, { issue, by, body })),
    editTitle: (target, title) =>
      onIssue(target, ({ repo, issue, by }) => editText(hub, repo, { issue, by, title })),
    label: (target, label) =>
      onIssue(target, ({ repo, issue, by }) =>
        setLabels(hub, repo, { issue, by, labels: [...issue.labels, label] }),
      ),
    unlabel: (target, label) =>
      onIssue(target, ({ repo, issue, by }) =>
        setLabels(hub, repo, { issue, by, labels: issue.labels.filter((each) => each !== label) }),
      ),
  };
}

function makeOpeningHand(hub: Hub, enter: Enter): Pick<Human, 'openIssue' | 'openPull'> {
  return {
    openIssue: (repo, { title, body = null, labels = [], by }) =>
      enter({ repo, ...(by === undefined ? {} : { by }) }, async (scene) =>
        openIssue(hub, scene.repo, { user: scene.by, title, body, labels }),
      ),
    openPull: (repo, { title, body = null, head, base, by }) =>
      enter({ repo, ...(by === undefined ? {} : { by }) }, async (scene) => {
        const into = base ?? scene.repo.defaultBranch;
        const input = { user: scene.by, title, body, head, base: into, draft: false };
        return requireDone(await openPull(hub, scene.repo, input));
      }),
  };
}

function makeBranchHand(hub: Hub, enter: Enter): Pick<Human, 'push' | 'forcePush' | 'deleteBranch'> {
  const place = async (
    { repo, by }: Scene,
    branch: string,
    to: (from: string | null) => Promise<string | null>,
  ) => {
    const ref = `refs/heads/${branch}`;
    const from = (await listRefs(repo.path, ref)).get(ref) ?? null;
    const sha = await to(from);
    if (!(await moveRef(hub, repo, { ref, from, to: sha, by }))) {
      throw new Error(`Internal error: ${branch} could not be moved`);
    }
    return sha ?? '';
  };
  const write = async ({ repo, by }: Scene, parent: string | null, what: { files: Files; message: string }) =>
    writeFiles(repo.path, {
      parent: parent ?? (await resolveCommit(repo.path, `refs/heads/${repo.defaultBranch}`)),
      ...what,
      author: signAs(hub, by),
    });
  return {
    push: (target, files, message = 'change') =>
      enter(target, (scene) => place(scene, target.branch, (from) => write(scene, from, { files, message }))),
    forcePush: (target, to) =>
      enter(target, (scene) =>
        place(scene, target.branch, async () =>
          typeof to === 'string' ? to : write(scene, null, { files: to, message: 'start over' }),
        ),
      ),
    deleteBranch: (target) =>
      enter(target, async (scene) => {
        await place(scene, target.branch, async () => null);
      }),
  };
}

function makeCiHand(hub: Hub, enter: Enter): CiHand {
  return {
    check: ({ repo: name, ref }, input) =>
      enter({ repo: name, by: 'github-actions' }, async ({ repo, by }) => {
        const sha =
          (await resolveCommit(repo.path, `refs/heads/${ref}`)) ?? (await resolveCommit(repo.path, ref));
        if (sha === null) throw new Error(`Internal error: there is no commit ${ref}`);
        const open = repo.checks.find(
          (run) => run.sha === sha && run.name === input.name && run.status !== 'completed',
        );
        if (open === undefined) return addCheck(hub, repo, { sha, input, by });
        const status = input.status ?? 'completed';
        await changeCheck(hub, repo, { run: open, input: { ...input, status }, by });
        return open;
      }),
  };
}
