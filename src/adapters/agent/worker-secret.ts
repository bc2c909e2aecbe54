// What shows weft that somebody acts for an attempt: a token that follows from a secret of the repository's state folder.
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { spellToken, type WorkerPass } from './worker-place.ts';

const FILE = 'secret';
const BYTES = 32;

/** Makes tokens of attempts: the same for the same attempt, by whichever engine; throws what the disk says. */
export function createTokens(stateDir: string): (of: Omit<WorkerPass, 'secret'>) => string {
  let key: string | null = null;
  return (of) => {
    key ??= takeKey(join(stateDir, FILE));
    return spellWith(key, of);
  };
}

/** Tells whether a token is that of an attempt, in a time that says nothing of how near it is; makes no key. */
export function isTokenOf(
  stateDir: string,
  { token, ...of }: Omit<WorkerPass, 'secret'> & { readonly token: string },
): boolean {
  try {
    const [given, right] = [token, spellWith(readFileSync(join(stateDir, FILE), 'utf8'), of)].map((text) =>
      createHmac('sha256', 'same length').update(text).digest(),
    );
    return given !== undefined && right !== undefined && timingSafeEqual(given, right);
  } catch {
    return false;
  }
}

function spellWith(key: string, of: Omit<WorkerPass, 'secret'>): string {
  const { run, task, attempt } = of;
  const secret = createHmac('sha256', key)
    .update(JSON.stringify([run, task, attempt]))
    .digest('base64url');
  return spellToken({ run, task, attempt, secret });
}

/** The key in the file, which is made whole, or not at all, by the first who needs it. */
function takeKey(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    mkdirSync(join(path, '..'), { recursive: true });
    const draft = `${path}.${randomBytes(6).toString('hex')}`;
    writeFileSync(draft, randomBytes(BYTES).toString('hex'), { mode: 0o600 });
    try {
      linkSync(draft, path);
    } catch {
      // another one was quicker: its key counts
    } finally {
      rmSync(draft, { force: true });
    }
    return readFileSync(path, 'utf8');
  }
}
