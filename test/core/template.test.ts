// Prompts by a template of people's: where parts go, what is said in any case, and mistakes.
import { expect, test } from 'vitest';
import type { Role } from '../../src/core/model.ts';
import { writePrompt } from '../../src/core/prompt.ts';
import { composePrompt, findUnknownPlace, PART_NAMES, type PromptPart } from '../../src/core/template.ts';
import { bring, buildState, buildTask, find, hash } from './build.ts';

const PARTS: readonly PromptPart[] = [
  { name: 'title', text: '# T' },
  { name: 'task', text: 'Do {{ rules }}.' },
  { name: 'rules', text: '' },
  { name: 'guidance', text: 'Be kind.', always: true },
];

test.each<[string, string | undefined, string]>([
  ['no template', undefined, '# T\n\nDo {{ rules }}.\n\nBe kind.\n'],
  ['an order of its own', '{{guidance}}\n\n{{ title }}', 'Be kind.\n\n# T\n'],
  ['what must be said comes last when there is no place for it', 'Hello.', 'Hello.\n\nBe kind.\n'],
  ['a place in the text of a part is none', '{{ task }}', 'Do {{ rules }}.\n\nBe kind.\n'],
  ['empty parts leave no hole', 'a\n\n{{ rules }}\n\nb', 'a\n\nb\n\nBe kind.\n'],
  ['what is no place stays', '{{ 1 }} { title } {{}}', '{{ 1 }} { title } {{}}\n\nBe kind.\n'],
])('%s', (_name, template, text) => {
  expect(composePrompt(template, PARTS)).toBe(text);
});

test.each<[Role, string, string | null]>([
  ['implement', '{{ title }} {{rules}}', null],
  ['implement', 'a {{ answer }}', 'answer'],
  ['review', '{{ answer }} {{ change }}', null],
  ['plan', '{{ change }}', 'change'],
])('places of %s in %j: the unknown one is %s', (role, template, name) => {
  expect(findUnknownPlace(template, role)?.name ?? null).toBe(name);
});

test('every part of a prompt can be placed', () => {
  const template = PART_NAMES.implement.map((name) => `<${name}>{{ ${name} }}`).join('\n');
  const state = buildState([buildTask('a', { owns: ['x/**'] })], { prompts: { implement: template } });
  bring(state, 'a', 'working');
  const prompt = writePrompt(state, find(state, 'a'), hash('base'));
  expect(prompt).not.toContain('{{');
  expect(prompt).toMatch(/^<title># /);
  expect(prompt).toContain('<files>## Files');
  expect(prompt).toContain('<rules>## Rules');
});
