// Asks GraphQL for many pull requests or issues by their numbers, some in each question. Knows nothing of what is asked of them.
import { z } from 'zod';
import { readAs } from './answers.ts';
import type { Room } from './room.ts';
import { giveUp } from './trouble.ts';

/** Things in one question. */
const BATCH = 20;

/** What is asked of each. */
export interface NumberedQuestion<T> {
  readonly kind: 'pullRequest' | 'issue';
  /** Name of the fragment. */
  readonly part: string;
  readonly fragment: string;
  readonly schema: z.ZodType<T>;
}

const repositoryAnswer = z.object({ repository: z.record(z.string(), z.unknown()).nullish() });

/** Reads one answer for each number; what is gone is not among them. */
export async function readNumbered<T>(
  room: Room,
  numbers: readonly number[],
  question: NumberedQuestion<T>,
): Promise<ReadonlyMap<number, T>> {
  const found = new Map<number, T>();
  for (let at = 0; at < numbers.length; at += BATCH) {
    for (const [number, each] of await readBatch(room, numbers.slice(at, at + BATCH), question)) {
      found.set(number, each);
    }
  }
  return found;
}

async function readBatch<T>(
  room: Room,
  numbers: readonly number[],
  { kind, part, fragment, schema }: NumberedQuestion<T>,
): Promise<readonly (readonly [number, T])[]> {
  const { owner, name } = room.place;
  const asked = numbers.map((number) => `n${number}: ${kind}(number: ${number}) { ...${part} }`).join('\n');
  const document = `query ($owner: String!, $name: String!) {
  repository(owner: $owner, name: $name) { ${asked} }
}
${fragment}`;
  const { data, errors } = await room.client.graph(document, { owner, name });
  const trouble = errors.find(({ type }) => type !== 'NOT_FOUND');
  if (trouble !== undefined) giveUp('environment', `GitHub did not answer a question: ${trouble.message}`);
  const { repository } = readAs(repositoryAnswer, data);
  return numbers.flatMap((number) => {
    const answer = repository?.[`n${number}`];
    return answer === null || answer === undefined ? [] : [[number, readAs(schema, answer)] as const];
  });
}
