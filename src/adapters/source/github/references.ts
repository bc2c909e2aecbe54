// Finds what the text of an issue says it depends on. Knows nothing of whether those issues exist.
import { blank } from './quiet-text.ts';

/** A dependency as a text says it. */
export interface Reference {
  readonly number: number;
  /** It is to be begun on the other one's work. */
  readonly isStacked: boolean;
  /** Where the number is written, from 0. */
  readonly at: number;
  readonly length: number;
}

/** What a text refers to. */
export interface References {
  readonly own: readonly Reference[];
  /** Issues of other repositories, as written. */
  readonly foreign: readonly string[];
}

/** Whose text it is. */
export interface Home {
  /** `github.com` */
  readonly host: string;
  readonly owner: string;
  readonly name: string;
}

/** Dependencies that are read of one text. */
const MAX_REFERENCES = 100;

const SAYS =
  /(?<before>(?:(?:\b(?:no longer|not|never)|n['’]t)\s+)?)\b(?<words>depend(?:s|ent)?\s+(?:up)?on|blocked\s+by|(?:stacked\s+)?on\s+top\s+of|stacked\s+on)\b/gi;
const REFERENCE =
  /^(?:https?:\/\/(?<host>[\w.:-]{1,100})\/)?(?:(?<owner>[\w.-]{1,100})\/(?<name>[\w.-]{1,100})(?:\/(?:issues|pull)\/|#)|#|GH-)(?<number>[1-9]\d{0,8})(?![\w/])/i;
/** What may be between two references of one list. */
const BETWEEN = /^(?:\s*(?:,|;|&|\+|\band\b|\bund\b)\s*)+|^[ \t]+(?=#|https?:|GH-)/i;
const BULLET = /^[ \t]*(?:[-*+]|\d{1,3}[.)])[ \t]+(?:\[[ xX]\][ \t]+)?/;
const TASK = /^[ \t]*(?:[-*+]|\d{1,3}[.)])[ \t]+\[ \][ \t]+/gm;

interface Reading {
  readonly text: string;
  readonly home: Home;
  readonly own: Map<number, Reference>;
  readonly foreign: Set<string>;
}

/** Reads "depends on #1", "blocked by #1, #2", "on top of #3", lists below such words, and open items of task lists. */
export function findReferences(body: string, home: Home): References {
  const text = blank(body, ['fences', 'quotes', 'comments', 'code-spans']);
  const reading: Reading = { text, home, own: new Map(), foreign: new Set() };
  for (const match of text.matchAll(SAYS)) {
    const { before = '', words = '' } = match.groups ?? {};
    if (before !== '') continue;
    readList(reading, match.index + match[0].length, /on\s+top\s+of|stacked/i.test(words));
  }
  for (const match of text.matchAll(TASK)) take(reading, match.index + match[0].length, false);
  return { own: [...reading.own.values()], foreign: [...reading.foreign] };
}

/** Reads what follows such words: references in a row, or one in each line of a list below. */
function readList(reading: Reading, from: number, isStacked: boolean): void {
  const lead = /^(?:[ \t]*(?:\*\*|__)?:?(?:\*\*|__)?)[ \t]*/.exec(reading.text.slice(from, from + 200));
  const start = from + (lead?.[0].length ?? 0);
  let at = start;
  for (;;) {
    const end = take(reading, at, isStacked);
    if (end === null) break;
    const gap = BETWEEN.exec(reading.text.slice(end, end + 50));
    if (gap === null) return;
    at = end + gap[0].length;
  }
  if (at === start) readBullets(reading, start, isStacked);
}

function readBullets(reading: Reading, from: number, isStacked: boolean): void {
  const rest = reading.text.slice(from);
  const head = /^[ \t]*\r?\n(?:[ \t]*\r?\n)?/.exec(rest);
  if (head === null) return;
  let at = from + head[0].length;
  for (const line of rest.slice(head[0].length).split('\n', MAX_REFERENCES)) {
    const bullet = BULLET.exec(line);
    if (bullet === null || take(reading, at + bullet[0].length, isStacked) === null) return;
    at += line.length + 1;
  }
}

/** Takes the reference at a place; gives where it ends, or null when there is none. */
function take({ text, home, own, foreign }: Reading, at: number, isStacked: boolean): number | null {
  const found = REFERENCE.exec(text.slice(at, at + 400));
  if (found === null) return null;
  const end = at + found[0].length;
  const { host, owner, name, number = '' } = found.groups ?? {};
  if (host !== undefined && owner === undefined) return null;
  const same = (one: string | undefined, other: string): boolean =>
    one === undefined || one.toLowerCase() === other.toLowerCase();
  if (!(same(host, home.host) && same(owner, home.owner) && same(name, home.name))) {
    if (foreign.size < MAX_REFERENCES) foreign.add(found[0]);
    return end;
  }
  const key = Number(number);
  const known = own.get(key);
  const length = found[0].length;
  if (known === undefined && own.size < MAX_REFERENCES) own.set(key, { number: key, isStacked, at, length });
  else if (known !== undefined && isStacked) own.set(key, { ...known, isStacked });
  return end;
}
