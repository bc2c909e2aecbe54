// What a Task Copilot database has for weft: a task for each stream, how they stand, what was left out. Writes nothing.
import { isAbsolute, relative, sep } from 'node:path';
import { type Diagnostic, MAX_DIAGNOSTICS } from '../../../core/plan/diagnostic.ts';
import type { TaskDraft } from '../../../core/plan/draft.ts';
import { findNearest } from '../../../core/plan/nearest.ts';
import { quote, quoteList } from '../../../core/plan/quote.ts';
import type { Standing } from '../../../core/source.ts';
import type { Loaded } from '../../../ports/source.ts';
import { writeBody } from './body.ts';
import { findOther, isEnded, isTakenBy, type Ours } from './owner.ts';
import type { Item, Picture } from './rows.ts';
import { findStream, type Gathered, gatherStreams, type Stream } from './stream.ts';

/** How the picture is to be read. */
export interface LoadOptions {
  /** Only this stream; null: all. */
  readonly stream: string | null;
  /** Root of the repository, absolute. */
  readonly repository: string;
  readonly ours: Ours;
}

const NAMED = 10;
const MAX_NOTES = 50;
/** The least urgent of weft; Task Copilot's scale is the same, but ends one before. */
const LEAST = 4;

/** Turns a picture into what the compiler takes. */
export function loadStreams(picture: Picture, options: LoadOptions): Loaded {
  const gathered = gatherStreams(picture);
  const notes = describeOddities(picture, gathered);
  const refuse = (diagnostic: Diagnostic): Loaded => ({
    drafts: [],
    diagnostics: [diagnostic],
    texts: new Map(),
    notes,
  });
  if (gathered.streams.length === 0) return refuse(describeNone(picture, gathered));
  const only = options.stream === null ? null : findStream(options.stream, gathered.streams);
  if (options.stream !== null && only === null) return refuse(describeMissing(options.stream, gathered));
  const standings = new Map<string, Standing>();
  for (const stream of gathered.streams) {
    const standing = findStanding(stream, options.ours);
    if (standing !== null) standings.set(stream.id, standing);
  }
  const loading = only === null ? gathered.streams : [only];
  const drafts = loading.map((stream) => draft(stream, options.repository));
  const diagnostics = loading.flatMap((stream) => stream.diagnostics).slice(0, MAX_DIAGNOSTICS);
  const parts = only === null ? { drafts, standings } : loadOne(only, { gathered, standings, drafts });
  return { ...parts, diagnostics, texts: new Map(), notes };
}

/** What one stream needs has to be complete already: nobody will do it in this run. */
function loadOne(
  only: Stream,
  of: {
    readonly gathered: Gathered;
    readonly standings: ReadonlyMap<string, Standing>;
    readonly drafts: readonly TaskDraft[];
  },
): Pick<Loaded, 'drafts' | 'standings'> {
  const open = of.gathered.streams.filter(
    ({ id }) => only.needs.includes(id) && id !== only.id && of.standings.get(id)?.kind !== 'done',
  );
  const standings = new Map(
    [...of.standings].filter(
      ([id, { kind }]) => id === only.id || (kind === 'done' && only.needs.includes(id)),
    ),
  );
  if (open.length > 0 && !standings.has(only.id)) {
    const each = open.map(
      ({ key, items }) => `${quote(key)} (${items.filter(isEnded).length} of ${items.length} tasks)`,
    );
    standings.set(only.id, {
      kind: 'held',
      why: `it needs ${each.slice(0, NAMED).join(', ')}, not complete and not part of this run; \`weft run task-copilot\` runs all streams`,
    });
  }
  const met = ({ task }: { readonly task: string }): boolean => !open.some(({ id }) => id === task);
  return {
    standings,
    drafts: of.drafts.map((one) => ({ ...one, dependencies: one.dependencies.filter(met) })),
  };
}

function findStanding(stream: Stream, ours: Ours): Standing | null {
  const { items, status, needsLoose } = stream;
  if (items.every(isEnded) || status === 'completed') return { kind: 'done' };
  if (status === 'paused') return { kind: 'held', why: 'the stream is paused in Task Copilot' };
  if (needsLoose.length > 0) {
    const named = needsLoose.map(({ id, title }) => `${id} ${title}`);
    return { kind: 'held', why: `it needs ${quoteList(named, NAMED)}, in no stream and not completed` };
  }
  if (items.some((item) => isTakenBy(ours.run, item))) return null;
  for (const item of items) {
    const other = findOther(item, ours);
    if (other !== null)
      return {
        kind: 'held',
        why: `taken by ${other}: ${quote(item.title)} is in progress there; where nobody is at work on it, set it back to pending`,
      };
  }
  return null;
}

function draft(stream: Stream, repository: string): TaskDraft {
  const place = <T>(value: T): { readonly value: T; readonly position: null } => ({ value, position: null });
  const files = [...new Set(stream.items.flatMap((item) => item.files))];
  const priorities = stream.items.filter((item) => !isEnded(item)).flatMap(({ priority }) => priority ?? []);
  return {
    id: place(stream.id),
    title: stream.name,
    body: writeBody(stream),
    ref: stream.key,
    source: 'task-copilot',
    track: stream.id,
    owns: files.length === 0 ? null : files.map((file) => place(relate(file, repository))),
    dependencies: stream.needs.map((task) => ({ task, position: null })),
    priority: priorities.length === 0 ? null : Math.max(0, Math.min(LEAST, ...priorities)),
    agent: null,
    run: null,
    type: 'automated',
    gates: null,
    tier: 0,
  };
}

/** Agents write absolute paths now and then. */
function relate(file: string, repository: string): string {
  if (!isAbsolute(file)) return file;
  const inside = relative(repository, file);
  return inside.startsWith('..') || isAbsolute(inside) ? file : inside.split(sep).join('/');
}

function describeOddities(picture: Picture, { streams, loose, notes }: Gathered): readonly string[] {
  const found: string[] = [...new Set(notes)];
  const openLoose = loose.filter((item) => !isEnded(item)).length;
  if (streams.length > 0 && openLoose > 0) {
    found.push(
      `${openLoose} of the open tasks ${openLoose === 1 ? 'is in no stream and was' : 'are in no stream and were'} left out.`,
    );
  }
  if (picture.unreadable.length > 0) {
    found.push(`The metadata of ${quoteList(picture.unreadable, NAMED)} is not JSON and was passed over.`);
  }
  for (const { key, items } of streams) {
    const cancelled = items.filter(({ status }) => status === 'cancelled').map(({ title }) => title);
    if (cancelled.length > 0 && items.every(isEnded)) {
      found.push(`Stream ${quote(key)} counts as complete, with ${quoteList(cancelled, NAMED)} cancelled.`);
    }
    const asking = items.filter((item) => item.asksForQa && !isEnded(item)).length;
    if (asking > 0) {
      found.push(
        `Stream ${quote(key)} has ${asking === 1 ? 'a task that asks' : `${asking} tasks that ask`} for QA evidence: weft's gates stand for it.`,
      );
    }
  }
  const hidden = found.length - MAX_NOTES;
  return hidden > 0 ? [...found.slice(0, MAX_NOTES), `There are ${hidden} more such notes.`] : found;
}

function describeNone(picture: Picture, { loose, archived }: Gathered): Diagnostic {
  const hidden =
    archived === 0 ? '' : `; ${archived === 1 ? 'a stream is' : `${archived} streams are`} archived`;
  return {
    position: null,
    sentence: `No streams found in Task Copilot database ${quote(picture.path)}: ${countTasks(loose)}${hidden}.`,
    fix:
      picture.schema.generation === 1
        ? 'Give tasks `metadata.streamId` and `metadata.dependencies`, with task_update or by asking @agent-ta, then run this again.'
        : 'Make one with `tc stream create --name NAME` and put tasks into it, then run this again.',
  };
}

function countTasks(items: readonly Item[]): string {
  if (items.length === 0) return 'it has no tasks';
  return items.length === 1 ? 'its one task is in none' : `its ${items.length} tasks are in none`;
}

function describeMissing(wanted: string, { streams }: Gathered): Diagnostic {
  const keys = streams.map(({ key }) => key);
  const nearest = findNearest(wanted, keys);
  return {
    position: null,
    sentence: `There is no stream ${quote(wanted)} in the Task Copilot database.`,
    fix: nearest === null ? `Its streams: ${quoteList(keys)}.` : `Did you mean ${quote(nearest)}?`,
  };
}
