// Files in folders of the user's that programs of others read, and may write as well. Knows nothing of what is in them.

/** Names a file. What is below the root has to be plain folders: a link there is not followed. */
export interface SharedFile {
  /** A folder that is trusted: the user's home, or the repository. Absolute. */
  readonly root: string;
  /** Folder below it. */
  readonly folder: string;
  readonly name: string;
}

/** What is found in the place of a file. */
export type Seen =
  | { readonly kind: 'none' }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'link'; readonly to: string }
  /** Neither, or not to be read; `why` ends a sentence: `… is a folder`. */
  | { readonly kind: 'odd'; readonly why: string };

/** What came of a change. */
export type Changed =
  | { readonly kind: 'done' }
  /** It is not any more what was seen: nothing was done. */
  | { readonly kind: 'stale' }
  /** It was done, and somebody had begun to write into the old file, who has lost it: that is what they wrote. */
  | { readonly kind: 'overtaken'; readonly text: string }
  | { readonly kind: 'refused'; readonly why: string };

/** See the file's first line. Everything but `watch` happens at once, so that little comes between a look and what follows. */
export interface SharedFilesPort {
  /** The user's home folder. */
  readonly home: string;
  /** Names in a folder, sorted; at most `most`. Empty: there are none, or it cannot be read. */
  list(folder: Omit<SharedFile, 'name'>, most: number): readonly string[];
  look(file: SharedFile): Seen;
  /** Puts a text there in one step, private to the user; readers see the old or the new one. Makes the folder. */
  replace(file: SharedFile, of: { readonly seen: Seen; readonly text: string }): Changed;
  /** Puts a link there in one step. */
  link(file: SharedFile, of: { readonly seen: Seen; readonly to: string }): Changed;
  /** Gives a file another name in its folder, unless there is one of that name. */
  rename(file: SharedFile, name: string): Changed;
  /** Removes a file that holds exactly this text. */
  remove(file: SharedFile, text: string): void;
  /** Calls back after something in the folder changed, with its name where the system says it; returns how to stop. */
  watch(folder: Omit<SharedFile, 'name'>, changed: (name: string | null) => void): () => void;
}
