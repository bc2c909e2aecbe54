// Task files: mistakes in them, and files that are missing or out of bounds.
import { symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createTrackFileSource } from '../../../src/adapters/source/track-file.ts';
import { renderDiagnostics } from '../../../src/core/plan/code-frame.ts';
import { type Files, oneTrack, reportFiles, withFiles } from './scene.ts';

function check(name: string, files: Files, expected: string): void {
  test(name, async () => expect(await reportFiles(files)).toBe(expected));
}

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
    'tasks/a.md:2:5: "id" contains a character that cannot be printed.\n  2 | id: "a\\nb"\n    |     ~~~~~~\n' +
      '  Fix: An id has letters, digits and . _ - # @ +, begins with a letter, a digit, # or _, and has at most 100 characters.',
  );
  check(
    'a file whose name cannot be an id',
    { 'tasks/My task.md': '', 'tracks.yaml': oneTrack('task: tasks/My task.md') },
    'tracks.yaml:4:15: The task id "My task" contains a space.\n  4 |       - task: tasks/My task.md\n    |               ~~~~~~~~~~~~~~~~\n' +
      '  Fix: An id has letters, digits and . _ - # @ +, begins with a letter, a digit, # or _, and has at most 100 characters. Give the task one with id: in its step or its file.',
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
