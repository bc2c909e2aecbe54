// Large files kept as pointers: a checkout comes about without the program that fills them in, and with one that fails.
import { chmod, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Oid } from '../../../src/core/model.ts';
import { createRig, type Rig, value, writeDeep } from './rig.ts';

const POINTER = 'version https://git-lfs.github.com/spec/v1\noid sha256:0000\nsize 4\n';
const PATH = process.env['PATH'] ?? '';

let rig: Rig;
let head: Oid;
beforeEach(async () => {
  rig = await createRig();
  head = await rig.commitOn(await rig.head(), { '.gitattributes': '*.bin filter=lfs\n', 'a.bin': POINTER });
  await rig.repo.git('config', 'filter.lfs.required', 'true');
});
afterEach(async () => {
  process.env['PATH'] = PATH;
  await rig.remove();
});

async function expectPointers(): Promise<void> {
  const task = await rig.start('a', head);
  expect(await readFile(join(task.path, 'a.bin'), 'utf8')).toBe(POINTER);
  const path = join(rig.worktrees, '.gates', '0');
  value(await rig.port.ensureCheckout({ path, commit: head, reason: 'weft gates' }));
  expect(await readFile(join(path, 'a.bin'), 'utf8')).toBe(POINTER);
  value(await rig.port.ensureCheckout({ path, commit: head, reason: 'weft gates' }));
  expect(await rig.port.isUntouched({ path, commit: head })).toBe(true);
}

/** Puts a program of that name before all others. */
async function pretend(name: string, script: string): Promise<void> {
  const bin = join(rig.repo.around, 'bin');
  await mkdir(bin, { recursive: true });
  await writeDeep(join(bin, name), `#!/bin/sh\n${script}\n`);
  await chmod(join(bin, name), 0o755);
  process.env['PATH'] = `${bin}:${PATH}`;
}

for (const command of ['git-lfs smudge -- %f', 'false', 'sleep 600']) {
  test(`without git-lfs pointers stay pointers, though the filter says ${command}`, async () => {
    await pretend('git-lfs', 'exit 1');
    await rig.repo.git('config', 'filter.lfs.smudge', command);
    await rig.repo.git('config', 'filter.lfs.clean', command);
    await expectPointers();
  });
}

test('with git-lfs files are filled in, and what cannot be fetched is no reason to fail', async () => {
  await pretend(
    'git-lfs',
    `case $1 in
      smudge) if [ "$GIT_LFS_SKIP_DOWNLOAD_ERRORS" = 1 ]; then cat; else exit 2; fi;;
      clean) cat;;
    esac`,
  );
  await rig.repo.git('config', 'filter.lfs.smudge', 'git-lfs smudge -- %f');
  await rig.repo.git('config', 'filter.lfs.clean', 'git-lfs clean -- %f');
  await expectPointers();
});
