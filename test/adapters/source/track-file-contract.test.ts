// Track files keep the contract of sources.
import { createTrackFileSource } from '../../../src/adapters/source/track-file.ts';
import type { SourcePort } from '../../../src/ports/source.ts';
import { sourceContract } from './contract.ts';
import { type Files, withFiles } from './scene.ts';

const TRACKS =
  'tracks:\n  - name: One\n    steps:\n      - task: tasks/a.md\n      - task: tasks/b.md\n' +
  '  - name: Two\n    steps:\n      - task: tasks/c.md\n        allowlist: [docs/**]\n';
const MISTAKES =
  'tracks:\n  - name: One\n    stepz: []\n  - name: Two\n    steps:\n      - task: tasks/none.md\n        tier: 9\n';
const TASKS: Files = {
  'tasks/a.md': '# A\n',
  'tasks/b.md': '# B\n',
  'tasks/c.md': '---\nowns: src/c/\n---\n# C\n',
};

/** The source over a repository with these files. */
function over(files: Files): (act: (source: SourcePort) => Promise<void>) => Promise<void> {
  return (act) =>
    withFiles(files, (repository) => act(createTrackFileSource({ repository, path: 'tracks.yaml' })));
}

sourceContract('track file', {
  good: over({ ...TASKS, 'tracks.yaml': TRACKS }),
  bad: over({ ...TASKS, 'tracks.yaml': MISTAKES }),
  missing: over(TASKS),
});
