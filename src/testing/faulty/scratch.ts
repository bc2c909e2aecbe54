// A folder for a program that proves something: gone afterwards, unless somebody has to look into it. Knows nothing of what
// is proved.
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** How work in the folder went. */
export interface Proved {
  readonly failed: boolean;
  /** The folder stays even so. */
  readonly keep: boolean;
}

/** Works in a folder of its own and gives the exit code: 1 when it failed. What broke off or failed stays, and is named. */
export async function inScratch(
  name: string,
  say: (text: string) => void,
  work: (root: string) => Promise<Proved>,
): Promise<number> {
  const root = await realpath(await mkdtemp(join(tmpdir(), `weft-${name}-`)));
  let isKept = true;
  try {
    const { failed, keep } = await work(root);
    isKept = failed || keep;
    return failed ? 1 : 0;
  } finally {
    if (isKept) say(`what was left is in ${root}\n`);
    else await rm(root, { recursive: true, force: true, maxRetries: 5 });
  }
}
