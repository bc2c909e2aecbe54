// `weft mcp`: tools for agents over standard input and output. Loads nothing that a run needs.
import { fail, type Result } from '../../../core/failure.ts';
import type { WorkerWorld } from '../../mcp/desk.ts';
import { createServer, MAX_LINE_BYTES } from '../../mcp/server.ts';
import { createWorkerTools, INSTRUCTIONS } from '../../mcp/worker-tools.ts';
import { listenForEnd } from '../interruption.ts';
import type { Io } from '../io.ts';
import { hasFlag, type Parsed } from '../parse.ts';
import { reportFailure } from '../report.ts';

/** `weft mcp --worker`: serves until the input ends or a signal comes; gives the exit code. */
export async function mcp(io: Io, parsed: Parsed, world: WorkerWorld): Promise<number> {
  const desk = hasFlag(parsed, 'worker') ? await world.openDesk() : NOBODYS_DESK;
  if (!desk.ok) return reportFailure(io, desk.failure, { json: false });
  const server = createServer({
    tools: createWorkerTools(desk.value),
    instructions: INSTRUCTIONS,
    version: io.version,
    send: (message) => io.stdout.write(`${JSON.stringify(message)}\n`),
  });
  const interruption = listenForEnd(io);
  const interrupted = new Promise<void>((resolve) => {
    interruption.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  try {
    await Promise.race([world.readLines(MAX_LINE_BYTES, (line) => server.take(line)), interrupted]);
  } finally {
    // a question that waits is left in order, so that its answer comes another way
    await server.end();
    interruption.close();
  }
  return interruption.code() ?? 0;
}

const NOBODYS_DESK: Result<never> = fail({
  kind: 'usage',
  sentence: 'weft mcp has to know for whom it is.',
  hint: '`weft mcp --worker` serves the agent of one task.',
});
