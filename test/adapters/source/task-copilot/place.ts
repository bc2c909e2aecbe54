// A repository and a home folder in a temporary place, with a source over them.
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTaskCopilotSource } from '../../../../src/adapters/source/task-copilot/task-copilot.ts';
import { runId, taskId } from '../../../../src/core/model.ts';
import type { TaskReport } from '../../../../src/core/source.ts';
import type { SourcePort } from '../../../../src/ports/source.ts';
import { type MadeDatabase, makeDatabase } from '../../../../src/testing/task-copilot/make-database.ts';

export interface Place {
  readonly root: string;
  readonly repository: string;
  readonly home: string;
  /** The database of the workspace that is called as the repository's folder, or the repository's own. */
  readonly make: (generation: 1 | 2) => Promise<MadeDatabase>;
  readonly source: (
    spec?: Partial<{ workspace: string; db: string; stream: string }>,
    run?: string,
  ) => SourcePort;
  readonly remove: () => Promise<void>;
}

export function makePlace(): Place {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'weft-copilot-')));
  const repository = join(root, 'shop');
  const home = join(root, 'home');
  mkdirSync(repository);
  mkdirSync(home);
  const made: MadeDatabase[] = [];
  const sources: SourcePort[] = [];
  return {
    root,
    repository,
    home,
    make: async (generation) => {
      const path =
        generation === 1 ? join(home, '.claude/tasks/shop/tasks.db') : join(repository, '.copilot/tasks.db');
      const database = await makeDatabase(path, generation);
      made.push(database);
      return database;
    },
    source: (spec = {}, run = 'r1') => {
      const source = createTaskCopilotSource({
        repository,
        home,
        run,
        spec: { kind: 'task-copilot', workspace: null, db: null, stream: null, ...spec },
      });
      sources.push(source);
      return source;
    },
    remove: async () => {
      for (const source of sources) await source.close?.();
      for (const database of made) database.close();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

export function makeReport(task: string, rest: Partial<TaskReport> = {}): TaskReport {
  return {
    task: taskId(task),
    title: task,
    run: runId('r1'),
    phase: 'working',
    attempts: 1,
    agent: 'claude',
    branch: null,
    worktree: null,
    pid: null,
    pull: null,
    question: null,
    reason: null,
    landed: null,
    finished: [],
    isTold: false,
    ...rest,
  };
}
