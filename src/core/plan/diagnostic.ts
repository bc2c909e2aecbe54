// What is wrong with an input, where, and how to mend it. Knows nothing of files on disk; texts are handed in.

/** A place in a text; line and column count from 1. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** Length of the marked text; 1 when unknown. */
  readonly length: number;
}

/** One mistake. */
export interface Diagnostic {
  readonly position: Position | null;
  /** One sentence. */
  readonly sentence: string;
  /** What to type instead, or where to look. */
  readonly fix?: string;
}
