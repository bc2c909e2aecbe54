// The few files the engine itself reads and writes. Knows nothing of their contents.

/** Files under the state folder and the attempts' folders. Rejects with the system's error when the disk refuses. */
export interface FilesPort {
  /** Creates the folder and its parents, private to the user. */
  makeDir(path: string): Promise<void>;
  /** Text of a file, at most `maxBytes` of it; null when there is none. */
  readText(path: string, maxBytes: number): Promise<string | null>;
  /** Replaces a file in one step (temporary file and rename); readers see the old or the new text. */
  replace(path: string, text: string): Promise<void>;
  /** Removes a file or a folder with all that is in it; fine when there is none. */
  remove(path: string): Promise<void>;
  /** Removes a folder when nothing is in it. */
  removeEmpty(path: string): Promise<void>;
  /** Names in a folder, sorted; empty when there is none. */
  list(path: string): Promise<readonly string[]>;
  exists(path: string): Promise<boolean>;
  /** When a file was written last, ms since 1970; null when there is none. */
  writtenAt(path: string): Promise<number | null>;
  /** Says what keeps a folder from being made, or things from being made in it, as half a sentence; null: nothing. */
  findObstacle(path: string): Promise<string | null>;
  /** Free space of the file system in bytes; null: not known. */
  freeBytes(path: string): Promise<number | null>;
  /** Calls back after something in the folder changed, with its name where the system says it; returns how to stop. */
  watchDir(path: string, changed: (name: string | null) => void): () => void;
}
