// What a session says of itself for weft, gathered from its news: last values, bounded. Knows no files and no protocol.
import type { SessionEnd, SessionReport } from '../../../ports/agent.ts';
import { cleanText } from '../agent-text.ts';
import type { Ask, News, Reply } from './conversation.ts';

const FILES = 20;
const TEXT_CHARS = 4_000;
const LABEL_CHARS = 200;
const LABELS = 9;

/** The report, and the questions that wait behind the one in it. */
export interface Gathering {
  readonly report: SessionReport;
  readonly asks: readonly Ask[];
}

/** Questions that are kept at most; what is asked beyond that is not heard of until others are answered. */
const MAX_ASKS = 100;
const MAX_HEARD = 1_000;

/** A session of which nothing was heard yet. */
export function beginReport(): Gathering {
  const report = { session: null, heard: [], ask: null, spending: null, waits: null, limit: null };
  return { report: { ...report, doing: null, files: [], end: null }, asks: [] };
}

/** Takes one piece of news. */
export function addNews({ report, asks }: Gathering, news: News): Gathering {
  const change = (over: Partial<SessionReport>): Gathering => ({ report: { ...report, ...over }, asks });
  switch (news.kind) {
    case 'session':
      return change({ session: news.id });
    case 'doing': {
      const files = [...new Set([...(news.files ?? []), ...report.files])].slice(0, FILES);
      return change({ doing: cleanText(news.text, TEXT_CHARS), files, waits: null });
    }
    case 'failed-call':
    case 'passed-call':
      return change({ waits: null });
    case 'spent':
      return change({ spending: news.spending });
    case 'heard':
      return report.heard.includes(news.number)
        ? { report, asks }
        : change({ heard: [...report.heard, news.number].slice(-MAX_HEARD) });
    case 'retries':
      return change({ waits: cleanText(news.text, TEXT_CHARS) });
    case 'limited':
      return change({
        limit: { untilMs: news.untilMs, text: cleanText(news.text, TEXT_CHARS) ?? 'limited' },
      });
    case 'asks':
      return putFirst(report, [...asks, news.ask].slice(0, MAX_ASKS));
    case 'asks-no-more':
      return putFirst(
        report,
        asks.filter(({ id }) => id !== news.id),
      );
    case 'turn-over':
      return change({ waits: null });
  }
}

/** Ends the report: who is gone asks nothing and waits for nothing. `end` null: how its process ended says it better. */
export function endReport({ report }: Gathering, end: SessionEnd | null): Gathering {
  const said = end === null ? null : { ...end, text: cleanText(end.text, TEXT_CHARS) ?? '' };
  return { report: { ...report, ask: null, waits: null, end: said }, asks: [] };
}

function putFirst(report: SessionReport, asks: readonly Ask[]): Gathering {
  const [first] = asks;
  const ask = first === undefined ? null : { id: first.id, ...wordAsk(first) };
  return { report: { ...report, ask }, asks };
}

/** The words of a question as they are put to people; put a second time, they stay the same. */
export function wordAsk(ask: Ask): { readonly text: string; readonly labels: readonly string[] } {
  const labels = ask.labels
    .slice(0, LABELS)
    .map((label, at) => cut(label.replace(/\s+/g, ' '), LABEL_CHARS) ?? `Option ${at + 1}`);
  return { text: cut(ask.text, TEXT_CHARS) ?? 'It asks something without words.', labels };
}

/** The label that an answer begins with, the longest when there are several, and the words after it. */
export function readReply(answer: string, labels: readonly string[]): Reply {
  let choice: number | null = null;
  for (const [at, label] of labels.entries()) {
    const fits = answer === label || answer.startsWith(`${label} `);
    if (fits && (choice === null || label.length > (labels[choice]?.length ?? 0))) choice = at;
  }
  const rest = choice === null ? answer : answer.slice(labels[choice]?.length ?? 0);
  return { choice, text: rest.trim() };
}

/** Cleaned, and without the white space that the cut may leave at the end. */
function cut(text: string, maxChars: number): string | null {
  return cleanText(text, maxChars)?.trimEnd() ?? null;
}
