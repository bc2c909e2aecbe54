// Runs commands as weft runs agents: a durable fact before and after each, under the shim, output kept. No git, no plan.
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { createJournalStore } from '../src/adapters/journal/file-journal.ts';
import { createProcessPort } from '../src/adapters/process/process-port.ts';
import type { Event } from '../src/core/event.ts';
import { runMs, taskId } from '../src/core/model.ts';
import type { JournalPort } from '../src/ports/journal.ts';
import type { Scene } from './scene.ts';

/** See the file's first line. */
export interface Attempts {
  /** Folder of the journal and of what the commands print. */
  readonly dir: string;
  /** Runs one command to its end; its start and its end are durable when this resolves. */
  runOne(argv: readonly [string, ...string[]]): Promise<void>;
  close(): Promise<void>;
}

/** A journal of its own in a fresh folder. */
export async function openJournal(dir: string): Promise<JournalPort> {
  const leadership = { epoch: 1, assertStillLeading: (): void => undefined };
  const opened = await createJournalStore().open(dir, leadership);
  if (!opened.ok) throw new Error(opened.failure.sentence);
  return opened.value.journal;
}

/** Makes a fresh folder with a journal. */
export async function openAttempts(scene: Pick<Scene, 'dir'>): Promise<Attempts> {
  const dir = mkdtempSync(join(scene.dir, 'attempts-'));
  const journal = await openJournal(dir);
  const processes = createProcessPort();
  const never = new AbortController().signal;
  let count = 0;
  const tell = (event: Event): Promise<unknown> => journal.append([{ at: Date.now(), ms: runMs(1), event }]);
  return {
    dir,
    runOne: async (argv) => {
      count += 1;
      const task = taskId(`t${count}`);
      const branch = `weft/run/${task}/work`;
      await tell({
        type: 'attempt.spawned',
        task,
        attempt: 1,
        agent: 'mine',
        branch,
        stackedOn: null,
        forced: [],
      });
      const where = { dir: join(dir, task), tag: `bench/${task}` };
      const started = await processes.start({
        ...where,
        argv,
        cwd: dir,
        env: { PATH: process.env['PATH'] ?? '' },
        stdin: { kind: 'none' },
        outputBytes: 1_000_000,
      });
      if (!started.ok) throw new Error(started.failure.sentence);
      const state = started.value;
      const exit =
        state.kind === 'alive'
          ? await processes.waitForExit({ ...where, identity: state.identity }, never)
          : null;
      await tell({
        type: 'attempt.exited',
        task,
        attempt: 1,
        exit: exit ?? { code: 0, signal: null },
        reason: null,
      });
    },
    close: () => journal.close(),
  };
}
