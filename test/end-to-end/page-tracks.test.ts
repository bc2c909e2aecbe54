// What who comes from track files is told to type, typed: docs/from-tracks.md.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Newcomer } from './newcomer.ts';
import { actOut, type Scene, type Step } from './page.ts';
import { employ, facts, teach, waits } from './page-actor.ts';

const TRACKS = `tracks:
  - name: API
    steps: [{ task: .runr/tasks/api-auth.md, allowlist: [src/api/**] }]
  - name: UI
    steps: [{ task: .runr/tasks/ui-parts.md, allowlist: [src/ui/**] }]
`;

const write = (path: string): string => `mkdir -p ${path}; echo "$WEFT_RUN" > "${path}/$WEFT_TASK.txt"`;

/** Somebody with two tracks. */
async function bring(someone: Newcomer, tracks = TRACKS): Promise<void> {
  const { repo } = someone;
  await repo.write('tracks.yaml', tracks);
  await repo.write('.runr/tasks/api-auth.md', '# Auth\n');
  await repo.write('.runr/tasks/ui-parts.md', '# Parts\n');
  await repo.commit('tracks');
  await teach(someone, 'api-auth', write('src/api'));
  await teach(someone, 'ui-parts', write('src/ui'));
}

const count = (someone: Newcomer, words: string): number =>
  facts(someone).filter((fact) => JSON.stringify(fact).includes(words)).length;

const SCENES: readonly Scene[] = [
  {
    name: 'a run whose work is approved and lands',
    prepare: (someone) => bring(someone).then(() => undefined),
    steps: [
      {
        line: 'weft init --preset tracks',
        says: ['wrote .weft/config.yaml', 'To begin: `weft run tracks.yaml`'],
        after: (someone) => employ(someone),
      },
      {
        line: 'weft run tracks.yaml --dry-run',
        says: ['2 tasks in 1 wave', 'runr/', 'Nothing was changed.'],
        after: ({ repo }) => expect(() => readdirSync(join(repo.path, '.weft/runs'))).toThrow(),
      },
      {
        line: 'weft orchestrate run --config tracks.yaml --worktree',
        code: 3,
        says: ['2 tasks · 2 tracks · 16 agents at once', 'next: weft approve --all'],
        after: async (someone) => {
          const trees = await someone.repo.git('worktree', 'list');
          expect(trees.match(/\.runr-worktrees\/\S+\/(?:api-auth|ui-parts) /g)).toHaveLength(2);
          expect(count(someone, '"role":"plan"')).toBe(2);
        },
      },
      { line: 'weft', says: ['waits for you', 'next: weft approve --all'] },
      {
        line: 'weft status',
        says: [/api-auth .* waits for `weft approve api-auth`/, /ui-parts .* waits for/],
      },
      {
        line: 'weft explain api-auth',
        says: ['api-auth · committed', 'weft approve api-auth', 'owns          src/api/**'],
      },
      // its engine is gone, and it does not wait for ever
      { line: 'weft wait', code: 1, says: ['next: weft approve --all'] },
      {
        line: 'weft approve api-auth',
        says: ['api-auth is approved and will land', '`weft resume` takes it up'],
        after: async ({ type }) =>
          expect((await type('weft')).out).toContain('next: weft resume  (1 command waits for an engine)'),
      },
      {
        line: 'weft orchestrate resume latest',
        code: 3,
        says: [/api-auth merged landed as [0-9a-f]{8} on main/, 'next: weft approve ui-parts'],
        after: async ({ repo, type }) => {
          expect(await repo.git('ls-tree', '-r', '--name-only', 'main', 'src')).toBe('src/api/api-auth.txt');
          await type('weft approve ui-parts');
        },
      },
      {
        line: 'weft resume',
        says: ['complete'],
        after: async ({ repo }) => {
          const files = await repo.git('ls-tree', '-r', '--name-only', 'main', 'src');
          expect(files).toBe('src/api/api-auth.txt\nsrc/ui/ui-parts.txt');
          expect(readdirSync(join(repo.path, '.runr-worktrees'))).toEqual(['.gitignore']);
          const [run = ''] = readdirSync(join(repo.path, '.weft/runs'));
          const names = readdirSync(join(repo.path, '.weft/runs', run));
          expect(names).toEqual(expect.arrayContaining(['state.json', 'summary.json', 'receipt.json']));
          expect(readdirSync(join(repo.path, '.weft/runs', run, 'handoffs'))).toEqual(['complete.json']);
        },
      },
      { line: 'weft orchestrate wait latest --for complete', says: ['complete'] },
      { line: 'weft wait --for complete', says: ['complete'] },
      ...['weft orchestrate receipt latest --json', 'weft receipt --json'].map(
        (line): Step => ({
          line,
          says: ['"tasks_completed":2'],
          after: (_, { out }) => expect(JSON.parse(out)).toMatchObject({ status: 'complete' }),
        }),
      ),
    ],
  },
  {
    name: 'options of a run',
    prepare: async (someone) => {
      await bring(someone, TRACKS.replace('src/api/**', 'src/**'));
      await someone.type('weft init --preset tracks');
      await employ(someone, { integrate: 'auto' });
    },
    steps: [
      {
        line: 'weft run tracks.yaml',
        says: ['2 tasks · 2 tracks', '2 merged'],
        after: (someone) => expect(count(someone, '"role":"review"')).toBe(2),
      },
      {
        line: 'weft run tracks.yaml --fast',
        says: ['2 merged'],
        after: (someone) => {
          expect(count(someone, '"role":"implement"')).toBe(2);
          expect(count(someone, '"role":"plan"') + count(someone, '"role":"review"')).toBe(0);
        },
      },
      {
        line: 'weft run tracks.yaml --time 30',
        says: ['2 merged'],
        after: (someone) => expect(count(someone, '"minutes":30')).toBe(1),
      },
      {
        line: 'weft run tracks.yaml --collision-policy force',
        // each ends only when the other has begun: in turn they would wait for ever
        before: async (someone) => {
          const [mine, other] = ['api-auth', 'ui-parts'];
          for (const [id, theirs] of [
            [mine, other],
            [other, mine],
          ] as const)
            await teach(someone, id, `touch "$aside/${id}"\n${waits(theirs)}\n${write('src/ui')}`);
        },
        says: ['2 merged'],
      },
    ],
  },
];

actOut('tracks', SCENES);
