// Results, and the place that is never reached.
import { expect, test } from 'vitest';
import { fail, ok, unreachable } from '../../src/core/failure.ts';

test('carry a value or a reason', () => {
  expect(ok(7)).toEqual({ ok: true, value: 7 });
  const failure = { kind: 'usage', sentence: 'No.' } as const;
  expect(fail(failure)).toEqual({ ok: false, failure });
});

test('a case nobody thought of is a bug that names it', () => {
  expect(() => unreachable({ kind: 'new' } as never)).toThrow(
    'Internal error: unreachable case {"kind":"new"}',
  );
});
