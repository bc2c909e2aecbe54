// Leave that people were asked for while an agent waited, kept with its task: who is not there any more when it is given gets
// it when the very same is asked again, once. Knows no protocol and starts nothing.
import { createHash } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { readAnswer } from '../../../core/answer-text.ts';
import { isRecord, parseObject } from '../agent-text.ts';
import type { Ask, Reply } from './conversation.ts';
import { listOf, numberOf, textOf } from './fields.ts';
import { readReply, wordAsk } from './report.ts';

/** Requests that are kept at most, the latest ones. */
const MAX_KEPT = 100;
/** Answers that are remembered, to tell a new one from one that was given before. */
const MAX_ANSWERS = 1_000;

/** See the file's first line. */
export interface Leaves {
  /** People are asked; a question that names nothing exactly is not kept. */
  note(ask: Ask): void;
  /** It was answered, or nobody wants to know any more. */
  drop(id: string): void;
  /** Takes what people said: it may answer something that is open. */
  hear(text: string): void;
  /** The answer that was given to exactly this before; it is given no second time. Null: people have to be asked. */
  take(ask: Ask): Reply | null;
}

interface Kept {
  /** What exactly was asked, as a hash. */
  readonly key: string;
  readonly question: string;
  readonly labels: readonly string[];
  /** Answers to this question that were known when it was asked. */
  readonly seen: number;
  readonly reply: Reply | null;
}

/** Opens what is kept in a file; `told`: what people have said so far, in order. */
export function openLeaves(path: string, told: readonly string[]): Leaves {
  const answers: string[] = [];
  const keys = new Map<string, string>();
  let kept = readKept(path);
  const change = (next: readonly Kept[]): boolean => {
    const isSaved = save(path, next);
    if (isSaved) kept = next;
    return isSaved;
  };
  const hear = (texts: readonly string[]): void => {
    answers.push(...texts.filter((text) => text.startsWith('Question: ')));
    answers.splice(0, answers.length - MAX_ANSWERS);
    const next = kept.map((each) => settle(each, { kept, answers }));
    if (next.some((each, at) => each !== kept[at])) change(next);
  };
  hear(told);
  return {
    hear: (text) => hear([text]),
    note: (ask) => {
      const key = keyOf(ask);
      if (key === null) return;
      const { text: question, labels } = wordAsk(ask);
      const seen = answersTo(question, answers).length;
      keys.set(ask.id, key);
      const others = kept.filter((each) => each.key !== key);
      change([...others, { key, question, labels, seen, reply: null }].slice(-MAX_KEPT));
    },
    drop: (id) => {
      const key = keys.get(id);
      if (keys.delete(id)) change(kept.filter((each) => each.key !== key));
    },
    take: (ask) => {
      const key = keyOf(ask);
      const found = kept.find((each) => each.key === key && each.reply !== null);
      // what cannot be taken out of the file would be given a second time
      return found !== undefined && change(kept.filter((each) => each !== found)) ? found.reply : null;
    },
  };
}

/** Gives an open request its answer, when there is one that came since, and it can be about nothing else. */
function settle(
  one: Kept,
  of: { readonly kept: readonly Kept[]; readonly answers: readonly string[] },
): Kept {
  if (one.reply !== null) return one;
  const found = answersTo(one.question, of.answers);
  const isDoubtful = of.kept.some(({ key, question }) => key !== one.key && question === one.question);
  const last = found.at(-1);
  if (last === undefined || found.length <= one.seen || isDoubtful) return one;
  return { ...one, reply: readReply(last, one.labels) };
}

function answersTo(question: string, answers: readonly string[]): readonly string[] {
  return answers.map((text) => readAnswer(text, question)).filter((answer) => answer !== null);
}

function keyOf({ leave, labels }: Ask): string | null {
  if (leave === undefined) return null;
  return createHash('sha256')
    .update(JSON.stringify([leave, labels]))
    .digest('hex');
}

function readKept(path: string): readonly Kept[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return [];
  }
  return listOf(parseObject(text)?.['kept'])
    .filter(isRecord)
    .slice(-MAX_KEPT)
    .map(({ key, question, labels, seen, reply }) => ({
      key: textOf(key),
      question: textOf(question),
      labels: listOf(labels).map(textOf),
      seen: numberOf(seen),
      reply: isRecord(reply) ? readKeptReply(reply) : null,
    }));
}

function readKeptReply({ choice, text }: Readonly<Record<string, unknown>>): Reply {
  return { choice: typeof choice === 'number' ? choice : null, text: textOf(text) };
}

/** False: the disk did not take it. */
function save(path: string, kept: readonly Kept[]): boolean {
  try {
    writeFileSync(`${path}.next`, JSON.stringify({ kept }), { mode: 0o600 });
    renameSync(`${path}.next`, path);
    return true;
  } catch {
    return false;
  }
}
