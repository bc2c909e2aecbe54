// Loads the queue of takt: `.takt/tasks.yaml`. Tells it nothing: takt keeps that file under a lock and a schema of its own.
import { realpathSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fail, ok, type Result } from '../../../core/failure.ts';
import { type Diagnostic, MAX_DIAGNOSTICS } from '../../../core/plan/diagnostic.ts';
import type { TaskDraft } from '../../../core/plan/draft.ts';
import { quote } from '../../../core/plan/quote.ts';
import type { Standing } from '../../../core/source.ts';
import type { Loaded, SourcePort } from '../../../ports/source.ts';
import { type Document, locate } from '../../config/document.ts';
import { readTextFile } from '../../config/text-file.ts';
import { findTaskFile } from '../task-file.ts';
import { createNamer } from './plan-name.ts';
import { type TaktTask, taktSchema } from './plan-schema.ts';
import { MAX_TASKS, type PlanPlace, readPlanDocument, refusePlan } from './plan-text.ts';
import { watchPath } from './watch-path.ts';

/** Makes the source `takt`: the queue that takt keeps. Its tasks wait for nothing; those that are not pending are not begun. */
export function createTaktSource(place: PlanPlace): SourcePort {
  const path = resolve(place.repository, place.path);
  return {
    name: 'takt',
    load: () => Promise.resolve(loadTakt(place)),
    watch: (changed, signal) => watchPath({ path, isFolder: false }, changed, signal),
  };
}

const STANDINGS: Readonly<Record<string, Standing>> = {
  running: { kind: 'held', why: 'takt works on it' },
  completed: { kind: 'done' },
  failed: { kind: 'held', why: 'it failed in takt, which can queue it again' },
  exceeded: { kind: 'held', why: 'takt stopped it at its limit of steps' },
  pr_failed: { kind: 'held', why: 'takt could not open its pull request' },
};

function loadTakt(place: PlanPlace): Loaded {
  const read = readPlanDocument(place, taktSchema);
  if (!read.ok) return read.failure;
  const { value, document, texts } = read.value;
  const { tasks } = value;
  if (tasks.length > MAX_TASKS)
    return refusePlan([
      { position: null, sentence: `The queue has ${tasks.length} tasks; at most ${MAX_TASKS} are taken.` },
    ]);
  const nameNext = createNamer();
  const standings = new Map<string, Standing>();
  const wrong: Diagnostic[] = [];
  const drafts = tasks.flatMap((task, at) => {
    const id = nameNext(task.name);
    const standing = STANDINGS[task.status];
    if (standing !== undefined) standings.set(id, standing);
    if (standing?.kind === 'done') return [];
    const content = readContent(place, document, { task, at });
    if (content.ok) return [draftTask(task, { id, document, at, content: content.value })];
    wrong.push(content.failure);
    return [];
  });
  return { drafts, diagnostics: wrong.slice(0, MAX_DIAGNOSTICS), texts, standings };
}

interface Content {
  readonly text: string;
  readonly ref: string;
}

/** What a task says: in the queue itself, in a file, or in the `order.md` of a folder; exactly one of them. */
function readContent(
  place: PlanPlace,
  document: Document,
  { task, at }: { readonly task: TaktTask; readonly at: number },
): Result<Content, Diagnostic> {
  const { content, content_file, task_dir } = task;
  const keys = (['content', 'content_file', 'task_dir'] as const).filter((key) => task[key] !== undefined);
  const [key] = keys;
  const refuse = (sentence: string, fix?: string): Result<Content, Diagnostic> =>
    fail({
      position: locate(document, key === undefined ? ['tasks', at, 'name'] : ['tasks', at, key]),
      sentence,
      ...(fix === undefined ? {} : { fix }),
    });
  if (keys.length !== 1)
    return refuse(
      `Task ${quote(task.name)} says ${keys.length === 0 ? 'nowhere' : 'more than once'} what is to be done.`,
      'Give it one of content, content_file and task_dir.',
    );
  if (content !== undefined) return ok({ text: content, ref: document.file });
  const path = content_file ?? join(task_dir ?? '', 'order.md');
  const repository = realpathSync(place.repository);
  // paths in the queue start at the folder that has .takt in it
  const home = dirname(dirname(resolve(repository, place.path)));
  const found = findTaskFile(path, { repository, beside: home });
  if (!found.ok) return refuse(`The task file ${quote(path)} ${found.failure.sentence}.`);
  const read = readTextFile(found.value);
  if (!read.ok) return refuse(`The task file ${quote(path)} ${read.failure.sentence}.`);
  return ok({ text: read.value, ref: relative(repository, found.value).split(sep).join('/') });
}

function draftTask(
  task: TaktTask,
  of: {
    readonly id: string;
    readonly document: Document;
    readonly at: number;
    readonly content: Content;
  },
): TaskDraft {
  const { text, ref } = of.content;
  const first = text
    .split(/\r?\n/, 20)
    .map((line) => line.replace(/^#+\s*/, '').trim())
    .find((line) => line !== '');
  return {
    id: { value: of.id, position: locate(of.document, ['tasks', of.at, 'name']) },
    title: (task.summary ?? first ?? task.name).slice(0, 500),
    body: task.issue === undefined ? text : `${text}\n\nThis is issue #${task.issue}.\n`,
    ref,
    source: 'takt',
    track: null,
    owns: null,
    dependencies: [],
    priority: null,
    agent: null,
    run: null,
    type: 'automated',
    gates: null,
    tier: 0,
  };
}
