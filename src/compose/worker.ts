// Puts together what `weft mcp --worker` works with, apart from all else: it is there beside every agent. Decides nothing.
import { openWorkerFiles } from '../adapters/agent/worker-desk.ts';
import { readWorkerPlace } from '../adapters/agent/worker-place.ts';
import { splitLines } from '../adapters/process/line-splitter.ts';
import { ok } from '../core/failure.ts';
import type { WorkerDesk, WorkerWorld } from '../surfaces/mcp/desk.ts';

/** What `weft mcp --worker` works with. `input`: what comes on standard input. */
export function composeWorker(of: {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly input: () => AsyncIterable<Buffer>;
}): WorkerWorld {
  return {
    openDesk: async () => {
      const place = readWorkerPlace(of.env);
      return place.ok ? ok({ ...openWorkerFiles(place.value), claim: refuseClaim }) : place;
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

const refuseClaim: WorkerDesk['claim'] = async () => ({
  granted: false,
  sentence: 'weft cannot widen a claim while its engine does not run; keep to your files, or ask.',
});
