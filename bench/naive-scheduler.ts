// A scheduler as one writes it first: every decision looks at all tasks and compiles every pattern anew. A peer to measure.
import { overlaps } from '../src/core/claim/overlap.ts';
import { compilePattern, type Pattern, programOf } from '../src/core/claim/pattern.ts';
import type { Task } from '../src/core/model.ts';

/** What it took until the end, or until the cap. */
export interface NaiveCost {
  /** Tasks started. */
  readonly started: number;
  readonly cpuMs: number;
}

/** Schedules tasks that end one after the other, oldest first. */
export function scheduleNaively(
  tasks: readonly Task[],
  of: { readonly slots: number; readonly capMs: number },
): NaiveCost {
  const began = process.cpuUsage();
  const end = performance.now() + of.capMs;
  const done = new Set<string>();
  const running: Task[] = [];
  let started = 0;
  while (performance.now() < end) {
    const next = running.length < of.slots ? findNext(tasks, { done, running }) : undefined;
    if (next !== undefined) {
      running.push(next);
      started += 1;
      continue;
    }
    const ended = running.shift();
    if (ended === undefined) break;
    done.add(ended.id);
  }
  const { user, system } = process.cpuUsage(began);
  return { started, cpuMs: (user + system) / 1_000 };
}

function findNext(
  tasks: readonly Task[],
  { done, running }: { readonly done: ReadonlySet<string>; readonly running: readonly Task[] },
): Task | undefined {
  return tasks.find(
    (task) =>
      !done.has(task.id) &&
      !running.includes(task) &&
      task.edges.every((edge) => done.has(edge.task)) &&
      !running.some((other) => collides(task, other)),
  );
}

function collides(one: Task, other: Task): boolean {
  return (one.owns ?? []).some((left) =>
    (other.owns ?? []).some((right) => overlaps(compile(left), compile(right))),
  );
}

/** All of it: weft itself would leave most of the work until it is needed. */
function compile(text: string): Pattern {
  const pattern = compilePattern(text);
  programOf(pattern);
  return pattern;
}
