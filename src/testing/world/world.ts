// The virtual world: its time, what is pending in it, and its own ledger of what truly happened. Knows no engine.

import type { Outcome } from '../../core/event.ts';
import type { RunState } from '../../core/state.ts';
import type { Leading } from '../../engine/lead.ts';
import type { Disk } from './disk.ts';
import type { ForgeWorld } from './forge-store.ts';
import type { GitWorld } from './git-store.ts';
import type { Oracle } from './oracle.ts';
import type { ProcessWorld } from './process-world.ts';
import type { Scene } from './scene.ts';
import type { SourceWorld } from './source-store.ts';
import type { Tape } from './tape.ts';

/** One engine process: it leads, is frozen by the system (and may wake as a zombie), or is gone. */
export interface Life {
  readonly epoch: number;
  standing: 'leads' | 'frozen' | 'gone';
  leading: Leading | null;
  outcome: Outcome | 'lost' | null;
  /** It was told to leave: it begins nothing more. */
  leaving: boolean;
  /** The engine's own state, as last seen by its decisions. */
  state: RunState | null;
}

/** Something that will happen when the scheduler picks it. */
export interface Item {
  readonly name: string;
  /** Monotonic ms from which it may be picked. */
  readonly due: number;
  /** The engine that waits for it; null: nobody, it is the world's own. */
  readonly life: Life | null;
  /** Does the thing and answers. */
  readonly run: () => void;
  /** Does the thing and answers nobody. */
  readonly unheard: () => void;
  /** Leaves the thing half done. */
  readonly half: (() => void) | null;
  /** Answers that it could not be done. */
  readonly refuse: (() => void) | null;
}

/** A broken promise: which one, and how it showed. */
export interface Violation {
  readonly invariant: string;
  readonly detail: string;
}

/** See the file's first line. */
export interface World {
  readonly tape: Tape;
  readonly scene: Scene;
  readonly git: GitWorld;
  /** Null: work lands here. */
  forge: ForgeWorld | null;
  /** Where the tasks come from; null: from a file that stays as it is. */
  source: SourceWorld | null;
  readonly processes: ProcessWorld;
  readonly disk: Disk;
  readonly oracle: Oracle;
  readonly counters: Map<string, number>;
  readonly violations: Violation[];
  readonly items: Item[];
  /** Calls of git that failed because of what a killed git had left. */
  readonly wedged: string[];
  /** What happened, newest last, for people. */
  readonly log: string[] | null;
  monoMs: number;
  /** Wall time minus monotonic time. */
  wallAheadMs: number;
  steps: number;
  faultsLeft: number;
  deedsLeft: number;
  faults: number;
  /** The engine that leads, or led last; null: a new one is to start. */
  life: Life | null;
  epoch: number;
  /** The journal refused the last write. */
  refused: boolean;
  /** Placed crashes that found nothing to kill. */
  idleCrashes: number;
}
