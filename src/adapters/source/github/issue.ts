// An issue as GitHub's REST gives it, checked. Knows no calls and judges nothing.
import { z } from 'zod';
import { author } from '../../forge/github/answers.ts';

/** An issue as lists have it. */
export interface Issue {
  readonly number: number;
  readonly title: string;
  readonly body: string;
  /** `dropped`: closed, but not because it was done. */
  readonly state: 'open' | 'done' | 'dropped';
  readonly author: string;
  readonly labels: readonly string[];
  readonly isPull: boolean;
  /** Address of its repository's interface, which tells repositories apart. */
  readonly repository: string;
  /** ms since 1970, of whole seconds. */
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly commentCount: number;
  /** Null: the host does not say. */
  readonly partCount: number | null;
  readonly blockerCount: number | null;
}

const time = z.string().transform((text) => Date.parse(text) || 0);

const label = z.union([z.string(), z.object({ name: z.string() }).transform(({ name }) => name)]);

/** See `Issue`. */
export const issueAnswer: z.ZodType<Issue> = z
  .object({
    number: z.number().int().positive(),
    title: z.string(),
    body: z.string().nullish(),
    state: z.enum(['open', 'closed']),
    state_reason: z.string().nullish(),
    user: author,
    labels: z.array(label).default([]),
    pull_request: z.object({}).nullish(),
    repository_url: z.string(),
    created_at: time,
    updated_at: time,
    comments: z.number().default(0),
    sub_issues_summary: z.object({ total: z.number() }).nullish(),
    issue_dependencies_summary: z.object({ total_blocked_by: z.number() }).nullish(),
  })
  .transform(
    (issue): Issue => ({
      number: issue.number,
      title: issue.title,
      body: issue.body ?? '',
      state: issue.state === 'open' ? 'open' : (CLOSED[issue.state_reason ?? ''] ?? 'done'),
      author: issue.user,
      labels: issue.labels,
      isPull: issue.pull_request != null,
      repository: issue.repository_url,
      createdAt: issue.created_at,
      updatedAt: issue.updated_at,
      commentCount: issue.comments,
      partCount: issue.sub_issues_summary?.total ?? null,
      blockerCount: issue.issue_dependencies_summary?.total_blocked_by ?? null,
    }),
  );

const CLOSED: Readonly<Record<string, 'dropped'>> = { not_planned: 'dropped', duplicate: 'dropped' };

/** Says which number a task id is; null: none. */
export function numberOf(task: string): number | null {
  return /^[1-9]\d{0,9}$/.test(task) ? Number(task) : null;
}
