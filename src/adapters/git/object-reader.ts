// Says what names lead to, and what is in commits and trees, through one long-lived `git cat-file`. Knows nothing of
// worktrees or of what is asked for.
import { giveUp, type Place } from './exec.ts';
import { createSession, type Measure } from './session.ts';

const LINE_END = 0x0a;

/** See the file's first line. Names are full ref names and object ids, with or without `^{…}`. */
export interface ObjectReader {
  /** Id of the object, or null when there is none. Gives up when git cannot be run. */
  find(name: string): Promise<string | null>;
  /** Its bytes, or null when there is none. Gives up when git cannot be run. For commits and trees, which are small. */
  read(name: string): Promise<Buffer | null>;
  /** Resolves when no process of the reader is left. */
  close(): Promise<void>;
}

/** Makes a reader; its process is started with the first question. */
export function createObjectReader(place: Place): ObjectReader {
  const session = createSession(place, ['cat-file', '--batch-command']);
  const ask = async (question: string, measure: Measure): Promise<Buffer | null> => {
    // it ends over a question without a name
    if (/[\n\0]| $/.test(question)) return null;
    const order = `${question}\n`;
    // one that was killed between two questions is started anew, once
    const answer = (await session.ask(order, measure)) ?? (await session.ask(order, measure));
    return answer ?? giveUp('git cat-file ended without an answer.');
  };
  return {
    find: async (name) => {
      const answer = await ask(`info ${name}`, (bytes) => measureLine(bytes));
      return answer === null ? null : (readHead(answer)?.id ?? null);
    },
    read: async (name) => {
      const answer = await ask(`contents ${name}`, measureContents);
      const head = answer === null ? null : readHead(answer);
      if (answer === null || head === null) return null;
      // a copy: the answer shares its memory with all that came along with it
      return Buffer.from(answer.subarray(head.length, head.length + head.size));
    },
    close: session.close,
  };
}

function measureLine(bytes: Buffer): number | null {
  const end = bytes.indexOf(LINE_END);
  return end < 0 ? null : end + 1;
}

/** A line, and after it, unless it says that there is nothing, the bytes and a line end. */
function measureContents(bytes: Buffer): number | null {
  const line = measureLine(bytes);
  if (line === null) return null;
  const head = readHead(bytes);
  const length = head === null ? line : line + head.size + 1;
  return bytes.length < length ? null : length;
}

/** `<id> <type> <size>`; null: it says that there is no such object. */
function readHead(
  bytes: Buffer,
): { readonly id: string; readonly size: number; readonly length: number } | null {
  const length = measureLine(bytes) ?? 0;
  const [id = '', , size = ''] = bytes.toString('latin1', 0, length - 1).split(' ');
  return /^[0-9a-f]{40,64}$/.test(id) && /^\d+$/.test(size) ? { id, size: Number(size), length } : null;
}
