// Reads small text files that people wrote, within limits. Knows nothing of what is in them.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { fail, ok, type Result } from '../../core/failure.ts';

/** Bounds the size of a file that people write, in bytes. */
export const MAX_FILE_BYTES: number = 8 * 1024 * 1024;

const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** Why a text could not be read; `missing`: there is no such file. */
export interface ReadProblem {
  readonly kind: 'missing' | 'unreadable';
  /** The rest of a sentence that starts with the file's name. */
  readonly sentence: string;
}

/** Reads a UTF-8 text file of 8 MiB at most, without its byte order mark; devices and pipes are not opened. */
export function readTextFile(path: string): Result<string, ReadProblem> {
  try {
    const stats = statSync(path);
    if (!stats.isFile()) return refuse(stats.isDirectory() ? 'is a directory' : 'is not a regular file');
    if (stats.size > MAX_FILE_BYTES) return refuse(`is larger than ${MAX_FILE_BYTES / 1024 / 1024} MiB`);
    return ok(UTF8.decode(readFileSync(path)));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code === 'ENOENT' || code === 'ENOTDIR') return fail({ kind: 'missing', sentence: 'does not exist' });
    if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return refuse('is not UTF-8 text');
    return refuse(code === '' ? 'cannot be read' : `cannot be read (${code})`);
  }
}

/** Names in a folder, sorted, at most 100; empty when it cannot be read. */
export function listFiles(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort().slice(0, 100);
  } catch {
    return [];
  }
}

function refuse(sentence: string): Result<string, ReadProblem> {
  return fail({ kind: 'unreadable', sentence });
}
