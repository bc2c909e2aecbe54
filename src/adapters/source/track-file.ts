// Loads tasks from a track file and the task files it names. Judges single values only; the compiler judges the plan.
import { realpathSync } from 'node:fs';
import { basename, dirname, extname, relative, resolve, sep } from 'node:path';
import { type Diagnostic, MAX_DIAGNOSTICS, type Position } from '../../core/plan/diagnostic.ts';
import type { DependencyDraft, Placed, TaskDraft } from '../../core/plan/draft.ts';
import { quote } from '../../core/plan/quote.ts';
import type { Loaded, SourcePort } from '../../ports/source.ts';
import { type Document, locate, type Path, readDocument } from '../config/document.ts';
import { checkDocument } from '../config/issue.ts';
import { completeGates } from '../config/load-config.ts';
import { readTextFile } from '../config/text-file.ts';
import { findMeantFile, listMarkdown } from './missing-file.ts';
import { findTaskFile, isInside, readTaskFile, type TaskFile } from './task-file.ts';
import type {
  DependencyInput,
  FrontmatterInput,
  StepInput,
  Texts,
  TrackFileInput,
  TrackInput,
} from './track-schema.ts';
import { trackFileSchema } from './track-schema.ts';

/** Where a track file is. */
export interface TrackFileOptions {
  /** Root of the repository; task files must lie inside it. */
  readonly repository: string;
  /** Path of the track file, absolute or relative to the repository. */
  readonly path: string;
}

/** Bounds the steps of one track file, over all tracks. */
export const MAX_STEPS = 100_000;

/** Makes the source `track-file`: a YAML or JSON file of tracks, whose steps name markdown files. */
export function createTrackFileSource(options: TrackFileOptions): SourcePort {
  return {
    name: 'track-file',
    load: () => Promise.resolve(loadTrackFile(options)),
  };
}

interface Loading {
  readonly repository: string;
  /** Directory of the track file. */
  readonly beside: string;
  readonly document: Document;
  readonly diagnostics: Diagnostic[];
  readonly texts: Map<string, string>;
  /** By real path; null: it could not be read, which has been reported. */
  readonly files: Map<string, TaskFile | null>;
  /** Markdown files of the repository, once somebody asked for one that is not there. */
  markdown: readonly string[] | null;
}

function loadTrackFile(options: TrackFileOptions): Loaded {
  const repository = realpathSync(options.repository);
  const path = resolve(repository, options.path);
  const file = isInside(repository, path) ? relative(repository, path).split(sep).join('/') : options.path;
  const texts = new Map<string, string>();
  const refuse = (diagnostics: readonly Diagnostic[]): Loaded => ({ drafts: [], diagnostics, texts });
  const read = readTextFile(path);
  if (!read.ok)
    return refuse([{ position: null, sentence: `The track file ${quote(file)} ${read.failure.sentence}.` }]);
  texts.set(file, read.value);
  const document = readDocument({ file, text: read.value });
  if (!document.ok) return refuse([document.failure]);
  const { value, diagnostics } = checkDocument(document.value, trackFileSchema);
  if (value === null) return refuse(diagnostics);
  const tooMany = checkSize(value, document.value);
  if (tooMany !== null) return refuse([tooMany]);
  const loading: Loading = {
    repository,
    beside: dirname(path),
    document: document.value,
    diagnostics: [],
    texts,
    files: new Map(),
    markdown: null,
  };
  const drafts = loadTracks(loading, value.tracks);
  return { drafts, diagnostics: loading.diagnostics.slice(0, MAX_DIAGNOSTICS), texts };
}

function checkSize({ tracks }: TrackFileInput, document: Document): Diagnostic | null {
  const steps = tracks.reduce((sum, track) => sum + track.steps.length, 0);
  if (steps <= MAX_STEPS) return null;
  return {
    position: locate(document, ['tracks'], 'key'),
    sentence: `The file has ${steps} steps; at most ${MAX_STEPS} are taken.`,
    fix: 'Split it into several runs.',
  };
}

function loadTracks(loading: Loading, tracks: readonly TrackInput[]): readonly TaskDraft[] {
  const labels = checkLabels(loading, tracks);
  const lanes = tracks.map((track, at) =>
    track.steps.flatMap((step, stepAt) => loadStep(loading, { track, at, step, stepAt }) ?? []),
  );
  return lanes.flatMap((lane, at) => {
    const before = dependOnTrack(loading, { track: tracks[at] as TrackInput, at, labels, lanes });
    return lane.map((draft, stepAt) => {
      const previous = lane[stepAt - 1];
      // The first step stands for all: the others wait for it, one after another.
      const implied: readonly DependencyDraft[] =
        previous === undefined ? before : [followStep(previous, draft)];
      return withDependencies(draft, [...implied, ...draft.dependencies]);
    });
  });
}

function withDependencies(draft: TaskDraft, dependencies: readonly DependencyDraft[]): TaskDraft {
  return { ...draft, dependencies };
}

function followStep(previous: TaskDraft, draft: TaskDraft): DependencyDraft {
  return place(() => draft.id.position, { task: previous.id.value, via: 'step-before' as const });
}

/** Maps the ids and names of tracks to their numbers. */
function checkLabels(loading: Loading, tracks: readonly TrackInput[]): ReadonlyMap<string, number> {
  const labels = new Map<string, number>();
  tracks.forEach((track, at) => {
    const label = labelOf(track);
    const first = labels.get(label);
    const positionOf = (number: number): Position =>
      locate(loading.document, ['tracks', number, tracks[number]?.id === undefined ? 'name' : 'id']);
    if (first === undefined) labels.set(label, at);
    else if (loading.diagnostics.length < MAX_DIAGNOSTICS) {
      loading.diagnostics.push({
        position: positionOf(at),
        sentence: `Two tracks are called ${quote(label)}.`,
        fix: 'Give one of them another name, or an id of its own.',
        related: [{ position: positionOf(first), note: 'the other one' }],
      });
    }
  });
  for (const [at, { name }] of tracks.entries()) if (!labels.has(name)) labels.set(name, at);
  return labels;
}

function labelOf({ id, name }: TrackInput): string {
  return id ?? name;
}

/** Reads what a track waits for; a track is done when its last step is. */
function dependOnTrack(
  loading: Loading,
  options: {
    readonly track: TrackInput;
    readonly at: number;
    readonly labels: ReadonlyMap<string, number>;
    readonly lanes: readonly (readonly TaskDraft[])[];
  },
): readonly DependencyDraft[] {
  const { track, at, labels, lanes } = options;
  const written = readDependencies(loading.document, track.depends_on, ['tracks', at, 'depends_on']);
  return written.flatMap((one): readonly DependencyDraft[] => {
    const other = labels.get(one.task);
    if (other === at) {
      loading.diagnostics.push({
        position: one.position,
        sentence: `Track ${quote(labelOf(track))} depends on itself.`,
        fix: 'Remove this dependency.',
      });
      return [];
    }
    const last = other === undefined ? undefined : lanes[other]?.at(-1);
    if (other !== undefined && last === undefined) return [];
    const { on, base } = one;
    return [
      place(() => one.position, {
        task: last?.id.value ?? one.task,
        via: 'track' as const,
        ...(on === undefined ? {} : { on }),
        ...(base === undefined ? {} : { base }),
      }),
    ];
  });
}

interface StepPlace {
  readonly track: TrackInput;
  readonly at: number;
  readonly step: StepInput;
  readonly stepAt: number;
}

function loadStep(loading: Loading, { track, at, step, stepAt }: StepPlace): TaskDraft | null {
  const { document } = loading;
  const path = ['tracks', at, 'steps', stepAt];
  const file = loadTaskFile(loading, step.task, [...path, 'task']);
  if (file === null) return null;
  const { frontmatter } = file;
  const id = step.id ?? frontmatter.id ?? basename(file.file, extname(file.file));
  const gates = step.gates ?? frontmatter.gates ?? track.gates;
  return {
    id: place(() => locate(document, [...path, step.id === undefined ? 'task' : 'id']), { value: id }),
    title: frontmatter.title ?? file.heading ?? id,
    body: file.body,
    ref: file.file,
    source: 'track-file',
    track: labelOf(track),
    owns: readClaims(document, file, { step, path }),
    dependencies: [
      ...readDependencies(document, step.depends_on, [...path, 'depends_on']),
      ...(file.document === null
        ? []
        : readDependencies(file.document, frontmatter.depends_on, ['depends_on'])),
    ],
    priority: frontmatter.priority ?? null,
    agent: readAgent(loading, file, { track, at, step, stepAt }),
    model: step.model ?? frontmatter.model,
    effort: step.effort ?? frontmatter.effort,
    run: step.run ?? frontmatter.run ?? null,
    type: frontmatter.type ?? 'automated',
    gates: gates === undefined ? null : completeGates(gates),
    tier: readTier(frontmatter),
  };
}

function loadTaskFile(loading: Loading, path: string, step: Path): TaskFile | null {
  const found = findTaskFile(path, { repository: loading.repository, beside: loading.beside });
  if (!found.ok) {
    reportFile(loading, {
      path,
      step,
      sentence: found.failure.sentence,
      isMissing: found.failure.kind === 'missing',
    });
    return null;
  }
  const known = loading.files.get(found.value);
  if (known !== undefined) return known;
  const file = relative(loading.repository, found.value).split(sep).join('/');
  const read = readTaskFile(found.value, file);
  loading.files.set(found.value, read.ok ? read.value : null);
  if (!read.ok) {
    reportFile(loading, { path, step, sentence: read.failure.sentence, isMissing: false });
    return null;
  }
  loading.texts.set(file, read.value.text);
  loading.diagnostics.push(...read.value.diagnostics);
  return read.value;
}

function reportFile(
  loading: Loading,
  problem: {
    readonly path: string;
    readonly step: Path;
    readonly sentence: string;
    readonly isMissing: boolean;
  },
): void {
  if (loading.diagnostics.length >= MAX_DIAGNOSTICS) return;
  if (problem.isMissing) loading.markdown ??= listMarkdown(loading.repository);
  const meant = problem.isMissing ? findMeantFile(problem.path, loading.markdown ?? []) : null;
  loading.diagnostics.push({
    position: locate(loading.document, problem.step),
    sentence: `The task file ${quote(problem.path)} ${problem.sentence}.`,
    ...(meant === null ? {} : { fix: `Did you mean ${quote(meant)}?` }),
  });
}

/**
 * A task claims what its step allows and what its file owns, together, and what the file adds to either. If neither is
 * written the claim stays undeclared: the additions alone would forbid everything else.
 */
function readClaims(
  document: Document,
  { document: taskDocument, frontmatter }: TaskFile,
  { step, path }: { readonly step: StepInput; readonly path: Path },
): readonly Placed<string>[] | null {
  if (step.allowlist === undefined && frontmatter.owns === undefined) return null;
  const fromFile = (key: 'owns' | 'allowlist_add'): readonly Placed<string>[] =>
    taskDocument === null ? [] : placeTexts(taskDocument, frontmatter[key], [key]);
  return [
    ...placeTexts(document, step.allowlist, [...path, 'allowlist']),
    ...fromFile('owns'),
    ...fromFile('allowlist_add'),
  ];
}

function readAgent(
  loading: Loading,
  file: TaskFile,
  { track, at, step, stepAt }: StepPlace,
): Placed<string> | null {
  const { document } = loading;
  if (step.agent !== undefined) {
    return place(() => locate(document, ['tracks', at, 'steps', stepAt, 'agent']), { value: step.agent });
  }
  const taskDocument = file.document;
  if (file.frontmatter.agent !== undefined && taskDocument !== null) {
    return place(() => locate(taskDocument, ['agent']), { value: file.frontmatter.agent as string });
  }
  return track.agent === undefined
    ? null
    : place(() => locate(document, ['tracks', at, 'agent']), { value: track.agent as string });
}

function readTier({ verification }: FrontmatterInput): 0 | 1 | 2 {
  return verification === undefined ? 0 : (Number(String(verification.tier).slice(-1)) as 0 | 1 | 2);
}

function readDependencies(
  document: Document,
  written: string | readonly DependencyInput[] | undefined,
  path: Path,
): readonly DependencyDraft[] {
  if (written === undefined) return [];
  if (typeof written === 'string') return [place(() => locate(document, path), { task: written })];
  return written.map((one, at) => {
    if (typeof one === 'string') return place(() => locate(document, [...path, at]), { task: one });
    const { task, on, base } = one;
    return place(() => locate(document, [...path, at, 'task']), {
      task,
      ...(on === undefined ? {} : { on }),
      ...(base === undefined ? {} : { base }),
    });
  });
}

function placeTexts(document: Document, texts: Texts | undefined, path: Path): readonly Placed<string>[] {
  if (texts === undefined) return [];
  if (typeof texts === 'string') return [place(() => locate(document, path), { value: texts })];
  return texts.map((value, at) => place(() => locate(document, [...path, at]), { value }));
}

/** Adds a position that is worked out only when somebody asks: nobody does unless something is wrong. */
function place<T extends object>(
  find: () => Position | null,
  parts: T,
): T & { readonly position: Position | null } {
  return Object.defineProperty(parts, 'position', { get: find, enumerable: true }) as T & {
    readonly position: Position | null;
  };
}
