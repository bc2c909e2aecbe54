// The clock of this machine keeps the contract.
import { createClock } from '../../../src/adapters/system/clock.ts';
import { clockContract } from './clock-contract.ts';

clockContract('of this machine', () => ({ port: createClock(), close: () => undefined }));
