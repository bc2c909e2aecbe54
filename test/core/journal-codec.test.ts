// The journal's bytes: what is written is read back, damage is named, older versions are brought forward.
import { readFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Recorded } from '../../src/core/event.ts';
import {
  decodeJournal,
  decodeLine,
  describeFault,
  encodeRecord,
  sealJson,
  type Upcaster,
  unsealJson,
} from '../../src/core/journal-codec.ts';
import { runMs, taskId } from '../../src/core/model.ts';
import { GOLDEN } from './golden/journal-v1.ts';

const goldenBytes = readFileSync(new URL('./golden/journal-v1.jsonl', import.meta.url));
const goldenText = goldenBytes.toString('utf8');

/** Seeded, so that a failure comes back. */
function randomIntegers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function fact(seq: number, epoch = 1): Recorded {
  return {
    seq,
    epoch,
    at: 5,
    ms: runMs(seq),
    event: { type: 'guidance.given', task: taskId('a'), text: '1' },
  };
}

function journal(records: readonly Recorded[]): Buffer {
  return Buffer.from(records.map(encodeRecord).join(''));
}

function sealed(frame: unknown): Buffer {
  return Buffer.from(`${sealJson(JSON.stringify(frame))}\n`);
}

describe('golden file of version 1', () => {
  test('reads as the same objects [F37]', () => {
    const decoded = decodeJournal(goldenBytes);
    expect(decoded).toEqual({
      ok: true,
      value: {
        since: null,
        records: GOLDEN,
        last: { seq: GOLDEN.at(-1)?.seq, epoch: GOLDEN.at(-1)?.epoch },
        wholeBytes: goldenBytes.length,
        tornBytes: 0,
      },
    });
  });

  test('is what the encoder writes', () => {
    expect(GOLDEN.map(encodeRecord).join('')).toBe(goldenText);
  });

  test('has one record of each event type, and each is one greppable line', () => {
    const types = GOLDEN.map((record) => record.event.type);
    const declared = readFileSync(new URL('../../src/core/event.ts', import.meta.url), 'utf8');
    const known = [...declared.matchAll(/readonly type: '([^']+)'/g)].map((match) => match[1]);
    expect([...types].sort()).toEqual(known.sort());
    expect(goldenText.split('\n').filter((line) => line.includes('"type":"task.landed"'))).toHaveLength(1);
  });

  test('carries the CRC-32 that gzip uses, over the bytes before `,"crc"`', () => {
    for (const line of goldenText.trimEnd().split('\n')) {
      const [covered = '', seal = ''] = line.split(/,"crc":(?="[0-9a-f]{8}"}$)/);
      expect(seal).toBe(`"${crc32(covered).toString(16).padStart(8, '0')}"}`);
    }
  });
});

describe('laws', () => {
  const records = fc.array(
    fc.record({
      at: fc.double({ noNaN: true, noDefaultInfinity: true }).map((at) => at + 0),
      ms: fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }).map((ms) => runMs(ms + 0)),
      text: fc.string({ unit: 'binary' }),
    }),
    { maxLength: 5 },
  );

  test('what was written is read back', () => {
    fc.assert(
      fc.property(records, (drafts) => {
        const written = drafts.map(({ at, ms, text }, index) => ({
          ...fact(index + 1),
          at,
          ms,
          event: { ...fact(1).event, text },
        }));
        const decoded = decodeJournal(journal(written as Recorded[]));
        expect(decoded).toMatchObject({ ok: true, value: { records: written, tornBytes: 0 } });
      }),
    );
  });

  test('any bytes at all are read or refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const decoded = decodeJournal(bytes);
        if (decoded.ok) expect(decoded.value.records).toEqual([]);
        else expect(decoded.failure.line).toBe(1);
      }),
    );
  });
});

describe('damage', () => {
  test('a journal cut at any byte is a valid prefix [F3]', () => {
    const ends: number[] = [];
    for (let end = goldenBytes.indexOf(10); end !== -1; end = goldenBytes.indexOf(10, end + 1))
      ends.push(end + 1);
    for (let cut = 0; cut <= goldenBytes.length; cut += 1) {
      const whole = ends.filter((end) => end <= cut);
      const decoded = decodeJournal(goldenBytes.subarray(0, cut));
      if (!decoded.ok) throw new Error(`cut at ${cut}: ${decoded.failure.reason}`);
      expect(decoded.value.records.length).toBe(whole.length);
      expect(decoded.value.wholeBytes).toBe(whole.at(-1) ?? 0);
      expect(decoded.value.tornBytes).toBe(cut - decoded.value.wholeBytes);
    }
  });

  test('a flipped bit gives a valid prefix or a refusal that names the line [F4]', () => {
    const pick = randomIntegers(20_261_121);
    for (let round = 0; round < 1_000; round += 1) {
      const at = pick(goldenBytes.length);
      const bytes = Buffer.from(goldenBytes);
      bytes[at] = (bytes[at] as number) ^ (1 << pick(8));
      const line = goldenBytes.subarray(0, at).filter((byte) => byte === 10).length + 1;
      const decoded = decodeJournal(bytes);
      if (decoded.ok) {
        expect(at).toBe(goldenBytes.length - 1);
        expect(decoded.value.records).toEqual(GOLDEN.slice(0, -1));
      } else {
        expect(decoded.failure).toMatchObject({ line, kind: 'damaged' });
      }
    }
  });

  test.each<[name: string, bytes: Buffer, line: number, reason: RegExp]>([
    ['an empty line', Buffer.concat([journal([fact(1)]), Buffer.from('\n')]), 2, /checksum/],
    [
      'a complete last line of garbage',
      Buffer.concat([journal([fact(1)]), Buffer.from('{}\n')]),
      2,
      /checksum/,
    ],
    ['a missing record', journal([fact(1), fact(3)]), 2, /sequence number 3 instead of 2/],
    ['a record twice', journal([fact(1), fact(1)]), 2, /sequence number 1 instead of 2/],
    ['a missing start', journal([fact(2)]), 1, /sequence number 2 instead of 1/],
    ['an older epoch after a newer one', journal([fact(1, 3), fact(2, 2)]), 2, /epoch 2, after .* epoch 3/],
    ['a sealed list', sealed([1]), 1, /checksum/],
    ['a sealed stranger', sealed({ hello: 'there' }), 1, /not a journal record/],
    [
      'an epoch of 0',
      sealed({ v: 1, seq: 1, epoch: 0, at: 1, ms: 1, event: fact(1).event }),
      1,
      /not a journal record/,
    ],
    [
      'an unknown event',
      sealed({ v: 1, seq: 1, epoch: 1, at: 1, ms: 1, event: { type: 'toString' } }),
      1,
      /unknown type/,
    ],
    ['no event', sealed({ v: 1, seq: 1, epoch: 1, at: 1, ms: 1 }), 1, /unknown type/],
  ])('%s is refused', (_name, bytes, line, reason) => {
    const decoded = decodeJournal(bytes);
    if (decoded.ok) throw new Error('accepted');
    expect(decoded.failure.line).toBe(line);
    expect(decoded.failure.kind).toBe('damaged');
    expect(decoded.failure.reason).toMatch(reason);
  });

  test('the refusal becomes one sentence with file and line', () => {
    expect(
      describeFault('j.jsonl', { line: 7, kind: 'damaged', reason: 'does not match its checksum' }),
    ).toMatchObject({
      kind: 'corrupt',
      sentence: 'j.jsonl: line 7 does not match its checksum.',
    });
  });
});

describe('from a mark on', () => {
  const written = [fact(1, 1), fact(2, 1), fact(3, 4), fact(4, 4), fact(5, 6)];
  const bytes = journal(written);

  test.each([1, 2, 3, 4, 5])('after record %i the others are read', (seq) => {
    const mark = { seq, epoch: written[seq - 1]?.epoch ?? 0 };
    const decoded = decodeJournal(bytes, { mark });
    expect(decoded).toEqual({
      ok: true,
      value: {
        since: mark,
        records: written.slice(seq),
        last: { seq: 5, epoch: 6 },
        wholeBytes: bytes.length,
        tornBytes: 0,
      },
    });
  });

  test.each([
    ['is beyond its end', { seq: 6, epoch: 6 }],
    ['is of an older epoch', { seq: 4, epoch: 1 }],
    ['is of a newer epoch', { seq: 2, epoch: 4 }],
  ])('when it %s, all are read', (_name, mark) => {
    expect(decodeJournal(bytes, { mark })).toEqual(decodeJournal(bytes));
  });

  test('what comes before it is not parsed, only checked', () => {
    const hollow = Buffer.from(`${sealJson('{"v":1,"seq":2,"epoch":1,"at":no json}')}\n`);
    const stuffed = Buffer.concat([journal([fact(1)]), hollow, journal(written.slice(2))]);
    expect(decodeJournal(stuffed)).toMatchObject({ ok: false });
    expect(decodeJournal(stuffed, { mark: { seq: 2, epoch: 1 } })).toMatchObject({ ok: true });
  });

  test('flipped bits, missing and repeated lines are refused in the same words as without it', () => {
    const lines = fc.shuffledSubarray(written, { minLength: 3 });
    const flip = fc.option(fc.record({ at: fc.nat(), bit: fc.nat(7) }));
    fc.assert(
      fc.property(lines, flip, fc.integer({ min: 1, max: 6 }), (some, flipped, seq) => {
        const spoilt = journal(some);
        const at = (flipped?.at ?? 0) % spoilt.length;
        if (flipped !== null) spoilt[at] = (spoilt[at] as number) ^ (1 << flipped.bit);
        const mark = { seq, epoch: some[seq - 1]?.epoch ?? 1 };
        const [one, other] = [decodeJournal(spoilt, { mark }), decodeJournal(spoilt)];
        if (!one.ok || !other.ok) {
          expect(one).toEqual(other);
          return;
        }
        const { since, records, ...rest } = one.value;
        expect({
          ...rest,
          since: null,
          records: [...other.value.records.slice(0, since?.seq ?? 0), ...records],
        }).toEqual(other.value);
      }),
      { numRuns: 1_000 },
    );
  });

  test('lines of an older version before it are brought forward all the same', () => {
    const old = sealed({ v: 0, seq: 1, epoch: 1, at: 5, ms: 1, event: { kind: 'hint', id: 'a' } });
    const mixed = Buffer.concat([old, bytes.subarray(journal([fact(1)]).length)]);
    const mark = { seq: 2, epoch: 1 };
    expect(decodeJournal(mixed, { mark })).toMatchObject({ ok: false, failure: { line: 1 } });
    const upcasters: Record<number, Upcaster> = { 0: () => fact(1).event };
    expect(decodeJournal(mixed, { mark, upcasters })).toMatchObject({ ok: true, value: { since: mark } });
  });
});

describe('versions', () => {
  const old = (event: unknown): Buffer => sealed({ v: 0, seq: 1, epoch: 1, at: 5, ms: 1, event });
  const upcasters: Record<number, Upcaster> = {
    0: (event) => ({ type: 'guidance.given', task: (event as { id: string }).id, text: '1' }),
  };

  test('an older version is brought forward [F37]', () => {
    const decoded = decodeJournal(
      Buffer.concat([
        old({ kind: 'hint', id: 'a' }),
        journal([fact(1), fact(2)]).subarray(journal([fact(1)]).length),
      ]),
      { upcasters },
    );
    expect(decoded).toMatchObject({ ok: true, value: { records: [{ ...fact(1) }, fact(2)] } });
  });

  test('an older version without an up-caster is refused', () => {
    expect(decodeJournal(old({ kind: 'hint', id: 'a' }))).toMatchObject({
      ok: false,
      failure: { line: 1, reason: 'has events of version 0, which are no longer read' },
    });
  });

  test('a newer version is refused as such [F37]', () => {
    const line = sealed({
      v: 2,
      seq: 1,
      epoch: 1,
      at: 5,
      ms: 1,
      event: { type: 'task.teleported' },
    }).subarray(0, -1);
    const decoded = decodeLine(line);
    if (decoded.ok) throw new Error('accepted');
    expect(decoded.failure.kind).toBe('newer');
    expect(describeFault('j', { line: 1, ...decoded.failure })).toMatchObject({
      kind: 'environment',
      sentence: expect.stringContaining('newer weft'),
    });
  });
});

test('numbers that JSON cannot hold are a bug, not a record', () => {
  for (const broken of [
    { seq: 0 },
    { epoch: 1.5 },
    { at: Number.NaN },
    { ms: runMs(Number.POSITIVE_INFINITY) },
  ]) {
    expect(() => encodeRecord({ ...fact(1), ...broken })).toThrow('Internal error');
  }
});

test('a seal in capitals is not the seal', () => {
  const text = sealJson('{"a":1}');
  expect(unsealJson(Buffer.from(text))).toMatchObject({ a: 1 });
  expect(unsealJson(Buffer.from(text.toUpperCase()))).toBeNull();
});
