// The time of the virtual world keeps the same promises as that of the machine.
import { createWorldClock } from '../../../src/testing/world/clock.ts';
import { clockContract } from '../../adapters/system/clock-contract.ts';
import { openStage } from './stage.ts';

clockContract('of the virtual world', () => {
  const stage = openStage();
  return { port: createWorldClock(stage.world, stage.nextLife()), close: stage.close };
});
