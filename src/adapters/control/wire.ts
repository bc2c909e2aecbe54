// The words on the control socket: one JSON value per line, both ways. Knows nothing of sockets.
import type { Json } from '../../ports/control.ts';

/** Longest line either side takes, in bytes. */
export const MAX_LINE_BYTES: number = 1024 * 1024;

/** What the leader sends. A client sends its requests as they are. */
export type Reply =
  | { readonly answer: Json }
  | { readonly push: Json }
  /** One sentence. */
  | { readonly error: string };

const decoder = new TextDecoder('utf-8', { fatal: true });

/** A line with its line feed, or null when it would be too long. */
export function encodeLine(message: Json | Reply): Buffer | null {
  const line = Buffer.from(`${JSON.stringify(message)}\n`);
  return line.length > MAX_LINE_BYTES ? null : line;
}

/** The value on a line, or undefined for anything but JSON. */
export function decodeLine(line: Uint8Array): Json | undefined {
  try {
    return JSON.parse(decoder.decode(line)) as Json;
  } catch {
    return undefined;
  }
}

/** The leader's reply on a line, or null for anything else. */
export function decodeReply(line: Uint8Array): Reply | null {
  const value = decodeLine(line);
  if (typeof value !== 'object' || value === null) return null;
  return 'answer' in value || 'push' in value || 'error' in value ? (value as unknown as Reply) : null;
}
