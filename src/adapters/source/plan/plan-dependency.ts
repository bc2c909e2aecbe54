// Finds the tasks of a plan folder that others name in what they wait for. Knows nothing of files.
import { type Diagnostic, MAX_DIAGNOSTICS } from '../../../core/plan/diagnostic.ts';
import type { DependencyDraft } from '../../../core/plan/draft.ts';
import { findNearest } from '../../../core/plan/nearest.ts';
import { quote } from '../../../core/plan/quote.ts';
import { readNumbers } from './plan-name.ts';
import type { PlanTask, Wait } from './plan-task.ts';

/** What every task waits for. */
export interface Dependencies {
  readonly size: number;
  of(task: PlanTask): readonly DependencyDraft[];
}

/** Names that a task may be meant by; numbers count within an epic. */
interface Names {
  readonly byName: ReadonlyMap<string, PlanTask>;
  readonly byNumber: ReadonlyMap<string, PlanTask>;
}

/** Finds what each task waits for; what cannot be found becomes a diagnostic, or a note where it may be prose. */
export function nameDependencies(
  tasks: readonly PlanTask[],
  told: { readonly diagnostics: Diagnostic[]; readonly notes: string[] },
): Dependencies {
  const names = collectNames(tasks);
  const found = new Map<PlanTask, readonly DependencyDraft[]>();
  let size = 0;
  for (const task of tasks) {
    const edges = new Map<string, DependencyDraft>();
    for (const wait of task.waits) {
      for (const other of findMeant(names, task, wait)) {
        if (typeof other !== 'string')
          edges.set(other.id.value, { task: other.id.value, position: wait.position });
        else tell(told, { task, wait, name: other, tasks });
      }
    }
    size += edges.size;
    found.set(task, [...edges.values()]);
  }
  return { size, of: (task) => found.get(task) ?? [] };
}

function collectNames(tasks: readonly PlanTask[]): Names {
  const byName = new Map<string, PlanTask>();
  const byNumber = new Map<string, PlanTask>();
  const add = (names: Map<string, PlanTask>, name: string, task: PlanTask): void => {
    if (!names.has(name)) names.set(name, task);
  };
  for (const task of tasks) {
    const { epic, stem, number, id } = task;
    add(byName, id.value, task);
    add(byName, `${epic.name}/${stem}`, task);
    if (number !== null) add(byNumber, `${epic.name}/${number}`, task);
  }
  return { byName, byNumber };
}

/** The tasks that are meant, and each name that means none. */
function findMeant(names: Names, task: PlanTask, { name }: Wait): readonly (PlanTask | string)[] {
  const plain = name.replace(/\.(?:md|markdown)$/i, '').replace(/^\.\//, '');
  const path = plain.split('/').filter((part) => part !== 'tasks' && part !== '..');
  const stem = path.at(-1) ?? plain;
  const epic = path.at(-2) ?? task.epic.name;
  const exact = names.byName.get(`${epic}/${stem}`) ?? names.byName.get(plain);
  if (exact !== undefined) return [exact];
  const numbers = readNumbers(stem) ?? readNumbers(/^(\d+)[_-]/.exec(stem)?.[1] ?? '');
  if (numbers === null) return [name];
  return numbers.map(
    (number) => names.byNumber.get(`${epic}/${number}`) ?? (numbers.length === 1 ? name : `${number}`),
  );
}

function tell(
  { diagnostics, notes }: { readonly diagnostics: Diagnostic[]; readonly notes: string[] },
  of: {
    readonly task: PlanTask;
    readonly wait: Wait;
    readonly name: string;
    readonly tasks: readonly PlanTask[];
  },
): void {
  const { task, wait, name } = of;
  const { file, line } = wait.position;
  // what begins with a number or a path is the name of a task; anything else may be a sentence
  if (wait.isProse && !/^[#\d]|\//.test(name)) {
    if (notes.length < MAX_DIAGNOSTICS)
      notes.push(`${file}:${line}: ${quote(name)} names no task of the plan, so nothing waits for it`);
    return;
  }
  if (diagnostics.length >= MAX_DIAGNOSTICS) return;
  const near = of.tasks.filter(({ epic }) => epic === task.epic).map(({ stem }) => stem);
  const nearest = findNearest(name, near);
  diagnostics.push({
    position: wait.position,
    sentence: `The epic ${quote(task.epic.name)} has no task ${quote(name)}.`,
    fix:
      nearest === null
        ? `Name its file or its number, or remove this dependency; \`ls ${task.epic.path}/tasks\` shows those there are.`
        : `Did you mean ${quote(nearest)}?`,
  });
}
