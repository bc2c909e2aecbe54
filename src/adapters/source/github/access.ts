// Tells who may write to the repository, as GitHub says it. Remembers nothing between looks; unchanged answers are free.
import { z } from 'zod';
import { type Room, read } from '../../forge/github/room.ts';
import { ForgeError } from '../../forge/github/trouble.ts';

/** Who of some people may write. */
export interface Access {
  readonly writers: ReadonlySet<string>;
  /** GitHub does not tell this token; then nobody is known to. */
  readonly isTold: boolean;
}

const permissionAnswer = z.object({ permission: z.string() });

/** `maintain` and roles of an organisation's own are told as one of the old words. */
const MAY_WRITE: ReadonlySet<string> = new Set(['admin', 'write']);
const LOGIN = /^[\w.-]{1,100}(?:\[bot\])?$/;

/** Asks for each of these people. Throws `ForgeError`. */
export async function readAccess(room: Room, logins: Iterable<string>): Promise<Access> {
  const asked = [...new Set(logins)].filter((login) => LOGIN.test(login));
  const answers = await Promise.all(
    asked.map(async (login) => [login, await mayWrite(room, login)] as const),
  );
  return {
    writers: new Set(answers.flatMap(([login, may]) => (may === true ? [login] : []))),
    isTold: answers.every(([, may]) => may !== null),
  };
}

/** Null: it is not told. */
async function mayWrite(room: Room, login: string): Promise<boolean | null> {
  try {
    const path = `/collaborators/${encodeURIComponent(login)}/permission`;
    return MAY_WRITE.has((await read(room, path, permissionAnswer)).permission);
  } catch (error) {
    // who is no user, or whose account is gone
    if (error instanceof ForgeError && error.status === 404) return false;
    if (error instanceof ForgeError && error.status === 403) return null;
    throw error;
  }
}
