// Reads and rewrites the one file that a plan is in. Knows nothing of its format.
import { randomBytes } from 'node:crypto';
import { realpathSync, statSync } from 'node:fs';
import { chmod, rename, rm, writeFile } from 'node:fs/promises';
import { relative, resolve, sep } from 'node:path';
import type { z } from 'zod';
import { fail, ok, type Result } from '../../../core/failure.ts';
import type { Diagnostic } from '../../../core/plan/diagnostic.ts';
import { quote } from '../../../core/plan/quote.ts';
import type { Loaded } from '../../../ports/source.ts';
import { type Document, readDocument } from '../../config/document.ts';
import { checkDocument } from '../../config/issue.ts';
import { readTextFile } from '../../config/text-file.ts';
import { isInside } from '../task-file.ts';

/** Where a plan is. */
export interface PlanPlace {
  /** Root of the repository. */
  readonly repository: string;
  /** Path of the file or folder, absolute or relative to the repository. */
  readonly path: string;
}

/** Bounds the tasks of one plan. */
export const MAX_TASKS = 10_000;
/** Bounds the dependencies of one plan. */
export const MAX_EDGES = 200_000;

/** The file's path as people see it: relative to the repository where it is inside. */
export function nameFile({ repository, path }: PlanPlace): string {
  const real = resolve(repository, path);
  return isInside(repository, real) ? relative(repository, real).split(sep).join('/') : path;
}

/** Reads the file of a plan; fails with what is to be told. */
export function readPlanText(place: PlanPlace): Result<string, Diagnostic> {
  const read = readTextFile(resolve(place.repository, place.path));
  if (read.ok) return read;
  const sentence = `The plan ${quote(nameFile(place))} ${read.failure.sentence}.`;
  return fail({ position: null, sentence });
}

/** A plan in YAML: what it says, where, and its text for code frames. */
export interface PlanDocument<T> {
  readonly value: T;
  readonly document: Document;
  readonly texts: ReadonlyMap<string, string>;
}

/** Reads a plan in YAML; fails with the refusal of all of it. */
export function readPlanDocument<T>(place: PlanPlace, schema: z.ZodType<T>): Result<PlanDocument<T>, Loaded> {
  const file = nameFile(place);
  const read = readPlanText(place);
  if (!read.ok) return fail(refusePlan([read.failure]));
  const texts = new Map([[file, read.value]]);
  const document = readDocument({ file, text: read.value });
  if (!document.ok) return fail(refusePlan([document.failure], texts));
  const { value, diagnostics } = checkDocument(document.value, schema);
  return value === null
    ? fail(refusePlan(diagnostics, texts))
    : ok({ value, document: document.value, texts });
}

/** A plan that cannot be read. */
export function refusePlan(
  diagnostics: readonly Diagnostic[],
  texts: ReadonlyMap<string, string> = new Map(),
): Loaded {
  return { drafts: [], diagnostics, texts };
}

/**
 * Rewrites the file of a plan in one step; readers see the old text or the new one. `edit` gives the new text, or the
 * same one when there is nothing to change. Failure `environment`: it cannot be read or written.
 */
export async function rewritePlan(
  place: PlanPlace,
  edit: (text: string) => Result<string, Diagnostic>,
): Promise<Result<void>> {
  const refuse = (sentence: string): Result<void> =>
    fail({ kind: 'environment', sentence, hint: `Mend ${nameFile(place)}; weft tries again.` });
  const read = readPlanText(place);
  if (!read.ok) return refuse(read.failure.sentence);
  const edited = edit(read.value);
  if (!edited.ok) return refuse(edited.failure.sentence);
  if (edited.value === read.value) return ok(undefined);
  try {
    await replace(realpathSync(resolve(place.repository, place.path)), edited.value);
    return ok(undefined);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return refuse(`The plan ${quote(nameFile(place))} cannot be written: ${why}.`);
  }
}

async function replace(path: string, text: string): Promise<void> {
  const temp = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    await writeFile(temp, text, { flag: 'wx' });
    await chmod(temp, statSync(path).mode & 0o777);
    await rename(temp, path);
  } finally {
    await rm(temp, { force: true });
  }
}
