// Guesses where a task that claims nothing will work: from its text, and from what tasks like it touched before. A guess only
// orders work; nothing is refused because of one. Knows nothing of disks.
import type { Guess, Task } from './model.ts';

/** Most patterns of one guess. */
export const MAX_GUESS = 20;

/** What a task that landed had changed. */
export interface Touched {
  readonly task: string;
  readonly title: string;
  readonly track: string | null;
  readonly files: readonly string[];
}

/** What guesses are made from. */
export interface Evidence {
  /** Tracked files of the repository. */
  readonly files: readonly string[];
  /** Latest last. */
  readonly past: readonly Touched[];
}

type Asked = Pick<Task, 'id' | 'title' | 'body' | 'track'>;

/** Makes ready to guess for many tasks; each gets the likeliest first. The same evidence leads to the same guesses. */
export function createGuesser(evidence: Evidence): (task: Asked) => readonly Guess[] {
  const known = indexFiles(evidence.files);
  const past = evidence.past.map((each) => ({ ...each, words: new Set(wordsOf(each.title)) }));
  return (task) => settle([...guessFromText(known, task), ...guessFromPast({ known, past }, task)]);
}

/** What is known of a task that was seen at work: the files it changed, and what had been guessed beside them. */
export function widenGuess(guess: readonly Guess[], files: readonly string[]): readonly Guess[] {
  const seen = files.filter(isPlain).map((pattern): Guess => ({ pattern, weight: 1, from: 'work' }));
  return settle([...seen, ...guess]);
}

interface Known {
  readonly files: ReadonlySet<string>;
  readonly folders: ReadonlySet<string>;
  /** Files by their name, by the last parts of their path, and by their name's words. */
  readonly byEnd: ReadonlyMap<string, readonly string[]>;
  readonly byStem: ReadonlyMap<string, readonly string[]>;
}

/** Parts of a path by which a file is found from its end. */
const ENDS = 4;

function indexFiles(all: readonly string[]): Known {
  const files = all.filter(isPlain);
  const folders = new Set<string>();
  const byEnd = new Map<string, string[]>();
  const byStem = new Map<string, string[]>();
  for (const file of files) {
    const parts = file.split('/');
    for (let length = 1; length < parts.length; length += 1) folders.add(parts.slice(0, length).join('/'));
    for (let count = 1; count <= Math.min(ENDS, parts.length); count += 1)
      add(byEnd, parts.slice(-count).join('/'), file);
    const [stem = ''] = (parts.at(-1) ?? '').replace(/^\.+/, '').split('.');
    add(byStem, joinWords(stem), file);
  }
  return { files: new Set(files), folders, byEnd, byStem };
}

function add(map: Map<string, string[]>, key: string, file: string): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [file]);
  else list.push(file);
}

/** Tells whether a path means itself as a pattern. */
function isPlain(path: string): boolean {
  return !/[*?[\]{}!\\()|+@]/.test(path);
}

/** How sure a mention makes. A name that many files have says nothing. */
const WEIGHTS = { path: 1, end: 0.9, folder: 0.8, identifier: 0.6, title: 0.3 } as const;
const MOST_NAMESAKES = 3;
/** How much of a text is read. */
const TEXT_LENGTH = 20_000;

function* guessFromText(known: Known, { title, body }: Asked): Iterable<Guess> {
  const text = `${title}\n${body}`.slice(0, TEXT_LENGTH);
  const guess = (pattern: string, weight: number): Guess => ({ pattern, weight, from: 'text' });
  for (const mention of text.match(/[\w.-]+(?:\/[\w.-]+)*\/?/g) ?? []) {
    // most of a text are plain words
    if (!/[./]/.test(mention)) {
      if (known.files.has(mention)) yield guess(mention, WEIGHTS.path);
      continue;
    }
    const path = mention.replace(/^(?:\.\/)+/, '').replace(/[/.]+$/, '');
    if (known.files.has(path)) yield guess(path, WEIGHTS.path);
    else if (path.includes('/') && known.folders.has(path)) yield guess(`${path}/**`, WEIGHTS.folder);
    else if (/[./]/.test(path)) for (const file of few(known.byEnd, path)) yield guess(file, WEIGHTS.end);
    // a folder at the root is an ordinary word unless it is written as one
    if (mention.endsWith('/') && !path.includes('/') && known.folders.has(path))
      yield guess(`${path}/**`, WEIGHTS.folder);
  }
  const mayName = /_|\w-\w|[a-z][A-Z]/.test(text);
  for (const name of (mayName && text.match(/\b[A-Za-z]\w*(?:-\w+)*\b/g)) || []) {
    if (!/[a-z][A-Z]|[_-]/.test(name)) continue;
    for (const file of few(known.byStem, joinWords(name))) yield guess(file, WEIGHTS.identifier);
  }
  for (const word of wordsOf(title))
    for (const file of few(known.byStem, word)) yield guess(file, WEIGHTS.title);
}

function few(map: ReadonlyMap<string, readonly string[]>, key: string): readonly string[] {
  const found = map.get(key) ?? [];
  return found.length <= MOST_NAMESAKES ? found : [];
}

/** `landingLine`, `LandingLine` and `landing_line` are `landing-line`. */
function joinWords(name: string): string {
  return name
    .replace(/([a-z\d])([A-Z])/g, '$1-$2')
    .replaceAll('_', '-')
    .toLowerCase();
}

type Past = Touched & { readonly words: ReadonlySet<string> };

/** Share of two titles' words that has to be the same, what a track adds, and how sure the most similar make. */
const ALIKE = 0.25;
const SAME_TRACK = 0.2;
const PAST_WEIGHT = 0.7;
const MOST_ALIKE = 5;

function* guessFromPast(
  { known, past }: { readonly known: Known; readonly past: readonly Past[] },
  task: Asked,
): Iterable<Guess> {
  const words = wordsOf(task.title);
  const alike = past
    .map((each) => ({ each, score: likeness(each, { task, words }) }))
    .filter(({ score }) => score >= ALIKE)
    .sort((a, b) => b.score - a.score || (a.each.task < b.each.task ? -1 : 1))
    .slice(0, MOST_ALIKE);
  for (const { each, score } of alike)
    for (const file of each.files)
      if (known.files.has(file)) yield { pattern: file, weight: PAST_WEIGHT * score, from: 'history' };
}

function likeness(
  past: Past,
  { task, words }: { readonly task: Asked; readonly words: readonly string[] },
): number {
  if (past.task === task.id) return 1;
  const shared = words.filter((word) => past.words.has(word)).length;
  const all = words.length + past.words.size - shared;
  const track = past.track !== null && past.track === task.track ? SAME_TRACK : 0;
  return all === 0 ? 0 : (1 - SAME_TRACK) * (shared / all) + track;
}

const COMMON = new Set(
  'the and for with from into that this when then all new add use make fix not are its has have more task step'.split(
    ' ',
  ),
);

function wordsOf(title: string): readonly string[] {
  const words = title.toLowerCase().match(/[\p{L}\d]{3,}/gu) ?? [];
  return [...new Set(words)].filter((word) => !COMMON.has(word));
}

/** Files of one folder from which on it is taken as a whole. */
const CROWD = 5;

/** Each pattern once, at its greatest weight; many of one folder are the folder; likeliest first, in a settled order. */
function settle(guesses: readonly Guess[]): readonly Guess[] {
  const best = new Map<string, Guess>();
  for (const guess of guesses) {
    const before = best.get(guess.pattern);
    if (before === undefined || before.weight < guess.weight) best.set(guess.pattern, guess);
  }
  const byFolder = new Map<string, Guess[]>();
  for (const guess of best.values()) {
    if (guess.pattern.endsWith('/**')) continue;
    const folder = guess.pattern.slice(0, Math.max(0, guess.pattern.lastIndexOf('/')));
    const list = byFolder.get(folder);
    if (list === undefined) byFolder.set(folder, [guess]);
    else list.push(guess);
  }
  for (const [folder, crowd] of byFolder) {
    if (folder === '' || crowd.length < CROWD) continue;
    for (const { pattern } of crowd) best.delete(pattern);
    const first = crowd.reduce((a, b) => (b.weight > a.weight ? b : a));
    const whole = best.get(`${folder}/**`);
    if (whole === undefined || whole.weight < first.weight)
      best.set(`${folder}/**`, { ...first, pattern: `${folder}/**` });
  }
  return [...best.values()]
    .map((guess) => ({ ...guess, weight: Math.round(guess.weight * 100) / 100 }))
    .sort((a, b) => b.weight - a.weight || (a.pattern < b.pattern ? -1 : 1))
    .slice(0, MAX_GUESS);
}

const FROM: Readonly<Record<Guess['from'], string>> = {
  text: 'from its text',
  history: 'from earlier tasks',
  work: 'from what it changed',
};
const MOST_SAID = 4;

/** The guess for people: `src/api/** (from its text), and 3 more`. */
export function describeGuess(guess: readonly Guess[]): string {
  const said = guess.slice(0, MOST_SAID).map(({ pattern, from }) => `${pattern} (${FROM[from]})`);
  const more = guess.length - said.length;
  return [...said, ...(more > 0 ? [`and ${more} more`] : [])].join(', ');
}
