// Loads the task list of ralphy, and marks what has landed as completed, as ralphy does. Knows nothing of runs.
import { resolve } from 'node:path';
import { fail, ok, type Result } from '../../../core/failure.ts';
import type { Diagnostic } from '../../../core/plan/diagnostic.ts';
import type { DependencyDraft, TaskDraft } from '../../../core/plan/draft.ts';
import { quote } from '../../../core/plan/quote.ts';
import type { TaskReport } from '../../../core/source.ts';
import type { Loaded, SourcePort } from '../../../ports/source.ts';
import { type Document, locate, readDocument } from '../../config/document.ts';
import { checkDocument } from '../../config/issue.ts';
import { createNamer } from './plan-name.ts';
import { type RalphyFile, ralphySchema } from './plan-schema.ts';
import {
  MAX_EDGES,
  MAX_TASKS,
  nameFile,
  type PlanPlace,
  readPlanDocument,
  refusePlan,
  rewritePlan,
} from './plan-text.ts';
import { watchPath } from './watch-path.ts';

/**
 * Makes the source `ralphy`: a YAML list of tasks. Tasks with the same `parallel_group` run beside each other, all
 * others one after another, as ralphy orders them. What landed gets `completed: true`.
 */
export function createRalphySource(place: PlanPlace): SourcePort {
  const path = resolve(place.repository, place.path);
  return {
    name: 'ralphy',
    load: () => Promise.resolve(loadRalphy(place)),
    watch: (changed, signal) => watchPath({ path, isFolder: false }, changed, signal),
    report: (reports) => complete(place, reports),
  };
}

type RalphyTask = RalphyFile['tasks'][number];

function loadRalphy(place: PlanPlace): Loaded {
  const read = readPlanDocument(place, ralphySchema);
  if (!read.ok) return read.failure;
  const { value, document, texts } = read.value;
  const { tasks } = value;
  const ids = nameTasks(tasks);
  const waits = orderTasks(tasks);
  const count = waits.reduce((sum, before) => sum + before.length, 0);
  const problem = checkSize(document, { tasks: tasks.length, edges: count });
  if (problem !== null) return refusePlan([problem], texts);
  const drafts = tasks.flatMap((task, at) =>
    task.completed === true ? [] : [draftTask(task, { document, at, ids, waits: waits[at] ?? [] })],
  );
  const done = tasks.flatMap((task, at) =>
    task.completed === true ? [[ids[at] as string, { kind: 'done' as const }] as const] : [],
  );
  return { drafts, diagnostics: [], texts, standings: new Map(done) };
}

function nameTasks(tasks: readonly RalphyTask[]): readonly string[] {
  const nameNext = createNamer();
  return tasks.map(({ title }) => nameNext(title));
}

/** Batches in the order of their first task; each waits for the whole batch before it. Gives numbers of tasks. */
function orderTasks(tasks: readonly RalphyTask[]): readonly (readonly number[])[] {
  const batches: number[][] = [];
  const byGroup = new Map<number, number[]>();
  const batchOf: number[] = [];
  for (const [at, { parallel_group: group = 0 }] of tasks.entries()) {
    const known = group === 0 ? undefined : byGroup.get(group);
    const batch = known ?? [];
    if (known === undefined) batches.push(batch);
    if (group !== 0) byGroup.set(group, batch);
    batch.push(at);
    batchOf.push(batches.indexOf(batch));
  }
  return batchOf.map((batch) => batches[batch - 1] ?? []);
}

function checkSize(
  document: Document,
  { tasks, edges }: { readonly tasks: number; readonly edges: number },
): Diagnostic | null {
  const [count, what, most] =
    tasks > MAX_TASKS ? [tasks, 'tasks', MAX_TASKS] : [edges, 'dependencies', MAX_EDGES];
  if (count <= most) return null;
  return {
    position: locate(document, ['tasks'], 'key'),
    sentence: `The list has ${count} ${what}; at most ${most} are taken.`,
  };
}

function draftTask(
  task: RalphyTask,
  of: {
    readonly document: Document;
    readonly at: number;
    readonly ids: readonly string[];
    readonly waits: readonly number[];
  },
): TaskDraft {
  const { document, at, ids, waits } = of;
  const position = locate(document, ['tasks', at, 'title']);
  const group = task.parallel_group ?? 0;
  const via = waits.length === 1 ? ('step-before' as const) : ('track' as const);
  const dependencies: readonly DependencyDraft[] = waits.map((other) => ({
    task: ids[other] as string,
    position,
    via,
  }));
  return {
    id: { value: ids[at] as string, position },
    title: task.title.slice(0, 500),
    body: task.description === undefined ? `${task.title}\n` : `${task.title}\n\n${task.description}\n`,
    ref: document.file,
    source: 'ralphy',
    track: group === 0 ? null : `group ${group}`,
    owns: null,
    dependencies,
    priority: null,
    agent: null,
    run: null,
    type: 'automated',
    gates: null,
    tier: 0,
  };
}

/** Marks what landed; everything else in the file stays as it is written. */
function complete(place: PlanPlace, reports: readonly TaskReport[]): Promise<Result<void>> {
  const landed = new Set<string>(reports.filter(({ phase }) => phase === 'merged').map(({ task }) => task));
  if (landed.size === 0) return Promise.resolve(ok(undefined));
  const file = nameFile(place);
  return rewritePlan(place, (text) => {
    const read = readDocument({ file, text });
    if (!read.ok) return read;
    const { value, diagnostics } = checkDocument(read.value, ralphySchema);
    if (value === null)
      return fail(diagnostics[0] ?? { position: null, sentence: `${quote(file)} is wrong.` });
    const ids = nameTasks(value.tasks);
    // from the end: what is put in moves everything behind it
    const open = value.tasks.flatMap((task, at) =>
      landed.has(ids[at] as string) && task.completed !== true ? [{ task, at }] : [],
    );
    return ok(open.reverse().reduce((now, { task, at }) => markTask(now, read.value, { task, at }), text));
  });
}

function markTask(
  text: string,
  document: Document,
  { task, at }: { readonly task: RalphyTask; readonly at: number },
): string {
  const path = ['tasks', at];
  if (task.completed === false) {
    const { start, end } = spanOf(text, document, [...path, 'completed'], 'value');
    return `${text.slice(0, start)}true${text.slice(end)}`;
  }
  // before the title, because what follows a text over several lines is hard to tell
  const key = spanOf(text, document, [...path, 'title'], 'key');
  const isFlow = text[spanOf(text, document, path, 'value').start] === '{';
  const indent = ' '.repeat(key.column - 1);
  const word = text[key.start] === '"' ? '"completed": true' : 'completed: true';
  const put = isFlow ? `${word}, ` : `${word}\n${indent}`;
  return `${text.slice(0, key.start)}${put}${text.slice(key.start)}`;
}

function spanOf(
  text: string,
  document: Document,
  path: readonly (string | number)[],
  what: 'value' | 'key',
): { readonly start: number; readonly end: number; readonly column: number } {
  const { line, column, length } = locate(document, path, what);
  const breaks = /\r\n|\n|\r/g;
  let start = 0;
  for (let at = 1; at < line; at += 1) {
    breaks.exec(text);
    start = breaks.lastIndex;
  }
  start += column - 1;
  return { start, end: start + length, column };
}
