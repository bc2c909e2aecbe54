// The journals of the virtual world keep the same promises as those on disk.
import { createWorldJournals } from '../../../src/testing/world/disk.ts';
import { describeJournalStore, type JournalSetting } from '../../adapters/journal/contract.ts';
import { describeJournalOnBadDisk } from '../../adapters/journal/contract-disk.ts';
import { openStage } from './stage.ts';

const RUN_DIR = '/repo/.weft/runs/run';

async function createSetting(): Promise<JournalSetting> {
  const stage = openStage();
  const { journals } = stage.world.disk;
  // the first life takes what it knows for what it reads
  stage.nextLife();
  const change = (how: (text: string) => string): void => {
    journals.set(RUN_DIR, how(journals.get(RUN_DIR) ?? ''));
  };
  return {
    store: createWorldJournals(stage.world, stage.nextLife()),
    runDir: RUN_DIR,
    cut: async (bytes) => change((text) => text.slice(0, -bytes)),
    rot: async () => change((text) => text.replace('guidance', 'guidanse')),
    fillDisk: () => {
      stage.refused.add('journal.append');
      return () => stage.refused.delete('journal.append');
    },
    dispose: async () => stage.close(),
  };
}

describeJournalStore('in the virtual world', createSetting);
describeJournalOnBadDisk('in the virtual world', createSetting);
