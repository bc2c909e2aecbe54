// Reads what matters of a check's log. Knows no pull requests.
import { z } from 'zod';
import { type Room, read } from './room.ts';
import { ForgeError } from './trouble.ts';

/** How much of a log is read at all, and how much of its end is kept while reading. */
const MAX_READ_BYTES = 64 * 1024 * 1024;
const KEPT_BYTES = 512 * 1024;

/** The end of a failed job's log up to its last error, or what the check itself says; at most so many bytes. */
export async function readLog(
  room: Room,
  { check, maxBytes }: { readonly check: number; readonly maxBytes: number },
): Promise<string> {
  const log = await readJob(room, check);
  return excerpt(log.trim() === '' ? await readOutput(room, check) : log, maxBytes);
}

async function readJob(room: Room, check: number): Promise<string> {
  try {
    return await readEnd(await room.client.stream(`${room.root}/actions/jobs/${check}/logs`));
  } catch (error) {
    // only jobs of Actions have logs, and only for a while
    if (error instanceof ForgeError && error.failure.kind === 'gone') return '';
    throw error;
  }
}

async function readEnd(stream: AsyncIterable<Uint8Array>): Promise<string> {
  let kept: Buffer = Buffer.alloc(0);
  let bytes = 0;
  try {
    for await (const chunk of stream) {
      bytes += chunk.length;
      kept = Buffer.concat([kept, chunk]).subarray(-KEPT_BYTES);
      if (bytes > MAX_READ_BYTES) break;
    }
  } catch {
    throw new ForgeError({ kind: 'environment', sentence: 'The log broke off while it was read.' });
  }
  return kept.toString('utf8');
}

const text = z
  .string()
  .nullish()
  .transform((value) => value ?? '');

const runAnswer = z.object({ output: z.object({ title: text, summary: text, text }) });

const annotation = z.object({ path: text, start_line: z.number().nullish(), message: text });

async function readOutput(room: Room, check: number): Promise<string> {
  const { output } = await read(room, `/check-runs/${check}`, runAnswer);
  const marks = await read(room, `/check-runs/${check}/annotations`, z.array(annotation));
  const lines = marks.map(({ path, start_line, message }) => `${path}:${start_line ?? ''}: ${message}`);
  return [output.title, output.summary, output.text, ...lines].filter((part) => part !== '').join('\n');
}

const TIME = /^\uFEFF?\d{4}-\d\d-\d\dT[\d:.]+Z /gm;
// biome-ignore lint/suspicious/noControlCharactersInRegex: terminals are told colours by them
const COLOUR = /\u001b\[[\d;]*[A-Za-z]/g;
/** Lines after the last error that are kept too. */
const AFTER = 5;

/** Whole lines of a log's end, up to a little after the last line that Actions marks as an error. */
export function excerpt(log: string, maxBytes: number): string {
  const lines = log.replace(TIME, '').replace(COLOUR, '').trimEnd().split('\n');
  const last = lines.findLastIndex((line) => line.startsWith('##[error]'));
  const wanted = last < 0 ? lines : lines.slice(0, last + 1 + AFTER);
  const kept: string[] = [];
  let bytes = 0;
  for (const line of wanted.reverse()) {
    bytes += Buffer.byteLength(line) + 1;
    if (bytes > maxBytes) break;
    kept.push(line.trimEnd());
  }
  return kept.reverse().join('\n');
}
