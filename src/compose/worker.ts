// Puts together what `weft mcp --worker` works with, apart from all else: it is there beside every agent. Decides nothing.

import { noteGrant } from '../adapters/agent/grants.ts';
import { openWorkerFiles } from '../adapters/agent/worker-desk.ts';
import { readWorkerPlace, refuseToken, type WorkerPlace } from '../adapters/agent/worker-place.ts';
import { isTokenOf } from '../adapters/agent/worker-secret.ts';
import { createControlPort } from '../adapters/control/control-port.ts';
import { splitLines } from '../adapters/process/line-splitter.ts';
import { ok } from '../core/failure.ts';
import type { Json } from '../ports/control.ts';
import type { Claimed, Wish, WorkerWorld } from '../surfaces/mcp/desk.ts';

/** What `weft mcp --worker` works with. `input`: what comes on standard input. */
export function composeWorker(of: {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly input: () => AsyncIterable<Buffer>;
}): WorkerWorld {
  return {
    openDesk: async () => {
      const place = readWorkerPlace(of.env);
      if (!place.ok) return place;
      const { stateDir } = place.value;
      if (stateDir !== null && !isTokenOf(stateDir, place.value)) return refuseToken(place.value);
      return ok({ ...openWorkerFiles(place.value), claim: (wish) => claimFiles(place.value, wish) });
    },
    readLines: async (maxLineBytes, onLine) => {
      const lines = splitLines({
        maxLineBytes,
        onLine: ({ bytes, truncated }) => onLine({ text: bytes.toString('utf8'), truncated }),
      });
      for await (const chunk of of.input()) lines.push(chunk);
      lines.flush();
    },
  };
}

const CLAIM_TIMEOUT_MS = 20_000;
const NOBODY = 'weft cannot widen a claim while its engine does not run; keep to your files, or ask.';

/** Asks the engine; what it grants is noted for the host of the session, which lets nothing else pass. */
async function claimFiles(place: WorkerPlace, { patterns }: Wish): Promise<Claimed> {
  const { stateDir, sessionDir, run, task, attempt, token } = place;
  if (stateDir === null) return { granted: false, isHeld: false, sentence: NOBODY };
  const request = { run, token, wish: { task, attempt, patterns } };
  const answer = await createControlPort().call(stateDir, request, CLAIM_TIMEOUT_MS);
  if (!answer.ok) return { granted: false, isHeld: false, sentence: answer.failure.sentence };
  const fields = (answer.value ?? {}) as { readonly [key: string]: Json };
  const { ok: granted, sentence, failure } = fields;
  if (granted === true && typeof sentence === 'string') {
    if (sessionDir !== null) await noteGrant(sessionDir, patterns);
    return { granted: true, isHeld: false, sentence };
  }
  const refusal = (failure ?? {}) as { readonly [key: string]: Json };
  const said = [refusal['sentence'], refusal['hint']].filter((text) => typeof text === 'string');
  const isHeld = refusal['kind'] === 'collision';
  return { granted: false, isHeld, sentence: said.length === 0 ? NOBODY : said.join(' ') };
}
