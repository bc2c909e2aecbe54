// The steps that use git the way an agent does: in its worktree, as somebody else. Knows nothing of other steps.
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import type { Stage } from './stage.ts';
import type { StepValues } from './step.ts';

const runFile = promisify(execFile);
const PERSON = [
  ...['-c', 'user.name=Script agent', '-c', 'user.email=script-agent@weft.invalid'],
  ...['-c', 'commit.gpgsign=false'],
];

/** Commits everything that is in the worktree. Rejects when there is nothing to commit. */
export async function commitAll(stage: Stage, message: string): Promise<void> {
  await git(stage, 'add', '-A');
  await git(stage, 'commit', '-q', '-m', message);
}

/** Leaves the branch for a new one, as agents should not. */
export async function switchBranch(stage: Stage, name: string): Promise<void> {
  await git(stage, 'switch', '-q', '-c', name);
}

/** Starts a rebase whose only instruction is to stop. */
export async function leaveRebase(stage: Stage): Promise<void> {
  await git(stage, '-c', 'sequence.editor=echo break >', 'rebase', '-i', 'HEAD');
}

/** Merges the target in; a conflict is resolved by writing the given files. Rejects when one stays unresolved. */
export async function mergeTarget(stage: Stage, { resolve }: StepValues['merge']): Promise<void> {
  if (stage.target === null) throw new Error('WEFT_TARGET is not set, so there is nothing to merge');
  try {
    await git(stage, 'merge', '-q', '--no-edit', stage.target);
    return;
  } catch (refused) {
    const files = await git(stage, 'diff', '--name-only', '--diff-filter=U', '-z');
    const conflicts = files.split('\0').filter((path) => path !== '');
    if (conflicts.length === 0) throw refused;
    const left = conflicts.filter((path) => !Object.hasOwn(resolve, path));
    if (left.length > 0) throw new Error(`the scenario does not resolve ${left.join(', ')}`);
  }
  for (const [path, text] of Object.entries(resolve)) writeFileSync(stage.at(path), text);
  await git(stage, 'add', '-A');
  await git(stage, 'commit', '-q', '--no-edit');
}

async function git(stage: Stage, ...args: readonly string[]): Promise<string> {
  const { stdout } = await runFile('git', [...PERSON, ...args], { cwd: stage.worktree });
  return stdout;
}
