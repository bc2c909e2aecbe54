// What of GitHub's answers weft looks at, checked. Knows no calls.
import { z } from 'zod';
import { type Oid, oid } from '../../../core/model.ts';
import type { PullFound, PullState } from '../../../ports/forge.ts';
import { giveUp } from './trouble.ts';

/** Checks an answer; throws when it is not what GitHub documents. */
export function readAs<T>(schema: z.ZodType<T>, body: unknown): T {
  const read = schema.safeParse(body);
  if (read.success) return read.data;
  const where = read.error.issues[0]?.path.join('.') ?? '';
  return giveUp('environment', `GitHub answered what nobody can read${where === '' ? '' : ` (${where})`}.`);
}

/** Hash that GitHub calls a commit by. */
export const sha: z.ZodType<Oid> = z
  .string()
  .regex(/^[0-9a-f]{40,64}$/)
  .transform(oid);

/** A branch, as a side of a pull request. */
const side = z.object({ ref: z.string(), sha });

/** A pull request as lists have it. */
export interface PullAnswer {
  readonly number: number;
  readonly nodeId: string;
  readonly url: string;
  readonly title: string;
  readonly body: string;
  readonly state: PullState;
  readonly isDraft: boolean;
  readonly branch: string;
  readonly head: Oid;
  readonly base: string;
  readonly merged: Oid | null;
  readonly updatedAt: string;
  /** Null in lists, and while GitHub does not know. */
  readonly isMergeable: boolean | null;
}

/** See `PullAnswer`. */
export const pullAnswer: z.ZodType<PullAnswer> = z
  .object({
    number: z.number(),
    node_id: z.string(),
    html_url: z.string(),
    title: z.string(),
    body: z.string().nullish(),
    state: z.enum(['open', 'closed']),
    draft: z.boolean().default(false),
    head: side,
    base: side,
    merged_at: z.string().nullish(),
    merge_commit_sha: sha.nullish(),
    updated_at: z.string(),
    mergeable: z.boolean().nullish(),
  })
  .transform((pull): PullAnswer => {
    const isMerged = typeof pull.merged_at === 'string';
    return {
      number: pull.number,
      nodeId: pull.node_id,
      url: pull.html_url,
      title: pull.title,
      body: pull.body ?? '',
      state: isMerged ? 'merged' : pull.state,
      isDraft: pull.draft,
      branch: pull.head.ref,
      head: pull.head.sha,
      base: pull.base.ref,
      merged: isMerged ? (pull.merge_commit_sha ?? null) : null,
      updatedAt: pull.updated_at,
      isMergeable: pull.mergeable ?? null,
    };
  });

/** A pull request as the port names it. */
export function asFound({ number, url, state, head }: PullAnswer): PullFound {
  return { number, url, state, head };
}

/** Hash that GitHub calls a commit by, or null. */
export const shaOrNull: z.ZodType<Oid | null> = sha.nullable();

/** Who said or did something; null: their account is gone. */
export const author: z.ZodType<string> = z
  .object({ login: z.string() })
  .nullish()
  .transform((user) => user?.login ?? 'ghost');
