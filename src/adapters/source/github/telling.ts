// Keeps one comment below each issue as its task stands, closes issues whose work has landed and opens those that were closed
// before their work was over. Looks before it changes.
import { z } from 'zod';
import { endOf } from '../../../core/report.ts';
import type { TaskReport } from '../../../core/source.ts';
import { author, readAs } from '../../forge/github/answers.ts';
import { type Room, read, readAll } from '../../forge/github/room.ts';
import { ForgeError, isInDoubt } from '../../forge/github/trouble.ts';
import { issueAnswer, numberOf } from './issue.ts';
import { isWorthTelling, STATUS_MARKER, writeStatus } from './status-text.ts';

/** How issues are told of their tasks. */
export interface TellingOptions {
  /** Takes secrets out of what agents asked. */
  readonly redact: (text: string) => string;
  /** What becomes of an issue whose work landed on the default branch without a pull request. */
  readonly onLanding: 'close' | 'leave';
}

/** Tells issues of their tasks. */
export type Tell = (reports: readonly TaskReport[]) => Promise<void>;

interface Said {
  readonly id: number;
  readonly body: string;
}

interface Telling extends TellingOptions {
  readonly room: Room;
  /** Comments of ours by issue, since they were looked for. */
  readonly said: Map<number, Said>;
  /** Issues that refuse what they are told; they are asked once. */
  readonly refused: Set<number>;
  /** What was made of the state of issues, by issue: an end of its task is dealt with once. */
  readonly settled: Map<number, string>;
  login: string | null;
  branch: string | null;
}

/** Makes a teller, which remembers what it said. It throws `ForgeError`, the first one when single issues refuse. */
export function createTelling(room: Room, options: TellingOptions): Tell {
  const telling: Telling = {
    ...options,
    room,
    said: new Map(),
    refused: new Set(),
    settled: new Map(),
    login: null,
    branch: null,
  };
  return async (reports) => {
    let first: ForgeError | null = null;
    for (const report of reports) {
      const number = numberOf(report.task);
      if (number === null || telling.refused.has(number)) continue;
      try {
        // a crash in between leaves an issue that is open and says why soon
        await settleIssue(telling, number, report);
        await keepComment(telling, number, report);
      } catch (error) {
        if (!isOfOneIssue(error)) throw error;
        telling.refused.add(number);
        const { sentence } = error.failure;
        first ??= new ForgeError({
          kind: 'refused',
          sentence: `#${number} is not told how its task stands: ${sentence}`,
        });
      }
    }
    if (first !== null) throw first;
  };
}

/** One that was deleted, moved away or locked says nothing of the others. */
function isOfOneIssue(error: unknown): error is ForgeError {
  if (!(error instanceof ForgeError)) return false;
  const { kind, sentence } = error.failure;
  return kind === 'gone' || kind === 'refused' || (error.status === 403 && /locked/i.test(sentence));
}

async function keepComment(telling: Telling, number: number, report: TaskReport): Promise<void> {
  const { room, said, redact } = telling;
  if (!(said.has(number) || isWorthTelling(report))) return;
  const body = writeStatus(report, redact);
  const known = said.get(number) ?? (await findComment(telling, number));
  if (known?.body === body) return;
  if (known !== null) {
    try {
      await room.client.send('PATCH', `${room.root}/issues/comments/${known.id}`, { body });
      said.set(number, { id: known.id, body });
      return;
    } catch (error) {
      said.delete(number);
      if (!(error instanceof ForgeError && error.failure.kind === 'gone')) throw error;
      // somebody deleted it, or the issue
      if ((await findComment(telling, number)) !== null) throw error;
    }
  }
  await addComment(telling, { number, body });
}

async function addComment(
  telling: Telling,
  { number, body }: { readonly number: number; readonly body: string },
): Promise<void> {
  const { room, said } = telling;
  try {
    const made = await room.client.send('POST', `${room.root}/issues/${number}/comments`, { body });
    said.set(number, { id: readAs(commentAnswer, made).id, body });
  } catch (error) {
    if (!(isInDoubt(error) && (await findComment(telling, number))?.body === body)) throw error;
  }
}

const commentAnswer = z.object({ id: z.number() });

const comments = z.array(
  z.object({
    id: z.number(),
    body: z
      .string()
      .nullish()
      .transform((body) => body ?? ''),
    user: author,
  }),
);

/** Anybody may write a marker; only what this token said is rewritten. */
async function findComment(telling: Telling, number: number): Promise<Said | null> {
  const { room, said } = telling;
  telling.login ??= await readLogin(room);
  const { login } = telling;
  const all = await readAll(room, `/issues/${number}/comments`, comments);
  const found = all.find(({ body, user }) => body.includes(STATUS_MARKER) && sameLogin(user, login));
  if (found === undefined) return null;
  const own = { id: found.id, body: found.body.replace(/\r\n/g, '\n') };
  said.set(number, own);
  return own;
}

/** Programs are called `name[bot]`, but not everywhere. */
function sameLogin(one: string, other: string): boolean {
  const plain = (login: string): string => login.replace(/\[bot\]$/, '').toLowerCase();
  return plain(one) === plain(other);
}

const viewerAnswer = z.object({ viewer: z.object({ login: z.string() }) });

/** Tokens of programs have no user, but a name all the same. */
async function readLogin({ client }: Room): Promise<string> {
  return readAs(viewerAnswer, (await client.graph('query { viewer { login } }', {})).data).viewer.login;
}

const repositoryAnswer = z.object({ default_branch: z.string() });

/** Closes or opens an issue, once for each end of its task: what people make of it after that is theirs. */
async function settleIssue(telling: Telling, number: number, report: TaskReport): Promise<void> {
  const { settled, onLanding } = telling;
  const { landed, pull, phase, isTold } = report;
  const end = endOf(report);
  if (end === null || isTold || settled.get(number) === end) return;
  if (phase !== 'merged') await reopenIssue(telling, number);
  else if (onLanding === 'close' && landed !== null && pull === null)
    await closeIssue(telling, number, landed.ref);
  settled.set(number, end);
}

async function closeIssue(telling: Telling, number: number, ref: string): Promise<void> {
  const { room } = telling;
  telling.branch ??= (await read(room, '', repositoryAnswer)).default_branch;
  if (ref !== telling.branch) return;
  const { state } = await read(room, `/issues/${number}`, issueAnswer);
  if (state !== 'open') return;
  const change = { state: 'closed', state_reason: 'completed' };
  await room.client.send('PATCH', `${room.root}/issues/${number}`, change);
}

/** Its agent closed what is not finished, or a pull request did; what somebody does not plan stays closed. */
async function reopenIssue({ room }: Telling, number: number): Promise<void> {
  const { state } = await read(room, `/issues/${number}`, issueAnswer);
  if (state === 'done') await room.client.send('PATCH', `${room.root}/issues/${number}`, { state: 'open' });
}
