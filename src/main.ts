#!/usr/bin/env node
// The program: hands this process to the command line and loads the rest of weft only when a command needs it.
import { fstatSync, statSync, writeSync } from 'node:fs';
import { devNull } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { EXIT_OF_SIGNAL } from './surfaces/cli/exit-code.ts';
import { type RunCommand, runFront } from './surfaces/cli/front.ts';
import type { Io, Output, Signal } from './surfaces/cli/io.ts';
import { reportError } from './surfaces/cli/report.ts';
import { SHOW_CURSOR } from './surfaces/cli/screen.ts';

/** Version of the package, put in by the build. */
declare const WEFT_VERSION: string;

/** Acts for standard output that nobody reads any more, by order of listening. */
const brokenPipeActs = new Set<() => void>();

/** The streams that were needed. */
const streams: NodeJS.WriteStream[] = [];

const io: Io = {
  argv: process.argv.slice(2),
  cwd: process.cwd(),
  env: process.env,
  stdout: openOutput('stdout', breakPipe),
  stderr: openOutput('stderr', () => undefined),
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

/**
 * A stream that is made when it is needed first, and not at all for a short text to a file or a pipe: making it would
 * cost a tenth of the quick start.
 */
function openOutput(name: 'stdout' | 'stderr', onError: () => void): Output {
  let opened: NodeJS.WriteStream | null = null;
  const stream = (): NodeJS.WriteStream => {
    if (opened === null) {
      opened = process[name].on('error', onError);
      streams.push(opened);
    }
    return opened;
  };
  const fd = name === 'stdout' ? 1 : 2;
  const stat = fstatSync(fd);
  const device = stat.isCharacterDevice() && stat.rdev !== statSync(devNull).rdev;
  return {
    write: (text) => {
      const rest = opened === null && !device ? writeAtOnce(fd, text) : text;
      if (rest.length > 0) stream().write(rest);
    },
    drained: async () => {
      const busy = opened;
      if (busy === null || busy.writableLength === 0) return;
      await new Promise<void>((flushed) => busy.write('', () => flushed()));
    },
    get isTTY() {
      return device && stream().isTTY === true;
    },
    get columns() {
      return device ? stream().columns || 80 : 80;
    },
    get rows() {
      return device ? stream().rows || 24 : 24;
    },
  };
}

/** Writes what the system takes without waiting; gives what is left, for a stream to write or to fail with. */
function writeAtOnce(fd: number, text: string): string | Buffer {
  const bytes = Buffer.from(text);
  let written = 0;
  try {
    while (written < bytes.length) written += writeSync(fd, bytes, written);
  } catch {
    // full or closed: the stream knows what to do
  }
  return bytes.subarray(written);
}

function breakPipe(): void {
  if (brokenPipeActs.size === 0) process.exit(EXIT_OF_SIGNAL.SIGPIPE);
  for (const act of brokenPipeActs) act();
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

async function leave(code: number): Promise<void> {
  // what was written to a pipe may still be on its way
  const busy = streams.filter((stream) => stream.writableLength > 0);
  await Promise.all(busy.map((stream) => new Promise<void>((flushed) => stream.write('', () => flushed()))));
  process.exit(code);
}

process.on('uncaughtException', (error) => {
  if (io.stdout.isTTY) io.stdout.write(SHOW_CURSOR);
  process.exit(reportError(io, error, { json: false }));
});

async function load(command: string): Promise<RunCommand> {
  if (command === 'mcp') return loadMcp();
  // the build gathers all that is imported here into one file beside this one
  const [{ compose, composeDemo }, { runCommand }] = await Promise.all([
    import('./compose.ts'),
    import('./surfaces/cli/commands.ts'),
  ]);
  const scriptAgent = { node: process.execPath, entry: join(__dirname, 'script-agent.cjs') };
  const [entry, tools] = ['session.cjs', 'weft.cjs'].map((name) => join(__dirname, name)) as [string, string];
  const sessionHost = { node: process.execPath, entry, tools };
  const surroundings = { env: process.env, scriptAgent, sessionHost };
  const world = { openApp: compose(surroundings), demo: composeDemo(surroundings) };
  return (given, parsed) => runCommand(given, parsed, world);
}

/** Comes out of a file of its own: beside every agent at work there is one, which has to be small. */
async function loadMcp(): Promise<RunCommand> {
  const [{ composeWorker }, { mcp }] = await Promise.all([
    import('./compose/worker.ts'),
    import('./surfaces/cli/commands/mcp.ts'),
  ]);
  const world = composeWorker({ env: process.env, input: () => process.stdin });
  return (given, parsed) => mcp(given, parsed, world);
}

// The room for young objects stays as small as it begins: 30 MB less, and each program is started the sooner for it, as
// starting one copies the tables of all our memory.
setFlagsFromString('--semi-space-growth-factor=1');

void runFront(io, load).then(leave);
