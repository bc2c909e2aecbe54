// Scripts: what counts as a directive, what it means, what is due when, and which message is the script.
import { describe, expect, it } from 'vitest';
import { findScene, type Message } from '../../../src/testing/model/conversation.ts';
import {
  type Directive,
  findDue,
  hasDirectives,
  parseDirectives,
} from '../../../src/testing/model/directives.ts';

function parse(text: string): readonly Directive[] {
  const parsed = parseDirectives(text);
  if (!parsed.ok) throw new Error(parsed.failure.sentence);
  return parsed.value;
}

describe('parseDirectives', () => {
  const cases: readonly (readonly [string, Directive])[] = [
    ['@write a/b.txt|one\\ntwo', { op: 'write', path: 'a/b.txt', text: 'one\ntwo\n' }],
    ['@write a|b|c', { op: 'write', path: 'a', text: 'b|c\n' }],
    ['@write empty', { op: 'write', path: 'empty', text: '\n' }],
    ['@bash git add -A\\ngit status | cat', { op: 'bash', command: 'git add -A\ngit status | cat' }],
    ["@bash printf 'a\\\\nb'", { op: 'bash', command: "printf 'a\\nb'" }],
    ['@say ', { op: 'say', text: '' }],
    ['@say', { op: 'say', text: '' }],
    ['@say All good.', { op: 'say', text: 'All good.' }],
    ['@say Done.\r\n', { op: 'say', text: 'Done.' }],
    ['@tool mcp__weft__ask|{"q":"a|b\\n"}', { op: 'tool', name: 'mcp__weft__ask', input: { q: 'a|b\n' } }],
    ['@tool Read', { op: 'tool', name: 'Read', input: {} }],
    ['@sleep 1500', { op: 'sleep', ms: 1500 }],
    ['@error 500', { op: 'error', status: 500, times: null, retryAfterSeconds: null }],
    ['@error 529 x2', { op: 'error', status: 529, times: 2, retryAfterSeconds: null }],
    ['@error 429|30', { op: 'error', status: 429, times: null, retryAfterSeconds: 30 }],
    ['@error 429 x1|0', { op: 'error', status: 429, times: 1, retryAfterSeconds: 0 }],
    ['@drop', { op: 'drop', times: null }],
    ['@drop x3', { op: 'drop', times: 3 }],
    ['@usage 12|34', { op: 'usage', input: 12, output: 34 }],
    ['@reset 1800000000', { op: 'reset', seconds: 1_800_000_000, from: 'epoch' }],
    ['@reset +60', { op: 'reset', seconds: 60, from: 'now' }],
  ];
  for (const [line, expected] of cases) {
    it(`reads ${JSON.stringify(line)}`, () => expect(parse(line)).toEqual([expected]));
  }

  for (const [line, why] of [
    ['@write', 'it takes PATH|TEXT'],
    ['@write |text', 'it takes PATH|TEXT'],
    ['@bash', 'it takes a command'],
    ['@tool', 'it takes NAME|{json}'],
    ['@tool Read|{', 'it takes NAME|{json}'],
    ['@tool Read|[1]', 'it takes NAME|{json}'],
    ['@sleep soon', 'it takes milliseconds, up to 600000'],
    ['@sleep 600001', 'it takes milliseconds, up to 600000'],
    ['@error', 'it takes STATUS [xTIMES][|RETRY-AFTER SECONDS]'],
    ['@error 200', 'it takes STATUS [xTIMES][|RETRY-AFTER SECONDS]'],
    ['@drop twice', 'it takes nothing, or xTIMES'],
    ['@usage 5', 'it takes INPUT|OUTPUT'],
    ['@reset tomorrow', 'it takes Unix seconds, or +SECONDS from now'],
  ] as const) {
    it(`refuses ${JSON.stringify(line)}`, () => {
      const parsed = parseDirectives(`@say fine\n${line}\n`);
      expect(parsed.ok ? '' : parsed.failure.sentence).toBe(
        `The script's line \`${line}\` is wrong: ${why}.`,
      );
    });
  }

  for (const line of [
    ' @say indented',
    '- @say a list',
    '> @say quoted',
    '`@say code`',
    'x @say later',
    '@sayings',
    '@param x',
    '@Say loud',
    '@ say',
    '',
  ]) {
    it(`passes over ${JSON.stringify(line)}`, () => expect(hasDirectives(line)).toBe(false));
  }

  for (const [text, said] of [
    ['# Task\n\n@say a\n\n## Rules\n- none\n@say b\ntail', ['a', 'b']],
    ['@say a\n```\n@say no\n```\n@say b', ['a', 'b']],
    ['```sh\n@say no\n```sh\n@say no\n```\n@say b', ['b']],
    ['````\n```\n@say no\n```\n````\n@say b', ['b']],
    ['~~~\n```\n@say no\n~~~\n@say b', ['b']],
    ['```\n@say no', []],
  ] as const) {
    it(`reads between fences: ${JSON.stringify(text)}`, () => {
      expect(parse(text).map((each) => (each.op === 'say' ? each.text : each.op))).toEqual(said);
    });
  }
});

describe('a file in a code fence', () => {
  const check = (text: string, expected: readonly (readonly [string, string])[]): void => {
    const written = parse(text).flatMap((each) => (each.op === 'write' ? [[each.path, each.text]] : []));
    expect(written).toEqual(expected);
  };

  it('is written as it stands', () => {
    check('@write a.md\n```md\n# A\n\n`x` \\n y\n@say no\n```\n@write b|c', [
      ['a.md', '# A\n\n`x` \\n y\n@say no\n'],
      ['b', 'c\n'],
    ]);
    check('@write a\n````\n```\nx\n```\n````\n', [['a', '```\nx\n```\n']]);
  });

  it('belongs to the line right before it, where that has no text', () => {
    check('@write a\n\n```\nx\n```\n', [['a', '\n']]);
    check('@write a|b\n```\nx\n```\n', [['a', 'b\n']]);
    check('@write a\n```\nx\n```\n```\ny\n```\n', [['a', 'x\n']]);
  });
});

describe('findDue', () => {
  const script = parse(
    '@sleep 1\n@say a\n@error 500\n@usage 1|2\n@drop\n@say b\n@reset 9\n@say c\n@usage 3|4\n@sleep 2',
  );

  function check(turns: number, expected: readonly unknown[]): void {
    const { hurdles, step, usage, reset } = findDue(script, turns);
    const names = hurdles.map(({ at, hurdle }) => `${at} ${hurdle.op}`);
    const said = step?.op === 'say' ? step.text : step;
    expect([names, said, usage.input, usage.output, reset?.seconds ?? null]).toEqual(expected);
  }

  it('puts what is no step before the next one', () => {
    check(0, [['0 sleep'], 'a', 1000, 50, null]);
    check(1, [['2 error', '4 drop'], 'b', 1, 2, null]);
    check(2, [[], 'c', 1, 2, 9]);
  });

  it('puts what follows the last step before the last word, once', () => {
    check(3, [['9 sleep'], null, 3, 4, 9]);
    check(4, [[], null, 3, 4, 9]);
  });

  it('has nothing in an empty script', () => {
    expect(findDue([], 0)).toEqual({
      hurdles: [],
      step: null,
      usage: { input: 1000, output: 50 },
      reset: null,
    });
  });
});

describe('findScene', () => {
  const user = (...texts: readonly string[]): Message => ({ by: 'user', texts });
  const model: Message = { by: 'model', texts: [] };
  const other: Message = { by: 'other', texts: [] };

  function check(messages: readonly Message[], said: readonly string[], turns: number): void {
    const scene = findScene(messages);
    if (!scene.ok) throw new Error(scene.failure.sentence);
    expect(scene.value.script.map((each) => (each.op === 'say' ? each.text : each.op))).toEqual(said);
    expect(scene.value.turns).toBe(turns);
  }

  it('takes the last message of the user that has a directive', () => {
    check([user('@say a'), model, user('@say b'), model, model, user('go on'), model], ['b'], 3);
    check([user('@say a'), model, user('```\n@say quoted\n```')], ['a'], 1);
    check([user('hello')], [], 0);
    check([], [], 0);
  });

  it('reads all parts of that message, each by itself', () => {
    check([user('an open fence\n```', '@say a', 'nothing', '@say b')], ['a', 'b'], 0);
  });

  it('counts the turns of the model alone', () => {
    check([other, user('@say a'), other, model, other, user('a result'), model, other], ['a'], 2);
  });

  it('says which directive is wrong', () => {
    const scene = findScene([user('@say a'), user('@sleep x')]);
    expect(scene.ok ? '' : scene.failure.sentence).toContain('`@sleep x` is wrong');
  });
});
