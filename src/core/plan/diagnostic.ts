// What is wrong with an input, where, and how to mend it. Knows nothing of files on disk; texts are handed in.

/** A place in a text; line and column count from 1. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** Length of the marked text; 1 when unknown. */
  readonly length: number;
}

/** A further place that belongs to a mistake. */
export interface Related {
  readonly position: Position | null;
  /** What is there, as half a sentence. */
  readonly note: string;
}

/** One mistake. */
export interface Diagnostic {
  readonly position: Position | null;
  /** One sentence. */
  readonly sentence: string;
  /** What to type instead, or where to look. */
  readonly fix?: string;
  readonly related?: readonly Related[];
}

/** Says why an input was refused; never without a diagnostic. */
export interface Rejection {
  readonly kind: 'usage' | 'collision';
  readonly diagnostics: readonly Diagnostic[];
}

/** Bounds how many mistakes of one kind are reported at once; the rest show up once these are mended. */
export const MAX_DIAGNOSTICS = 100;
