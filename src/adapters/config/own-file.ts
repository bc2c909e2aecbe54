// Writes files that weft makes for other programs, and knows its own again. Knows nothing of what is in them.
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A file to write. */
export interface OwnFile {
  /** Relative to the checkout. */
  readonly path: string;
  readonly text: string;
  /** How a line of it becomes a comment; null: the whole file is known by its `name`, as JSON. */
  readonly comment: 'hash' | 'html' | null;
  readonly isProgram?: boolean;
}

/** What became of files: written now, or left because somebody else wrote or changed them. */
export interface Placed {
  readonly written: readonly string[];
  readonly kept: readonly string[];
}

/** Writes what is missing or was written by an earlier weft and not changed since. Throws what the disk says. */
export function placeFiles(checkout: string, files: readonly OwnFile[]): Placed {
  const written: string[] = [];
  const kept: string[] = [];
  for (const file of files) {
    const path = join(checkout, file.path);
    const text = sign(file);
    const there = existsSync(path) ? readFileSync(path, 'utf8') : null;
    if (there === text) continue;
    if (there !== null && !isOwn(file, there)) {
      kept.push(file.path);
      continue;
    }
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    if (file.isProgram === true) chmodSync(path, 0o755);
    written.push(file.path);
  }
  return { written, kept };
}

const SIGNATURE = /(?:^|\n)(?:# |<!-- )weft init ([0-9a-f]{16})(?: -->)?\n$/;

/** Puts a line at the end that tells whether somebody changed the rest. */
function sign({ text, comment }: OwnFile): string {
  if (comment === null) return text;
  const mark = `weft init ${digest(text)}`;
  return `${text}${comment === 'hash' ? `# ${mark}` : `<!-- ${mark} -->`}\n`;
}

function isOwn({ comment, text }: OwnFile, there: string): boolean {
  if (comment === null) return nameOf(there) !== null && nameOf(there) === nameOf(text);
  const found = SIGNATURE.exec(there);
  if (found === null) return false;
  const rest = there.slice(0, found.index + (found[0].startsWith('\n') ? 1 : 0));
  return digest(rest) === found[1];
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

function nameOf(text: string): string | null {
  try {
    const { name } = JSON.parse(text) as { name?: unknown };
    return typeof name === 'string' ? name : null;
  } catch {
    return null;
  }
}
