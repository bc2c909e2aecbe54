// The control port of this machine: election by files, talk over a unix socket. Knows nothing of what is said.
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fail, ok, type Result } from '../../core/failure.ts';
import type { ControlPort, Json, Leader } from '../../ports/control.ts';
import { openProcessTable, type ProcessTable } from '../process/process-table.ts';
import { readClaim } from './claim.ts';
import { type Conversation, converse } from './client.ts';
import { lead, RETRY_MS, START_UP_MS, stands } from './election.ts';
import { locateSocket } from './socket-place.ts';
import type { Reply } from './wire.ts';

const MAX_TIMER_MS = 2 ** 31 - 1;

/** Throws on a platform whose processes cannot be told apart. */
export function createControlPort(): ControlPort {
  const table = openProcessTable();
  return {
    lead: (stateDir) => orFailure(stateDir, () => lead(table, resolve(stateDir))),
    findLeader: (stateDir) => findLeader(table, resolve(stateDir)),
    call: (stateDir, request, timeoutMs) =>
      orFailure(stateDir, () => {
        const signal = AbortSignal.timeout(Math.min(timeoutMs, MAX_TIMER_MS));
        return talk(table, resolve(stateDir), {
          request,
          signal,
          onReply: answerOf,
          onHangUp: () => fail({ kind: 'environment', sentence: 'The engine went away before it answered.' }),
          onAbort: () =>
            fail({ kind: 'timeout', sentence: `The engine did not answer within ${timeoutMs} ms.` }),
        });
      }),
    follow: (stateDir, request, onMessage, signal) =>
      orFailure(stateDir, async () => {
        const end = await talk(table, resolve(stateDir), {
          request,
          signal,
          onReply: (reply) => {
            if ('error' in reply) return fail({ kind: 'failed', sentence: reply.error });
            if ('push' in reply) onMessage(reply.push);
            return undefined;
          },
          onHangUp: () => ok(null),
          onAbort: () => ok(null),
        });
        return end.ok ? ok(undefined) : end;
      }),
  };
}

function answerOf(reply: Reply): Result<Json> | undefined {
  if ('error' in reply) return fail({ kind: 'failed', sentence: reply.error });
  return 'answer' in reply ? ok(reply.answer) : undefined;
}

async function findLeader(table: ProcessTable, stateDir: string): Promise<Leader | null> {
  const claim = await readClaim(stateDir);
  if (!claim?.claimant || !(await stands(table, stateDir, claim.claimant))) return null;
  const { identity, startedAt } = claim.claimant;
  return { pid: identity.pid, epoch: claim.epoch, startedAt };
}

/** Talks to whoever leads; null when nobody does. */
async function talk(
  table: ProcessTable,
  stateDir: string,
  about: Omit<Conversation, 'path'>,
): Promise<Result<Json | null>> {
  for (let waitedMs = 0; waitedMs < START_UP_MS; waitedMs += RETRY_MS) {
    const claimant = (await readClaim(stateDir))?.claimant ?? null;
    if (claimant === null) return ok(null);
    const end = await converse({ ...about, path: locateSocket(stateDir, claimant.socket) });
    if (end !== 'unreachable') return end;
    if (!(await stands(table, stateDir, claimant))) return ok(null);
    // It starts or ends at this very moment.
    await sleep(RETRY_MS);
  }
  return fail({
    kind: 'environment',
    sentence: `An engine leads this repository, but its control socket is gone.`,
    hint: 'End that process; its work is kept, and the next engine goes on.',
  });
}

/** Turns what the disk throws into a failure. */
async function orFailure<T>(stateDir: string, action: () => Promise<Result<T>>): Promise<Result<T>> {
  try {
    return await action();
  } catch (error) {
    return fail({
      kind: 'environment',
      sentence: `${stateDir} cannot be used: ${(error as Error).message}.`,
    });
  }
}
