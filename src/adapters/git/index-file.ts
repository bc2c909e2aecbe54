// Reads a git index, for what git tells only by a process of its own. Knows nothing of what is done about it.
import { readFile } from 'node:fs/promises';

/** What stands out in an index. Paths are bytes, one letter each. */
export interface IndexEntries {
  /** Marked so that git does not look at their files: `h` is assumed to be unchanged, `S` is passed over, `s` both. */
  readonly marked: readonly { readonly mark: string; readonly bytes: string }[];
  /** Commits of other repositories. */
  readonly gitlinks: readonly string[];
}

const HEADER_BYTES = 12;
const MODE_AT = 24;
/** Length of what comes before the object id: times, device, inode, mode, owner and size. */
const STAT_BYTES = 40;
const ID_BYTES = 20;
const GITLINK = 0o160000;
const ASSUMED = 0x8000;
const EXTENDED = 0x4000;
const STAGES = 0x3000;
const NAME_LENGTH = 0x0fff;
const SKIPPED = 0x4000;

/** Reads the file of an index; null when git has to be asked: another version, split or sparse, or damaged. */
export async function readIndex(file: string): Promise<IndexEntries | null> {
  const bytes = await readFile(file).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  });
  return bytes === null ? { marked: [], gitlinks: [] } : parseIndex(bytes);
}

/** Parses versions 2 and 3 with ids of 20 bytes. */
export function parseIndex(bytes: Buffer): IndexEntries | null {
  if (bytes.length < HEADER_BYTES + ID_BYTES || bytes.toString('latin1', 0, 4) !== 'DIRC') return null;
  const version = bytes.readUInt32BE(4);
  if (version !== 2 && version !== 3) return null;
  const marked: { mark: string; bytes: string }[] = [];
  const gitlinks: string[] = [];
  const end = bytes.length - ID_BYTES;
  let at = HEADER_BYTES;
  for (let left = bytes.readUInt32BE(8); left > 0; left -= 1) {
    if (at + STAT_BYTES + ID_BYTES + 4 > end) return null;
    const flags = bytes.readUInt16BE(at + STAT_BYTES + ID_BYTES);
    const isExtended = (flags & EXTENDED) !== 0;
    const more = isExtended ? bytes.readUInt16BE(at + STAT_BYTES + ID_BYTES + 2) : 0;
    const start = at + STAT_BYTES + ID_BYTES + (isExtended ? 4 : 2);
    const stop = bytes.indexOf(0, start);
    // what does not agree was read wrongly
    if (stop < 0 || stop > end || Math.min(stop - start, NAME_LENGTH) !== (flags & NAME_LENGTH)) return null;
    const name = (): string => bytes.toString('latin1', start, stop);
    if (bytes.readUInt32BE(at + MODE_AT) === GITLINK) gitlinks.push(name());
    const mark = (flags & STAGES) === 0 ? markOf(flags, more) : null;
    if (mark !== null) marked.push({ mark, bytes: name() });
    // one to eight NULs fill it up
    at += (stop - at + 8) & ~7;
  }
  return hasForeignExtension(bytes, at, end) ? null : { marked, gitlinks };
}

function markOf(flags: number, more: number): string | null {
  const isSkipped = (more & SKIPPED) !== 0;
  if ((flags & ASSUMED) !== 0) return isSkipped ? 's' : 'h';
  return isSkipped ? 'S' : null;
}

/** Extensions with small letters change what the entries mean. */
function hasForeignExtension(bytes: Buffer, from: number, end: number): boolean {
  for (let at = from; at < end; at += 8 + bytes.readUInt32BE(at + 4)) {
    if (at + 8 > end || !/^[A-Z]/.test(bytes.toString('latin1', at, at + 1))) return true;
  }
  return false;
}
