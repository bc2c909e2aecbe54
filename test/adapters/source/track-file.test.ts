// Track files and task files: what comes of them, and every mistake with its place.
import { symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createTrackFileSource } from '../../../src/adapters/source/track-file.ts';
import { renderDiagnostics } from '../../../src/core/plan/code-frame.ts';
import { type Files, loadFiles, reportFiles, withFiles } from './scene.ts';

const TASKS: Files = {
  'tasks/a.md': '# Do a\n\nPlease.\n',
  'tasks/b.md': '# Do b\n',
  'tasks/c.md': '# Do c\n',
};

function check(name: string, files: Files, expected: string): void {
  test(name, async () => expect(await reportFiles(files)).toBe(expected));
}

/** A track with these steps, in flow style. */
function oneTrack(...steps: string[]): string {
  return `tracks:\n  - name: T\n    steps:\n${steps.map((step) => `      - ${step}\n`).join('')}`;
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
        'verification: {tier: tier2}\ngates: {tier0: [make check]}\n---\n\n# Heading\n\nBody.\n',
      'tasks/b.md': 'No heading.\n```\n# comment\n```\n## Real one ##\n',
      'tracks.yaml':
        'tracks:\n  - name: T\n    agent: mine\n    gates: {tier1: [make all]}\n    steps:\n' +
        '      - task: tasks/a.md\n      - task: tasks/b.md\n      - {task: tasks/a.md, id: beta, agent: claude, run: make b}\n',
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
      { id: { value: 'beta', position: { line: 8, column: 32 } }, agent: { value: 'claude' }, run: 'make b' },
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
      '  Fix: Remove one of these dependencies.',
  );
});

describe('mistakes in the form', () => {
  const at = (name: string, text: string, expected: string): void =>
    check(name, { 'tracks.yaml': text }, expected);

  at(
    'a key twice',
    'tracks: 1\ntracks: 2\n',
    'tracks.yaml:2:1: The key "tracks" is written twice here.\n  2 | tracks: 2\n    | ~~~~~~\n  Fix: Keep one of the two.',
  );
  at(
    'a key twice in JSON',
    '{"tracks": 1,\n "tracks": 2}',
    'tracks.yaml:2:2: The key "tracks" is written twice here.\n  2 |  "tracks": 2}\n    |  ~~~~~~~~\n  Fix: Keep one of the two.',
  );
  at(
    'a tab',
    'tracks:\n\t- name: T\n',
    'tracks.yaml:2:1: This line is indented with a tab.\n  2 | \t- name: T\n    | ~\n  Fix: Use spaces: YAML does not allow tabs here.',
  );
  at(
    'a bare glob',
    'tracks:\n  - allowlist: [**/*.ts]\n',
    'tracks.yaml:2:17: A pattern that starts with * must be in quotes.\n  2 |   - allowlist: [**/*.ts]\n    |                 ~~~~~~~\n  Fix: Write "**/*.ts".',
  );
  at(
    'a bare star',
    'a: *\n',
    'tracks.yaml:1:4: A pattern that starts with * must be in quotes.\n  1 | a: *\n    |    ~\n  Fix: Write "*".',
  );
  at(
    'an unknown anchor',
    'a: *b\n',
    'tracks.yaml:1:4: There is no anchor "&b" in this file.\n  1 | a: *b\n    |    ~~\n  Fix: Write "*b" in quotes if it is a pattern.',
  );
  at(
    'an open bracket',
    'a: [1, 2\nb: 3\n',
    'tracks.yaml:2:1: A quote or bracket that was opened above is not closed before this line.\n  2 | b: 3\n    | ~\n  Fix: Close it, or indent this line further.',
  );
  at(
    'an open quote',
    'a: "x\n',
    'tracks.yaml:2:1: A quote or bracket is not closed.\n  2 | \n    | ~\n  Fix: Add the closing quote or bracket.',
  );
  at(
    'an odd line',
    'a:\n  b: 1\n c: 2\n',
    'tracks.yaml:3:2: This line does not fit the lines above it.\n  3 |  c: 2\n    |  ~\n  Fix: Indent it like its neighbours, with spaces.',
  );
  at(
    'a colon in text',
    'a: b: c\n',
    'tracks.yaml:1:5: A text with a colon and a space in it must be in quotes.\n  1 | a: b: c\n    |     ~\n  Fix: Put the whole text in quotes.',
  );
  at(
    'a text with @',
    'a: @x\n',
    'tracks.yaml:1:4: A text cannot start with @.\n  1 | a: @x\n    |    ~\n  Fix: Put the whole text in quotes.',
  );
  at(
    'text behind a quote',
    "a: 'it's'\n",
    "tracks.yaml:1:8: There is text behind a closing quote.\n  1 | a: 'it's'\n    |        ~\n  Fix: Put the whole text in other quotes.",
  );
  at(
    'a tag',
    'a: !x y\n',
    'tracks.yaml:1:4: Tags with ! have no meaning here.\n  1 | a: !x y\n    |    ~\n  Fix: Put the text in quotes.',
  );
  at(
    'a list as a key',
    '? [a]\n: b\n',
    'tracks.yaml:1:1: A key must be plain text.\n  1 | ? [a]\n    | ~\n  Fix: Write it as key: value.',
  );
  at(
    'a number as a key',
    '1: a\n',
    'tracks.yaml:1:1: The key "tracks" is missing.\n  1 | 1: a\n    | ~\n\ntracks.yaml:1:1: Unknown key "1".\n  1 | 1: a\n    | ~\n  Fix: Known here: tracks.',
  );
  at(
    'two documents',
    'a: 1\n---\nb: 2\n',
    'The file holds more than one YAML document.\n  Fix: Remove the lines --- between them.',
  );
  at(
    'an escape sequence',
    'a: \u001b[31m\n',
    'tracks.yaml:1:4: This character cannot be printed.\n  1 | a: \\u001b[31m\n    |    ~~~~~~\n  Fix: Remove it.',
  );
  at(
    '20,000 brackets',
    '['.repeat(20_000),
    `tracks.yaml:1:50: This is nested more deeply than 50 levels.\n  1 | ${'['.repeat(100)}…\n    | ${' '.repeat(49)}~\n  Fix: Make it flatter.`,
  );
  at(
    '20,000 brackets of JSON',
    `{"a": ${'['.repeat(20_000)}${']'.repeat(20_000)}}`,
    `tracks.yaml:1:55: This is nested more deeply than 50 levels.\n  1 | …${`{"a": ${'['.repeat(200)}`.slice(4, 104)}…\n    | ${' '.repeat(51)}~\n  Fix: Make it flatter.`,
  );

  const bomb = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
  for (let at = 1; at < 10; at += 1) bomb.push(`a${at}: &a${at} [${`*a${at - 1}, `.repeat(10)}]`);
  at(
    'an alias bomb',
    bomb.join('\n'),
    `tracks.yaml:2:10: The aliases in this file contain themselves or multiply without bounds.\n  2 | ${bomb[1]}\n    |          ~~~\n  Fix: Write the values out instead of using * and &.`,
  );
  at(
    'an alias of itself',
    'a: &a [*a]\n',
    'tracks.yaml:1:8: The aliases in this file contain themselves or multiply without bounds.\n  1 | a: &a [*a]\n    |        ~~\n  Fix: Write the values out instead of using * and &.',
  );

  test.each([
    ['not there', {}, 'The track file "tracks.yaml" does not exist.'],
    ['a directory', { 'tracks.yaml': null }, 'The track file "tracks.yaml" is a directory.'],
    [
      'not UTF-8',
      { 'tracks.yaml': Buffer.from([0x61, 0xff]) },
      'The track file "tracks.yaml" is not UTF-8 text.',
    ],
    [
      'too large',
      { 'tracks.yaml': Buffer.alloc(8 * 1024 * 1024 + 1, 0x20) },
      'The track file "tracks.yaml" is larger than 8 MiB.',
    ],
  ])('%s', async (_, files: Files, expected) => {
    expect(await reportFiles(files)).toBe(expected);
  });
});

describe('mistakes in task files', () => {
  const tracks = oneTrack('task: tasks/a.md');
  const at = (text: string, expected: string): void =>
    check(expected.split('\n')[0] ?? '', { 'tasks/a.md': text, 'tracks.yaml': tracks }, expected);

  at(
    '---\nownz: [src]\n---\n',
    'tasks/a.md:2:1: Unknown key "ownz".\n  2 | ownz: [src]\n    | ~~~~\n  Fix: Did you mean "owns"?',
  );
  at(
    '---\r\nid: x\r\npriority: 9\r\n---\r\n',
    'tasks/a.md:3:11: "priority" must be at most 4.\n  3 | priority: 9\n    |           ~',
  );
  at(
    '---\ntype: manul\n---\n',
    'tasks/a.md:2:7: "type" must be automated, manual or hybrid, but it is the text "manul".\n  2 | type: manul\n    |       ~~~~~\n  Fix: Did you mean manual?',
  );
  at(
    '---\nowns: x\n# never closed\n',
    'tasks/a.md:1:1: The frontmatter that starts here is not closed.\n  1 | ---\n    | ~~~\n  Fix: Put a line --- behind it.',
  );
  at(
    '---\nowns: [x\n---\n',
    'tasks/a.md:3:1: A quote or bracket is not closed.\n  3 | ---\n    | ~\n  Fix: Add the closing quote or bracket.',
  );
  at(
    '---\nowns: /etc\n---\n',
    'tasks/a.md:2:7: Claim "/etc" is an absolute path.\n  2 | owns: /etc\n    |       ~~~~\n  Fix: Write it from the root of the repository. For example: src/api/**',
  );
  at(
    '---\ndepends_on: [b]\n---\n',
    'tasks/a.md:2:14: Task "a" depends on "b", which is not a task of this plan.\n  2 | depends_on: [b]\n    |              ~\n  Fix: Did you mean "a"?',
  );
  at(
    '---\nid: "a\\nb"\n---\n',
    'tracks.yaml:4:15: The task id "a\\u000ab" contains a character that cannot be printed.\n  4 |       - task: tasks/a.md\n    |               ~~~~~~~~~~\n  Fix: Give the task an id of letters, digits and dashes.',
  );

  check(
    'a missing file, with the nearest one',
    {
      'tasks/auth-api.md': '',
      'docs/x.md': '',
      'tracks.yaml': oneTrack('task: tasks/auth-apy.md', 'task: .runr/tasks/x.md', 'task: nothing.md'),
    },
    'tracks.yaml:4:15: The task file "tasks/auth-apy.md" does not exist.\n  4 |       - task: tasks/auth-apy.md\n    |               ~~~~~~~~~~~~~~~~~\n  Fix: Did you mean "tasks/auth-api.md"?\n\n' +
      'tracks.yaml:5:15: The task file ".runr/tasks/x.md" does not exist.\n  5 |       - task: .runr/tasks/x.md\n    |               ~~~~~~~~~~~~~~~~\n  Fix: Did you mean "docs/x.md"?\n\n' +
      'tracks.yaml:6:15: The task file "nothing.md" does not exist.\n  6 |       - task: nothing.md\n    |               ~~~~~~~~~~',
  );
  check(
    'files outside the repository and directories',
    {
      'tasks/x.md': '',
      'tracks.yaml': oneTrack('task: ../x.md', 'task: /etc/hostname', 'task: tasks', 'task: .'),
    },
    'tracks.yaml:4:15: The task file "../x.md" lies outside the repository.\n  4 |       - task: ../x.md\n    |               ~~~~~~~\n\n' +
      'tracks.yaml:5:15: The task file "/etc/hostname" lies outside the repository.\n  5 |       - task: /etc/hostname\n    |               ~~~~~~~~~~~~~\n\n' +
      'tracks.yaml:6:15: The task file "tasks" is a directory.\n  6 |       - task: tasks\n    |               ~~~~~\n\n' +
      'tracks.yaml:7:15: The task file "." lies outside the repository.\n  7 |       - task: .\n    |               ~',
  );

  test('links that lead out', async () => {
    const report = await withFiles({ 'tracks.yaml': tracks, tasks: null }, async (repository) => {
      symlinkSync(tmpdir(), join(repository, 'out'));
      symlinkSync('/etc/hostname', join(repository, 'tasks/a.md'));
      const { diagnostics, texts } = await createTrackFileSource({ repository, path: 'tracks.yaml' }).load();
      return renderDiagnostics(diagnostics, texts);
    });
    expect(report).toContain('The task file "tasks/a.md" lies outside the repository.');
  });
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
      const { writeFileSync } = await import('node:fs');
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
