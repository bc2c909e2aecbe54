// The agent of the landing proof: does its part of the plot in the worktree it was started in, and adapts when it is started
// again: it takes in the target, takes conflicting files as they are there, and does anew what is missing.
import { execFile } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type Entry, editsLeft, parseDiary } from './diary.ts';
import { applyEdit, type Part, type Plot } from './plot.ts';

const runFile = promisify(execFile);
const PERSON = ['-c', 'user.name=Actor', '-c', 'user.email=actor@weft.invalid'];

const dir = readVariable('ACTOR_DIR');
const task = readVariable('WEFT_TASK');
const attempt = Number(readVariable('WEFT_ATTEMPT'));
const diary = join(dir, 'diary');

function readVariable(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
}

async function git(...args: readonly string[]): Promise<string> {
  const { stdout } = await runFile('git', [...PERSON, ...args]);
  return stdout;
}

async function act(): Promise<void> {
  const plot = JSON.parse(readFileSync(join(dir, 'plot.json'), 'utf8')) as Plot;
  const part = plot.parts.find((each) => each.task === task);
  if (part === undefined) throw new Error(`${task} has no part`);
  await sleep(part.pace * 1_000);
  if (attempt > 1) await takeTarget(part);
  for (const edit of editsLeft(parseDiary(read(diary)), part)) {
    const { lines, gone } = applyEdit(read(edit.file).split('\n').slice(0, -1), edit);
    write(edit.file, lines.map((line) => `${line}\n`).join(''));
    note({ who: task, file: edit.file, kind: 'edit', edit, gone });
  }
  claimUnit(part);
  slip(part);
  write(`own/${task}.txt`, `${task}, attempt ${attempt}\n`);
  await git('add', '-A');
  await git('commit', '-q', '-m', `${task}: attempt ${attempt}`);
}

/**
 * Merges the target in; what conflicts is taken as it is there. Of a part that stands on another one everything is: what it
 * stands on may have become something else before it landed.
 */
async function takeTarget({ after }: Part): Promise<void> {
  const target = readVariable('WEFT_TARGET');
  if (after !== null && (await git('ls-tree', target, `own/${after}.txt`)) === '') return;
  await git('merge', '-q', '--no-edit', target).catch(() => undefined);
  const conflicts = await git('diff', '--name-only', '--diff-filter=U', '-z');
  const others = await git('diff', '--name-only', '--no-renames', '-z', target, '--', `:!own/${task}.txt`);
  const files = (after === null ? conflicts : others).split('\0').filter((path) => path !== '');
  for (const file of files) {
    const isThere = (await git('ls-tree', target, file)) !== '';
    if (isThere) await git('checkout', '-q', target, '--', file);
    else rmSync(file, { force: true });
    note({ who: task, file, kind: 'reset' });
  }
}

/** Claims the unit of its part, or one of its own once another has that. */
function claimUnit({ unit }: Part): void {
  const claims = existsSync('units') ? readdirSync('units') : [];
  const isTaken =
    attempt > 1 && claims.some((claim) => claim.startsWith(`${unit}.`) && claim !== `${unit}.${task}`);
  if (isTaken) rmSync(`units/${unit}.${task}`, { force: true });
  write(`units/${isTaken ? `own-${task}` : unit}.${task}`, '');
}

/** Breaks the gate by itself, the first time or each time. */
function slip({ character }: Part): void {
  if (character === 'hopeless' || (character === 'slip' && attempt === 1)) write(`broken/${task}`, '');
  else rmSync(`broken/${task}`, { force: true });
}

function note(entry: Entry): void {
  appendFileSync(diary, `${JSON.stringify(entry)}\n`);
}

function read(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

await act();
