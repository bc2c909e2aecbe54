// Cuts a stream of bytes into lines with bounded memory. Knows nothing of files.

/** One line without its line feed. */
export interface Line {
  /** At most the limit's bytes; valid during the call only, copy what is to be kept. */
  readonly bytes: Buffer;
  /** Where the line begins, in bytes from the beginning of the stream. */
  readonly offset: number;
  /** True when the line was longer than the limit and its rest is lost. */
  readonly truncated: boolean;
}

/** Takes chunks of any size. */
export interface LineSplitter {
  push(chunk: Buffer): void;
  /** Delivers what has come since the last line feed, if anything: no more will. */
  flush(): void;
  /** Forgets the unfinished line and goes on at another offset. */
  restart(offset: number): void;
  /** Where the first line begins that was not delivered yet. */
  readonly offset: number;
}

const LINE_FEED = 0x0a;

/** A larger buffer is given back after its line. */
const RETAINED_BYTES = 64 * 1024;

/** Creates a splitter that holds at most `maxLineBytes` of an unfinished line, however long it gets. */
export function splitLines(options: {
  readonly maxLineBytes: number;
  readonly offset?: number;
  readonly onLine: (line: Line) => void;
}): LineSplitter {
  const { maxLineBytes, onLine } = options;
  let lineStart = options.offset ?? 0;
  /** Length of the unfinished line so far, kept or lost. */
  let length = 0;
  /** Its first bytes: a copy, because callers use their buffers again. */
  let store = Buffer.alloc(0);
  let stored = 0;

  const keep = (piece: Buffer): void => {
    const taken = Math.min(piece.length, maxLineBytes - stored);
    if (stored + taken > store.length) {
      const larger = Buffer.alloc(Math.min(maxLineBytes, Math.max(2 * store.length, stored + taken)));
      store.copy(larger, 0, 0, stored);
      store = larger;
    }
    piece.copy(store, stored, 0, taken);
    stored += taken;
    length += piece.length;
  };
  const begin = (offset: number): void => {
    lineStart = offset;
    length = 0;
    stored = 0;
    if (store.length > RETAINED_BYTES) store = Buffer.alloc(0);
  };
  const deliver = (rest: Buffer, feedBytes: 0 | 1): void => {
    let bytes = rest;
    const whole = length + rest.length;
    if (length > 0) {
      keep(rest);
      bytes = store.subarray(0, stored);
    }
    const offset = lineStart;
    begin(offset + whole + feedBytes);
    onLine({ bytes: bytes.subarray(0, maxLineBytes), offset, truncated: whole > maxLineBytes });
  };

  return {
    get offset() {
      return lineStart;
    },
    push: (chunk) => {
      let from = 0;
      for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, from)) {
        deliver(chunk.subarray(from, end), 1);
        from = end + 1;
      }
      keep(chunk.subarray(from));
    },
    flush: () => {
      if (length > 0) deliver(Buffer.alloc(0), 0);
    },
    restart: begin,
  };
}
