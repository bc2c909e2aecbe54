// The source `beads`: issues of a Beads database, read and told through `bd`, or only read from its file of records.
import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { fail, ok, type Result } from '../../../core/failure.ts';
import type { Loaded, SourcePort } from '../../../ports/source.ts';
import { codeOf } from '../../system/make-dirs.ts';
import { type BdTool, createBdTool } from './bd-tool.ts';
import { createClaims, isIssueId } from './claim.ts';
import { takeFingerprint } from './fingerprint.ts';
import { type BeadsIssue, readIssueLines, readIssues } from './issue.ts';
import { type BeadsSpec, drawPicture, findNextDay, hasUnseen } from './picture.ts';
import { type BeadsFound, type ProbeOptions, probeBeads } from './probe.ts';
import { listIssues, reportTasks } from './report.ts';
import { writeRuntimeState } from './runtime-state.ts';
import { watchBeads } from './watch.ts';

/** What a source of Beads issues is made for. */
export interface BeadsSourceOptions {
  readonly repository: string;
  readonly spec: BeadsSpec;
  readonly run: string;
  /** What `probeBeads` found. */
  readonly found: BeadsFound;
}

/** Bounds the file of records, in bytes. */
const MAX_RECORDS = 256 * 1024 * 1024;
/** Half of the shortest lease that Beads gives. */
const BEAT_MS = 60_000;

/** Name under which a run takes issues. */
export function nameActor(run: string): string {
  return `weft-${run}`;
}

/** Probes, and creates the source of what was found. */
export async function openBeadsSource(
  options: Omit<BeadsSourceOptions, 'found'> & ProbeOptions,
): Promise<Result<SourcePort>> {
  const found = await probeBeads(options);
  return found.ok ? ok(createBeadsSource({ ...options, found: found.value })) : found;
}

/** Creates the source; nothing is run yet. Without a `bd` that works it can be loaded and watched, and no more. */
export function createBeadsSource(options: BeadsSourceOptions): SourcePort {
  const { found } = options;
  return found.kind === 'bd' ? createLiveSource(options, found) : createRecordsSource(options, found);
}

function createLiveSource(
  { repository, spec, run }: BeadsSourceOptions,
  found: Extract<BeadsFound, { readonly kind: 'bd' }>,
): SourcePort {
  const { program, beadsDir, abilities } = found;
  const actor = nameActor(run);
  const tool = createBdTool({ program, cwd: repository, beadsDir, actor });
  const claim = createClaims({ tool, actor, run });
  const fresh = new Set<string>();
  const settled = new Set<string>();
  let dueAt: number | null = null;
  let loaded: string | null = null;
  return {
    name: 'beads',
    environment: { BEADS_DIR: beadsDir },
    load: async () => {
      loaded = (await takeFingerprint(beadsDir)).text;
      const read = await readAll(tool);
      if (!read.ok) return refuse(read.failure);
      const now = Date.now();
      dueAt = findNextDay(read.value.issues, now);
      return drawPicture({ ...read.value, spec, actor, run, now });
    },
    watch: (changed, signal) =>
      watchBeads(
        {
          beadsDir,
          cwd: repository,
          follow: abilities.events ? [program, 'events', 'tail', '--follow'] : null,
          dueAt: () => dueAt,
          loaded,
          loadMs: tool.lastMs,
        },
        changed,
        signal,
      ),
    claim: async (task) => {
      const claimed = await claim(task);
      if (claimed.ok && claimed.value.kind === 'ours') fresh.add(task);
      return claimed;
    },
    report: async (reports) => {
      for (const { task, phase } of reports) if (phase !== 'waiting') fresh.delete(task);
      const told = await reportTasks(tool, reports, {
        actor,
        run,
        epic: spec.epic,
        fresh,
        settled,
        canBatch: abilities.batch,
      });
      const written = await writeRuntimeState(beadsDir, reports);
      return told.ok ? written : told;
    },
    ...(abilities.heartbeat ? { beatMs: BEAT_MS, beat: (tasks) => beat(tool, tasks) } : {}),
  };
}

async function readAll(
  tool: BdTool,
): Promise<Result<{ readonly issues: readonly BeadsIssue[]; readonly ready: ReadonlySet<string> | null }>> {
  const listed = await listIssues(tool);
  if (!listed.ok) return listed;
  let issues = listed.value;
  if (issues.some(({ isCut }) => isCut)) {
    // this version counts dependencies in lists and does not show them
    const exported = await tool.print(['export']);
    if (!exported.ok) return exported;
    issues = readIssueLines(exported.value).issues;
  }
  if (!hasUnseen(issues)) return ok({ issues, ready: null });
  const ready = await tool.ask(['ready', '--limit=0']);
  return ready.ok ? ok({ issues, ready: new Set(readIssues(ready.value ?? []).map(({ id }) => id)) }) : ready;
}

async function beat(tool: BdTool, tasks: readonly string[]): Promise<Result<void>> {
  for (const task of tasks.filter(isIssueId)) {
    const told = await tool.ask(['heartbeat', task]);
    if (!told.ok) return told;
  }
  return ok(undefined);
}

function createRecordsSource(
  { repository, spec, run }: BeadsSourceOptions,
  { path, beadsDir, why, hint }: Extract<BeadsFound, { readonly kind: 'records' }>,
): SourcePort {
  let dueAt: number | null = null;
  let seen: string | null = null;
  return {
    name: 'beads',
    environment: { BEADS_DIR: beadsDir },
    load: async () => {
      seen = (await takeFingerprint(beadsDir)).text;
      const text = await readRecords(path);
      if (!text.ok) return refuse(text.failure);
      const { issues, broken } = readIssueLines(text.value);
      const now = Date.now();
      dueAt = findNextDay(issues, now);
      const loaded = drawPicture({ issues, spec, actor: nameActor(run), run, ready: null, now });
      const damage = broken === 0 ? [] : [`Lines of ${basename(path)} that could not be read: ${broken}.`];
      const warning = `${why} Issues were read from ${basename(path)}, which may be old; Beads is told nothing, and nothing is claimed there. Try: ${hint}`;
      return { ...loaded, notes: [warning, ...damage, ...(loaded.notes ?? [])] };
    },
    watch: (changed, signal) =>
      watchBeads(
        { beadsDir, cwd: repository, follow: null, dueAt: () => dueAt, loaded: seen, loadMs: () => 0 },
        changed,
        signal,
      ),
  };
}

async function readRecords(path: string): Promise<Result<string>> {
  try {
    const { size } = await stat(path);
    if (size <= MAX_RECORDS) return ok(await readFile(path, 'utf8'));
    return fail({ kind: 'environment', sentence: `${path} is larger than ${MAX_RECORDS} bytes.` });
  } catch (error) {
    return fail({ kind: 'environment', sentence: `${path} could not be read (${codeOf(error)}).` });
  }
}

function refuse({ sentence, hint }: { readonly sentence: string; readonly hint?: string }): Loaded {
  return {
    drafts: [],
    diagnostics: [{ position: null, sentence, ...(hint === undefined ? {} : { fix: `Try: ${hint}` }) }],
    texts: new Map(),
  };
}
