// Writes the derived files that surfaces read: soon after every change, never more often than they are worth, all at rest.
import { join } from 'node:path';
import { documentHandoff } from '../core/documents/handoff.ts';
import { documentReceipt, renderReceipt } from '../core/documents/receipt.ts';
import { documentState } from '../core/documents/state.ts';
import { documentSummary } from '../core/documents/summary.ts';
import { findAside, type LandedWork } from '../core/landed.ts';
import { type RunView, viewRun } from '../core/view.ts';
import { lookAtLanded } from './landed-work.ts';
import type { Ledger } from './ledger.ts';
import type { Parts } from './parts.ts';

/** Least time between two writings, in ms; large runs wait longer, so that writing takes a tenth of the time at most. */
const LEAST_PAUSE_MS = 40;
const PAUSE_PER_COST = 9;
/** About what it costs to write them the first time. */
const COST_PER_TASK_MS = 0.02;

/** See the file's first line. */
export interface Publisher {
  /** Something changed; returns at once. */
  publish(): void;
  /** Calls back with the latest view and each one that is written; returns how to stop. */
  onView(show: (view: RunView) => void): () => void;
  /** Writes everything once more; tells whether the files on disk say what the facts say. */
  finish(): Promise<boolean>;
}

/** Creates a publisher. Its failures never stop the engine: the files can be made again from the journal. */
export function createPublisher(
  parts: Parts,
  ledger: Ledger,
  leastPauseMs: number = LEAST_PAUSE_MS,
): Publisher {
  const listeners = new Set<(view: RunView) => void>();
  let latest: RunView | null = null;
  let seen = -1;
  /** Facts that the files on disk are made of. */
  let written = -1;
  let running: Promise<void> | null = null;
  // who takes up a large run starts its agents first
  let pauseMs = PAUSE_PER_COST * COST_PER_TASK_MS * ledger.state.tasks.size;
  let work: LandedWork | undefined;

  const write = async (): Promise<void> => {
    await parts.clock.sleep(pauseMs);
    const began = parts.clock.monoMs();
    const made = ledger.count();
    seen = made;
    // who sees the run at rest finds everything that belongs to its end
    if (ledger.state.rested !== null) await writeEnd(parts, ledger, work);
    const view = viewRun(ledger.state, ledger.now(), work);
    await parts.files.replace(
      join(parts.places.runDir, 'view.json'),
      `${JSON.stringify({ ...view, epoch: parts.epoch, quietAfterMs: ledger.state.policy.limits.quietMs })}\n`,
    );
    latest = view;
    for (const listener of listeners) listener(view);
    await writeDocument(parts, 'state.json', documentState(ledger.state, ledger.now()));
    written = made;
    pauseMs = Math.max(leastPauseMs, PAUSE_PER_COST * (parts.clock.monoMs() - began));
  };

  const publish = (): void => {
    if (running !== null || seen === ledger.count()) return;
    running = write()
      .catch(() => undefined)
      .then(() => {
        running = null;
        if (seen !== ledger.count()) publish();
      });
  };

  return {
    publish,
    onView: (show) => {
      if (latest !== null) show(latest);
      listeners.add(show);
      return () => listeners.delete(show);
    },
    finish: async () => {
      await running;
      pauseMs = 0;
      // what landed beside the target may have been merged by a person since
      const isAside = findAside(ledger.state) !== null;
      if (isAside) work = await lookAtLanded(parts.git, ledger.state);
      if (isAside || written !== ledger.count()) await write().catch(() => undefined);
      return written === ledger.count();
    },
  };
}

/** What is left of a run that came to rest: summary, handoff, receipt. */
async function writeEnd(parts: Parts, ledger: Ledger, work: LandedWork | undefined): Promise<void> {
  const { state } = ledger;
  const now = ledger.now();
  await writeDocument(parts, 'summary.json', documentSummary(state, now));
  const receipt = documentReceipt(state, now, work);
  await writeDocument(parts, 'receipt.json', receipt);
  await parts.files.replace(join(parts.places.runDir, 'receipt.md'), renderReceipt(receipt));
  if (state.rested === null) return;
  const name = state.rested === 'complete' ? 'complete.json' : 'stop.json';
  const other = name === 'complete.json' ? 'stop.json' : 'complete.json';
  await parts.files.makeDir(join(parts.places.runDir, 'handoffs'));
  await writeDocument(parts, join('handoffs', name), documentHandoff(state, now));
  await parts.files.remove(join(parts.places.runDir, 'handoffs', other));
}

async function writeDocument(parts: Parts, name: string, document: unknown): Promise<void> {
  await parts.files.replace(join(parts.places.runDir, name), `${JSON.stringify(document, null, 2)}\n`);
}
