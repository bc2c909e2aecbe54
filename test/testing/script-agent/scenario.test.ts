// Scenario files: what is read, and where a mistake is said to be.
import { describe, expect, it } from 'vitest';
import { findSteps, parseScenario } from '../../../src/testing/script-agent/scenario.ts';
import { fillStep, readStep } from '../../../src/testing/script-agent/step.ts';

function check(text: string, expected: string): void {
  const parsed = parseScenario(text, 's.yaml');
  expect(parsed.ok ? 'read' : parsed.failure.sentence).toBe(expected);
}

describe('parseScenario', () => {
  it('chooses the steps of task and attempt, then of default', () => {
    const parsed = parseScenario(
      'tasks:\n  a: { 1: [say: one], default: [say: more] }\n  b: [say: always]\ndefault: [say: anyone]\n',
      's.yaml',
    );
    const said = (task: string, attempt: number): unknown =>
      parsed.ok ? findSteps(parsed.value, { task, attempt })?.map(({ value }) => value) : null;
    expect(said('a', 1)).toEqual(['one']);
    expect(said('a', 2)).toEqual(['more']);
    expect(said('b', 9)).toEqual(['always']);
    expect(said('c', 1)).toEqual(['anyone']);
  });

  it('finds no steps where there are none', () => {
    const parsed = parseScenario('tasks: { a: { 1: [] } }', 's.yaml');
    expect(parsed.ok && findSteps(parsed.value, { task: 'a', attempt: 2 })).toBeNull();
    expect(parsed.ok && findSteps(parsed.value, { task: 'b', attempt: 1 })).toBeNull();
  });

  for (const [text, expected] of [
    ['', 's.yaml:1:1: The file is a mapping.'],
    ['[]', 's.yaml:1:1: The file is a mapping.'],
    ['task: {}', 's.yaml:1:1: There is no key `task`; there are tasks and default.'],
    ['tasks: []', 's.yaml:1:8: `tasks` is a mapping.'],
    ['tasks: { a: 1 }', 's.yaml:1:13: A task is a mapping.'],
    ['tasks: { a: { first: [] } }', 's.yaml:1:15: `first` is not the number of an attempt.'],
    ['tasks: { a: { 1: {} } }', 's.yaml:1:18: An attempt is a list of steps.'],
    ['tasks:\n  a:\n    - commit\n', 's.yaml:3:7: A step is a mapping.'],
    ['tasks:\n  a:\n    - say: x\n      exit: 1\n', 's.yaml:3:7: A step is one `name: value`.'],
    ['tasks:\n  a:\n    - exit: 256\n', 's.yaml:3:7: `exit` takes an exit code from 0 to 255.'],
  ] as const) {
    it(`refuses ${JSON.stringify(text)}`, () => check(text, expected));
  }

  it('passes on what the YAML reader has to say', () => {
    const parsed = parseScenario('tasks: {\n', 's.yaml');
    expect(parsed.ok ? '' : parsed.failure.sentence).toMatch(/^s\.yaml:\d+:\d+: /);
  });
});

describe('readStep', () => {
  for (const [name, value] of [
    ['write', { path: 'a', text: '' }],
    ['merge', { resolve: { a: 'b' } }],
    ['daemon', { setsid: true, scrub: false }],
    ['flood', { bytes: 9, line: true }],
  ] as const) {
    it(`reads ${name}`, () => expect(readStep(name, value)).toEqual({ name, value }));
  }

  for (const [name, value] of [
    ['write', { path: 'a' }],
    ['append', 'a'],
    ['delete', ''],
    ['commit', null],
    ['sleep', -1],
    ['sleep', 600_001],
    ['say', 7],
    ['ask', { options: [] }],
    ['ask', { question: 'q', options: 'a' }],
    ['expect-guidance', '('],
    ['exit', 1.5],
    ['crash', 'SIGSTOP'],
    ['hang', false],
    ['hang', { stubborn: 1 }],
    ['busy', '5'],
    ['flood', {}],
    ['lie', false],
    ['daemon', { detached: true }],
    ['merge', { resolve: { a: 1 } }],
    ['merge', {}],
    ['toString', true],
  ] as const) {
    it(`refuses ${name}: ${JSON.stringify(value)}`, () =>
      expect(typeof readStep(name, value)).toBe('string'));
  }
});

describe('fillStep', () => {
  it('fills texts and keys, however deep, and nothing else', () => {
    const facts = { task: 'api', attempt: '2', port: '42000' };
    expect(fillStep({ name: 'merge', value: { resolve: { '{task}.txt': '{attempt}{x}' } } }, facts)).toEqual({
      name: 'merge',
      value: { resolve: { 'api.txt': '2{x}' } },
    });
    expect(
      fillStep(
        { name: 'ask', value: { question: '{port}?', options: ['{task}'], tried: null, wait: true } },
        facts,
      ),
    ).toEqual({
      name: 'ask',
      value: { question: '42000?', options: ['api'], tried: null, wait: true },
    });
  });
});
