// Makes tasks of issues: text, dependencies, wishes, and whether they may be begun. Asks nobody.
import type { Diagnostic, Position } from '../../../core/plan/diagnostic.ts';
import type { DependencyDraft, TaskDraft } from '../../../core/plan/draft.ts';
import type { Standing } from '../../../core/source.ts';
import type { Loaded } from '../../../ports/source.ts';
import { findObjection, type Selectors } from './approval.ts';
import type { History } from './history.ts';
import type { Issue } from './issue.ts';
import { findReferences, type Home, type References } from './references.ts';
import { cleanTitle, writeTaskText } from './task-text.ts';
import { readWishes } from './wishes.ts';

/** An issue with what else is known of it. */
export interface Known {
  readonly issue: Issue;
  /** Null for closed ones, which nobody has to approve. */
  readonly history: History | null;
  /** What GitHub itself says that it needs. */
  readonly needs: readonly Issue[];
}

/** What tasks are made of. */
export interface Material {
  readonly home: Home;
  readonly known: readonly Known[];
  readonly selectors: Selectors;
  /** When whoever started the run named the issues; null: nobody did. */
  readonly namedAt: number | null;
  readonly writers: ReadonlySet<string>;
  /** Issues that are needed and not selected; null: there is none of that number. Absent: it was not looked for. */
  readonly others: ReadonlyMap<number, Issue | null>;
}

/** Notes of one load. */
const MAX_NOTES = 50;

/** Numbers that open issues need, by their texts and by GitHub. */
export function listNeeds(home: Home, known: readonly Known[]): readonly number[] {
  return [...new Set(known.flatMap((each) => [...needsOf(home, each).own.keys()]))];
}

interface Need {
  readonly number: number;
  readonly isStacked: boolean;
  readonly at: number | null;
  readonly length: number;
}

function needsOf(
  home: Home,
  { issue, needs }: Known,
): { readonly own: ReadonlyMap<number, Need>; readonly foreign: References['foreign'] } {
  const own = new Map<number, Need>();
  const foreign: string[] = [];
  const root = `/repos/${home.owner}/${home.name}`.toLowerCase();
  if (issue.state !== 'open') return { own, foreign };
  for (const { number, repository } of needs) {
    if (repository.toLowerCase().endsWith(root))
      own.set(number, { number, isStacked: false, at: null, length: 1 });
    else foreign.push(`${repository.split('/').slice(-2).join('/')}#${number}`);
  }
  const said = findReferences(issue.body, home);
  for (const each of said.own) own.set(each.number, each);
  own.delete(issue.number);
  return { own, foreign: [...new Set([...foreign, ...said.foreign])] };
}

/** Makes tasks. What nobody approved keeps to itself: its text asks for nothing, and breaks no plan. */
export function makeDrafts(material: Material): Loaded {
  const byNumber = new Map(material.known.map(({ issue }) => [issue.number, issue]));
  const drafts: TaskDraft[] = [];
  const standings = new Map<string, Standing>();
  const texts = new Map<string, string>();
  const notes: string[] = [];
  for (const known of material.known) {
    const { issue } = known;
    const id = String(issue.number);
    texts.set(`#${id}`, issue.body);
    if (issue.state !== 'open') {
      standings.set(id, closedStanding(issue));
      continue;
    }
    const objection = objectTo(known, material);
    const needs =
      objection === null ? needsOf(material.home, known) : { own: new Map<number, Need>(), foreign: [] };
    const met = [...needs.own.values()].map((need) => [need, meet(need, byNumber, material.others)] as const);
    for (const [{ number }, how] of met) if (how === 'done') standings.set(String(number), { kind: 'done' });
    const waits = met.flatMap(([{ number }, how]) =>
      how === 'outside' || how === 'missing' ? [{ number, how }] : [],
    );
    const why = objection ?? sayWaits(issue, waits);
    if (why !== null) standings.set(id, { kind: 'held', why });
    notes.push(...sayForeign(issue, needs.foreign));
    const dependencies = met.flatMap(([need, how]) =>
      how === 'inside' || how === 'done' ? [dependOn(issue, need)] : [],
    );
    drafts.push(makeDraft(known, { ...material, dependencies, isApproved: objection === null }));
  }
  const diagnostics: readonly Diagnostic[] = [];
  return { drafts, diagnostics, texts, standings, notes: notes.slice(0, MAX_NOTES) };
}

function closedStanding({ state }: Issue): Standing {
  return state === 'dropped' ? { kind: 'dropped', why: 'closed as not planned' } : { kind: 'done' };
}

function objectTo({ issue, history }: Known, { selectors, namedAt, writers }: Material): string | null {
  if (history === null) return 'GitHub does not show what happened to it';
  const { number, author, createdAt } = issue;
  return findObjection({ number, author, createdAt, history, selectors, namedAt, writers });
}

/** How a need stands: a task of this run, finished, not wanted any more and so not in the way, elsewhere, or nowhere. */
type Met = 'inside' | 'done' | 'over' | 'outside' | 'missing';

function meet(
  { number }: Need,
  inside: ReadonlyMap<number, Issue>,
  others: ReadonlyMap<number, Issue | null>,
): Met {
  const own = inside.get(number);
  if (own?.state === 'open') return 'inside';
  const issue = own ?? others.get(number);
  if (issue === null) return 'missing';
  // one that was not looked for may be open
  if (issue === undefined || issue.state === 'open') return 'outside';
  return issue.state === 'done' ? 'done' : 'over';
}

function sayWaits(
  { number }: Issue,
  waits: readonly { readonly number: number; readonly how: 'outside' | 'missing' }[],
): string | null {
  const [first] = waits;
  if (first === undefined) return null;
  const more = waits.length > 1 ? `, and for ${waits.length - 1} more like it` : '';
  const what =
    first.how === 'missing'
      ? `which is no issue here (\`gh issue edit ${number}\` takes that out)`
      : `which is not part of this run (\`weft run github ${number} ${first.number}\` takes both)`;
  return `waits for #${first.number}, ${what}${more}`;
}

function sayForeign({ number }: Issue, foreign: readonly string[]): readonly string[] {
  if (foreign.length === 0) return [];
  const names = foreign.slice(0, 5).join(', ');
  return [`#${number} depends on ${names} in another repository; nothing waits for that.`];
}

function dependOn(issue: Issue, need: Need): DependencyDraft {
  const { number, isStacked, at, length } = need;
  const position = at === null ? placeOf(issue, { at: 0, length: 1 }) : placeOf(issue, { at, length });
  const how = isStacked ? ({ on: 'verified', base: 'stacked' } as const) : {};
  return { task: String(number), position, ...how };
}

function placeOf(
  { number, body }: Issue,
  { at, length }: { readonly at: number; readonly length: number },
): Position {
  const before = body.slice(0, at).split('\n');
  return { file: `#${number}`, line: before.length, column: (before.at(-1)?.length ?? 0) + 1, length };
}

function makeDraft(
  { issue, history }: Known,
  given: Material & { readonly dependencies: readonly DependencyDraft[]; readonly isApproved: boolean },
): TaskDraft {
  const { home, writers, dependencies, isApproved } = given;
  const { number, author, body } = issue;
  const start = placeOf(issue, { at: 0, length: 1 });
  const wishes = readWishes(issue.labels, isApproved ? body : '');
  const comments = isApproved ? (history?.comments ?? []) : [];
  const remarks = comments
    .filter(({ by, body: text }) => writers.has(by) && !text.includes('<!-- weft '))
    .map(({ by, body: text }) => ({ author: by, body: text }));
  const repository = `${home.owner}/${home.name}`;
  return {
    id: { value: String(number), position: start },
    title: cleanTitle(issue.title, number),
    body: writeTaskText({ repository, number, author, body, remarks }),
    ref: `#${number}`,
    source: 'github',
    track: null,
    owns:
      wishes.owns?.map(({ text, at }) => ({
        value: text,
        position: placeOf(issue, { at, length: text.length }),
      })) ?? null,
    dependencies,
    priority: wishes.priority,
    agent: wishes.agent === null ? null : { value: wishes.agent, position: start },
    model: wishes.model,
    effort: wishes.effort,
    run: null,
    type: 'automated',
    gates: null,
    tier: 0,
  };
}
