// Finds the issues that a run is about: by number, in lists, or with a search. Knows nothing of what is in them.
import { z } from 'zod';
import type { Diagnostic } from '../../../core/plan/diagnostic.ts';
import { findNearest } from '../../../core/plan/nearest.ts';
import { quote, quoteList } from '../../../core/plan/quote.ts';
import type { SourceSpec } from '../../../core/source.ts';
import { readAs } from '../../forge/github/answers.ts';
import { type Room, read, readAll } from '../../forge/github/room.ts';
import { ForgeError } from '../../forge/github/trouble.ts';
import type { Selectors } from './approval.ts';
import { type Issue, issueAnswer } from './issue.ts';

/** The part of a run's specification that is about issues. */
export type GithubSpec = Extract<SourceSpec, { readonly kind: 'github' }>;

/** What was found. */
export interface Selection {
  /** In the order in which they were typed, else oldest first. */
  readonly issues: readonly Issue[];
  readonly selectors: Selectors;
  readonly diagnostics: readonly Diagnostic[];
  readonly notes: readonly string[];
}

/** A room that remembers what was read, so that it can be looked at again. */
export interface Looks {
  readonly room: Room;
  readonly paths: Set<string>;
}

/** Issues of one run. */
export const MAX_ISSUES = 1_000;
const PAGE = 100;
/** Lists have pull requests in between. */
const MAX_PAGES = 20;
const NAMES_SHOWN = 10;

/** Finds the issues: open ones, and those closed since the run began. Throws `ForgeError`. */
export async function select(
  looks: Looks,
  spec: GithubSpec,
  { startedAt }: { readonly startedAt: number },
): Promise<Selection> {
  if (spec.issues.length > 0) return selectNamed(looks, spec.issues);
  const milestone = spec.milestone === null ? null : await findMilestone(looks.room, spec.milestone);
  const assignee = spec.assignee === '@me' ? await readViewer(looks.room) : spec.assignee;
  const labels = [...new Set([...spec.labels, ...labelsOf(spec.query ?? '')])];
  const selectors = { labels, milestone: milestone?.title ?? null, assignee };
  if (spec.milestone !== null && milestone?.number == null) {
    return {
      issues: [],
      selectors,
      diagnostics: [missing(spec.milestone, milestone?.titles ?? [])],
      notes: [],
    };
  }
  const since = new Date(startedAt).toISOString().replace(/\.\d+Z$/, 'Z');
  const find = (state: 'open' | 'closed'): Promise<List> =>
    spec.query === null
      ? readList(looks, listPath(spec, { state, since, assignee, milestone: milestone?.number ?? null }))
      : readSearch(looks, searchPath(spec, { ...selectors, looks, state, since }));
  // in this order, what is closed in between is in both
  const lists = [await find('open'), await find('closed')];
  const found = new Map<number, Issue>();
  for (const issue of lists.flatMap(({ issues }) => issues))
    if (!issue.isPull) found.set(issue.number, issue);
  const all = [...found.values()].sort((one, other) => one.number - other.number);
  const isCut = all.length > MAX_ISSUES || lists.some((list) => list.isCut);
  const note = `GitHub has more issues of this selection than the ${MAX_ISSUES} that one run takes; the oldest were taken.`;
  return { issues: all.slice(0, MAX_ISSUES), selectors, diagnostics: [], notes: isCut ? [note] : [] };
}

/** Labels that a search asks for: who puts one of them on an issue approves it as with a label that is named. */
function labelsOf(query: string): readonly string[] {
  return [...query.matchAll(/(?<![\w-])label:(?:"(?<quoted>[^"]+)"|(?<bare>[^\s",]+))/gi)].map(
    ({ groups = {} }) => groups['quoted'] ?? groups['bare'] ?? '',
  );
}

/** Reads one issue; null: GitHub shows none. Throws `ForgeError`. */
export async function readIssue({ room, paths }: Looks, number: number): Promise<Issue | null> {
  const path = `/issues/${number}`;
  paths.add(`${room.root}${path}`);
  try {
    const issue = await read(room, path, issueAnswer);
    // what was moved to another repository is answered from there
    return isHere(room, issue) && issue.number === number ? issue : null;
  } catch (error) {
    if (error instanceof ForgeError && error.failure.kind === 'gone') return null;
    throw error;
  }
}

function isHere({ root }: Room, { repository }: Issue): boolean {
  return repository.toLowerCase().endsWith(root.toLowerCase());
}

async function selectNamed(looks: Looks, numbers: readonly number[]): Promise<Selection> {
  const wanted = [...new Set(numbers)];
  const taken = wanted.slice(0, MAX_ISSUES);
  const read = await Promise.all(taken.map((number) => readIssue(looks, number)));
  const { owner, name } = looks.room.place;
  const problemOf = (number: number, issue: Issue | null): Diagnostic[] => {
    if (issue?.isPull === true) {
      const fix = 'Name issues; what pull requests need is told to `weft merge`.';
      return [{ position: null, sentence: `#${number} is a pull request.`, fix }];
    }
    if (issue !== null) return [];
    const sentence = `${owner}/${name} has no issue #${number}, or does not show it to this token.`;
    return [{ position: null, sentence, fix: `Look at \`gh issue view ${number}\`.` }];
  };
  const cut = wanted.length - taken.length;
  return {
    issues: read.filter((issue): issue is Issue => issue !== null && !issue.isPull),
    selectors: { labels: [], milestone: null, assignee: null },
    diagnostics: taken.flatMap((number, at) => problemOf(number, read[at] ?? null)),
    notes: cut === 0 ? [] : [`One run takes ${MAX_ISSUES} issues; ${cut} more were left out.`],
  };
}

const milestones = z.array(z.object({ number: z.number(), title: z.string() }));

/** Finds a milestone by title, else by number. */
async function findMilestone(
  room: Room,
  wanted: string,
): Promise<{
  readonly number: number | null;
  readonly title: string | null;
  readonly titles: readonly string[];
}> {
  const all = await readAll(room, '/milestones?state=all', milestones);
  const same = (title: string): boolean => title.toLowerCase() === wanted.toLowerCase();
  const found =
    all.find(({ title }) => title === wanted) ??
    all.find(({ title }) => same(title)) ??
    all.find(({ number }) => String(number) === wanted);
  const titles = all.map(({ title }) => title);
  return { number: found?.number ?? null, title: found?.title ?? null, titles };
}

function missing(wanted: string, titles: readonly string[]): Diagnostic {
  const near = findNearest(wanted, titles);
  const fix =
    near !== null
      ? `Did you mean ${quote(near)}?`
      : titles.length === 0
        ? 'The repository has no milestones.'
        : `Its milestones: ${quoteList(titles, NAMES_SHOWN)}.`;
  return { position: null, sentence: `There is no milestone ${quote(wanted)}.`, fix };
}

const viewer = z.object({ login: z.string() });

async function readViewer({ client }: Room): Promise<string> {
  return readAs(viewer, (await client.get('/user')).body).login;
}

interface Wanted {
  readonly state: 'open' | 'closed';
  readonly since: string;
  readonly assignee: string | null;
}

function listPath(
  { labels }: GithubSpec,
  { state, since, assignee, milestone }: Wanted & { readonly milestone: number | null },
): string {
  const query = new URLSearchParams({ state, sort: 'created', direction: 'asc' });
  if (labels.length > 0) query.set('labels', labels.join(','));
  if (milestone !== null) query.set('milestone', String(milestone));
  if (assignee !== null) query.set('assignee', assignee);
  if (state === 'closed') query.set('since', since);
  return `/issues?${query.toString()}`;
}

function searchPath(
  spec: GithubSpec,
  wanted: Wanted & { readonly milestone: string | null; readonly looks: Looks },
): string {
  const { owner, name } = wanted.looks.room.place;
  const terms = [
    `repo:${owner}/${name}`,
    'is:issue',
    `is:${wanted.state}`,
    ...(wanted.state === 'closed' ? [`closed:>=${wanted.since}`] : []),
    ...spec.labels.map((label) => `label:"${label.replaceAll('"', '')}"`),
    ...(wanted.milestone === null ? [] : [`milestone:"${wanted.milestone.replaceAll('"', '')}"`]),
    ...(wanted.assignee === null ? [] : [`assignee:${wanted.assignee}`]),
    spec.query ?? '',
  ];
  const query = new URLSearchParams({ q: terms.join(' '), sort: 'created', order: 'asc' });
  return `/search/issues?${query.toString()}`;
}

interface List {
  readonly issues: readonly Issue[];
  readonly isCut: boolean;
}

const issuesAnswer = z.array(issueAnswer);
const searchAnswer = z.object({ items: z.array(issueAnswer) });

function readList(looks: Looks, path: string): Promise<List> {
  return readPages(looks, `${looks.room.root}${path}`, (body) => readAs(issuesAnswer, body));
}

async function readSearch(looks: Looks, path: string): Promise<List> {
  const { issues, isCut } = await readPages(looks, path, (body) => readAs(searchAnswer, body).items);
  // a query may name other repositories, and pull requests
  return { issues: issues.filter((issue) => isHere(looks.room, issue)), isCut };
}

async function readPages(
  { room, paths }: Looks,
  path: string,
  readPage: (body: unknown) => readonly Issue[],
): Promise<List> {
  const issues: Issue[] = [];
  for (let page = 1; page <= MAX_PAGES; page += 1) {
    const whole = `${path}&per_page=${PAGE}${page === 1 ? '' : `&page=${page}`}`;
    paths.add(whole);
    const answer = await room.client.get(whole);
    issues.push(...readPage(answer.body));
    if (!answer.hasMore) return { issues, isCut: false };
    if (issues.length >= MAX_ISSUES + PAGE) break;
  }
  return { issues, isCut: true };
}
