// One tape of bytes that every choice of a history is read from. Byte 0 is always the plainest choice.

/** Bytes to choose by; remembers those that were read. */
export interface Tape {
  byte(): number;
  /** A choice among `count`; reads nothing when there is none to make. */
  pick(count: number): number;
  /** True for the `share` highest of 256 values, so that a zero is always false. */
  chance(share: number): boolean;
  /** The bytes read so far. */
  taken(): Uint8Array;
}

/** A tape that goes on for ever, filled by a generator from the seed. */
export function seedTape(seed: number): Tape {
  let state = (seed ^ 0x9e3779b9) >>> 0;
  return createTape(() => {
    // xorshift with a Weyl step: small, and no short cycles for neighbouring seeds
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return ((mixed ^ (mixed >>> 14)) >>> 12) & 0xff;
  });
}

/** A tape of the given bytes, and zeros after them. */
export function fixedTape(bytes: Uint8Array): Tape {
  let at = 0;
  return createTape(() => bytes[at++] ?? 0);
}

function createTape(next: () => number): Tape {
  let read = new Uint8Array(1024);
  let length = 0;
  const byte = (): number => {
    if (length === read.length) {
      const longer = new Uint8Array(read.length * 2);
      longer.set(read);
      read = longer;
    }
    const value = next();
    read[length] = value;
    length += 1;
    return value;
  };
  return {
    byte,
    pick: (count) => (count <= 1 ? 0 : byte() % count),
    chance: (share) => share > 0 && byte() >= 256 - share,
    taken: () => read.slice(0, length),
  };
}

/** A short name for the bytes of a tape (FNV-1a). */
export function hashTape(bytes: Uint8Array): string {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}
