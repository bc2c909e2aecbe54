// What a task's conversations have used of the model, beside what they may use. Knows no prices.
import type { RunState, TaskState } from './state.ts';

/** Use of the model. */
export interface Spending {
  /** Tokens read and written. */
  readonly tokens: number;
  /** US dollars; null: no agent of it says. */
  readonly usd: number | null;
}

/** The share of a budget from which people are told. */
export const NEARLY = 0.8;

/** The sum over a task's conversations; null: none of its agents says what it uses. */
export function sumSpending({ spending }: Pick<TaskState, 'spending'>): Spending | null {
  const all = Object.values(spending);
  if (all.length === 0) return null;
  const dollars = all.flatMap(({ usd }) => usd ?? []);
  return {
    tokens: all.reduce((sum, { input, output }) => sum + input + output, 0),
    usd: dollars.length === 0 ? null : dollars.reduce((sum, each) => sum + each, 0),
  };
}

/** How much of the task's budget is used, 1 for all of it; what a human allowed beyond it counts as budget. */
export function shareOfBudget({ policy }: RunState, ts: TaskState): number {
  const used = sumSpending(ts);
  if (used === null) return 0;
  const { tokens, usd } = policy.budget;
  const shares = [
    tokens === null ? 0 : used.tokens / tokens,
    usd === null || used.usd === null ? 0 : used.usd / usd,
  ];
  return Math.max(...shares) / (1 + ts.allowances);
}

/** What was used and may be used, in words. */
export function describeSpending({ policy }: RunState, ts: TaskState): string {
  const used = sumSpending(ts) ?? { tokens: 0, usd: null };
  const { tokens, usd } = policy.budget;
  const times = 1 + ts.allowances;
  const parts = [
    ...(tokens === null ? [] : [`${used.tokens} of ${tokens * times} tokens`]),
    ...(usd === null || used.usd === null ? [] : [`$${used.usd.toFixed(2)} of $${(usd * times).toFixed(2)}`]),
  ];
  return parts.join(', ');
}
