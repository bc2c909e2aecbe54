// Who a token is, what it may do in a repository, and what holds for a branch there. Changes nothing.
import { z } from 'zod';
import type { ForgeStanding, MergeMethod } from '../../../ports/forge.ts';
import { readAs } from './answers.ts';
import { readRules } from './checks.ts';
import { type Room, read } from './room.ts';
import { ForgeError } from './trouble.ts';

const repositoryAnswer = z.object({
  default_branch: z.string(),
  archived: z.boolean().default(false),
  permissions: z.object({ push: z.boolean().default(false) }).default({ push: false }),
  // only those who may push are told; GitHub allows all methods unless somebody forbids them
  allow_merge_commit: z.boolean().default(true),
  allow_squash_merge: z.boolean().default(true),
  allow_rebase_merge: z.boolean().default(true),
});

const userAnswer = z.object({ login: z.string() });

const queueAnswer = z.object({
  repository: z.object({ mergeQueue: z.object({ id: z.string() }).nullish() }).nullish(),
});

const QUEUE = `query ($owner: String!, $name: String!, $branch: String!) {
  repository(owner: $owner, name: $name) { mergeQueue(branch: $branch) { id } }
}`;

/** See `ForgePort.readStanding`. */
export async function readStanding(room: Room, wanted: string | null): Promise<ForgeStanding> {
  const login = await readLogin(room);
  const repository = await read(room, '', repositoryAnswer);
  const branch = wanted ?? repository.default_branch;
  const rules = await readRules(room, branch);
  const mayPush = repository.permissions.push && !repository.archived;
  const methods: MergeMethod[] = [];
  if (repository.allow_merge_commit) methods.push('merge');
  if (repository.allow_squash_merge) methods.push('squash');
  if (repository.allow_rebase_merge) methods.push('rebase');
  return {
    login,
    mayPush,
    mayMerge: mayPush && methods.length > 0,
    methods,
    defaultBranch: repository.default_branch,
    branch: rules === null ? null : { ...rules, hasMergeQueue: await hasQueue(room, branch) },
  };
}

/** Tokens of apps have no user. */
async function readLogin(room: Room): Promise<string> {
  try {
    return readAs(userAnswer, (await room.client.get('/user')).body).login;
  } catch (error) {
    if (error instanceof ForgeError && error.status === 403) return 'an app';
    throw error;
  }
}

async function hasQueue(room: Room, branch: string): Promise<boolean> {
  const { owner, name } = room.place;
  // hosts without merge queues do not know the field, and answer nothing
  const { data } = await room.client.graph(QUEUE, { owner, name, branch });
  const id = readAs(queueAnswer, data).repository?.mergeQueue?.id;
  return id !== undefined;
}
