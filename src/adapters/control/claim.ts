// Who leads, as files: `leader/<epoch>.json` belongs to whoever made it first, and the highest one counts. Knows no sockets.
import { readdirSync } from 'node:fs';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Identity } from '../../core/model.ts';
import { createAtomically, replaceFile, sweepTemps } from '../journal/atomic-file.ts';
import { errorCode } from '../journal/file-ops.ts';

/** What a leader says of itself. */
export interface Claimant {
  readonly identity: Identity;
  /** Wall time in ms since 1970, for display only. */
  readonly startedAt: number;
  /** Its control socket, relative to the state folder unless absolute. */
  readonly socket: string;
}

/** The highest epoch; `claimant` null: it was given up, or the file cannot be read. */
export interface Claim {
  readonly epoch: number;
  readonly claimant: Claimant | null;
}

const CLAIM_NAME = /^([1-9]\d{0,14})\.json$/;
const MAX_LOOKS = 100;

/** The claim of the highest epoch, or null when nobody has ever led. */
export async function readClaim(stateDir: string): Promise<Claim | null> {
  const folder = claimFolder(stateDir);
  for (let look = 0; look < MAX_LOOKS; look += 1) {
    const epoch = highest(await namesIn(folder));
    if (epoch === 0) return null;
    try {
      return { epoch, claimant: parseClaimant(await readFile(claimPath(stateDir, epoch), 'utf8')) };
    } catch (error) {
      // Swept since: there is a higher one now.
      if (errorCode(error) !== 'ENOENT') throw error;
    }
  }
  throw new Error(`Internal error: the claims in ${folder} do not come to rest`);
}

/**
 * Makes the claim of an epoch, durable before it returns; false when somebody was faster. The highest claim is never
 * removed, so of all who try, exactly one gets each epoch, and one who looked too long ago finds a higher claim and
 * withdraws.
 */
export async function makeClaim(stateDir: string, epoch: number, claimant: Claimant): Promise<boolean> {
  const folder = claimFolder(stateDir);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if (!(await createAtomically(claimPath(stateDir, epoch), `${JSON.stringify(claimant)}\n`))) return false;
  if (highest(await namesIn(folder)) === epoch) return true;
  await rm(claimPath(stateDir, epoch), { force: true });
  return false;
}

/** Removes what earlier leaders left; for the holder of the epoch only. */
export async function sweepClaims(stateDir: string, epoch: number): Promise<void> {
  const folder = claimFolder(stateDir);
  await sweepTemps(folder);
  for (const name of await namesIn(folder)) {
    const other = epochOf(name);
    if (other > 0 && other < epoch) await rm(join(folder, name), { force: true });
  }
}

/** Gives the epoch up without forgetting its number; for its holder only. */
export async function resignClaim(stateDir: string, epoch: number): Promise<void> {
  await replaceFile(claimPath(stateDir, epoch), '{"resigned":true}\n');
}

/** Tells whether no higher epoch was claimed; takes a few microseconds. */
export function holdsClaim(stateDir: string, epoch: number): boolean {
  try {
    return highest(readdirSync(claimFolder(stateDir))) === epoch;
  } catch {
    return false;
  }
}

function claimFolder(stateDir: string): string {
  return join(stateDir, 'leader');
}

function claimPath(stateDir: string, epoch: number): string {
  return join(claimFolder(stateDir), `${epoch}.json`);
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
}

function highest(names: readonly string[]): number {
  return names.reduce((epoch, name) => Math.max(epoch, epochOf(name)), 0);
}

function epochOf(name: string): number {
  return Number(CLAIM_NAME.exec(name)?.[1] ?? 0);
}

function parseClaimant(text: string): Claimant | null {
  try {
    const value = JSON.parse(text) as Partial<Claimant>;
    const { identity, startedAt, socket } = value;
    if (typeof startedAt !== 'number' || typeof socket !== 'string' || !isIdentity(identity)) return null;
    return { identity, startedAt, socket };
  } catch {
    return null;
  }
}

function isIdentity(value: Partial<Identity> | undefined): value is Identity {
  return (
    typeof value?.bootId === 'string' &&
    typeof value.pidNs === 'string' &&
    typeof value.pid === 'number' &&
    typeof value.startTicks === 'number'
  );
}
