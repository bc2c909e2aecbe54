// Shows a change to people: its patch line by line, a file as it is in a commit, the user's own pager and difftool. Keeps
// nothing of it; runs nobody's diff programs but where the user asks for theirs.
import { spawn, spawnSync } from 'node:child_process';
import { fail, ok, type Result } from '../../core/failure.ts';
import type { Oid } from '../../core/model.ts';
import { splitLines } from '../process/line-splitter.ts';
import { giveUp, type Place, runGit, STDERR_BYTES, safeGitEnv } from './exec.ts';

/** A longer line of a patch is cut. */
const LINE_BYTES = 16_384;
/** A larger file is not text that somebody comments on. */
const FILE_BYTES = 16 * 1024 * 1024;

/** Two commits; the change is what lies between them. */
export interface Range {
  readonly from: Oid;
  readonly to: Oid;
}

/**
 * Delivers the patch in portions of whole lines, the next one when the last is taken; ends early when `show` says that
 * nobody wants more. Failure `environment`: the commits are not there.
 */
export async function streamPatch(
  place: Pick<Place, 'cwd'>,
  range: Range,
  show: (lines: readonly string[]) => Promise<boolean>,
): Promise<Result<void>> {
  const args = ['-c', 'core.quotePath=false', 'diff-tree', '-r', '-p', '-M', '--no-color'];
  const rest = ['--no-ext-diff', '--no-textconv', '--src-prefix=a/', '--dst-prefix=b/', range.from, range.to];
  const child = spawn('git', [...args, ...rest], {
    cwd: place.cwd,
    env: safeGitEnv(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString('utf8')).slice(-STDERR_BYTES);
  });
  const ended = new Promise<number | null>((resolve) => {
    child.on('error', () => resolve(null));
    child.on('close', resolve);
  });
  let lines: string[] = [];
  const splitter = splitLines({
    maxLineBytes: LINE_BYTES,
    onLine: ({ bytes, truncated }) => lines.push(`${bytes.toString('utf8')}${truncated ? '…' : ''}`),
  });
  const pass = async (): Promise<boolean> => {
    const portion = lines;
    lines = [];
    return portion.length === 0 || show(portion);
  };
  let wanted = true;
  // to leave the loop closes the pipe, and that ends git
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
    splitter.push(chunk);
    wanted = await pass();
    if (!wanted) break;
  }
  if (!wanted) {
    child.kill();
    await ended;
    return ok(undefined);
  }
  splitter.flush();
  await pass();
  if ((await ended) === 0) return ok(undefined);
  const sentence = `The change from ${range.from.slice(0, 12)} to ${range.to.slice(0, 12)} cannot be read.`;
  return fail({ kind: 'environment', sentence, hint: said.trim().slice(0, 500) });
}

/** Text of a file in a commit; null: there is none, or it is binary or very large. */
export async function readFileAt(
  place: Place,
  { commit, path }: { readonly commit: Oid; readonly path: string },
): Promise<string | null> {
  const size = await runGit(place, { args: ['cat-file', '-s', `${commit}:${path}`] });
  if (size.trouble !== null) giveUp(`git cat-file ${size.trouble}.`);
  if (size.code !== 0 || Number(size.stdout) > FILE_BYTES) return null;
  const file = await runGit(place, { args: ['cat-file', 'blob', `${commit}:${path}`] });
  return file.code !== 0 || file.stdout.includes('\0') ? null : file.stdout;
}

/** The pager that git would use here: `GIT_PAGER`, `core.pager`, `PAGER`, `less`; null: none is wanted. */
export function findPager(cwd: string, env: NodeJS.ProcessEnv): string | null {
  const end = spawnSync('git', ['var', 'GIT_PAGER'], { cwd, env, encoding: 'utf8', timeout: 10_000 });
  const pager = end.status === 0 ? end.stdout.trim() : '';
  return pager === '' || pager === 'cat' ? null : pager;
}

/** Lets the user's difftool show the change, with their configuration; gives its exit code. */
export async function openDiffTool(of: {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly range: Range;
}): Promise<Result<number>> {
  const { cwd, env, range } = of;
  const args = ['difftool', '--dir-diff', '--no-prompt', range.from, range.to];
  const child = spawn('git', args, { cwd, env, stdio: 'inherit' });
  return new Promise((resolve) => {
    child.on('error', (error) =>
      resolve(fail({ kind: 'environment', sentence: `git difftool cannot be run: ${error.message}.` })),
    );
    child.on('close', (code) => resolve(ok(code ?? 1)));
  });
}
