// What went wrong with GitHub's issues, in words for people with what to type next. Knows no calls.
import type { Failure } from '../../../core/failure.ts';
import type { ForgeFailure } from '../../../ports/forge.ts';
import type { RemotePlace } from '../../forge/github/remote.ts';
import { ForgeError } from '../../forge/github/trouble.ts';

/** A failure of the forge as one of a source. */
export function explainFailure(error: unknown, { host, owner, name }: RemotePlace): Failure {
  if (!(error instanceof ForgeError)) throw error;
  const { failure, status } = error;
  if (status === 403) {
    const hint = `It needs to read and write the issues of ${owner}/${name}: \`gh auth refresh --hostname ${host} --scopes repo\`, or a token with the permission "Issues".`;
    return { kind: 'environment', sentence: failure.sentence, hint };
  }
  if (failure.kind === 'gone') {
    const sentence = `${host} has no repository ${owner}/${name} with issues, or does not show it to this token.`;
    const hint = `Look at \`git remote -v\` and \`gh repo view ${owner}/${name}\`.`;
    return { kind: 'usage', sentence, hint };
  }
  return asFailure(failure);
}

/** A failure of the forge as others have them. */
export function asFailure(failure: ForgeFailure): Failure {
  const { kind, sentence, hint } = failure;
  const given = hint === undefined ? {} : { hint };
  switch (kind) {
    case 'rate-limited': {
      const minutes = Math.max(1, Math.ceil(failure.waitMs / 60_000));
      return {
        kind: 'environment',
        sentence,
        hint: `Try again in ${minutes} min, or look at \`gh api rate_limit\`.`,
      };
    }
    case 'refused':
    case 'gone':
      return { kind: 'usage', sentence, ...given };
    case 'unauthorized':
    case 'environment':
      return { kind: 'environment', sentence, ...given };
    default:
      throw new Error(`Internal error: ${JSON.stringify(kind satisfies never)}`);
  }
}
