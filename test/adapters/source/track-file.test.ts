// Track files and task files: what comes of them, and every mistake with its place.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createTrackFileSource } from '../../../src/adapters/source/track-file.ts';
import { type Files, loadFiles, oneTrack, reportFiles, withFiles } from './scene.ts';

const TASKS: Files = {
  'tasks/a.md': '# Do a\n\nPlease.\n',
  'tasks/b.md': '# Do b\n',
  'tasks/c.md': '# Do c\n',
};

function check(name: string, files: Files, expected: string): void {
  test(name, async () => expect(await reportFiles(files)).toBe(expected));
}

describe('what comes of it', () => {
  test('the ten courses of the document', async () => {
    const names = Array.from({ length: 10 }, (_, at) => `course-${at}`);
    const tracks = names.map(
      (name) =>
        `  - name: ${name}\n    steps:\n      - task: tasks/${name}.md\n        allowlist: [courses/${name}/**]\n`,
    );
    const files = Object.fromEntries(names.map((name) => [`tasks/${name}.md`, `# Course ${name}\n`]));
    const report = await reportFiles({ ...files, 'tracks.yaml': `tracks:\n${tracks.join('')}` });
    expect(report.split('\n')).toHaveLength(10);
    expect(report.split('\n')[3]).toBe('course-3 [course-3] (courses/course-3/**)');
  });

  check(
    'tracks, steps, dependencies on tracks and tasks',
    {
      ...TASKS,
      'tasks/d.md': '---\ndepends_on: [.runr/tasks/a.md]\n---\n# D\n',
      'tracks.yaml':
        'tracks:\n' +
        '  - name: Feature A\n    id: A\n    steps: [{task: tasks/a.md}, {task: tasks/b.md}]\n' +
        '  - name: B\n    depends_on: [Feature A]\n    steps:\n      - {task: tasks/c.md}\n' +
        '      - {task: tasks/d.md, depends_on: [{task: b, on: verified}]}\n',
    },
    'a [A] (any)\nb [A] (any) a:verified/stacked\nc [B] (any) b:merged/target\n' +
      'd [B] (any) c:verified/stacked b:verified/target a:merged/target',
  );

  check(
    'claims of step and file together, and what is added',
    {
      'tasks/a.md': '---\nowns: src/api/\nallowlist_add: [package.json]\n---\n',
      'tasks/b.md': '---\nallowlist_add: [package.json]\n---\n',
      'tasks/c.md': '---\nallowlist_add: package.json\n---\n',
      'tracks.yaml': oneTrack(
        '{task: tasks/a.md, allowlist: [docs/**]}',
        '{task: tasks/b.md, allowlist: src/b.ts}',
        '{task: tasks/c.md}',
      ),
    },
    'a [T] (docs/** src/api/** package.json)\nb [T] (src/b.ts package.json) a:verified/stacked\nc [T] (any) b:verified/stacked',
  );

  check(
    'JSON, with tabs',
    {
      ...TASKS,
      'tracks.yaml': '{\n\t"tracks": [\n\t\t{"name": "T", "steps": [{"task": "tasks/a.md"}]}\n\t]\n}\n',
    },
    'a [T] (any)',
  );
  check(
    'a byte order mark and line ends of Windows',
    {
      'tasks/a.md': '\ufeff---\r\nowns: x/\r\n---\r\n# A\r\n',
      'tracks.yaml': `\ufeff${oneTrack('task: tasks/a.md').replaceAll('\n', '\r\n')}`,
    },
    'a [T] (x/**)',
  );
  check(
    'anchors and aliases',
    {
      ...TASKS,
      'tracks.yaml': oneTrack(
        '{task: tasks/a.md, allowlist: &all [src/**]}',
        '{task: tasks/b.md, allowlist: *all}',
      ),
    },
    'a [T] (src/**)\nb [T] (src/**) a:verified/stacked',
  );

  test('every key of a task file, and the step wins', async () => {
    const { drafts, diagnostics } = await loadFiles({
      'tasks/a.md':
        '---\nid: alpha\ntitle: Alpha!\ntype: hybrid\npriority: 0\nagent: codex\nrun: make a\n' +
        'model: big\neffort: high\nverification: {tier: tier2}\ngates: {tier0: [make check]}\n---\n\n# Heading\n\nBody.\n',
      'tasks/b.md': 'No heading.\n```\n# comment\n```\n## Real one ##\n',
      'tracks.yaml':
        'tracks:\n  - name: T\n    agent: mine\n    gates: {tier1: [make all]}\n    steps:\n' +
        '      - task: tasks/a.md\n      - task: tasks/b.md\n      - {task: tasks/a.md, id: beta, agent: claude, model: small, run: make b}\n',
    });
    expect(diagnostics).toEqual([]);
    expect(drafts).toMatchObject([
      {
        id: { value: 'alpha', position: { file: 'tracks.yaml', line: 6, column: 15, length: 10 } },
        title: 'Alpha!',
        body: '# Heading\n\nBody.\n',
        ref: 'tasks/a.md',
        source: 'track-file',
        priority: 0,
        agent: { value: 'codex', position: { file: 'tasks/a.md', line: 6, column: 8, length: 5 } },
        run: 'make a',
        model: 'big',
        effort: 'high',
        type: 'hybrid',
        tier: 2,
        gates: { tier0: ['make check'], tier1: [], tier2: [], triggers: [] },
      },
      {
        id: { value: 'b' },
        title: 'Real one',
        priority: null,
        agent: { value: 'mine', position: { line: 3, column: 12 } },
        type: 'automated',
        tier: 0,
        gates: { tier0: [], tier1: ['make all'] },
      },
      {
        id: { value: 'beta', position: { line: 8, column: 32 } },
        agent: { value: 'claude' },
        run: 'make b',
        model: 'small',
        effort: 'high',
      },
    ]);
  });

  test('task files beside a track file that is not at the root', async () => {
    const files = {
      'plans/tracks.yaml': oneTrack('task: t/a.md', 'task: tasks/b.md'),
      'plans/t/a.md': '# A',
      'tasks/b.md': '# B',
    };
    expect(await reportFiles(files, 'plans/tracks.yaml')).toBe('a [T] (any)\nb [T] (any) a:verified/stacked');
  });
});

describe('mistakes in the track file', () => {
  const at = (text: string, expected: string, name = expected.split('\n')[0] ?? ''): void =>
    check(name, { ...TASKS, 'tracks.yaml': text }, expected);

  at(
    'tracks:\n  - name: T\n    steps:\n      - task: tasks/a.md\n        allowlst: [src/**]\n',
    'tracks.yaml:5:9: Unknown key "allowlst".\n  5 |         allowlst: [src/**]\n    |         ~~~~~~~~\n  Fix: Did you mean "allowlist"?',
  );
  at(
    'tracks: []\nother: 1\n',
    'tracks.yaml:1:9: "tracks" is an empty list.\n  1 | tracks: []\n    |         ~\n\n' +
      'tracks.yaml:2:1: Unknown key "other".\n  2 | other: 1\n    | ~~~~~\n  Fix: Known here: tracks.',
  );
  at('', 'tracks.yaml:1:1: The file is empty.\n  1 | \n    | ~', 'empty');
  at(
    '# only a comment\n',
    'tracks.yaml:1:1: The file is empty.\n  1 | # only a comment\n    | ~',
    'only a comment',
  );
  at(
    'just text',
    'tracks.yaml:1:1: The file must be a mapping of keys to values, but it is the text "just text".\n  1 | just text\n    | ~~~~~~~~~',
  );
  at(
    '- a\n',
    'tracks.yaml:1:1: The file must be a mapping of keys to values, but it is a list.\n  1 | - a\n    | ~',
  );
  at(
    'tracks:\n  - name: T\n',
    'tracks.yaml:2:5: The key "steps" is missing.\n  2 |   - name: T\n    |     ~',
  );
  at(
    'tracks:\n  - name: T\n    steps:\n',
    'tracks.yaml:3:5: "steps" has no value.\n  3 |     steps:\n    |     ~~~~~',
  );
  at(
    'tracks:\n  - name: 12\n    steps: {task: a}\n',
    'tracks.yaml:2:11: "name" must be text, but it is the number 12.\n  2 |   - name: 12\n    |           ~~\n  Fix: Put it in quotes: "12".\n\n' +
      'tracks.yaml:3:12: "steps" must be a list, but it is a mapping.\n  3 |     steps: {task: a}\n    |            ~',
  );
  at(
    oneTrack('{task: tasks/a.md, allowlist: [src/**, 5]}'),
    'tracks.yaml:4:48: Entry 2 of "allowlist" must be text, but it is the number 5.\n' +
      '  4 |       - {task: tasks/a.md, allowlist: [src/**, 5]}\n    |                                                ~\n  Fix: Put it in quotes: "5".',
  );
  at(
    oneTrack('{task: tasks/a.md, allowlist: {src: 1}}'),
    'tracks.yaml:4:39: "allowlist" must be text or a list of texts, but it is a mapping.\n' +
      '  4 |       - {task: tasks/a.md, allowlist: {src: 1}}\n    |                                       ~',
  );
  at(
    oneTrack('{task: tasks/a.md, depends_on: [{task: b, on: merge}]}'),
    'tracks.yaml:4:55: "on" must be verified, submitted or merged, but it is the text "merge".\n' +
      '  4 |       - {task: tasks/a.md, depends_on: [{task: b, on: merge}]}\n    |                                                       ~~~~~\n  Fix: Did you mean merged?',
  );
  at(
    oneTrack('{task: tasks/a.md, id: "../evil"}', 'task: tasks/b.md'),
    'tracks.yaml:4:32: "id" contains "/".\n  4 |       - {task: tasks/a.md, id: "../evil"}\n    |                                ~~~~~~~~~\n' +
      '  Fix: An id has letters, digits and . _ - # @ +, begins with a letter, a digit, # or _, and has at most 100 characters.',
  );
  at(
    oneTrack('task: tasks/a.md', 'task: tasks/a.md'),
    'tracks.yaml:5:15: Two tasks have the id "a".\n  5 |       - task: tasks/a.md\n    |               ~~~~~~~~~~\n' +
      '  tracks.yaml:4:15: the other one\n  Fix: Give one of them another id, for example with id: in its step.',
  );
  at(
    `${oneTrack('task: tasks/a.md')}  - name: T\n    steps: [{task: tasks/b.md}]\n`,
    'tracks.yaml:5:11: Two tracks are called "T".\n  5 |   - name: T\n    |           ~\n  tracks.yaml:2:11: the other one\n' +
      '  Fix: Give one of them another name, or an id of its own.',
  );
  at(
    'tracks:\n  - name: T\n    depends_on: T\n    steps: [{task: tasks/a.md}]\n',
    'tracks.yaml:3:17: Track "T" depends on itself.\n  3 |     depends_on: T\n    |                 ~\n  Fix: Remove this dependency.',
  );
  at(
    oneTrack('{task: tasks/a.md, allowlist: [../x, "src/**"]}'),
    'tracks.yaml:4:40: Claim "../x" leaves its directory with ...\n  4 |       - {task: tasks/a.md, allowlist: [../x, "src/**"]}\n' +
      '    |                                        ~~~~\n  Fix: Write it from the root of the repository. For example: src/api/**',
  );
  at(
    oneTrack('{task: tasks/a.md, depends_on: [c]}', 'task: tasks/b.md', 'task: tasks/c.md'),
    'tracks.yaml:4:41: These tasks wait for each other: a → c → b → a.\n  4 |       - {task: tasks/a.md, depends_on: [c]}\n' +
      '    |                                         ~\n  tracks.yaml:4:41: "a" needs "c"\n' +
      '  tracks.yaml:6:15: "c" needs "b" (the step before it)\n  tracks.yaml:5:15: "b" needs "a" (the step before it)\n' +
      '  Fix: Remove one of these dependencies; the same command with `--dry-run` then shows the order.',
  );
});

test('more than 100,000 steps are refused', async () => {
  const steps = '{"task":"a.md"},'.repeat(100_001).slice(0, -1);
  expect(await reportFiles({ 'tracks.yaml': `{"tracks":[{"name":"T","steps":[${steps}]}]}` })).toContain(
    'tracks.yaml:1:2: The file has 100001 steps; at most 100000 are taken.',
  );
});

describe('whatever is in the files', () => {
  const word = fc.constantFrom(
    ...[
      'tracks:',
      'name:',
      'steps:',
      'task: tasks/a.md',
      '- ',
      '  ',
      '\n',
      '\n  - ',
      '\n      ',
      '\t',
      '[',
      ']',
      '{',
      '}',
    ],
    ...[
      '"',
      "'",
      '&a',
      '*a',
      '!',
      '|',
      '>',
      '#',
      '---',
      '\n---\n',
      ',',
      ': ',
      '? ',
      '\0',
      '\ufeff',
      'é',
      '💥',
      '1',
      'null',
      '~',
      '%',
    ],
  );
  const texts = fc.oneof(
    fc.array(word, { maxLength: 40 }).map((words) => words.join('')),
    fc.string({ unit: 'binary' }),
  );

  test('loading never throws, and every place is in its file', async () => {
    await withFiles({ 'tasks/a.md': '' }, async (repository) => {
      await fc.assert(
        fc.asyncProperty(texts, texts, async (tracks, task) => {
          writeFileSync(join(repository, 'tracks.yaml'), tracks);
          writeFileSync(join(repository, 'tasks/a.md'), `---\n${task}\n---\n`);
          for (const path of ['tracks.yaml', 'good.yaml']) {
            writeFileSync(join(repository, 'good.yaml'), oneTrack('task: tasks/a.md'));
            const { diagnostics, texts: read } = await createTrackFileSource({ repository, path }).load();
            for (const { position, sentence } of diagnostics) {
              expect(sentence).not.toMatch(/internal|stack|undefined|expected [a-z]+, received/i);
              if (position === null) continue;
              const lines = (read.get(position.file) ?? '').split(/\r\n|\n|\r/);
              expect(position.line).toBeLessThanOrEqual(lines.length);
              expect(position.column).toBeLessThanOrEqual((lines[position.line - 1]?.length ?? 0) + 1);
            }
          }
        }),
        { numRuns: 300 },
      );
    });
  });
});
