// Reads the body of a request within a limit. Knows nothing of what is in it.
import type { IncomingMessage } from 'node:http';

/** Bytes that a body may have. */
export const MAX_BODY_BYTES: number = 16 * 1024 * 1024;

/** Reads a body to its end; null when it is too long, of which the rest is thrown away. */
export async function readBody(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= MAX_BODY_BYTES) chunks.push(chunk);
    else chunks.length = 0;
  }
  return bytes <= MAX_BODY_BYTES ? Buffer.concat(chunks) : null;
}
