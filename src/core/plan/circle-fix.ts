// How a circle of tasks is opened where its tasks are kept, with what to type there. Knows no files and calls nothing.
import type { TaskDraft } from './draft.ts';

type Member = Pick<TaskDraft, 'id' | 'source'>;

const ORDER = 'the same command with `--dry-run` then shows the order';

/** What to do about a circle in which the first task needs the second. */
export function fixCircle(needer: Member, needed: Member): string {
  const [from, to] = [needer.id.value, needed.id.value];
  switch (needer.source) {
    case 'beads':
      return `Look with \`bd dep tree ${from}\`, and take one away, such as with \`bd dep remove ${from} ${to}\`; ${ORDER}.`;
    case 'github':
      return `Remove one of these dependencies, such as with \`gh issue edit ${from}\`; ${ORDER}.`;
    case 'task-copilot':
      return `Take one out of \`metadata.dependencies\`, with task_update or by asking @agent-ta; ${ORDER}.`;
    default:
      return `Remove one of these dependencies; ${ORDER}.`;
  }
}
