// Looks whether weft could work with the forge that the repository belongs to. Changes nothing there.
import type { ForgeFailure, ForgePort, ForgeStanding, FoundForge } from '../ports/forge.ts';
import type { Finding } from './doctor.ts';
import type { Tools } from './parts.ts';

const NAME = 'forge';

/** One finding for what the forge is, who weft is there, and what holds for its default branch; none where there is no forge. */
export async function checkForge({ findForge }: Pick<Tools, 'findForge'>): Promise<readonly Finding[]> {
  const found = await findForge();
  if (found === null) return [];
  if (!found.forge.ok) return [explain(found.forge.failure)];
  return examineForge(found, found.forge.value, null);
}

/** The same for runs whose work goes there: what is in the way of that is a failure, and the branch in question is the target. */
export async function requireForge(
  { findForge }: Pick<Tools, 'findForge'>,
  target: string,
): Promise<readonly Finding[]> {
  const found = await findForge();
  if (found === null) {
    const sentence = 'work is to become pull requests, and no remote is at a forge';
    const hint =
      'Add it with `git remote add origin https://github.com/OWNER/NAME`, or leave `pullRequests` off.';
    return [{ name: NAME, state: 'failed', sentence, hint }];
  }
  const findings = found.forge.ok
    ? await examineForge(found, found.forge.value, target)
    : [explain(found.forge.failure)];
  return findings.map(({ hint, ...each }): Finding => {
    const found: Finding = each.state === 'warning' ? { ...each, state: 'failed' } : each;
    return hint === undefined ? found : { ...found, hint: hint.replace(': runs do without it', '') };
  });
}

async function examineForge(
  found: FoundForge,
  forge: ForgePort,
  target: string | null,
): Promise<readonly Finding[]> {
  const standing = await forge.readStanding(target);
  if (!standing.ok) return [explain(standing.failure)];
  const { login, mayPush, mayMerge, methods, defaultBranch } = standing.value;
  const who = `${found.name} knows the token of ${found.tokenFrom} as ${login}`;
  if (!mayPush) {
    return [explain({ kind: 'unauthorized', sentence: `${who}, who may not push there` })];
  }
  const may = mayMerge ? `may push and merge (${methods.join(', ')})` : 'may push, but not merge';
  const account: Finding = {
    name: NAME,
    state: 'ok',
    sentence: `${who}, who ${may}; its default branch is ${defaultBranch}`,
  };
  return [account, describeBranch(standing.value, target ?? defaultBranch)];
}

function describeBranch({ branch }: ForgeStanding, name: string): Finding {
  if (branch === null) {
    const hint = `Push it: git push origin ${name}`;
    return warn({ sentence: `the forge has no branch ${name} for pull requests to go to`, hint });
  }
  const { isProtected, requiredChecks, hasMergeQueue } = branch;
  const checks =
    requiredChecks.length === 0 ? 'no required checks' : `required checks ${requiredChecks.join(', ')}`;
  const rules = isProtected ? `protected, with ${checks}` : 'not protected';
  const queue = hasMergeQueue ? 'has a merge queue' : 'has no merge queue';
  return { name: NAME, state: 'ok', sentence: `branch ${name} is ${rules}; it ${queue}` };
}

const HINTS: Readonly<Record<ForgeFailure['kind'], string>> = {
  'rate-limited': 'Wait so long, and see who else uses the token.',
  unauthorized: 'Use a token that may write contents and pull requests.',
  gone: 'See whether the remote names the right repository, and whether the token may see it.',
  refused: 'See what the forge says, or leave it: runs do without it.',
  environment: 'See to the network and its proxy, or try again later: runs do without it.',
};

function explain({ kind, sentence, hint }: ForgeFailure): Finding {
  return warn({ sentence, hint: hint ?? HINTS[kind] });
}

/** Nothing that weft does now needs the forge. */
function warn({ sentence, hint }: { readonly sentence: string; readonly hint: string }): Finding {
  return { name: NAME, state: 'warning', sentence, hint };
}
