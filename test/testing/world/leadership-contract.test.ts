// Who leads in the virtual world keeps the same promises as who was elected. The world has no sockets to talk over.
import { leadershipOf } from '../../../src/testing/world/disk.ts';
import { leadershipContract } from '../../adapters/control/contract.ts';
import { openStage } from './stage.ts';

leadershipContract('in the virtual world', async () => {
  const stage = openStage();
  return {
    takeOver: async () => leadershipOf(stage.world, stage.nextLife()),
    close: async () => stage.close(),
  };
});
