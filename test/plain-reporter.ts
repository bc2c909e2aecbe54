// Prints the one line that machines read, `N passed, N failed, N skipped`, and writes down which files failed, where that is
// asked for.
import { writeFileSync } from 'node:fs';
import type { Reporter, TestModule } from 'vitest/node';

/** Counts finished tests and prints a plain closing line. */
export default class PlainReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const count = { passed: 0, failed: 0, skipped: 0 };
    const list = process.env['WEFT_TEST_FAILED'];
    const failed = modules.filter((module) => module.state() === 'failed');
    if (list !== undefined) writeFileSync(list, failed.map(({ moduleId }) => `${moduleId}\n`).join(''));
    for (const module of modules) {
      if (module.children.size === 0 && module.state() === 'failed') count.failed += 1;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === 'pending') count.skipped += 1;
        else count[state] += 1;
      }
    }
    process.stdout.write(`\n${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped\n`);
  }
}
