// Which checks a commit has and how they stand: check runs and statuses together, beside those that are required.
import { z } from 'zod';
import type { Oid } from '../../../core/model.ts';
import type { Check, CheckState } from '../../../ports/forge.ts';
import { type Room, read, readAll } from './room.ts';
import { ForgeError } from './trouble.ts';

type Report = Omit<Check, 'isRequired'>;

const text = z
  .string()
  .nullish()
  .transform((value) => value ?? '');

const SUMMARY_CHARS = 300;

/** A line at most of what somebody wrote. */
function firstLine(words: string): string {
  return (words.trim().split('\n')[0] ?? '').slice(0, SUMMARY_CHARS);
}

const runAnswer = z
  .object({
    id: z.number(),
    name: z.string(),
    status: z.string(),
    conclusion: z.string().nullish(),
    html_url: z.string().nullish(),
    output: z.object({ title: text }).nullish(),
  })
  .transform(
    (run): Report => ({
      name: run.name,
      state: run.status === 'completed' ? readConclusion(run.conclusion ?? '') : 'pending',
      id: run.id,
      url: run.html_url ?? null,
      summary: firstLine(run.output?.title ?? ''),
    }),
  );

const runsAnswer: z.ZodType<readonly Report[]> = z
  .object({ check_runs: z.array(runAnswer) })
  .transform(({ check_runs }) => check_runs);

function readConclusion(conclusion: string): CheckState {
  switch (conclusion) {
    case 'success':
    case 'neutral':
    case 'skipped':
      return conclusion;
    default:
      // failure, timed_out, cancelled, action_required, stale, startup_failure, and what is yet to be invented
      return 'failure';
  }
}

const statusAnswer = z
  .object({
    context: z.string(),
    state: z.enum(['success', 'failure', 'error', 'pending']),
    description: text,
    target_url: z.string().nullish(),
  })
  .transform(
    (status): Report => ({
      name: status.context,
      state: status.state === 'error' ? 'failure' : status.state,
      id: null,
      url: status.target_url ?? null,
      summary: firstLine(status.description),
    }),
  );

const statusesAnswer: z.ZodType<readonly Report[]> = z
  .object({ statuses: z.array(statusAnswer) })
  .transform(({ statuses }) => statuses);

/** All checks of a commit by name, and those required ones that nobody has reported. */
export async function readChecks(
  room: Room,
  { commit, required }: { readonly commit: Oid; readonly required: readonly string[] },
): Promise<readonly Check[]> {
  const runs = await readAll(room, `/commits/${commit}/check-runs`, runsAnswer);
  const statuses = await readAll(room, `/commits/${commit}/status`, statusesAnswer);
  return joinChecks([...runs, ...statuses], required);
}

const BADNESS: Readonly<Record<CheckState, number>> = {
  success: 0,
  neutral: 1,
  skipped: 2,
  absent: 3,
  pending: 4,
  failure: 5,
};

/** One check for each name: of several reports the worst; sorted by name. */
export function joinChecks(reports: readonly Report[], required: readonly string[]): readonly Check[] {
  const worst = new Map<string, Report>();
  for (const report of reports) {
    const known = worst.get(report.name);
    if (known === undefined || BADNESS[report.state] > BADNESS[known.state]) worst.set(report.name, report);
  }
  for (const name of required) {
    if (!worst.has(name)) worst.set(name, { name, state: 'absent', id: null, url: null, summary: '' });
  }
  return [...worst.values()]
    .map((report): Check => ({ ...report, isRequired: required.includes(report.name) }))
    .sort((one, other) => (one.name < other.name ? -1 : 1));
}

/** What the rules of a branch ask for. */
export interface BranchRules {
  readonly isProtected: boolean;
  readonly requiredChecks: readonly string[];
}

const branchAnswer = z.object({
  protected: z.boolean().default(false),
  protection: z
    .object({ required_status_checks: z.object({ contexts: z.array(z.string()) }).nullish() })
    .nullish(),
});

const rulesAnswer: z.ZodType<readonly { readonly type: string; readonly checks: readonly string[] }[]> =
  z.array(
    z
      .object({
        type: z.string(),
        parameters: z
          .object({ required_status_checks: z.array(z.object({ context: z.string() })).nullish() })
          .nullish(),
      })
      .transform(({ type, parameters }) => ({
        type,
        checks: (parameters?.required_status_checks ?? []).map(({ context }) => context),
      })),
  );

/** Reads the rules of a branch, from its protection and from rule sets; null: there is no such branch. */
export async function readRules(room: Room, branch: string): Promise<BranchRules | null> {
  const name = encodeURIComponent(branch);
  const found = await orNull(read(room, `/branches/${name}`, branchAnswer));
  if (found === null) return null;
  // hosts before rule sets do not have them
  const rules = (await orNull(readAll(room, `/rules/branches/${name}`, rulesAnswer))) ?? [];
  const contexts = found.protection?.required_status_checks?.contexts ?? [];
  return {
    isProtected: found.protected || rules.length > 0,
    requiredChecks: [...new Set([...contexts, ...rules.flatMap(({ checks }) => checks)])],
  };
}

async function orNull<T>(reading: Promise<T>): Promise<T | null> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof ForgeError && error.failure.kind === 'gone') return null;
    throw error;
  }
}
