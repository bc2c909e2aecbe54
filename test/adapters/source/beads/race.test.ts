// Two runs, two processes, one database: who gets an issue.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import process from 'node:process';
import { buildSync } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findObstacle, look, openYard, row, seed, type Yard } from './stage.ts';

const obstacle = findObstacle();
/** More are claimed when there is time: `WEFT_RACE=50`. */
const COUNT = Number(process.env['WEFT_RACE'] ?? '8');

describe.skipIf(obstacle !== null)(`a race${obstacle === null ? '' : `: ${obstacle}`}`, () => {
  let yard: Yard;
  beforeAll(() => {
    yard = openYard({ withDatabase: true });
  }, 60_000);
  afterAll(() => yard.remove());

  test('each issue is got by exactly one', async () => {
    const repository = yard.repository();
    const ids = Array.from({ length: COUNT }, (_, at) => `t-${at}`);
    seed(
      repository,
      ids.map((id) => row(id)),
    );
    const outfile = resolve(yard.root, 'worker.mjs');
    buildSync({
      entryPoints: [resolve(import.meta.dirname, 'claim-worker.ts')],
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
    });
    const [one, other] = await Promise.all(
      ['r1', 'r2'].map((run) => claimAll(outfile, [repository, run, ...ids])),
    );
    for (const id of ids) {
      expect([one?.get(id), other?.get(id)].sort(), id).toEqual(['ours', 'taken']);
    }
    const issues = look(repository);
    for (const id of ids) {
      expect(issues.get(id)).toMatchObject({
        status: 'in_progress',
        assignee: one?.get(id) === 'ours' ? 'weft-r1' : 'weft-r2',
      });
    }
  }, 240_000);
});

async function claimAll(worker: string, args: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const child = spawn(process.execPath, [worker, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString('utf8');
  });
  await once(child, 'close');
  const words = out
    .trim()
    .split('\n')
    .map((line) => line.split(' '));
  return new Map(words.map(([id = '', ...word]) => [id, word.join(' ')]));
}
