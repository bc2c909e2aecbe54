// A task as a source found it, before the compiler checked it against the others. Everything carries its position.
import type { EdgeBase, EdgeOn, Gates, TaskType } from '../model.ts';
import type { Position } from './diagnostic.ts';

/** A value and the place it was written at. Sources may work the position out when it is first asked for. */
export interface Placed<T> {
  readonly value: T;
  readonly position: Position | null;
}

/** A dependency as written: on another task's id, or on the path of its file. */
export interface DependencyDraft {
  readonly task: string;
  readonly position: Position | null;
  /** What asks for it: the step before in its track, or the track as a whole. Absent: the task itself. */
  readonly via?: 'step-before' | 'track';
  /** Absent: `merged`, but `verified` for the step before. */
  readonly on?: EdgeOn;
  /** Absent: `target`, but `stacked` for the step before. */
  readonly base?: EdgeBase;
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
  readonly model?: string | undefined;
  readonly effort?: string | undefined;
  readonly run: string | null;
  readonly type: TaskType;
  readonly gates: Gates | null;
  readonly tier: 0 | 1 | 2;
}
