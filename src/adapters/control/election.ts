// Becoming the one engine of a repository, and ceasing to be it. Knows nothing of what is said on the socket.
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Failure, fail, ok, type Result } from '../../core/failure.ts';
import type { Led } from '../../ports/control.ts';
import { identify, isLocal, isRunning } from '../process/identity.ts';
import type { ProcessTable } from '../process/process-table.ts';
import {
  type Claim,
  type Claimant,
  holdsClaim,
  makeClaim,
  readClaim,
  resignClaim,
  sweepClaims,
} from './claim.ts';
import { isListening } from './client.ts';
import { type ControlServer, openControlServer } from './server.ts';
import { chooseSocket, locateSocket, makePrivate, removeSocket } from './socket-place.ts';

/** A leader has claimed its epoch a moment before it listens. */
export const START_UP_MS = 1_000;
/** Pause between two looks for its socket. */
export const RETRY_MS = 25;

const MAX_ELECTIONS = 1_000;

/** Leads the repository, unless a living process does. Throws what the disk says. */
export async function lead(table: ProcessTable, stateDir: string): Promise<Result<Led>> {
  await makePrivate(stateDir);
  const socket = await chooseSocket(stateDir);
  if (!socket.ok) return socket;
  const elected = await elect({ table, stateDir, socket: socket.value });
  if (!elected.ok) return elected;
  const epoch = elected.value;
  const path = locateSocket(stateDir, socket.value);
  try {
    await sweepClaims(stateDir, epoch);
    const server = await openControlServer({ path, draft: join(dirname(path), `c.${epoch}`) });
    return ok(createLed({ stateDir, socket: socket.value, epoch, server }));
  } catch (error) {
    await resignClaim(stateDir, epoch);
    throw error;
  }
}

/** Tells whether the claimant still runs. */
export async function stands(table: ProcessTable, stateDir: string, claimant: Claimant): Promise<boolean> {
  const { identity, socket } = claimant;
  if (isLocal(table, identity)) return isRunning(table, identity);
  if (identity.bootId !== table.bootId) return false;
  // In a container its pids mean nothing here, but its socket does: the kernel answers for as long as it lives.
  for (let waitedMs = 0; waitedMs < START_UP_MS; waitedMs += RETRY_MS) {
    if (await isListening(locateSocket(stateDir, socket))) return true;
    await sleep(RETRY_MS);
  }
  return false;
}

/** Claims the next epoch once the last leader is gone. */
async function elect(of: {
  readonly table: ProcessTable;
  readonly stateDir: string;
  readonly socket: string;
}): Promise<Result<number>> {
  const { table, stateDir, socket } = of;
  const identity = identify(table, process.pid);
  if (identity === null) throw new Error('Internal error: this process is not in the process table');
  for (let election = 0; election < MAX_ELECTIONS; election += 1) {
    const last = await readClaim(stateDir);
    if (last?.claimant && (await stands(table, stateDir, last.claimant))) return fail(describeLeader(last));
    const epoch = (last?.epoch ?? 0) + 1;
    if (await makeClaim(stateDir, epoch, { identity, startedAt: Date.now(), socket })) return ok(epoch);
  }
  throw new Error('Internal error: the election does not come to an end');
}

function createLed(of: {
  readonly stateDir: string;
  readonly socket: string;
  readonly epoch: number;
  readonly server: ControlServer;
}): Led {
  const { stateDir, socket, epoch, server } = of;
  let closing: Promise<void> | null = null;
  const resign = async (): Promise<void> => {
    // A later engine's socket and claim are its own.
    if (holdsClaim(stateDir, epoch)) await removeSocket(stateDir, socket);
    await server.close();
    if (holdsClaim(stateDir, epoch)) await resignClaim(stateDir, epoch);
  };
  return {
    leadership: {
      epoch,
      assertStillLeading: () => {
        if (closing !== null || !holdsClaim(stateDir, epoch)) throw leadershipLost(epoch);
      },
    },
    serve: server.serve,
    close: () => {
      closing ??= resign();
      return closing;
    },
  };
}

function describeLeader(claim: Claim): Failure {
  return {
    kind: 'leader',
    sentence: `Another engine leads this repository already: process ${claim.claimant?.identity.pid}, epoch ${claim.epoch}.`,
    hint: 'See what it does with `weft status`, or end it with `weft stop`.',
  };
}

/** The failure is the error's cause. */
function leadershipLost(epoch: number): Error {
  const failure: Failure = {
    kind: 'leader',
    sentence: `This engine (epoch ${epoch}) no longer leads the repository.`,
    hint: 'Another one has taken over; see `weft status`.',
  };
  return new Error(failure.sentence, { cause: failure });
}
