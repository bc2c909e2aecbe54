// How a circle is opened in each place where tasks are kept.
import { expect, test } from 'vitest';
import { fixCircle } from '../../../src/core/plan/circle-fix.ts';

const ORDER = '; the same command with `--dry-run` then shows the order.';

test.each([
  ['track-file', `Remove one of these dependencies${ORDER}`],
  ['plan-folder', `Remove one of these dependencies${ORDER}`],
  ['beads', `Look with \`bd dep tree 1\`, and take one away, such as with \`bd dep remove 1 2\`${ORDER}`],
  ['github', `Remove one of these dependencies, such as with \`gh issue edit 1\`${ORDER}`],
  [
    'task-copilot',
    `Take one out of \`metadata.dependencies\`, with task_update or by asking @agent-ta${ORDER}`,
  ],
])('of %s', (source, fix) => {
  const member = (id: string): Parameters<typeof fixCircle>[0] => ({
    id: { value: id, position: null },
    source,
  });
  expect(fixCircle(member('1'), member('2'))).toBe(fix);
});
