// Files that an agent was granted beside those of its task's claim, noted in the attempt's folder: the tool that asked for
// them writes, the host of the session reads. What counts in the end is what the engine holds.
import { readFileSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { normalizeClaim } from '../../core/claim/pattern.ts';

const FILE = 'grants';
const MAX_LINES = 400;

/** Notes patterns as people write them. */
export async function noteGrant(dir: string, patterns: readonly string[]): Promise<void> {
  const lines = patterns.map((text) => `${JSON.stringify(text)}\n`).join('');
  await appendFile(join(dir, FILE), lines, { mode: 0o600 });
}

/** The patterns noted so far, in their one written form; those that cannot be read are left out. */
export function readGrants(dir: string): readonly string[] {
  let text: string;
  try {
    text = readFileSync(join(dir, FILE), 'utf8');
  } catch {
    return [];
  }
  return text
    .split('\n')
    .slice(0, MAX_LINES)
    .flatMap((line) => {
      const pattern = readLine(line);
      const normal = pattern === null ? null : normalizeClaim(pattern);
      return normal?.ok === true ? [normal.value] : [];
    });
}

function readLine(line: string): string | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'string' ? value : null;
  } catch {
    return null;
  }
}
