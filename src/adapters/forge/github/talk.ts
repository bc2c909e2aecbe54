// Says things on pull requests, each once: what was said before is found by its marker. Knows no reviews.
import { z } from 'zod';
import type { Remark } from '../../../ports/forge.ts';
import { type Room, readAll } from './room.ts';
import { isInDoubt } from './trouble.ts';

const comments: z.ZodType<readonly { readonly body: string }[]> = z.array(
  z.object({
    body: z
      .string()
      .nullish()
      .transform((body) => body ?? ''),
  }),
);

/** Comments below a pull request. */
export function comment(room: Room, remark: Remark): Promise<void> {
  return say(room, remark, {
    list: `/issues/${remark.number}/comments`,
    path: `/issues/${remark.number}/comments`,
  });
}

/** Answers in the thread of a comment on a line. */
export function reply(room: Room, remark: Remark & { readonly comment: number }): Promise<void> {
  const list = `/pulls/${remark.number}/comments`;
  return say(room, remark, { list, path: `${list}/${remark.comment}/replies` });
}

async function say(
  room: Room,
  { marker, body }: Remark,
  { list, path }: { readonly list: string; readonly path: string },
): Promise<void> {
  const isSaid = async (): Promise<boolean> =>
    (await readAll(room, list, comments)).some((each) => each.body.includes(marker));
  if (await isSaid()) return;
  try {
    await room.client.send('POST', `${room.root}${path}`, { body: `${body.trimEnd()}\n\n${marker}` });
  } catch (error) {
    if (!(isInDoubt(error) && (await isSaid()))) throw error;
  }
}
