// Takes issues for a run and looks whether they were got. Knows nothing of what is done with them.
import { fail, ok, type Result } from '../../../core/failure.ts';
import { quote } from '../../../core/plan/quote.ts';
import type { Claimed } from '../../../ports/source.ts';
import type { BdTool } from './bd-tool.ts';
import { type BeadsIssue, readIssues } from './issue.ts';
import { isClosedMeanwhile, isFailedBy } from './picture.ts';

/** Who takes issues. */
export interface Claimer {
  readonly tool: BdTool;
  readonly actor: string;
  readonly run: string;
}

/** What Beads makes ids of. `null` and `undefined` have led to other people's issues. */
const ID = /^(?!(?:null|undefined)$)[A-Za-z0-9][\w.-]*$/;
/** Issues that are taken in one call. */
const MAX_TOGETHER = 50;

/** An issue that somebody wants, and who waits to hear whether it was got. */
interface Wish {
  readonly id: string;
  readonly hear: (claimed: Result<Claimed>) => void;
}

/** Gives the function that takes an issue. Those that are wanted while a call is under way are taken together by the next. */
export function createClaims(claimer: Claimer): (id: string) => Promise<Result<Claimed>> {
  const wishes: Wish[] = [];
  let isWorking = false;
  const work = async (): Promise<void> => {
    // who wants several wants them in the same moment
    await Promise.resolve();
    while (wishes.length > 0) {
      const some = wishes.splice(0, MAX_TOGETHER);
      const claimed = await claimIssues(claimer, [...new Set(some.map(({ id }) => id))]);
      for (const { id, hear } of some) hear(claimed.get(id) ?? refuseId(id));
    }
    isWorking = false;
  };
  return (id) => {
    if (!ID.test(id)) return Promise.resolve(refuseId(id));
    return new Promise((hear) => {
      wishes.push({ id, hear });
      if (isWorking) return;
      isWorking = true;
      void work();
    });
  };
}

/** Tells whether a text can be the id of an issue. */
export function isIssueId(id: string): boolean {
  return ID.test(id);
}

/**
 * Takes issues: `bd` compares and sets each in one transaction, and what it says is not believed but read back. Issues that
 * this very run gave up as failed, or its agents closed, are opened again first.
 */
async function claimIssues(
  claimer: Claimer,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Result<Claimed>>> {
  const first = await tryClaims(claimer, ids);
  const again = [...first].flatMap(([id, seen]) => {
    const isOurs =
      seen.ok && (isFailedBy(seen.value.issue, claimer.run) || isClosedMeanwhile(seen.value.issue, claimer));
    return isOurs ? [id] : [];
  });
  const settled = new Map([...first].map(([id, seen]) => [id, settle(claimer, seen)] as const));
  if (again.length === 0) return settled;
  const opened = await claimer.tool.ask(['update', ...again, '--status=open']);
  if (!opened.ok) return new Map([...settled, ...again.map((id) => [id, opened] as const)]);
  for (const [id, seen] of await tryClaims(claimer, again)) settled.set(id, settle(claimer, seen));
  return settled;
}

interface Seen {
  readonly issue: BeadsIssue;
  /** What `bd` said to the claims. */
  readonly said: Result<unknown>;
}

async function tryClaims(
  { tool }: Claimer,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Result<Seen>>> {
  const said = await tool.ask(['update', ...ids, '--claim']);
  const shown = await tool.ask(['show', ...ids]);
  const issues = new Map(shown.ok ? readIssues(shown.value).map((issue) => [issue.id, issue]) : []);
  return new Map(
    ids.map((id): readonly [string, Result<Seen>] => {
      const issue = issues.get(id);
      if (issue !== undefined) return [id, ok({ issue, said })];
      return [id, shown.ok ? refuseId(id) : shown];
    }),
  );
}

function settle({ actor }: Claimer, seen: Result<Seen>): Result<Claimed> {
  if (!seen.ok) return seen;
  const { issue, said } = seen.value;
  if (issue.assignee === actor && issue.status === 'in_progress') return ok({ kind: 'ours' });
  if (issue.assignee !== '' && issue.assignee !== actor) return ok({ kind: 'taken', by: issue.assignee });
  if (issue.status !== 'open') return ok({ kind: 'taken', by: `somebody: its status is ${issue.status}` });
  // nobody has it, so bd failed for another reason
  return said.ok
    ? fail({
        kind: 'environment',
        sentence: `Beads took the claim of ${issue.id} and does not show it.`,
        hint: `bd show ${issue.id}`,
      })
    : said;
}

function refuseId(id: string): Result<never> {
  return fail({ kind: 'usage', sentence: `Beads has no issue ${quote(id)}.`, hint: 'bd list' });
}
