// Brings issues in line with reports: reads once what is there, writes what differs. Knows how `bd` is told, not why.
import { type Failure, fail, ok, type Result } from '../../../core/failure.ts';
import type { TaskReport } from '../../../core/source.ts';
import type { BdTool } from './bd-tool.ts';
import { type IssueChange, type MarkedComment, planChange, type Reporter } from './change.ts';
import { isIssueId } from './claim.ts';
import { createFamily, isOpen } from './family.ts';
import { type BeadsIssue, isFields, readIssues, unwrap } from './issue.ts';

/** Issues that are asked for by name; of more the whole list is read. */
const MAX_NAMED = 100;
/** Ids in one command line. */
const MAX_TOGETHER = 50;
/** Failed writes after which the rest is left for the next report. */
const MAX_FAILURES = 3;

/** By whom, and how. */
export interface Telling extends Reporter {
  /** This version does several things in one transaction. */
  readonly canBatch: boolean;
}

/** Tells Beads what the reports say. What was done stays done when something fails. */
export async function reportTasks(
  tool: BdTool,
  reports: readonly TaskReport[],
  by: Telling,
): Promise<Result<void>> {
  const known = reports.filter(({ task }) => isIssueId(task));
  if (known.length === 0) return ok(undefined);
  const listed = await listIssues(tool, known.length > MAX_NAMED ? [] : known.map(({ task }) => task));
  if (!listed.ok) return listed;
  const issues = new Map(listed.value.map((issue) => [issue.id, issue]));
  const changes = known.flatMap((report) => {
    const issue = issues.get(report.task);
    return issue === undefined ? [] : (planChange(report, issue, by) ?? []);
  });
  const failures: Failure[] = [];
  const attempt = async (write: () => Promise<Result<unknown>>): Promise<boolean> => {
    if (failures.length >= MAX_FAILURES) return false;
    const written = await write();
    if (!written.ok) failures.push(written.failure);
    return written.ok;
  };
  const closings = changes.flatMap(({ id, close }) => (close === null ? [] : [{ id, reason: close }]));
  const closed = by.canBatch ? await closeTogether(tool, closings) : new Set<string>();
  const written = new Set<IssueChange>();
  for (const change of changes) {
    const { id, comment, close } = change;
    const isSaid = comment === null || (await attempt(() => commentOnce(tool, id, comment)));
    const isClosed = close === null || closed.has(id);
    if (isSaid && (isClosed || (await attempt(() => closeIssue(tool, id, close))))) written.add(change);
  }
  for (const [ids, flags] of groupByFlags([...written])) await attempt(() => update(tool, ids, flags));
  const merged = known.filter(({ phase, task }) => phase === 'merged' && !by.settled.has(task));
  const landed = merged.map(({ task }) => task as string);
  if (landed.length > 0 && (await attempt(() => closeEpics(tool, landed, by)))) {
    for (const id of landed) by.settled.add(id);
  }
  const first = failures[0];
  return first === undefined ? ok(undefined) : fail(first);
}

/** Lists issues, closed ones and gates too; none named: all. A version that lacks a flag is asked without. */
export async function listIssues(
  tool: BdTool,
  ids: readonly string[] = [],
): Promise<Result<readonly BeadsIssue[]>> {
  const all = ['list', '--all', '--limit=0'];
  const named = ids.length === 0 ? [] : [`--id=${ids.join(',')}`];
  let answer = await tool.ask([...all, '--include-gates', ...named]);
  if (!answer.ok && /unknown flag/i.test(answer.failure.sentence)) answer = await tool.ask(all);
  if (!answer.ok) return answer;
  const issues = readIssues(answer.value ?? []);
  return ok(ids.length === 0 ? issues : issues.filter(({ id }) => ids.includes(id)));
}

async function commentOnce(
  tool: BdTool,
  id: string,
  { mark, text }: MarkedComment,
): Promise<Result<unknown>> {
  const found = await tool.ask(['comments', id]);
  if (!found.ok) return found;
  const inner = unwrap(found.value);
  const isThere =
    Array.isArray(inner) &&
    inner.some((one) => isFields(one) && typeof one['text'] === 'string' && one['text'].includes(mark));
  return isThere ? ok(undefined) : tool.ask(['comments', 'add', '--', id, text]);
}

/** What landed has landed, whatever the issue still waits for. */
async function closeIssue(tool: BdTool, id: string, reason: string): Promise<Result<unknown>> {
  return expectIds(await tool.ask(['close', id, '--force', `--reason=${reason}`]), [id]);
}

/** Closes many issues in one transaction; gives those it closed. Where that cannot be, they are closed one by one. */
async function closeTogether(
  tool: BdTool,
  closings: readonly { readonly id: string; readonly reason: string }[],
): Promise<ReadonlySet<string>> {
  if (closings.length < 2) return new Set();
  const lines = closings.map(({ id, reason }) => `close ${id} ${quoteWord(reason)}\n`);
  const answer = await tool.ask(['batch'], lines.join(''));
  return new Set(answer.ok ? closings.map(({ id }) => id) : []);
}

/** As `bd batch` reads a word; it reads line by line. */
function quoteWord(text: string): string {
  return `"${text.replace(/\s+/g, ' ').replace(/["\\]/g, '\\$&')}"`;
}

async function update(
  tool: BdTool,
  ids: readonly string[],
  flags: readonly string[],
): Promise<Result<unknown>> {
  return expectIds(await tool.ask(['update', ...ids, ...flags]), ids);
}

/** `bd` counts a call as a success when it did some of it. */
function expectIds(answer: Result<unknown>, ids: readonly string[]): Result<unknown> {
  if (!answer.ok) return answer;
  const done = new Set(readIssues(answer.value).map(({ id }) => id));
  const missing = ids.filter((id) => !done.has(id));
  if (missing.length === 0) return answer;
  return fail({
    kind: 'environment',
    sentence: `Beads did not change ${missing.join(', ')}.`,
    hint: `bd show ${missing[0]}`,
  });
}

function groupByFlags(
  changes: readonly IssueChange[],
): readonly (readonly [ids: readonly string[], flags: readonly string[]])[] {
  const groups = new Map<string, { readonly flags: readonly string[]; readonly ids: string[] }>();
  for (const { id, flags } of changes) {
    if (flags.length === 0) continue;
    const key = flags.join('\0');
    const group = groups.get(key) ?? { flags, ids: [] };
    group.ids.push(id);
    groups.set(key, group);
  }
  return [...groups.values()].flatMap(({ ids, flags }) =>
    Array.from(
      { length: Math.ceil(ids.length / MAX_TOGETHER) },
      (_, at) => [ids.slice(at * MAX_TOGETHER, (at + 1) * MAX_TOGETHER), flags] as const,
    ),
  );
}

/** Closes the epics, upwards, of which these were the last open parts. One that a person opened again stays open. */
async function closeEpics(tool: BdTool, landed: readonly string[], by: Reporter): Promise<Result<unknown>> {
  const listed = await listIssues(tool);
  if (!listed.ok) return listed;
  const family = createFamily(listed.value);
  const done = new Set<string>();
  const heights = new Map(
    landed.flatMap((id) => {
      const above = family.ancestorsOf(id);
      return above.map((epic, at) => [epic, above.length - at] as const);
    }),
  );
  for (const [id] of [...heights].sort(([, a], [, b]) => b - a)) {
    const epic = family.get(id);
    if (epic === undefined || !isOpen(epic) || (epic.type !== 'epic' && epic.id !== by.epic)) continue;
    if (epic.isAside || epic.metadata['weft_run'] !== undefined) continue;
    const children = family.childrenOf(epic.id);
    if (children.some((child) => isOpen(child) && !done.has(child.id))) continue;
    const answer = await tool.ask([
      'close',
      epic.id,
      `--reason=All ${children.length} parts are closed, the last by weft in the run ${by.run}`,
    ]);
    if (!answer.ok) return answer;
    done.add(epic.id);
  }
  return done.size === 0 ? ok(undefined) : update(tool, [...done], [`--set-metadata=weft_run=${by.run}`]);
}
