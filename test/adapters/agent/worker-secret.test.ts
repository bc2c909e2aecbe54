// Tokens of attempts: which one is right, and that looking makes no key.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createTokens, isTokenOf } from '../../../src/adapters/agent/worker-secret.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'weft-secret-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

const OF = { run: 'r1', task: 'api', attempt: 2 };

it('knows the token of an attempt from all others', () => {
  const token = createTokens(dir)(OF);
  expect(isTokenOf(dir, { ...OF, token })).toBe(true);
  expect(isTokenOf(dir, { ...OF, token: `${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}` })).toBe(
    false,
  );
  expect(isTokenOf(dir, { ...OF, token: 'r1/api/2:0123456789abcdef' })).toBe(false);
  expect(isTokenOf(dir, { ...OF, attempt: 3, token })).toBe(false);
});

it('takes none where no key was ever made', () => {
  expect(isTokenOf(dir, { ...OF, token: 'r1/api/2:0123456789abcdef' })).toBe(false);
  expect(existsSync(join(dir, 'secret'))).toBe(false);
});
