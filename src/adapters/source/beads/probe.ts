// Looks whether a repository has a Beads database and a `bd` that can work with it. Changes nothing.
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { type Failure, fail, ok, type Result } from '../../../core/failure.ts';
import { quote } from '../../../core/plan/quote.ts';
import { createBdTool } from './bd-tool.ts';
import { isFields, parseJson, unwrap } from './issue.ts';
import { adviseRepair, EMBEDDED, findBrokenSettings, INSTALL } from './repair.ts';

/** What there is to work with. */
export type BeadsFound =
  | {
      readonly kind: 'bd';
      readonly program: string;
      /** `1.0.5`; `unknown` when it does not say. */
      readonly version: string;
      /** Folder of the database, absolute: that of the main checkout, also when asked from a worktree. */
      readonly beadsDir: string;
      /** Commands that not every version has. */
      readonly abilities: Readonly<Record<'batch' | 'heartbeat' | 'events', boolean>>;
    }
  | {
      /** Issues can be read from a file, and nothing can be told. */
      readonly kind: 'records';
      readonly path: string;
      readonly beadsDir: string;
      /** Why, as a sentence. */
      readonly why: string;
      /** What may mend it. */
      readonly hint: string;
    };

/** Where to look. */
export interface ProbeOptions {
  readonly repository: string;
  /** Absent: `bd` of the PATH. */
  readonly program?: string;
  /** Variables of the caller; `BEADS_DIR` names another database. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Who has a database open keeps it for the length of a call. */
const OPEN_MS = 30_000;

/** Looks. The failure says what to type. */
export async function probeBeads(options: ProbeOptions): Promise<Result<BeadsFound>> {
  const { program = 'bd' } = options;
  const beadsDir = findBeadsDir(options);
  const isThere = existsSync(beadsDir);
  const tool = createBdTool({
    program,
    cwd: options.repository,
    beadsDir,
    actor: 'weft',
    timeoutMs: OPEN_MS,
  });
  const version = await tool.print(['version', '--json']);
  if (!version.ok) {
    const why = `The program ${quote(program)} cannot be run`;
    return isThere
      ? readOnly(beadsDir, { why, hint: INSTALL })
      : refuse(beadsDir, INSTALL, `${why}, and there`);
  }
  if (!isThere) return refuse(beadsDir, 'bd init');
  const settings = findBrokenSettings(beadsDir);
  if (settings !== null) return fail(settings);
  // the cheapest call that opens the database
  const opened = await tool.ask(['list', '--limit=1']);
  if (!opened.ok) {
    const { sentence } = opened.failure;
    const advice = adviseRepair(sentence, {
      beadsDir,
      version: readVersion(version.value),
      isEmbedded: existsSync(join(beadsDir, EMBEDDED)),
    });
    return readOnly(beadsDir, advice);
  }
  const help = await tool.print(['--help']);
  const has = (command: string): boolean => help.ok && new RegExp(`^\\s+${command}\\s`, 'm').test(help.value);
  return ok({
    kind: 'bd',
    program,
    version: readVersion(version.value),
    beadsDir,
    abilities: { batch: has('batch'), heartbeat: has('heartbeat'), events: has('events') },
  });
}

/** Gives the folder of the database, which may not exist: that of `BEADS_DIR`, else that of the main checkout. */
export function findBeadsDir({ repository, env }: Pick<ProbeOptions, 'repository' | 'env'>): string {
  const named = env['BEADS_DIR'];
  if (named !== undefined && named !== '') return resolve(repository, named);
  return join(findMainCheckout(repository), '.beads');
}

/** In a linked worktree `.git` is a file that leads to the checkout it belongs to. */
function findMainCheckout(repository: string): string {
  let text: string;
  try {
    text = readFileSync(join(repository, '.git'), 'utf8');
  } catch {
    return resolve(repository);
  }
  const gitDir = /^gitdir: (.+?)\s*$/m.exec(text)?.[1];
  const common = gitDir === undefined ? null : dirname(dirname(resolve(repository, gitDir)));
  return common !== null && basename(common) === '.git' ? dirname(common) : resolve(repository);
}

function readVersion(text: string): string {
  const inner = unwrap(parseJson(text));
  const said = isFields(inner) ? inner['version'] : text;
  return /\d+\.\d+(?:\.\d+)?\S*/.exec(typeof said === 'string' ? said : '')?.[0] ?? 'unknown';
}

function readOnly(
  beadsDir: string,
  { why, hint }: { readonly why: string; readonly hint: string },
): Result<BeadsFound> {
  const path = ['issues.jsonl', 'beads.jsonl']
    .map((name) => join(beadsDir, name))
    .find((one) => existsSync(one));
  if (path === undefined) {
    const sentence = `${why}, and ${beadsDir} has no issues.jsonl that could be read instead.`;
    return fail({ kind: 'environment', sentence, hint });
  }
  return ok({ kind: 'records', path, beadsDir, why: `${why}.`, hint });
}

function refuse(beadsDir: string, hint: string, begin = 'There'): Result<never, Failure> {
  return fail({
    kind: 'environment',
    sentence: `${begin} is no Beads database in ${dirname(beadsDir)}.`,
    hint,
  });
}
