// Makes, moves and deletes refs, all of one call or none, through one long-lived `git update-ref`. Knows nothing of what
// they are for.
import { git, type Place } from './exec.ts';
import { createSession } from './session.ts';

/** Said of a transaction: begun, ready, done. */
const DONE = Buffer.from('start: ok\nprepare: ok\ncommit: ok\n');

/** See the file's first line. */
export interface RefWriter {
  /** Does what the lines say, in the words of `git update-ref --stdin`. Gives up when git refuses. */
  write(lines: readonly string[]): Promise<void>;
  /** Resolves when no process of the writer is left. */
  close(): Promise<void>;
}

/** Makes a writer; its process is started with the first call. */
export function createRefWriter(place: Place): RefWriter {
  const session = createSession(place, ['update-ref', '-m', 'weft', '--stdin']);
  return {
    write: async (lines) => {
      if (lines.length === 0) return;
      const text = lines.map((line) => `${line}\n`).join('');
      const answer = await session.ask(`start\n${text}prepare\ncommit\n`, (bytes) =>
        bytes.length < DONE.length ? null : DONE.length,
      );
      if (answer?.equals(DONE) === true) return;
      // one that refuses ends without a word to us: another says why. By then git has waited twice for a lock that is in
      // the way, so that nobody may hold it any more
      await git(place, { args: ['update-ref', '-m', 'weft', '--stdin'], input: text, retries: 0 });
    },
    close: session.close,
  };
}
