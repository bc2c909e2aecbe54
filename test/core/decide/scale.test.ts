// What a decision costs in a large plan, counted in looks at tasks rather than in time.
import { expect, test } from 'vitest';
import type { TaskId } from '../../../src/core/model.ts';
import type { RunState, TaskState } from '../../../src/core/state.ts';
import { bring, buildState, buildTask, settle } from '../build.ts';

/** Tasks that counts how often one of them is looked at. */
class CountedTasks extends Map<TaskId, TaskState> {
  looks = 0;

  override get(id: TaskId): TaskState | undefined {
    this.looks += 1;
    return super.get(id);
  }

  override *values(): MapIterator<TaskState> {
    for (const task of super.values()) {
      this.looks += 1;
      yield task;
    }
  }

  override *entries(): MapIterator<[TaskId, TaskState]> {
    for (const entry of super.entries()) {
      this.looks += 1;
      yield entry;
    }
  }

  override [Symbol.iterator](): MapIterator<[TaskId, TaskState]> {
    return this.entries();
  }
}

/** Tracks of ten steps each; most of them wait for a slot, a step or a claim. */
function buildPlan(count: number): RunState {
  return buildState(
    Array.from({ length: count }, (_, at) =>
      buildTask(`t${at}`, {
        owns: [`src/${at % 50}/**`],
        after: at % 10 === 0 ? [] : [`t${at - 1}`],
      }),
    ),
    { maxAgents: 8 },
  );
}

/** Looks at tasks while so many of them go their way, each with all decisions in between. */
function countLooks(count: number, steps: number): number {
  const state = buildPlan(count);
  settle(state);
  const tasks = new CountedTasks(state.tasks);
  state.tasks = tasks;
  for (let step = 0; step < steps; step += 1) {
    const id = [...state.index.slots][0];
    if (id === undefined) throw new Error('nobody works');
    bring(state, id, 'merged');
    settle(state);
  }
  return tasks.looks;
}

test('while ten tasks land, a plan of 100,000 is looked at as often as one of 1,000 [F40]', () => {
  const few = countLooks(1_000, 10);
  expect(few).toBeGreaterThan(10);
  expect(countLooks(100_000, 10)).toBeLessThanOrEqual(few * 1.1);
});
