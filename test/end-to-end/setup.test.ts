// The set-up command where gates run: a task may add a dependency. Real git, real processes; the package manager is a shell line.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openStage, type Stage } from './rig.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
  await stage.repo.write('.gitignore', 'deps/\n');
  await stage.repo.write('requirements.txt', 'left\n');
});
afterEach(() => stage.remove());

function config(): Readonly<Record<string, unknown>> {
  const install = [
    `pwd >> '${ledger()}'`,
    'rm -rf deps && mkdir deps',
    'for name in $(cat requirements.txt); do',
    '  case $name in un*) echo "no such package: $name"; exit 7;; esac',
    '  touch deps/$name',
    'done',
  ];
  return {
    setup: install.join('\n'),
    gates: { tier0: ['for name in $(cat requirements.txt); do test -f deps/$name || exit 1; done'] },
    maxAgents: 1,
  };
}

function ledger(): string {
  return join(stage.repo.around, 'ledger');
}

/** Folders of the clean checkouts that the command ran in. */
function ranIn(): readonly string[] {
  const lines = readFileSync(ledger(), 'utf8').trim().split('\n');
  return lines.filter((line) => line.includes('/.gates/'));
}

test('a task adds a dependency, and its gates have it', async () => {
  await stage.script(
    [[{ id: 'add', acts: [{ write: { path: 'requirements.txt', text: 'left\nright\n' } }] }]],
    config(),
  );
  const { outcome } = await stage.run();
  expect(outcome).toBe('complete');
  expect(await stage.repo.git('show', 'main:requirements.txt')).toBe('left\nright');
});

test('a dependency that there is not goes back to the agent, with what the command said', async () => {
  await stage.script(
    [
      [
        {
          id: 'add',
          acts: {
            '1': [{ write: { path: 'requirements.txt', text: 'left\nunheard-of\n' } }],
            '2': [{ write: { path: 'requirements.txt', text: 'left\nright\n' } }],
          },
        },
      ],
    ],
    config(),
  );
  const { outcome, run } = await stage.run();
  expect(outcome).toBe('complete');
  const prompt = join(stage.repo.path, '.weft/runs', run, 'attempts/add/2/prompt.md');
  expect(readFileSync(prompt, 'utf8')).toContain('no such package: unheard-of');
  expect(await stage.repo.git('show', 'main:requirements.txt')).toBe('left\nright');
});

test('it runs once per checkout while the dependencies stay the same', async () => {
  const acts = (name: string): { readonly write: { readonly path: string; readonly text: string } }[] => [
    { write: { path: `${name}.txt`, text: `${name}\n` } },
  ];
  await stage.script(
    [
      [
        { id: 'one', acts: acts('one') },
        { id: 'two', acts: acts('two') },
        { id: 'three', acts: acts('three') },
      ],
    ],
    config(),
  );
  const { outcome } = await stage.run();
  expect(outcome).toBe('complete');
  expect(ranIn()).toEqual([...new Set(ranIn())]);
});
