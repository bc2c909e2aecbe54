// The source `task-copilot`: streams of a Task Copilot database as tasks, and how they stand told to it. Decides no policy.
import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { type Failure, fail, ok, type Result } from '../../../core/failure.ts';
import { quote } from '../../../core/plan/quote.ts';
import type { SourceSpec, TaskReport } from '../../../core/source.ts';
import type { Claimed, Loaded, SourcePort } from '../../../ports/source.ts';
import { writeActivity } from './activity.ts';
import { type Author, writeChanges } from './change.ts';
import { planClaim } from './claim.ts';
import { createStore, type Database, type Store } from './database.ts';
import { loadStreams } from './load.ts';
import type { Ours } from './owner.ts';
import { planReport, type ReportPlan } from './report.ts';
import { type Picture, readPicture } from './rows.ts';
import type { Schema } from './schema.ts';
import { gatherStreams, nameStream, type Stream } from './stream.ts';
import { watchDatabase } from './watch.ts';
import { type Found, findDatabase } from './workspace.ts';

/** What the source is made for. */
export interface TaskCopilotOptions {
  /** Root of the repository, absolute. */
  readonly repository: string;
  /** The user's home folder, absolute. */
  readonly home: string;
  readonly spec: Extract<SourceSpec, { readonly kind: 'task-copilot' }>;
  readonly run: string;
}

/** Rows that others change at the same time are looked at again so often. */
const TRIES = 5;

interface Open {
  readonly of: TaskCopilotOptions;
  readonly ours: Ours;
  readonly store: Store;
  /** The database, once it was found: a run stays with one. */
  found: Found | null;
  /** Ids of the tasks that the last load told of, by stream. */
  readonly told: Map<string, Set<string>>;
}

/** Makes the source `task-copilot`; nothing is opened before it is asked for something. */
export function createTaskCopilotSource(of: TaskCopilotOptions): SourcePort {
  const isKnown = (run: string): boolean =>
    /^[\w.-]+$/.test(run) && existsSync(join(of.repository, '.weft', 'runs', run));
  const open: Open = {
    of,
    ours: { run: of.run, isKnown },
    store: createStore(),
    found: null,
    told: new Map(),
  };
  return {
    name: 'task-copilot',
    load: () => load(open),
    watch: async (changed, signal) => {
      const found = await find(open);
      if (found.ok) await watchDatabase(found.value.path, changed, signal);
    },
    claim: (task) => claim(open, task),
    report: async (reports) => {
      let failure: Failure | null = null;
      for (const each of reports) {
        const told = await report(open, each);
        if (!told.ok) failure ??= told.failure;
      }
      return failure === null ? ok(undefined) : fail(failure);
    },
    close: async () => open.store.close(),
  };
}

async function find(open: Open): Promise<Result<Found>> {
  if (open.found !== null) return ok(open.found);
  const { repository, home, spec } = open.of;
  const { workspace, db, found: known } = spec;
  const found = await findDatabase(open.store, { repository, home, workspace, db: db ?? known ?? null });
  if (found.ok) open.found = found.value;
  return found;
}

async function look(open: Open): Promise<Result<Picture>> {
  const found = await find(open);
  return found.ok ? readPicture(open.store, found.value.path) : found;
}

async function load(open: Open): Promise<Loaded> {
  const picture = await look(open);
  if (!picture.ok) {
    const { sentence, hint } = picture.failure;
    const diagnostic = { position: null, sentence, ...(hint === undefined ? {} : { fix: hint }) };
    return { drafts: [], diagnostics: [diagnostic], texts: new Map() };
  }
  const { repository, spec } = open.of;
  const loaded = loadStreams(picture.value, { stream: spec.stream, repository, ours: open.ours });
  open.told.clear();
  for (const { stream, id } of picture.value.items) {
    if (stream === null) continue;
    const task = nameStream(stream);
    const known = open.told.get(task);
    if (known === undefined) open.told.set(task, new Set([id]));
    else known.add(id);
  }
  const note = open.found?.note ?? null;
  return {
    ...loaded,
    spec: nameFound(open),
    ...(note === null ? {} : { notes: [note, ...(loaded.notes ?? [])] }),
  };
}

/** Which database it is, for who comes back to it from another place. */
function nameFound({ of: { repository, spec }, found }: Open): SourceSpec {
  if (spec.db !== null || found === null) return spec;
  const path = relative(repository, found.path);
  return { ...spec, found: path.startsWith('..') ? found.path : path };
}

async function claim(open: Open, task: string): Promise<Result<Claimed>> {
  let taken: Claimed | null = null;
  const author: Author = { run: open.of.run, agent: 'weft', now: new Date().toISOString() };
  const written = await change(open, task, (stream) => {
    const plan = planClaim(stream, open.ours, open.told.get(task) ?? null);
    taken = plan.kind === 'taken' ? plan : null;
    const changes = plan.kind === 'take' ? plan.changes : [];
    return { changes, author, activity: null };
  });
  if (!written.ok) return written;
  if (!written.value) {
    return fail({
      kind: 'usage',
      sentence: `The stream ${quote(task)} is not in the Task Copilot database any more.`,
      hint: `Give it up with \`weft cancel ${task}\`.`,
    });
  }
  return ok(taken ?? { kind: 'ours' });
}

function report(open: Open, of: TaskReport): Promise<Result<boolean>> {
  const author: Author = { run: of.run, agent: of.agent, now: new Date().toISOString() };
  return change(open, of.task, (stream) => ({ author, ...planReport(stream, of) }));
}

interface Plan extends ReportPlan {
  readonly author: Author;
}

/** Looks, plans and writes, again if somebody else wrote in between. False: there is no such stream. */
async function change(open: Open, task: string, plan: (stream: Stream) => Plan): Promise<Result<boolean>> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const picture = await look(open);
    if (!picture.ok) return picture;
    const stream = gatherStreams(picture.value).streams.find(({ id }) => id === task);
    if (stream === undefined) return ok(false);
    const planned = plan(stream);
    if (planned.changes.length === 0 && planned.activity === null) return ok(true);
    const { path, schema } = picture.value;
    const written = await open.store.write(path, (database) => write(database, { schema, stream, planned }));
    if (!written.ok) return written;
    if (written.value) return ok(true);
  }
  return fail({
    kind: 'environment',
    sentence: `The tasks of stream ${quote(task)} are changed by somebody else again and again.`,
  });
}

function write(
  database: Database,
  of: { readonly schema: Schema; readonly stream: Stream; readonly planned: Plan },
): boolean {
  const { schema, stream, planned } = of;
  const { author, activity } = planned;
  if (!writeChanges(database, schema, planned)) return false;
  if (activity !== null && schema.generation === 1 && schema.logs) {
    writeActivity(database, { ...activity, ...author, stream: stream.key });
  }
  return true;
}
