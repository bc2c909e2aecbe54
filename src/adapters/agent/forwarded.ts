// Words of people in the status file of an agent that looks into it, and whether it took them. Decides nothing.
import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import type { AgentStatus, Told } from '../../ports/agent.ts';
import type { InputMessage } from '../../ports/process.ts';
import { replaceFile } from '../journal/atomic-file.ts';
import { parseObject, readAgentFile } from './agent-text.ts';
import { FILE_BYTES, parseStatus } from './status-file.ts';

/** What weft notes, in the attempt's folder, before it puts messages into the status file. */
const NOTE_FILE = 'forwarded.json';
const NOTE_BYTES = 64 * 1024;

interface Note {
  /** Of the last message that is in it. */
  readonly number: number;
  /** Hash of the status file as it was before. */
  readonly before: string;
  /** What the agent was stuck with then; null: it was not. */
  readonly stuck: string | null;
  /** They are known to have been in it: a file that is as before by now was emptied by the agent. */
  readonly isPut: boolean;
}

/** See `AgentPort.tell`; rejects with what the disk says. */
export async function forwardMessages(statusFile: string, messages: readonly InputMessage[]): Promise<Told> {
  const text = await readAgentFile(statusFile, FILE_BYTES);
  const status = text === null ? null : parseStatus(text);
  const [first, last] = [messages.at(0), messages.at(-1)];
  if (text === null || status === null || first === undefined || last === undefined)
    return { heard: null, isStuck: false };
  const isStuck = status.status === 'stuck';
  const fields = parseObject(text) ?? {};
  const noteFile = join(dirname(statusFile), NOTE_FILE);
  const note = await readNote(noteFile);
  const before = createHash('sha256').update(text).digest('hex');
  const isNew = note === null || note.number < first.number;
  if (!isNew && (note.isPut || note.before !== before) && wasHeard(note, status, fields['forwardedMessage']))
    return { heard: note.number, isStuck };
  const words = messages.map((message) => message.text).join('\n\n');
  const written = JSON.stringify({ ...fields, forwardedMessage: words });
  const isThere = fields['forwardedMessage'] === words && note?.number === last.number;
  if (isThere || Buffer.byteLength(written) > FILE_BYTES) return { heard: null, isStuck };
  const stuck = isStuck ? (status.stuckReason ?? '') : null;
  const fresh: Note = { number: last.number, before, stuck, isPut: false };
  // noted first: should weft die in between, the status file still is what it was before
  await replaceFile(noteFile, JSON.stringify(fresh));
  await replaceFile(statusFile, written);
  await replaceFile(noteFile, JSON.stringify({ ...fresh, isPut: true }));
  return { heard: null, isStuck };
}

/** Who goes on, or says so by an empty message, has it. A file that was merely written anew lacks the message: it did not look. */
function wasHeard({ stuck }: Note, { status, stuckReason }: AgentStatus, message: unknown): boolean {
  if (message === null || message === '') return true;
  return stuck !== null && (status !== 'stuck' || (stuckReason ?? '') !== stuck);
}

async function readNote(path: string): Promise<Note | null> {
  const text = await readAgentFile(path, NOTE_BYTES);
  const fields = text === null ? null : parseObject(text);
  if (fields === null) return null;
  const { number, before, stuck, isPut } = fields;
  if (typeof number !== 'number' || typeof before !== 'string') return null;
  return { number, before, stuck: typeof stuck === 'string' ? stuck : null, isPut: isPut === true };
}
