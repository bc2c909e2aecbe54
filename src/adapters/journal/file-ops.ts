// The few file operations a journal lives on, as values, so that a test can make each of them fail. Decides nothing.
import { type FileHandle, open } from 'node:fs/promises';

/** What the journal does to its file; tests put faults in here. */
export interface FileOps {
  /** Appends bytes; resolves with how many were taken, which may be fewer than given. */
  write(file: FileHandle, bytes: Uint8Array): Promise<number>;
  datasync(file: FileHandle): Promise<void>;
  truncate(file: FileHandle, length: number): Promise<void>;
}

/** The operating system's own. */
export const FILE_OPS: FileOps = {
  write: async (file, bytes) => (await file.write(bytes)).bytesWritten,
  datasync: (file) => file.datasync(),
  truncate: (file, length) => file.truncate(length),
};

/** Makes the entries of a folder durable: files made, renamed and removed in it. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/** Code of an operating system's error (`ENOSPC`), or null for any other error. */
export function errorCode(error: unknown): string | null {
  if (!(error instanceof Error) || !('code' in error)) return null;
  return typeof error.code === 'string' ? error.code : null;
}
