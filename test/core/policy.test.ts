// What a resume changed, field by field, and which agents a policy keeps.
import { describe, expect, test } from 'vitest';
import { DEFAULT_POLICY, type Plan, type Policy } from '../../src/core/model.ts';
import { comparePolicies, keepConfiguredAgents, keepUsedAgents } from '../../src/core/policy.ts';
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

describe('which agents a run or a check is about', () => {
  const config = (kind: string, over = {}): Policy['agents'][string] => ({ kind, ...over });
  const agents = {
    claude: config('claude'),
    codex: config('codex', { model: 'm' }),
    mine: config('command', { run: 'x' }),
    plain: config('script'),
  };
  const policy = { ...DEFAULT_POLICY, agent: 'mine', agents };
  const task = (over: object): Plan['tasks'][number] =>
    ({ run: null, type: 'automated', agent: 'mine', ...over }) as Plan['tasks'][number];
  const namesOf = (kept: Policy): readonly string[] => Object.keys(kept.agents);

  test.each([
    ['those of its tasks', {}, [task({}), task({ agent: 'plain' })], ['mine', 'plain']],
    ['none for people and for commands', {}, [task({ type: 'manual' }), task({ run: 'x' })], []],
    ['those of its phases too', { phases: { plan: 'claude', review: 'plain' } }, [], ['claude', 'plain']],
    ['not those of phases it skips', { phases: { plan: 'claude', review: true }, fast: true }, [], []],
  ])('a run: %s', (_, over, tasks, expected) => {
    const given = { ...policy, ...over } as Policy;
    expect(namesOf(keepUsedAgents(given, { tasks }))).toEqual(expected);
  });

  test.each([
    ['what was written', {}, ['codex', 'mine', 'plain']],
    ['a built-in that is named', { agent: 'claude' }, ['claude', 'codex', 'mine', 'plain']],
    [
      'one that a phase names',
      { phases: { plan: false, review: 'claude' } },
      ['claude', 'codex', 'mine', 'plain'],
    ],
  ])('a check: %s', (_, over, expected) => {
    expect(namesOf(keepConfiguredAgents({ ...policy, ...over } as Policy))).toEqual(expected);
  });
});
