// What goes wrong with track files and plans, provoked: what is said names the situation and what to type next.
import { describe, test } from 'vitest';
import type { Newcomer } from './newcomer.ts';
import { AGENT, plan, provoke, type Situation } from './situation.ts';

/** A task that waits for another one. */
const after = (other: string): string => `---\ndepends_on: ${other}\n---\n# Waits\n`;

/** Two tracks whose tasks claim the same file. */
const collide = (someone: Newcomer): Promise<void> =>
  plan(someone, {
    one: '---\nowns: [src/api/**, one.txt]\n---\n# One\n',
    two: '---\nowns: [src/api/**, two.txt]\n---\n# Two\n',
  });

const DRY = 'weft run tracks.yaml --dry-run';

const TRACKS: readonly Situation[] = [
  {
    name: 'conflict under --collision-policy fail',
    prepare: collide,
    line: 'weft orchestrate run --config tracks.yaml --collision-policy fail',
    code: 4,
    says: [/one.*two|two.*one/, 'src/api/', '--collision-policy serialize'],
    then: 'weft orchestrate run --config tracks.yaml --collision-policy serialize',
    mend: async () => undefined,
  },
  {
    name: 'a policy that there is not',
    prepare: collide,
    line: 'weft run tracks.yaml --collision-policy wait',
    code: 2,
    says: ['--collision-policy is serialize, force or fail, not "wait"'],
    mend: /hint: `(weft run --help)`/,
    then: DRY,
  },
  {
    name: 'a track file that is not there',
    line: 'weft orchestrate run --config tracks.yaml',
    code: 2,
    says: ['tracks.yaml'],
    mend: /`(weft init)`/,
    then: DRY,
  },
  {
    name: 'a key that there is not',
    prepare: async (someone) => {
      await plan(someone, { one: '# One\n' });
      await someone.repo.write(
        'tracks.yaml',
        'tracks:\n  - { name: one, allow: x, steps: [{ task: one.md }] }\n',
      );
    },
    line: 'weft run tracks.yaml',
    code: 2,
    says: ['tracks.yaml:2:18: Unknown key "allow"', 'Fix: Known here: name, agent, gates'],
  },
  {
    name: 'a task file that is not there',
    prepare: async (someone) => {
      await plan(someone, { one: '# One\n' });
      await someone.repo.git('mv', 'one.md', 'ones.md');
    },
    line: 'weft run tracks.yaml',
    code: 2,
    says: [/tracks\.yaml:2:\d+: The task file "one\.md" does not exist/, 'Fix: Did you mean "ones.md"?'],
    mend: ({ repo }) => repo.git('mv', 'ones.md', 'one.md'),
    then: DRY,
  },
  {
    name: 'tracks that wait for each other',
    prepare: (someone) => plan(someone, { one: after('two'), two: after('one') }),
    line: 'weft run tracks.yaml',
    code: 2,
    says: [
      'one.md:2:13: These tasks wait for each other: one → two → one',
      'two.md:2:13: "two" needs "one"',
      '--dry-run',
    ],
    mend: ({ repo }) => repo.write('two.md', '# Two\n'),
    then: DRY,
  },
  {
    name: 'a task that nobody knows',
    prepare: (someone) => plan(someone, { one: after('zebra'), two: '# Two\n' }),
    line: 'weft run tracks.yaml',
    code: 2,
    says: [
      'one.md:2:13: Task "one" depends on "zebra", which is not a task of this plan',
      'Its tasks: "one" and "two"',
    ],
    mend: ({ repo }) => repo.write('one.md', after('two')),
    then: DRY,
  },
  {
    name: 'ownership that is not declared, without worktrees',
    prepare: (someone) => plan(someone, { one: '# One\n', two: '# Two\n' }),
    line: `${DRY} --isolation shared`,
    code: 2,
    says: ['every task of more than one track must say which files it owns; "one" and "two" do not'],
    mend: async () => undefined,
    then: `${DRY} --worktree`,
  },
  {
    name: 'ownership outside of the repository',
    prepare: (someone) => plan(someone, { one: '---\nowns: ["../x", "/etc"]\n---\n# One\n' }),
    line: 'weft run tracks.yaml',
    code: 2,
    says: [
      'one.md:2:8: Claim "../x" leaves its directory',
      'Claim "/etc" is an absolute path',
      'For example: src/api/**',
    ],
    mend: ({ repo }) => repo.write('one.md', '---\nowns: [x/**]\n---\n# One\n'),
    then: DRY,
  },
  ...['resume', 'wait', 'receipt'].map(
    (word): Situation => ({
      name: `nothing to ${word}`,
      line: `weft orchestrate ${word} latest`,
      code: 2,
      says: ['There is no run yet', '`weft` says how to begin'],
      mend: /`(weft)`/,
      then: 'weft --help',
    }),
  ),
];

const folder =
  (tasks: Readonly<Record<string, string>>) =>
  async ({ repo }: Newcomer): Promise<void> => {
    await repo.write('.weft/config.yaml', AGENT);
    for (const [name, text] of Object.entries(tasks)) await repo.write(`.plan/e1/tasks/${name}.md`, text);
    await repo.commit('plan');
  };

const PLANS: readonly Situation[] = [
  {
    name: 'no plan',
    line: 'weft run plan',
    code: 2,
    says: ['There is no plan here', '.plan', '`weft run plan PATH`'],
    mend: /`(weft init)`/,
    then: DRY,
  },
  {
    name: 'tasks that wait for each other',
    prepare: folder({ '001_a': '# A\n\nDepends on: 002\n', '002_b': '# B\n\nDepends on: 001\n' }),
    line: 'weft run plan .plan',
    code: 2,
    says: [
      '.plan/e1/tasks/001_a.md:3:13: These tasks wait for each other: e1.001_a → e1.002_b → e1.001_a',
      '--dry-run',
    ],
    mend: folder({ '002_b': '# B\n' }),
    then: 'weft run plan .plan --dry-run',
  },
  {
    name: 'a task that nobody knows',
    prepare: folder({ '001_a': '# A\n\nDepends on: 007\n', '002_b': '# B\n' }),
    line: 'weft run plan .plan',
    code: 2,
    says: ['.plan/e1/tasks/001_a.md:3:13: The epic "e1" has no task "007"'],
    mend: /`(ls [^`]*)`/,
    then: 'test -e .plan/e1/tasks/002_b.md',
  },
  {
    name: 'an item that nobody knows',
    prepare: async ({ repo }) => {
      await repo.write('.weft/config.yaml', AGENT);
      await repo.write(
        'IMPLEMENTATION_PLAN.md',
        '# Plan\n\n- [ ] T001 one\n  Depends on: T009\n- [ ] T002 two\n',
      );
    },
    line: 'weft run plan IMPLEMENTATION_PLAN.md',
    code: 2,
    says: ['IMPLEMENTATION_PLAN.md:4:15: No task of this plan is called "T009"'],
    mend: /`(grep [^`]*)`/,
    then: 'true',
  },
];

describe.each([
  ['track files', TRACKS],
  ['plans', PLANS],
] as const)('%s', (_, situations) => {
  test.each(situations)('$name', provoke);
});
