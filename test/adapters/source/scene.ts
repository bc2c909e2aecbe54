// Lays files out in a temporary repository, loads the track file in it and prints what came of it.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createTrackFileSource } from '../../../src/adapters/source/track-file.ts';
import { DEFAULT_POLICY } from '../../../src/core/model.ts';
import { renderDiagnostics } from '../../../src/core/plan/code-frame.ts';
import { compilePlan } from '../../../src/core/plan/compile.ts';
import type { Loaded } from '../../../src/ports/source.ts';

/** Files by path; null: an empty directory. */
export type Files = Readonly<Record<string, string | Buffer | null>>;

/** Runs `act` in a temporary directory with these files and removes it. */
export async function withFiles<T>(files: Files, act: (root: string) => T | Promise<T>): Promise<T> {
  const root = mkdtempSync(join(tmpdir(), 'weft-source-'));
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(text === null ? join(root, path) : dirname(join(root, path)), { recursive: true });
      if (text !== null) writeFileSync(join(root, path), text);
    }
    return await act(root);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** Loads `tracks.yaml` of a repository with these files. */
export function loadFiles(files: Files, path = 'tracks.yaml'): Promise<Loaded> {
  return withFiles(files, (repository) => createTrackFileSource({ repository, path }).load());
}

/** Loads and compiles; prints what is wrong, or the tasks. */
export async function reportFiles(files: Files, path = 'tracks.yaml'): Promise<string> {
  const { drafts, diagnostics, texts } = await loadFiles(files, path);
  if (diagnostics.length > 0) return renderDiagnostics(diagnostics, texts);
  const compiled = compilePlan(drafts, { policy: DEFAULT_POLICY });
  if (!compiled.ok) return renderDiagnostics(compiled.failure.diagnostics, texts);
  return compiled.value.tasks
    .map((task) => {
      const edges = task.edges.map((edge) => `${edge.task}:${edge.on}/${edge.base}`);
      return [task.id, `[${task.track}]`, `(${task.owns?.join(' ') ?? 'any'})`, ...edges].join(' ');
    })
    .join('\n');
}

/** A track file with one track of these steps. */
export function oneTrack(...steps: string[]): string {
  return `tracks:\n  - name: T\n    steps:\n${steps.map((step) => `      - ${step}\n`).join('')}`;
}
