// Loads the tasks of a plan folder: `<epic>/tasks/*.md`. Judges single values only; the compiler judges the plan.
import { realpathSync, statSync } from 'node:fs';
import { relative, resolve, sep } from 'node:path';
import { type Diagnostic, MAX_DIAGNOSTICS } from '../../../core/plan/diagnostic.ts';
import type { DependencyDraft, TaskDraft } from '../../../core/plan/draft.ts';
import { quote } from '../../../core/plan/quote.ts';
import type { Standing } from '../../../core/source.ts';
import type { Loaded, SourcePort } from '../../../ports/source.ts';
import { type Epic, findEpics } from './epic.ts';
import { nameDependencies } from './plan-dependency.ts';
import { type PlanTask, readPlanTask } from './plan-task.ts';
import { MAX_EDGES, MAX_TASKS, nameFile, type PlanPlace, refusePlan } from './plan-text.ts';
import { watchPath } from './watch-path.ts';

/** A plan folder as loaded, with what only a migration asks for. */
export interface LoadedFolder extends Loaded {
  readonly epics: readonly Epic[];
  /** Every task of the folder, done ones too, by id. */
  readonly tasks: ReadonlyMap<string, FolderTask>;
}

/** A task of a plan folder. */
export interface FolderTask {
  readonly draft: TaskDraft;
  readonly epic: Epic;
  readonly standing: Standing | null;
}

/** Makes the source `plan-folder`. It tells the folder nothing: what is in it is prose for people. */
export function createPlanFolderSource(place: PlanPlace): SourcePort {
  return {
    name: 'plan-folder',
    load: () => Promise.resolve(pickLoaded(loadPlanFolder(place))),
    watch: (changed, signal) =>
      watchPath({ path: resolve(place.repository, place.path), isFolder: true }, changed, signal),
  };
}

function pickLoaded({ drafts, diagnostics, texts, standings, notes }: LoadedFolder): Loaded {
  return {
    drafts,
    diagnostics,
    texts,
    ...(standings === undefined ? {} : { standings }),
    ...(notes === undefined ? {} : { notes }),
  };
}

/** Loads everything in a plan folder, or in one epic of it. */
export function loadPlanFolder(place: PlanPlace): LoadedFolder {
  const nothing = { epics: [], tasks: new Map() };
  const refuse = (sentence: string, fix?: string): LoadedFolder => ({
    ...refusePlan([{ position: null, sentence, ...(fix === undefined ? {} : { fix }) }]),
    ...nothing,
  });
  const shown = quote(nameFile(place));
  const root = findFolder(resolve(place.repository, place.path));
  if (root === null) return refuse(`The plan folder ${shown} does not exist.`);
  const epics = findEpics(root, (path) => nameIn(place, path));
  const files = epics.reduce((sum, epic) => sum + epic.files.length, 0);
  if (files === 0)
    return refuse(
      `The plan folder ${shown} has no tasks.`,
      'Tasks are markdown files in <epic>/tasks/, such as 001_first_step.md.',
    );
  if (files > MAX_TASKS)
    return refuse(`The plan folder ${shown} has ${files} tasks; at most ${MAX_TASKS} are taken.`);
  return { ...loadEpics(epics), epics };
}

function findFolder(path: string): string | null {
  try {
    const real = realpathSync(path);
    return statSync(real).isDirectory() ? real : null;
  } catch {
    return null;
  }
}

function nameIn({ repository }: PlanPlace, path: string): string {
  return relative(realpathSync(repository), path).split(sep).join('/');
}

function loadEpics(epics: readonly Epic[]): Omit<LoadedFolder, 'epics'> {
  const texts = new Map<string, string>();
  const diagnostics: Diagnostic[] = [];
  const read = epics.flatMap((epic) =>
    epic.files.flatMap((file): readonly PlanTask[] => {
      const task = readPlanTask(epic, file);
      if (!task.ok) {
        diagnostics.push(task.failure);
        return [];
      }
      texts.set(task.value.file, task.value.text);
      diagnostics.push(...task.value.diagnostics);
      return [task.value];
    }),
  );
  const notes: string[] = [];
  const edges = nameDependencies(read, { diagnostics, notes });
  if (edges.size > MAX_EDGES) diagnostics.push(tooManyEdges(edges.size));
  const tasks = new Map<string, FolderTask>();
  for (const task of read) {
    const draft = draftTask(task, edges.of(task));
    // of two with one id the compiler speaks, so both have to reach it
    const key = tasks.has(task.id.value) ? `${task.id.value}\0${task.file}` : task.id.value;
    tasks.set(key, { draft, epic: task.epic, standing: task.standing });
  }
  const all = [...tasks.values()];
  const isOver = ({ standing }: FolderTask): boolean => standing?.kind === 'done';
  return {
    drafts: all.filter((task) => !isOver(task)).map(({ draft }) => draft),
    diagnostics: diagnostics.slice(0, MAX_DIAGNOSTICS),
    texts,
    standings: new Map(
      all.flatMap(({ draft, standing }) => (standing === null ? [] : [[draft.id.value, standing] as const])),
    ),
    notes,
    tasks,
  };
}

function tooManyEdges(count: number): Diagnostic {
  return { position: null, sentence: `The plan has ${count} dependencies; at most ${MAX_EDGES} are taken.` };
}

function draftTask(task: PlanTask, dependencies: readonly DependencyDraft[]): TaskDraft {
  return {
    id: task.id,
    title: task.title,
    body: task.body,
    ref: task.file,
    source: 'plan-folder',
    track: task.epic.name,
    owns: task.owns,
    dependencies,
    priority: task.priority,
    agent: task.agent,
    run: null,
    type: 'automated',
    gates: null,
    tier: 0,
  };
}
