// Judges whether somebody who may write to the repository wants an issue done, in the text that it has. Asks nobody.
import type { History } from './history.ts';

/** How the run finds its issues, as far as people take part in it. */
export interface Selectors {
  readonly labels: readonly string[];
  /** Its title. */
  readonly milestone: string | null;
  readonly assignee: string | null;
}

/** What is judged. */
export interface Case {
  readonly number: number;
  readonly author: string;
  readonly createdAt: number;
  readonly history: History;
  readonly selectors: Selectors;
  /** When whoever started the run named it, ms since 1970; null: nobody did. */
  readonly namedAt: number | null;
  readonly writers: ReadonlySet<string>;
}

/** Gives null when it may be begun, or the end of "it waits: …". */
export function findObjection(of: Case): string | null {
  const { number, author, createdAt, history, writers } = of;
  const approvals = [
    ...(of.namedAt === null ? [] : [of.namedAt]),
    ...(writers.has(author) ? [createdAt] : []),
    ...placedBy(of),
  ];
  const name = `name it with \`weft run github ${number}\``;
  if (approvals.length === 0) {
    return `nobody with write access has approved it: ${joinWays(wayOf(of.selectors, ''), name)}`;
  }
  const approvedAt = Math.max(...approvals);
  const again = joinWays(wayOf(of.selectors, ' again'), name);
  // times are whole seconds: what happened in the same one may have come after
  const second = Math.floor(approvedAt / 1000) * 1000;
  const edit = history.edits.find(({ by, at }) => at >= second && !writers.has(by));
  if (edit !== undefined) return `its text was edited by ${edit.by} after it was approved: ${again}`;
  if (approvedAt < history.since) {
    return `too much happened to it to tell who wrote its text since it was approved: ${again}`;
  }
  return null;
}

/** The last time that each of the things by which the run finds it was done, where somebody did it who may write. */
function placedBy({ history, selectors, writers }: Case): readonly number[] {
  const { labels, milestone, assignee } = selectors;
  const wanted = [
    ...labels.map((name) => ({ as: 'label', name })),
    ...(milestone === null ? [] : [{ as: 'milestone', name: milestone }]),
    ...(assignee === null ? [] : [{ as: 'assignee', name: assignee }]),
  ];
  return wanted.flatMap(({ as, name }) => {
    const same = (other: string): boolean => other.toLowerCase() === name.toLowerCase();
    const last = history.placings.filter((each) => each.as === as && same(each.name)).at(-1);
    return last !== undefined && writers.has(last.by) ? [last.at] : [];
  });
}

function wayOf({ labels, milestone, assignee }: Selectors, again: string): string | null {
  const [label] = labels;
  if (label !== undefined) return `put the label \`${label}\` on it${again}`;
  if (milestone !== null) return `put it into the milestone${again}`;
  return assignee === null ? null : `assign it${again}`;
}

function joinWays(way: string | null, name: string): string {
  return way === null ? name : `${way}, or ${name}`;
}
