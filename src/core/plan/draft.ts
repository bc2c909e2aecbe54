// A task as a source found it, before the compiler checked it against the others. Everything carries its position.
import type { Gates, TaskType } from '../model.ts';
import type { Position } from './diagnostic.ts';

/** A value and the place it was written at. */
export interface Placed<T> {
  readonly value: T;
  readonly position: Position | null;
}

/** A dependency as written: on another task's id. */
export interface DependencyDraft {
  readonly task: string;
  readonly position: Position | null;
  /** Absent: `merged` for `depends_on`, `verified` for the step before in a track. */
  readonly on?: 'verified' | 'submitted' | 'merged';
  readonly base?: 'target' | 'stacked';
}

/** A task as written. */
export interface TaskDraft {
  readonly id: Placed<string>;
  readonly title: string;
  readonly body: string;
  readonly ref: string;
  readonly source: string;
  readonly track: string | null;
  /** Patterns as written, unnormalised; null: not declared. */
  readonly owns: readonly Placed<string>[] | null;
  readonly dependencies: readonly DependencyDraft[];
  readonly priority: number | null;
  readonly agent: Placed<string> | null;
  readonly run: string | null;
  readonly type: TaskType;
  readonly gates: Gates | null;
  readonly tier: 0 | 1 | 2;
}
