#!/usr/bin/env node
// The program: hands this process to the command line and loads the rest of weft only when a command needs it.
import { join } from 'node:path';
import { EXIT_OF_SIGNAL } from './surfaces/cli/exit-code.ts';
import { type RunCommand, runFront } from './surfaces/cli/front.ts';
import type { Io, Output, Signal } from './surfaces/cli/io.ts';
import { reportError } from './surfaces/cli/report.ts';
import { SHOW_CURSOR } from './surfaces/cli/screen.ts';

/** Version of the package, put in by the build. */
declare const WEFT_VERSION: string;

/** Acts for standard output that nobody reads any more, by order of listening. */
const brokenPipeActs = new Set<() => void>();

const io: Io = {
  argv: process.argv.slice(2),
  cwd: process.cwd(),
  env: process.env,
  stdout: openOutput(process.stdout),
  stderr: openOutput(process.stderr),
  readStdin,
  program: { node: process.execPath, entry: __filename },
  version: WEFT_VERSION,
  onSignal,
  now: Date.now,
  every: (periodMs, act) => {
    const timer = setInterval(act, periodMs);
    return () => clearInterval(timer);
  },
};

function openOutput(stream: NodeJS.WriteStream): Output {
  return {
    write: (text) => void stream.write(text),
    isTTY: stream.isTTY === true,
    get columns() {
      return stream.columns || 80;
    },
    get rows() {
      return stream.rows || 24;
    },
  };
}

async function readStdin(maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes >= maxBytes) break;
  }
  return Buffer.concat(chunks).subarray(0, maxBytes).toString('utf8');
}

function onSignal(signal: Signal, act: () => void): () => void {
  if (signal === 'SIGPIPE') {
    brokenPipeActs.add(act);
    return () => brokenPipeActs.delete(act);
  }
  process.on(signal, act);
  return () => process.off(signal, act);
}

function leave(code: number): void {
  // standard output to a pipe may still be on its way
  process.stdout.write('', () => process.exit(code));
}

process.stdout.on('error', () => {
  if (brokenPipeActs.size === 0) process.exit(EXIT_OF_SIGNAL.SIGPIPE);
  for (const act of brokenPipeActs) act();
});
process.stderr.on('error', () => undefined);
process.on('uncaughtException', (error) => {
  if (io.stdout.isTTY) io.stdout.write(SHOW_CURSOR);
  process.exit(reportError(io, error, { json: false }));
});

async function load(): Promise<RunCommand> {
  // the build gathers all that is imported here into one file beside this one
  const [{ compose, demo }, { runCommand }] = await Promise.all([
    import('./compose.ts'),
    import('./surfaces/cli/commands.ts'),
  ]);
  const scriptAgent = { node: process.execPath, entry: join(__dirname, 'script-agent.cjs') };
  const openApp = compose({ env: process.env, scriptAgent });
  return (given, parsed) => runCommand(given, parsed, { openApp, demo });
}

void runFront(io, load).then(leave);
