// Looks whether weft could work with the forge that the repository belongs to. Changes nothing there.
import type { ForgePort, ForgeStanding, FoundForge } from '../ports/forge.ts';
import type { Finding } from './doctor.ts';
import type { Tools } from './parts.ts';

const NAME = 'forge';

/** One finding for what the forge is, who weft is there, and what holds for its default branch; none where there is no forge. */
export async function checkForge({ findForge }: Pick<Tools, 'findForge'>): Promise<readonly Finding[]> {
  const found = await findForge();
  if (found === null) return [];
  if (!found.forge.ok) return [warn(found.forge.failure)];
  return examineForge(found, found.forge.value);
}

async function examineForge(found: FoundForge, forge: ForgePort): Promise<readonly Finding[]> {
  const standing = await forge.readStanding(null);
  if (!standing.ok) return [warn(standing.failure)];
  const { login, mayPush, mayMerge, methods, defaultBranch } = standing.value;
  const who = `${found.name} knows the token of ${found.tokenFrom} as ${login}`;
  if (!mayPush) {
    const hint = 'Use a token that may write contents and pull requests.';
    return [warn({ sentence: `${who}, who may not push there`, hint })];
  }
  const may = mayMerge ? `may push and merge (${methods.join(', ')})` : 'may push, but not merge';
  const account: Finding = {
    name: NAME,
    state: 'ok',
    sentence: `${who}, who ${may}; its default branch is ${defaultBranch}`,
  };
  return [account, describeBranch(standing.value)];
}

function describeBranch({ branch, defaultBranch: name }: ForgeStanding): Finding {
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

/** Nothing that weft does now needs the forge. */
function warn({ sentence, hint }: { readonly sentence: string; readonly hint?: string }): Finding {
  return { name: NAME, state: 'warning', sentence, ...(hint === undefined ? {} : { hint }) };
}
