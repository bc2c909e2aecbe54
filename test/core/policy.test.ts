// What a resume changed, field by field.
import { expect, test } from 'vitest';
import type { Policy } from '../../src/core/model.ts';
import { comparePolicies } from '../../src/core/policy.ts';
import { buildPolicy } from './build.ts';

const changesOf = (over: Partial<Policy>): string[] =>
  comparePolicies(buildPolicy(), buildPolicy(over)).map(
    ({ field, before, after }) => `${field}: ${before} → ${after}`,
  );

test.each<[string, Partial<Policy>, string[]]>([
  ['nothing', {}, []],
  ['a number', { maxAgents: 9 }, ['maxAgents: 4 → 9']],
  ['a field within', { budget: { minutes: 30, tokens: null, usd: null } }, ['budget.minutes: null → 30']],
  ['several, by name', { target: 'dev', fast: true }, ['fast: false → true', 'target: "main" → "dev"']],
  [
    'a field that was not there',
    { agents: { mine: { kind: 'command', run: 'agent', max: 2 } } },
    ['agents.mine.max: none → 2'],
  ],
  ['an agent that is gone', { agents: {} }, ['agents.mine: {"kind":"command","run":"agent"} → none']],
])('%s', (_name, over, expected) => {
  expect(changesOf(over)).toEqual(expected);
});

test('lists are compared by what is in them', () => {
  expect(changesOf({ gates: { ...buildPolicy().gates } })).toEqual([]);
  expect(changesOf({ gates: { ...buildPolicy().gates, tier0: ['npm test'] } })).toEqual([
    'gates.tier0: [] → ["npm test"]',
  ]);
});
