// What labels and the text of an issue say of how it is to be done: priority, agent, model, effort, files. Judges no values.
import { blank, listFenced } from './quiet-text.ts';

/** A pattern and where it is written, from 0. */
export interface Pattern {
  readonly text: string;
  readonly at: number;
}

/** What people wish for one issue. */
export interface Wishes {
  readonly priority: number | null;
  readonly agent: string | null;
  readonly model?: string;
  readonly effort?: string;
  /** Null: nothing is said. */
  readonly owns: readonly Pattern[] | null;
}

/** Patterns that are read of one text. */
const MAX_PATTERNS = 200;

const PRIORITY = /^(?:priority\s*[:/]\s*p?|p)(?<level>[0-4])$/i;
const NAMED = /^(?<key>agent|model|effort)\s*:\s*(?<value>\S.{0,99})$/i;

/** Reads labels and text. */
export function readWishes(labels: readonly string[], body: string): Wishes {
  const named = new Map<string, string>();
  for (const label of labels) {
    const { key, value } = NAMED.exec(label)?.groups ?? {};
    if (key !== undefined && value !== undefined) named.set(key.toLowerCase(), value.trim());
  }
  const levels = labels.flatMap((label) => {
    const level = PRIORITY.exec(label)?.groups?.['level'];
    return level === undefined ? [] : [Number(level)];
  });
  const [model, effort] = [named.get('model'), named.get('effort')];
  return {
    // of several, the most urgent
    priority: levels.length === 0 ? null : Math.min(...levels),
    agent: named.get('agent') ?? null,
    ...(model === undefined ? {} : { model }),
    ...(effort === undefined ? {} : { effort }),
    owns: readOwns(body),
  };
}

const OWNS_LINE =
  /^[ \t]*(?:[-*+][ \t]+)?(?:\*\*|__)?owns(?:\*\*|__)?:(?:\*\*(?=\s)|__(?=\s))?[ \t]*(?<list>\S[^\n]*)$/gim;

/** Reads lines `owns: src/**, docs/x.md` and fenced blocks with `owns` behind the marks. */
function readOwns(body: string): readonly Pattern[] | null {
  const patterns: Pattern[] = [];
  for (const match of blank(body, ['fences', 'quotes', 'comments']).matchAll(OWNS_LINE)) {
    const list = match.groups?.['list'] ?? '';
    patterns.push(...split(list, match.index + match[0].length - list.length));
  }
  // a comment that goes around a block takes it along, one inside is a line of it
  for (const { text, at } of listFenced(blank(body, ['comments']), 'owns')) patterns.push(...split(text, at));
  return patterns.length === 0 ? null : patterns.slice(0, MAX_PATTERNS);
}

function split(list: string, at: number): readonly Pattern[] {
  return [...list.matchAll(/[^\s,`]+/g)].map((match) => ({ text: match[0], at: at + match.index }));
}
