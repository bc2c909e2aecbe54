// Journals on a real disk keep the contract.
import { readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createJournalStore } from '../../../src/adapters/journal/file-journal.ts';
import { FILE_OPS } from '../../../src/adapters/journal/file-ops.ts';
import { describeJournalStore, type JournalSetting } from './contract.ts';
import { describeJournalOnBadDisk } from './contract-disk.ts';

async function createSetting(): Promise<JournalSetting> {
  const root = await mkdtemp(join(tmpdir(), 'weft-journal-'));
  const runDir = join(root, 'runs', 'r1');
  const path = join(runDir, 'journal.jsonl');
  let isFull = false;
  const write: typeof FILE_OPS.write = (file, bytes) => {
    if (!isFull) return FILE_OPS.write(file, bytes);
    throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
  };
  return {
    store: createJournalStore({ ...FILE_OPS, write }),
    runDir,
    cut: async (bytes) => truncateSync(path, statSync(path).size - bytes),
    rot: async () => writeFileSync(path, readFileSync(path, 'utf8').replace('guidance', 'guidanse')),
    fillDisk: () => {
      isFull = true;
      return () => {
        isFull = false;
      };
    },
    dispose: () => rm(root, { recursive: true }),
  };
}

describeJournalStore('files', createSetting);
describeJournalOnBadDisk('files', createSetting);
