// What the protection of branches has against a push, for the interface and, as a hook, for git itself. Moves nothing.
import { isAncestor } from './bare-repo.ts';
import type { RefChange } from './hub.ts';
import { QUEUE_REFS } from './merge-queue.ts';
import { isBound, listUnmet } from './standing.ts';
import type { Repository, User } from './store.ts';

/** What one branch does not let a user do; each sentence is a refusal, an empty one none. */
interface PushRule {
  readonly ref: string;
  readonly onDelete: string;
  readonly onForce: string;
  readonly always: string;
  /** Holds for commits that are not in `passed`. */
  readonly unless: string;
  readonly passed: readonly string[];
}

const BRANCH = 'refs/heads/';
const READ_ONLY = 'Cannot update this protected ref.';

function listRules(repo: Repository, by: User): readonly PushRule[] {
  const ofDefault = 'refusing to delete the current branch';
  const names = new Set([repo.defaultBranch, ...repo.protections.keys()]);
  return [...names].map((branch) => {
    const protection = repo.protections.get(branch);
    const forbids = (allowed: boolean | undefined, sentence: string): string =>
      allowed === false ? sentence : '';
    const onDelete = forbids(protection?.allowDeletions, 'Cannot delete this protected branch');
    const bound = protection !== undefined && isBound(repo, protection, by);
    const contexts = bound ? protection.contexts : [];
    return {
      ref: `${BRANCH}${branch}`,
      onDelete: branch === repo.defaultBranch ? ofDefault : onDelete,
      onForce: forbids(protection?.allowForcePushes, 'Cannot force-push to this branch'),
      always: bound ? findClosed(repo, { branch, approvals: protection.approvals }) : '',
      unless: contexts.length === 0 ? '' : describeExpected(contexts),
      passed: contexts.length === 0 ? [] : listPassed(repo, contexts),
    };
  });
}

function findClosed(
  repo: Repository,
  { branch, approvals }: { readonly branch: string; readonly approvals: number | null },
): string {
  if (repo.queue?.branch === branch) return 'Changes must be made through the merge queue';
  return approvals === null ? '' : 'Changes must be made through a pull request.';
}

function describeExpected(contexts: readonly string[]): string {
  return contexts.length === 1
    ? `Required status check "${contexts[0]}" is expected.`
    : `${contexts.length} of ${contexts.length} required status checks are expected.`;
}

function listPassed(repo: Repository, contexts: readonly string[]): readonly string[] {
  const checked = new Set([...repo.checks, ...repo.statuses].map(({ sha }) => sha));
  return [...checked].filter((sha) => listUnmet(repo, sha, contexts).length === 0);
}

/** Says why a reference must not move so; null: it may. */
export async function findPushBlock(repo: Repository, change: RefChange): Promise<string | null> {
  const { ref, from, to, by } = change;
  if (ref.startsWith(QUEUE_REFS) || ref.startsWith('refs/pull/')) return READ_ONLY;
  const rule = listRules(repo, by).find((each) => each.ref === ref);
  if (rule === undefined || from === null) return null;
  if (to === null) return rule.onDelete === '' ? null : rule.onDelete;
  if (rule.onForce !== '' && !(await isAncestor(repo.path, { older: from, newer: to }))) return rule.onForce;
  if (rule.always !== '') return rule.always;
  return rule.unless !== '' && !rule.passed.includes(to) ? rule.unless : null;
}

/** Writes the rules for a user as the hook reads them. */
export function tabulateRules(repo: Repository, by: User): string {
  const cell = (text: string): string => text.replace(/[|\n]/g, ' ');
  return listRules(repo, by)
    .map(({ ref, onDelete, onForce, always, unless, passed }) =>
      [ref, ...[onDelete, onForce, always, unless].map(cell), ` ${passed.join(' ')} `].join('|'),
    )
    .join('\n');
}

/** Hook `update` of every repository: the same rules, where git alone can see what was pushed. */
export const UPDATE_HOOK: string = `#!/bin/sh
# Declines what the table in FORGE_RULES forbids.
ref=$1 old=$2 new=$3
zero=0000000000000000000000000000000000000000
decline() {
  echo "error: GH006: Protected branch update failed for $ref." >&2
  echo "error: $1" >&2
  exit 1
}
case $ref in
  ${QUEUE_REFS}* | refs/pull/*) decline '${READ_ONLY}' ;;
esac
[ "$old" = $zero ] && exit 0
printf '%s\\n' "$FORGE_RULES" | {
  while IFS='|' read -r name on_delete on_force always unless passed; do
    [ "$name" = "$ref" ] || continue
    if [ "$new" = $zero ]; then
      [ -z "$on_delete" ] || decline "$on_delete"
      exit 0
    fi
    if [ -n "$on_force" ] && ! git merge-base --is-ancestor "$old" "$new"; then decline "$on_force"; fi
    [ -z "$always" ] || decline "$always"
    case $passed in *" $new "*) exit 0 ;; esac
    [ -z "$unless" ] || decline "$unless"
  done
  exit 0
}
`;
