// The heap against sorting.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createHeap, peekHeap, popHeap, pushHeap, walkHeap } from '../../src/core/heap.ts';

test('gives the smallest first, however pushes and pops are mixed', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.integer({ min: -20, max: 20 }), { nil: 'pop' as const })), (steps) => {
      const heap = createHeap<number>((a, b) => a < b);
      let sorted: number[] = [];
      for (const step of steps) {
        if (step === 'pop') {
          expect(popHeap(heap)).toBe(sorted.shift());
        } else {
          pushHeap(heap, step);
          sorted = [...sorted, step].sort((a, b) => a - b);
        }
        expect(peekHeap(heap)).toBe(sorted[0]);
        expect(heap.items).toHaveLength(sorted.length);
      }
    }),
  );
});

test('walks in order and leaves everything in place', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -20, max: 20 })), (items) => {
      const heap = createHeap<number>((a, b) => a < b);
      for (const item of items) pushHeap(heap, item);
      const before = [...heap.items];
      expect([...walkHeap(heap)]).toEqual(items.toSorted((a, b) => a - b));
      expect(heap.items).toEqual(before);
    }),
  );
});
