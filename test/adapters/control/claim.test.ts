// Claims: of many who try one epoch one gets it, and a look from long ago makes no leader.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  holdsClaim,
  makeClaim,
  readClaim,
  resignClaim,
  sweepClaims,
} from '../../../src/adapters/control/claim.ts';

const claimant = {
  identity: { bootId: 'b', pidNs: 'n', pid: 1, startTicks: 2 },
  startedAt: 3,
  socket: 'control.sock',
};

let stateDir: string;
beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'weft-claim-'));
});
afterEach(() => rmSync(stateDir, { recursive: true }));

test('of many who try one epoch, one gets it', async () => {
  expect(await readClaim(stateDir)).toBeNull();
  const tries = await Promise.all(Array.from({ length: 20 }, () => makeClaim(stateDir, 1, claimant)));
  expect(tries.filter(Boolean)).toHaveLength(1);
  expect(await readClaim(stateDir)).toEqual({ epoch: 1, claimant });
  expect(readdirSync(join(stateDir, 'leader'))).toEqual(['1.json']);
});

test('one who looked before two others had led withdraws', async () => {
  expect(await makeClaim(stateDir, 5, claimant)).toBe(true);
  expect(await makeClaim(stateDir, 4, claimant)).toBe(false);
  expect(readdirSync(join(stateDir, 'leader'))).toEqual(['5.json']);
  expect(holdsClaim(stateDir, 5)).toBe(true);
});

test('a higher claim ends the lower one', async () => {
  await makeClaim(stateDir, 9, claimant);
  await makeClaim(stateDir, 10, claimant);
  expect(holdsClaim(stateDir, 9)).toBe(false);
  expect(holdsClaim(stateDir, 10)).toBe(true);
});

test('a claim that was given up keeps its number', async () => {
  await makeClaim(stateDir, 7, claimant);
  await resignClaim(stateDir, 7);
  expect(await readClaim(stateDir)).toEqual({ epoch: 7, claimant: null });
});

test('the sweep leaves the highest claim and what is not a claim', async () => {
  mkdirSync(join(stateDir, 'leader'));
  for (const name of ['1.json', '2.json', '3.json', '4.json', 'notes.txt', '01.json']) {
    writeFileSync(join(stateDir, 'leader', name), '{}');
  }
  await sweepClaims(stateDir, 3);
  expect(readdirSync(join(stateDir, 'leader')).sort()).toEqual(['01.json', '3.json', '4.json', 'notes.txt']);
});

test('without its folder nobody leads', () => {
  expect(holdsClaim(stateDir, 1)).toBe(false);
});
