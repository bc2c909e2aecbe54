// Questions of a blocked tool call and their answers, as files below `asks` in the attempt's folder. For both sides: the tool
// that waits and the host that answers. Knows nothing of who is asked, and trusts nothing that lies there.
//
// A question is `<id>.json` while the tool waits. Each step after that is a rename, and whoever renames a file first decides:
//   the host takes it (`.taken`), or the tool gives it up (`.left`) and ends its call;
//   the tool hears the answer (`.answer` → `.heard`), or the host takes it back (`.unheard`) and delivers it another way.
import { randomUUID } from 'node:crypto';
import { lstat, mkdir, opendir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { replaceFile } from '../journal/atomic-file.ts';
import { cleanText, parseObject, readAgentFile } from './agent-text.ts';

const FOLDER = 'asks';
const MAX_ASK_BYTES = 64 * 1024;
const MAX_ANSWER_BYTES = 256 * 1024;
const MAX_OPTIONS = 9;
/** Names that are looked at in the folder; an attempt that leaves more cannot ask this way any more. */
const MAX_NAMES = 1_000;
/** How often either side looks whether the other one has moved. */
const LOOK_MS = 50;
/** How long an answer lies there before it is taken back, unless said otherwise. */
const HEAR_MS = 5_000;

const ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

type Step = 'json' | 'taken' | 'left' | 'answer' | 'heard' | 'unheard';

/** What an agent wants to know. */
export interface Ask {
  readonly question: string;
  /** Labels to choose from; empty: any words will do. */
  readonly options: readonly string[];
}

/** A question that the host has taken and has to answer. */
export interface TakenAsk extends Ask {
  readonly id: string;
}

/** Puts a question where the host looks; gives its id, or null when nothing can be put there. */
export async function openAsk(dir: string, ask: Ask): Promise<string | null> {
  const id = randomUUID();
  try {
    await mkdir(join(dir, FOLDER), { mode: 0o700, recursive: true });
    const names = await listNames(dir);
    if (names === null || names.length >= MAX_NAMES) return null;
    const at = new Date().toISOString();
    await replaceFile(pathOf(dir, id, 'json'), JSON.stringify({ ...ask, at }));
    return id;
  } catch {
    return null;
  }
}

/**
 * Waits for the answer to a question, at most `waitMs`, and `graceMs` more when the host has taken it by then. Null: given
 * up, so the answer comes another way. The signal gives it up at once.
 */
export async function waitForAnswer(
  dir: string,
  id: string,
  of: { readonly waitMs: number; readonly graceMs: number; readonly signal: AbortSignal },
): Promise<string | null> {
  const hear = async (): Promise<string | null> =>
    (await move(dir, id, ['answer', 'heard']))
      ? readAgentFile(pathOf(dir, id, 'heard'), MAX_ANSWER_BYTES)
      : null;
  const answer = await until(hear, of.waitMs, of.signal);
  if (answer !== null || (await move(dir, id, ['json', 'left']))) return answer;
  return until(hear, of.graceMs, of.signal);
}

/** Takes all questions that a tool waits with, oldest first: from now on the host owes them an answer. */
export async function takeOpenAsks(dir: string): Promise<readonly TakenAsk[]> {
  const taken: (TakenAsk & { readonly at: string })[] = [];
  for (const name of (await listNames(dir)) ?? []) {
    const id = name.slice(0, -'.json'.length);
    if (!name.endsWith('.json') || !ID.test(id) || !(await move(dir, id, ['json', 'taken']))) continue;
    const text = await readAgentFile(pathOf(dir, id, 'taken'), MAX_ASK_BYTES);
    const ask = text === null ? null : readAsk(text);
    if (ask !== null) taken.push({ id, ...ask });
  }
  return taken.sort((a, b) => (a.at < b.at ? -1 : 1)).map(({ at: _, ...ask }) => ask);
}

/**
 * Answers a question that was taken. True: the tool has it. False: nobody heard, and nobody will; it has to be delivered
 * another way. Asked again about the same id it gives the same answer, whatever the text.
 */
export async function answerAsk(
  dir: string,
  id: string,
  text: string,
  hearMs: number = HEAR_MS,
): Promise<boolean> {
  if (!ID.test(id)) throw new Error(`Internal error: ${JSON.stringify(id)} is no id of a question`);
  const isHeard = (): Promise<boolean> => isThere(pathOf(dir, id, 'heard'));
  if (await isHeard()) return true;
  if (Buffer.byteLength(text) > MAX_ANSWER_BYTES || (await isThere(pathOf(dir, id, 'unheard')))) return false;
  try {
    await replaceFile(pathOf(dir, id, 'answer'), text);
  } catch {
    return false;
  }
  const heard = await until(async () => ((await isHeard()) ? true : null), hearMs);
  if (heard !== null || !(await move(dir, id, ['answer', 'unheard']))) return isHeard();
  return false;
}

function readAsk(text: string): (Ask & { readonly at: string }) | null {
  const fields = parseObject(text);
  const question = cleanText(fields?.['question']);
  if (fields === null || question === null) return null;
  const options: readonly unknown[] = Array.isArray(fields['options']) ? fields['options'] : [];
  const labels = options.slice(0, MAX_OPTIONS).map((each) => cleanText(each));
  return { question, options: labels.filter((label) => label !== null), at: cleanText(fields['at']) ?? '' };
}

function pathOf(dir: string, id: string, step: Step): string {
  return join(dir, FOLDER, `${id}.${step}`);
}

/** True for the one who moved it. Whatever an agent put in the way counts as moved by somebody else. */
function move(dir: string, id: string, [from, to]: readonly [Step, Step]): Promise<boolean> {
  return rename(pathOf(dir, id, from), pathOf(dir, id, to)).then(
    () => true,
    () => false,
  );
}

function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

/** Names in the folder, the first ones when there are too many; null: there is none, or a link in its place. */
async function listNames(dir: string): Promise<readonly string[] | null> {
  const folder = join(dir, FOLDER);
  try {
    if (!(await lstat(folder)).isDirectory()) return null;
    const names: string[] = [];
    for await (const { name } of await opendir(folder)) {
      names.push(name);
      if (names.length >= MAX_NAMES) break;
    }
    return names;
  } catch {
    return null;
  }
}

/** Looks until there is something, the time is up or the signal fires; null then. */
async function until<T>(
  look: () => Promise<T | null>,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<T | null> {
  const end = performance.now() + timeoutMs;
  while (signal?.aborted !== true) {
    const found = await look();
    const leftMs = end - performance.now();
    if (found !== null || leftMs <= 0) return found;
    await sleep(Math.min(LOOK_MS, leftMs), undefined, signal === undefined ? {} : { signal }).catch(() => {});
  }
  return null;
}
