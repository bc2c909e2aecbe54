// The tests that have to notice a mutant, and their order: the mirror of the changed file first, the laws last. The first
// test that fails ends the run, so that most mutants cost one file.
import { basename } from 'node:path';
import { defineConfig } from 'vitest/config';
import { BaseSequencer } from 'vitest/node';

class MirrorFirst extends BaseSequencer {
  async sort(files) {
    const changed = [this.ctx.config.related ?? []].flat().map((path) => basename(path, '.ts'));
    const rank = ({ moduleId }) => {
      const name = basename(moduleId, '.test.ts');
      if (changed.includes(name)) return 0;
      return name === 'laws' ? 2 : 1;
    };
    return [...files].sort((a, b) => rank(a) - rank(b) || (a.moduleId < b.moduleId ? -1 : 1));
  }
}

export default defineConfig({
  test: {
    include: ['test/core/**/*.test.ts'],
    environment: 'node',
    testTimeout: 60_000,
    sequence: { sequencer: MirrorFirst },
  },
});
