// Puts together what GitHub says of a run's issues: selection, past, parts and blockers, who may write. Changes nothing.
import type { Loaded } from '../../../ports/source.ts';
import type { Room } from '../../forge/github/room.ts';
import { type Access, readAccess } from './access.ts';
import { type Known, listNeeds, makeDrafts } from './drafts.ts';
import { type History, readHistories } from './history.ts';
import type { Issue } from './issue.ts';
import { createLinks } from './links.ts';
import { type GithubSpec, type Looks, readIssue, type Selection, select } from './selection.ts';

/** Loads again and again, at the price of what changed. */
export interface Loader {
  /** Throws `ForgeError`. */
  load(): Promise<Loaded>;
  /** What was read last and may change: addresses below the interface. */
  paths(): readonly string[];
}

/** For so long after a change an issue's past is asked for again: times of GitHub are whole seconds, and clocks differ. */
const FRESH_MS = 60_000;
/** Issues outside of the selection that are looked at; further ones count as open. */
const MAX_OTHERS = 200;

interface Remembered {
  readonly history: History;
  /** The issue as it was then. */
  readonly issue: Issue;
}

/** Makes a loader, which remembers the past of issues. */
export function createLoader(
  room: Room,
  of: { readonly spec: GithubSpec; readonly startedAt: number },
): Loader {
  const links = createLinks(room);
  const past = new Map<number, Remembered>();
  let paths: readonly string[] = [];
  return {
    paths: () => paths,
    load: async () => {
      const looks: Looks = { room, paths: new Set() };
      const selection = await select(looks, of.spec, of);
      // texts first: an edit in between is then one of a text that nobody is given
      await readPast(room, { past, issues: selection.issues.filter(({ state }) => state === 'open') });
      const known = await Promise.all(
        selection.issues.map(async (issue): Promise<Known> => {
          const history = past.get(issue.number)?.history ?? null;
          return { issue, history, needs: issue.state === 'open' ? await links.read(issue) : [] };
        }),
      );
      const others = await readOthers(looks, known);
      const access = await readAccess(room, listPeople(known));
      paths = [...looks.paths];
      return assemble(room, { ...of, known, others, access, selection });
    },
  };
}

async function readPast(
  room: Room,
  { past, issues }: { readonly past: Map<number, Remembered>; readonly issues: readonly Issue[] },
): Promise<void> {
  const now = room.clock.wallMs();
  const due = issues.filter((issue) => {
    const known = past.get(issue.number)?.issue;
    const isSame =
      known?.updatedAt === issue.updatedAt && known.body === issue.body && known.title === issue.title;
    return !isSame || now - issue.updatedAt < FRESH_MS;
  });
  const read = await readHistories(
    room,
    due.map(({ number }) => number),
  );
  const selected = new Set(issues.map(({ number }) => number));
  for (const number of past.keys()) if (!selected.has(number)) past.delete(number);
  for (const issue of due) {
    const history = read.get(issue.number);
    if (history === undefined) past.delete(issue.number);
    else past.set(issue.number, { history, issue });
  }
}

async function readOthers(looks: Looks, known: readonly Known[]): Promise<ReadonlyMap<number, Issue | null>> {
  const inside = new Set(known.map(({ issue }) => issue.number));
  const wanted = listNeeds(looks.room.place, known).filter((number) => !inside.has(number));
  const read = await Promise.all(
    wanted.slice(0, MAX_OTHERS).map(async (number) => [number, await readIssue(looks, number)] as const),
  );
  return new Map(read);
}

/** Everybody whose word may count. */
function listPeople(known: readonly Known[]): ReadonlySet<string> {
  const people = known.flatMap(({ issue, history }) =>
    history === null
      ? []
      : [issue.author, ...[...history.edits, ...history.placings, ...history.comments].map(({ by }) => by)],
  );
  return new Set(people.filter((login) => login !== 'ghost'));
}

function assemble(
  room: Room,
  found: {
    readonly spec: GithubSpec;
    readonly startedAt: number;
    readonly known: readonly Known[];
    readonly others: ReadonlyMap<number, Issue | null>;
    readonly access: Access;
    readonly selection: Selection;
  },
): Loaded {
  const { spec, startedAt, known, others, access, selection } = found;
  const { owner, name } = room.place;
  const made = makeDrafts({
    ...{ home: room.place, known, others },
    selectors: selection.selectors,
    namedAt: spec.issues.length > 0 ? startedAt : null,
    writers: access.writers,
  });
  const untold = `GitHub does not tell this token who may write to ${owner}/${name}, so only issues that are named count as approved.`;
  return {
    ...made,
    diagnostics: [...selection.diagnostics, ...made.diagnostics],
    notes: [...selection.notes, ...(access.isTold ? [] : [untold]), ...(made.notes ?? [])],
  };
}
