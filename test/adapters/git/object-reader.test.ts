// The long-lived reader and the life of the process it serves.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createTempRepo, type TempRepo } from '../../../src/testing/temp-repo.ts';

const runFile = promisify(execFile);

let repo: TempRepo;
beforeEach(async () => {
  repo = await createTempRepo();
});
afterEach(() => repo.remove());

async function run(last: string): Promise<string> {
  const outfile = join(repo.around, 'ask.mjs');
  const contents = `
    import { createGitPort } from './src/adapters/git/git-port.ts';
    const port = (await createGitPort(process.argv[2])).value;
    console.log(await port.resolve('HEAD'));
    ${last}
  `;
  const stdin = { contents, resolveDir: process.cwd(), loader: 'ts' as const };
  await build({ stdin, bundle: true, platform: 'node', format: 'esm', outfile });
  return (await runFile(process.execPath, [outfile, repo.path])).stdout.trim();
}

test('a process that waits for its close is there when it is closed', async () => {
  const head = await repo.git('rev-parse', 'HEAD');
  expect(await run(`await port.close(); console.log('closed');`)).toBe(`${head}\nclosed`);
});

test('a process that forgets about it ends all the same', async () => {
  expect(await run('')).toBe(await repo.git('rev-parse', 'HEAD'));
});
