// What people do at the forge of the world, one act each. Decides nothing and draws nothing.
import type { Oid } from '../../core/model.ts';
import type { Forged, ForgeReview, LineComment, MergeMethod } from '../../ports/forge.ts';
import { moveBranch } from './forge-branches.ts';
import { settleForge } from './forge-checks.ts';
import { mergePull } from './forge-merge.ts';
import { addReply, closePull } from './forge-pulls.ts';
import {
  addAway,
  changeFiles,
  type ForgeWorld,
  nextId,
  PERSON_LOGIN,
  pullOf,
  STRANGER_LOGIN,
} from './forge-store.ts';
import { commitOf, filesOf } from './git-store.ts';

/** Files with their new text; null deletes one. */
export type Edits = Readonly<Record<string, string | null>>;

/** Adds a commit to a branch, which begins at the default branch when it is new. */
export function pushFiles(forge: ForgeWorld, branch: string, edits: Edits): Oid {
  const made = place(forge, branch, { on: forge.branches.get(branch) ?? defaultTip(forge), edits });
  // it is people's own: no reviewer has to agree
  forge.world.oracle.approved.add(commitOf(forge.world.git, made).tree);
  return made;
}

/** Replaces what a branch has by one commit on the default branch. */
export function startOver(forge: ForgeWorld, branch: string, edits: Edits): Oid {
  return place(forge, branch, { on: defaultTip(forge), edits });
}

function place(forge: ForgeWorld, branch: string, of: { readonly on: Oid; readonly edits: Edits }): Oid {
  const files = changeFiles(filesOf(forge.world.git, of.on), of.edits);
  const made = addAway(forge, { files, parents: [of.on], by: 'user' });
  setBranch(forge, branch, made);
  return made;
}

function defaultTip({ branches, defaultBranch }: ForgeWorld): Oid {
  const tip = branches.get(defaultBranch);
  if (tip === undefined) throw new Error(`Internal error: the forge has no ${defaultBranch}`);
  return tip;
}

/** Moves a branch to a commit whatever it had; null: deletes it. */
export function setBranch(forge: ForgeWorld, branch: string, to: Oid | null): void {
  moveBranch(forge, { branch, to, by: PERSON_LOGIN });
  settleForge(forge);
}

/** Merges a pull request as it is. */
export function mergeByPerson(forge: ForgeWorld, number: number, method: MergeMethod): Forged<Oid> {
  const pull = pullOf(forge, number);
  const wish = { head: pull.head, method, title: pull.title, message: '', by: PERSON_LOGIN };
  const merged = mergePull(forge, pull, wish);
  settleForge(forge);
  return merged;
}

/** Closes a pull request. */
export function closeByPerson(forge: ForgeWorld, number: number): void {
  closePull(forge, pullOf(forge, number));
  settleForge(forge);
}

/** Opens a pull request again; false: it was merged, or its branch is gone, or another one is open for it. */
export function reopenByPerson(forge: ForgeWorld, number: number): boolean {
  const pull = pullOf(forge, number);
  if (pull.state === 'open') return true;
  const head = forge.branches.get(pull.branch);
  const isTaken = [...forge.pulls.values()].some(
    (other) => other.state === 'open' && other.branch === pull.branch && other.base === pull.base,
  );
  if (pull.state !== 'closed' || head === undefined || isTaken) return false;
  pull.state = 'open';
  pull.head = head;
  forge.builds.push({ commit: head, branch: pull.branch });
  settleForge(forge);
  return true;
}

/** Changes title, body or draft of a pull request. */
export function editByPerson(
  forge: ForgeWorld,
  number: number,
  edit: { readonly title?: string; readonly body?: string; readonly isDraft?: boolean },
): void {
  const pull = pullOf(forge, number);
  Object.assign(pull, edit);
  if (!pull.body.includes(pull.marker)) forge.ledger.disowned.add(number);
}

/** What a review says. */
export interface NewReview {
  readonly state: 'approved' | 'changes-requested' | 'commented';
  readonly body: string;
  readonly comments?: readonly Pick<LineComment, 'path' | 'line' | 'body'>[];
  /** A person who may write when absent. */
  readonly by?: string;
}

/** Reviews a pull request at its head; returns the numbers of its comments on lines. */
export function reviewByPerson(forge: ForgeWorld, number: number, review: NewReview): readonly number[] {
  const pull = pullOf(forge, number);
  const { state, body, by: author = PERSON_LOGIN, comments = [] } = review;
  const isTrusted = author !== STRANGER_LOGIN;
  const made: ForgeReview = { id: nextId(forge), author, isTrusted, state, body, commit: pull.head };
  pull.reviews.push(made);
  const said = comments.map((each) => ({
    ...each,
    id: nextId(forge),
    author,
    isTrusted,
    inReplyTo: null,
    isResolved: false,
  }));
  pull.comments.push(...said);
  settleForge(forge);
  return said.map(({ id }) => id);
}

/** Says something below a pull request. */
export function commentByPerson(
  forge: ForgeWorld,
  number: number,
  { body, by: author = PERSON_LOGIN }: { readonly body: string; readonly by?: string },
): void {
  const isTrusted = author !== STRANGER_LOGIN;
  pullOf(forge, number).talk.push({ id: nextId(forge), author, isTrusted, body });
}

/** Answers a comment on a line. */
export function replyByPerson(
  forge: ForgeWorld,
  number: number,
  { comment, body }: { readonly comment: number; readonly body: string },
): void {
  addReply(forge, pullOf(forge, number), { to: comment, author: PERSON_LOGIN, body });
}

/** Calls the thread of a comment resolved. */
export function resolveByPerson(forge: ForgeWorld, number: number, comment: number): void {
  const found = pullOf(forge, number).comments.find(({ id }) => id === comment);
  if (found === undefined) throw new Error(`Internal error: there is no comment ${comment}`);
  found.isResolved = true;
}
