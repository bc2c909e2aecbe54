// What conversations have used of the model, and a run of its time, beside what they may use. Knows no prices.
import type { StopReason } from './event.ts';
import type { Budget, RunMs } from './model.ts';
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

/** Why an attempt is ended when something is used up. */
export type Exhausted = Extract<StopReason, 'time-budget' | 'budget' | 'run-budget'>;

/** Tells whether an attempt is ended because something is used up: what follows is decided as for a failure. */
export function isBudget(reason: StopReason): reason is Exhausted {
  return reason === 'time-budget' || reason === 'budget' || reason === 'run-budget';
}

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

/** What was used of a budget, and how many times the budget may be used: once, and once more for each human's word. */
interface Account {
  readonly used: Spending;
  readonly budget: Omit<Budget, 'minutes'>;
  readonly times: number;
}

function accountOfTask({ policy }: RunState, ts: TaskState): Account {
  const used = sumSpending(ts) ?? { tokens: 0, usd: null };
  return { used, budget: policy.budget, times: 1 + ts.allowances };
}

function accountOfRun({ policy, spent, allowances }: RunState): Account {
  return { used: spent, budget: policy.budget.run ?? NO_LIMIT, times: 1 + allowances };
}

const NO_LIMIT: Omit<Budget, 'minutes'> = { tokens: null, usd: null };

function shareOf({ used, budget: { tokens, usd }, times }: Account): number {
  const shares = [
    tokens === null ? 0 : used.tokens / tokens,
    usd === null || used.usd === null ? 0 : used.usd / usd,
  ];
  return Math.max(...shares) / times;
}

function describe({ used, budget: { tokens, usd }, times }: Account): readonly string[] {
  return [
    ...(tokens === null ? [] : [`${used.tokens} of ${tokens * times} tokens`]),
    ...(usd === null || used.usd === null ? [] : [`$${used.usd.toFixed(2)} of $${(usd * times).toFixed(2)}`]),
  ];
}

/** How much of the task's budget is used, 1 for all of it; what a human allowed beyond it counts as budget. */
export function shareOfBudget(state: RunState, ts: TaskState): number {
  return shareOf(accountOfTask(state, ts));
}

/** US dollars that an attempt at the task may still use, of its own budget and of the run's; null: there is no limit. */
export function dollarsLeft(state: RunState, ts: TaskState): number | null {
  const left = [accountOfTask(state, ts), accountOfRun(state)].flatMap(({ used, budget: { usd }, times }) =>
    usd === null ? [] : [usd * times - (used.usd ?? 0)],
  );
  return left.length === 0 ? null : Math.max(0, Math.min(...left));
}

/** What a task has used and may use, in words. */
export function describeSpending(state: RunState, ts: TaskState): string {
  return describe(accountOfTask(state, ts)).join(', ');
}

/** When the run's time is used up, null: it has no limit. Time at rest is nobody's. */
export function runDeadlineOf(state: RunState): RunMs | null {
  const most = mostTime(state);
  return most === null ? null : ((state.startedMs + state.idleMs + most) as RunMs);
}

function mostTime({ policy, allowances }: RunState): number | null {
  const minutes = policy.budget.run?.minutes ?? null;
  return minutes === null ? null : Math.ceil(minutes * 60_000) * (1 + allowances);
}

function timeOf({ startedMs, idleMs, restedMs }: RunState, now: RunMs): number {
  return Math.max(0, (restedMs ?? now) - startedMs - idleMs);
}

/** How much of the run's budget is used, 1 for all of it; what a human allowed beyond it counts as budget. */
export function shareOfRunBudget(state: RunState, now: RunMs): number {
  const most = mostTime(state);
  return Math.max(most === null ? 0 : timeOf(state, now) / most, shareOf(accountOfRun(state)));
}

/** What the run has used and may use, in words. */
export function describeRunSpending(state: RunState, now: RunMs): string {
  const most = mostTime(state);
  const time = most === null ? [] : [describeTime(timeOf(state, now), most)];
  return [...time, ...describe(accountOfRun(state))].join(', ');
}

/** Below two minutes whole ones would say nothing. */
function describeTime(usedMs: number, mostMs: number): string {
  const [unitMs, unit] = mostMs < 120_000 ? [1_000, 's'] : [60_000, 'min'];
  return `${Math.floor(usedMs / unitMs)} of ${Math.round(mostMs / unitMs)} ${unit}`;
}
