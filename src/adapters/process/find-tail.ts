// Finds where the last lines of a file begin. Reads backwards and only as far as needed.
import { type FileHandle, open } from 'node:fs/promises';

const CHUNK_BYTES = 64 * 1024;
const LINE_FEED = 0x0a;

/**
 * Gives the offset in bytes at which the last `lines` lines begin; at most `maxBytes` are looked at, so a file of very long
 * lines may begin within one. 0 when there is no such file.
 */
export async function findTail(
  path: string,
  { lines, maxBytes }: { readonly lines: number; readonly maxBytes: number },
): Promise<number> {
  const file = await open(path, 'r').catch(() => null);
  if (file === null) return 0;
  try {
    const { size } = await file.stat();
    return await searchBackwards(file, { size, lines, floor: Math.max(0, size - maxBytes) });
  } finally {
    await file.close();
  }
}

async function searchBackwards(
  file: FileHandle,
  { size, lines, floor }: { readonly size: number; readonly lines: number; readonly floor: number },
): Promise<number> {
  const buffer = Buffer.alloc(CHUNK_BYTES);
  let left = lines;
  // the line feed at the very end closes the last line, it does not begin one
  let end = size - 1;
  while (end > floor) {
    const start = Math.max(floor, end - CHUNK_BYTES);
    const { bytesRead } = await file.read(buffer, 0, end - start, start);
    for (let at = bytesRead - 1; at >= 0; at -= 1) {
      if (buffer[at] !== LINE_FEED) continue;
      left -= 1;
      if (left <= 0) return start + at + 1;
    }
    end = start;
  }
  return floor;
}
