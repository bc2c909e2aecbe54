// Takes an issue for a run and looks whether it was got. Knows nothing of what is done with it.
import { fail, ok, type Result } from '../../../core/failure.ts';
import { quote } from '../../../core/plan/quote.ts';
import type { Claimed } from '../../../ports/source.ts';
import type { BdTool } from './bd-tool.ts';
import { type BeadsIssue, readIssues } from './issue.ts';
import { isFailedBy } from './picture.ts';

/** Who takes issues. */
export interface Claimer {
  readonly tool: BdTool;
  readonly actor: string;
  readonly run: string;
}

/** What Beads makes ids of. `null` and `undefined` have led to other people's issues. */
const ID = /^(?!(?:null|undefined)$)[A-Za-z0-9][\w.-]*$/;

/**
 * Takes an issue: `bd` compares and sets in one transaction, and what it says is not believed but read back. An issue that
 * this very run gave up as failed is opened again first.
 */
export async function claimIssue(claimer: Claimer, id: string): Promise<Result<Claimed>> {
  if (!ID.test(id)) return refuseId(id);
  const first = await tryClaim(claimer, id);
  if (!first.ok || !isFailedBy(first.value.issue, claimer.run)) return settle(claimer, first);
  const opened = await claimer.tool.ask(['update', id, '--status=open']);
  return opened.ok ? settle(claimer, await tryClaim(claimer, id)) : opened;
}

/** Tells whether a text can be the id of an issue. */
export function isIssueId(id: string): boolean {
  return ID.test(id);
}

interface Seen {
  readonly issue: BeadsIssue;
  /** What `bd` said to the claim. */
  readonly said: Result<unknown>;
}

async function tryClaim({ tool }: Claimer, id: string): Promise<Result<Seen>> {
  const said = await tool.ask(['update', id, '--claim']);
  const shown = await tool.ask(['show', id]);
  if (!shown.ok) return shown;
  const issue = readIssues(shown.value).find((one) => one.id === id);
  return issue === undefined ? refuseId(id) : ok({ issue, said });
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
