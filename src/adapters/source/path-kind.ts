// Says what is on disk at a path of the repository, for claims without wildcards. Knows nothing of claims.
import { statSync } from 'node:fs';
import { join } from 'node:path';

/** Makes a function that looks at paths relative to a repository; undefined: nothing is there that it could see. */
export function createPathKind(repository: string): (path: string) => 'file' | 'directory' | undefined {
  return (path) => {
    try {
      return statSync(join(repository, path)).isDirectory() ? 'directory' : 'file';
    } catch {
      return undefined;
    }
  };
}
