// Looks again and again whether issues have changed, at the pace that the budget allows. Knows nothing of what is in them.
import { createHash } from 'node:crypto';
import type { Room } from '../../forge/github/room.ts';
import { attempt } from '../../forge/github/trouble.ts';

/** Between two looks while little of the budget is used. */
const EAGER_MS = 30_000;
/** Between two looks when all of it is. */
const LAZY_MS = 300_000;
/** After so long everything is looked at, also what shows in no list: who may write, say. */
const WHOLE_MS = 600_000;
/** Looks that are not even tried while calls fail, at most. */
const MAX_BACKOFF = 16;

/** Calls `changed` when something that was read is not as it was; ends with the signal. Never rejects for GitHub's sake. */
export async function watchIssues(
  room: Room,
  {
    paths,
    changed,
    signal,
  }: {
    readonly paths: () => readonly string[];
    readonly changed: () => void;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const { clock, client } = room;
  const look = createLook(room);
  let wholeAt = clock.monoMs();
  let failures = 0;
  let askedMs = 0;
  for (;;) {
    const paceMs = paceOf(client.pressure()) * Math.min(MAX_BACKOFF, 2 ** failures);
    await clock.sleep(Math.max(paceMs, askedMs), signal);
    if (signal.aborted) return;
    const looked = await attempt(() => look(paths()));
    if (!looked.ok) {
      askedMs = looked.failure.kind === 'rate-limited' ? looked.failure.waitMs : 0;
      // one wish is obeyed as it is; what keeps failing is asked less and less
      failures = askedMs > 0 ? 0 : failures + 1;
      continue;
    }
    [failures, askedMs] = [0, 0];
    if (signal.aborted) return;
    const isDue = clock.monoMs() - wholeAt >= WHOLE_MS;
    if (isDue) wholeAt = clock.monoMs();
    if (looked.value || isDue) changed();
  }
}

/** Up to half of the budget: eagerly; then ever less. */
export function paceOf(pressure: number): number {
  const over = Math.max(0, Math.min(1, pressure * 2 - 1));
  return Math.round(EAGER_MS + (LAZY_MS - EAGER_MS) * over);
}

/** What was answered with "as before" costs nothing. Searches are not always answered so; theirs are compared here. */
function createLook({ client }: Room): (paths: readonly string[]) => Promise<boolean> {
  const seen = new Map<string, string>();
  return async (paths) => {
    const changes = await Promise.all(
      paths.map(async (path) => {
        const { body, isKnown } = await client.get(path);
        if (!path.startsWith('/search/')) return !isKnown;
        const [before, now] = [seen.get(path), hashOf(body)];
        seen.set(path, now);
        return before === undefined ? !isKnown : before !== now;
      }),
    );
    return changes.includes(true);
  };
}

function hashOf(body: unknown): string {
  return createHash('sha256').update(JSON.stringify(body)).digest('base64');
}
