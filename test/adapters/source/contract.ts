// What every source of tasks keeps to. Run with `sourceContract(name, setting)`.
import { describe, expect, test } from 'vitest';
import { DEFAULT_POLICY } from '../../../src/core/model.ts';
import { compilePlan } from '../../../src/core/plan/compile.ts';
import type { Loaded, SourcePort } from '../../../src/ports/source.ts';

/** The same source over different inputs. */
export interface SourceSetting {
  /** Runs `act` with the source over three tasks `a`, `b` and `c`. */
  readonly good: (act: (source: SourcePort) => Promise<void>) => Promise<void>;
  /** Over input with several mistakes, each in a place of its own. */
  readonly bad: (act: (source: SourcePort) => Promise<void>) => Promise<void>;
  /** Over nothing: what it reads is not there. */
  readonly missing: (act: (source: SourcePort) => Promise<void>) => Promise<void>;
}

/** Runs the contract against a source. */
export function sourceContract(name: string, setting: SourceSetting): void {
  describe(`source: ${name}`, () => {
    test('it has a name', () => setting.good(async (source) => expect(source.name).not.toBe('')));

    test('what is right becomes drafts that compile, the same each time, in the order they were written', () =>
      setting.good(async (source) => {
        const loaded = await source.load();
        expect(loaded.diagnostics).toEqual([]);
        expect(await source.load()).toEqual(loaded);
        const compiled = compilePlan(loaded.drafts, { policy: DEFAULT_POLICY });
        expect(compiled.ok && compiled.value.tasks.map(({ id }) => id)).toEqual(['a', 'b', 'c']);
        expectPlaces(loaded);
      }));

    test('every mistake is told, with its place; nothing is thrown', () =>
      setting.bad(async (source) => {
        const loaded = await source.load();
        expect(loaded.diagnostics.length).toBeGreaterThan(1);
        expectPlaces(loaded);
        const places = loaded.diagnostics.map(({ position }) => JSON.stringify(position));
        expect(new Set(places).size).toBe(places.length);
        expect(await source.load()).toEqual(loaded);
      }));

    test('what is not there is a mistake like others', () =>
      setting.missing(async (source) => {
        const { drafts, diagnostics } = await source.load();
        expect(drafts).toEqual([]);
        expect(diagnostics).toHaveLength(1);
      }));
  });
}

/** Every position leads into a text that was read, at least as far as its line. */
function expectPlaces({ drafts, diagnostics, texts }: Loaded): void {
  const positions = [...drafts.map(({ id }) => id.position), ...diagnostics.map(({ position }) => position)];
  expect(positions.length).toBeGreaterThan(0);
  for (const position of positions) {
    if (position === null) throw new Error('something has no place');
    const line = texts.get(position.file)?.split('\n')[position.line - 1];
    expect(line?.length).toBeGreaterThanOrEqual(position.column - 1);
  }
}
