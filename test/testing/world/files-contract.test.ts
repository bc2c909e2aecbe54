// The files of the virtual world keep the same promises as those on disk.
import { createWorldFiles } from '../../../src/testing/world/files-port.ts';
import { filesContract } from '../../adapters/system/files-contract.ts';
import { openStage } from './stage.ts';

filesContract('in the virtual world', async () => {
  const stage = openStage();
  const port = createWorldFiles(stage.world, stage.nextLife());
  await port.makeDir('/root/of/test');
  return { port, root: '/root/of/test', close: async () => stage.close() };
});
