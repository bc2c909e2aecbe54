// What people do at the forge of the world at any time, by the tape; and what a patient one does for what waits.
import { reportCheck } from './forge-checks.ts';
import {
  closeByPerson,
  commentByPerson,
  editByPerson,
  mergeByPerson,
  pushFiles,
  reopenByPerson,
  replyByPerson,
  resolveByPerson,
  reviewByPerson,
  setBranch,
  startOver,
} from './forge-people.ts';
import { decideReview, isRefused, listChecks } from './forge-standing.ts';
import { type ForgePull, type ForgeWorld, openPulls, protectionOf, STRANGER_LOGIN } from './forge-store.ts';
import { changedPaths, filesOf } from './git-store.ts';

type ForgeDeed = (forge: ForgeWorld) => boolean;

/** Things that people do at the forge; each tells whether it was possible. */
export const FORGE_DEEDS: Readonly<Record<string, ForgeDeed>> = {
  'merged a pull request': onOpen((forge, { number }) => {
    const { methods } = forge.setup;
    const method = methods[forge.world.tape.pick(methods.length)];
    return method !== undefined && mergeByPerson(forge, number, method).ok;
  }),
  'closed a pull request': onOpen((forge, { number }) => done(closeByPerson(forge, number))),
  'reopened a pull request': (forge) => {
    const closed = [...forge.pulls.values()].filter(({ state }) => state === 'closed');
    const pull = closed[forge.world.tape.pick(closed.length)];
    return pull !== undefined && reopenByPerson(forge, pull.number);
  },
  'pushed onto a pull request': onOpen((forge, { branch }) =>
    done(pushFiles(forge, branch, { 'by-hand.txt': stamp(forge) })),
  ),
  'force-pushed a pull request': onOpen((forge, { branch, head }) => {
    const [below] = forge.world.git.commits.get(head)?.parents ?? [];
    // back to where it was a commit ago, or to something else
    if (forge.world.tape.pick(2) === 1 && below !== undefined) setBranch(forge, branch, below);
    else startOver(forge, branch, { 'by-hand.txt': stamp(forge) });
    return true;
  }),
  'edited a pull request': onOpen((forge, { number, marker, isDraft }) => {
    const edits = [
      { title: `Better, ${stamp(forge)}` },
      { body: `Clearer, ${stamp(forge)}\n\n${marker}` },
      { body: 'My own words.' },
      { isDraft: !isDraft },
    ];
    return done(editByPerson(forge, number, edits[forge.world.tape.pick(edits.length)] ?? {}));
  }),
  'approved a pull request': onOpen((forge, { number }) =>
    done(reviewByPerson(forge, number, { state: 'approved', body: '' })),
  ),
  'requested changes': onOpen((forge, pull) =>
    done(
      reviewByPerson(forge, pull.number, {
        state: 'changes-requested',
        body: stamp(forge),
        comments: remark(forge, pull),
      }),
    ),
  ),
  'commented on a line': onOpen((forge, pull) =>
    done(reviewByPerson(forge, pull.number, { state: 'commented', body: '', comments: remark(forge, pull) })),
  ),
  'a stranger commented on a line': onOpen((forge, pull) =>
    done(
      reviewByPerson(forge, pull.number, {
        state: 'changes-requested',
        body: stamp(forge),
        comments: remark(forge, pull),
        by: STRANGER_LOGIN,
      }),
    ),
  ),
  'commented below': onOpen((forge, { number }) =>
    done(commentByPerson(forge, number, { body: stamp(forge) })),
  ),
  'a stranger commented below': onOpen((forge, { number }) =>
    done(commentByPerson(forge, number, { body: stamp(forge), by: STRANGER_LOGIN })),
  ),
  'answered in a thread': onOpen((forge, { number, comments }) => {
    const comment = comments[forge.world.tape.pick(comments.length)];
    if (comment === undefined) return false;
    return done(replyByPerson(forge, number, { comment: comment.id, body: stamp(forge) }));
  }),
  'resolved a thread': onOpen((forge, { number, comments }) => {
    const open = comments.filter(({ inReplyTo, isResolved }) => inReplyTo === null && !isResolved);
    const comment = open[forge.world.tape.pick(open.length)];
    return comment !== undefined && done(resolveByPerson(forge, number, comment.id));
  }),
  'moved the base at the forge': (forge) => {
    const path = ['user.txt', 'shared.txt', 'src/a/one.txt'][forge.world.tape.pick(3)] ?? 'user.txt';
    return done(pushFiles(forge, forge.defaultBranch, { [path]: stamp(forge) }));
  },
  'deleted a branch at the forge': onOpen((forge, { branch }) => done(setBranch(forge, branch, null))),
};

/** Names of all that may happen at the forge by people, as the counters of a history have them. */
export const FORGE_DEED_NAMES: readonly string[] = Object.keys(FORGE_DEEDS).map((name) => `deed: ${name}`);

function onOpen(act: (forge: ForgeWorld, pull: ForgePull) => boolean): ForgeDeed {
  return (forge) => {
    const open = openPulls(forge);
    const pull = open[forge.world.tape.pick(open.length)];
    return pull !== undefined && act(forge, pull);
  };
}

function done(_: unknown): true {
  return true;
}

/** Words that nobody said before. */
function stamp({ world }: ForgeWorld): string {
  return `forge ${world.steps}`;
}

/** A comment on something that the pull request changes. */
function remark(
  forge: ForgeWorld,
  { head, base }: ForgePull,
): readonly { path: string; line: number | null; body: string }[] {
  const { git } = forge.world;
  const tip = forge.branches.get(base);
  const paths = tip === undefined ? [] : changedPaths(filesOf(git, tip), filesOf(git, head));
  const path = paths[forge.world.tape.pick(paths.length)] ?? 'README';
  return [{ path, line: [1, null][forge.world.tape.pick(2)] ?? null, body: `why, ${stamp(forge)}?` }];
}

/** A patient person helps what waits: approves it, has what failed run again, makes drafts ready; false: nothing waits. */
export function helpAtForge(forge: ForgeWorld): boolean {
  let helped = false;
  for (const pull of openPulls(forge)) {
    const { number, head, base, isDraft } = pull;
    const decision = decideReview(forge, pull);
    if ((decision !== null && decision !== 'approved') || isRefused(pull)) {
      reviewByPerson(forge, number, { state: 'approved', body: '' });
      helped = true;
    }
    if (isDraft) {
      editByPerson(forge, number, { isDraft: false });
      helped = true;
    }
    const required = protectionOf(forge, base)?.requiredChecks ?? [];
    for (const { name, state, isRequired } of listChecks(forge, { commit: head, required })) {
      const waits = state === 'failure' || (isRequired && (state === 'absent' || state === 'pending'));
      if (!waits) continue;
      reportCheck(forge, head, { name, state: 'success' });
      helped = true;
    }
  }
  return helped;
}
