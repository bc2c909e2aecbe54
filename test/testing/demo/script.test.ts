// The demo with a real agent hangs together: every script can be read, stays inside its claim, and leaves what the gate wants.
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { pickDemoOption } from '../../../src/testing/demo/answers.ts';
import { COURSES } from '../../../src/testing/demo/courses.ts';
import { demoFiles } from '../../../src/testing/demo/repository.ts';
import type { DemoAgent } from '../../../src/testing/demo/script.ts';
import { type Directive, parseDirectives } from '../../../src/testing/model/directives.ts';

const KINDS: readonly DemoAgent[] = ['claude', 'codex'];
const IDS = [...COURSES.map(({ id }) => id), 'git-basics-exercises'];

function readTask(kind: DemoAgent, id: string): { owns: readonly string[] | null; script: Directive[] } {
  const text = demoFiles({ kind, path: '/bin/x' }).get(`tasks/${id}.md`) ?? '';
  const front = /^---\n([\s\S]*?)\n---\n/.exec(text)?.[1];
  const parsed = parseDirectives(text);
  if (!parsed.ok) throw new Error(parsed.failure.sentence);
  return {
    owns: front === undefined ? null : (parse(front) as { owns: string[] }).owns,
    script: [...parsed.value],
  };
}

describe.each(KINDS)('the scripts for %s', (kind) => {
  it.each(IDS)('write what %s owns, and come to an end', (id) => {
    const { owns, script } = readTask(kind, id);
    const paths = script.flatMap((step) => (step.op === 'write' ? [step.path] : []));
    expect(paths).not.toEqual([]);
    for (const path of paths) {
      const isOwned = owns?.some((own) => path === own || (own.endsWith('/') && path.startsWith(own)));
      expect(isOwned ?? true, path).toBe(true);
    }
    expect(script.at(-1)?.op).toBe('say');
  });

  it.each(COURSES.map(({ id }) => id))('leave a quiz of %s that is well-formed in the end', (id) => {
    const texts = readTask(kind, id).script.flatMap((step) =>
      step.op === 'write' && step.path.endsWith('quiz.json') ? [step.text] : [],
    );
    expect(JSON.parse(texts.at(-1) ?? '')).toEqual(COURSES.find((course) => course.id === id)?.quiz);
    if (id === 'typescript-generics') expect(() => JSON.parse(texts[0] ?? '') as unknown).toThrow();
  });

  it('have the mishaps of the demo', () => {
    const ops = (id: string): readonly string[] => readTask(kind, id).script.map(({ op }) => op);
    expect(ops('react-hooks')[0]).toBe('tool');
    expect(ops('css-grid')).toContain('error');
    for (const id of ['api-design', 'unit-testing', 'typescript-generics'])
      expect(ops(id).filter((op) => op === 'say')).toHaveLength(2);
  });

  it('ask what the human of the demo answers', () => {
    const [ask] = readTask(kind, 'react-hooks').script;
    const labels = JSON.stringify(ask).match(/Hooks only|Classes first/g) ?? [];
    const options = labels.map((label) => ({ label, then: 'retry' as const }));
    expect(pickDemoOption({ cause: 'asked', options })).toBe(1);
  });

  it('are run by the program that was found', () => {
    expect(parse(demoFiles({ kind, path: '/a "b"/x' }).get('.weft/config.yaml') ?? '')).toEqual({
      integrate: 'auto',
      maxAgents: 4,
      agent: kind,
      agents: { [kind]: { kind, program: '/a "b"/x' } },
      gates: { tier0: ['node check.mjs'] },
    });
  });
});
