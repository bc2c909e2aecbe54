// The scripted model as a program: `model.cjs [--port N]`. Knows nothing of who asks it.
import { parseArgs } from 'node:util';
import { startModel } from './server.ts';

const USAGE = `node dist/model.cjs [--port N]

Plays models for agent programs: Anthropic Messages, OpenAI Responses and Chat Completions, and Gemini, on 127.0.0.1. What
it does is said in the prompt, one directive a line. Ends on SIGTERM, SIGINT, or when its input ends.
  --port N  where to listen (any free port)
`;

function readPort(): number | null {
  try {
    const { values } = parseArgs({ options: { port: { type: 'string', default: '0' } } });
    const port = Number(values.port);
    return Number.isInteger(port) && port >= 0 && port <= 65_535 ? port : null;
  } catch {
    return null;
  }
}

async function main(): Promise<number> {
  const port = readPort();
  if (port === null) {
    process.stderr.write(USAGE);
    return 2;
  }
  const model = await startModel({ port, log: (line) => process.stderr.write(`${line}\n`) });
  const told = new Promise<void>((resolve) => {
    process.on('SIGTERM', () => resolve());
    process.on('SIGINT', () => resolve());
    process.stdin.on('end', () => resolve()).resume();
  });
  process.stdout.write(`listening on ${model.url}\n`);
  await told;
  await model.close();
  return 0;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
