// How far streams are, in the two line formats that scripts read and as one line each for people. Knows no source.
import { escapeUnprintable } from '../plan/quote.ts';

/** Counts of one stream's tasks. */
export interface StreamProgress {
  /** Has no white space, as ids have none. */
  readonly id: string;
  readonly name: string;
  /** One word for people: `working`. */
  readonly state: string;
  readonly completed: number;
  readonly inProgress: number;
  readonly pending: number;
  readonly blocked: number;
  /** Count as ended, and in nothing else. */
  readonly cancelled: number;
}

const BAR_CELLS = 20;
const MAX_NAME = 80;

/** `OVERALL c t ip p pct`, then `STREAM id c t pct ip p b name` for each; cancelled tasks are left out of `t`. */
export function formatStreamLines(streams: readonly StreamProgress[]): readonly string[] {
  const sum = (count: (stream: StreamProgress) => number): number =>
    streams.reduce((total, stream) => total + count(stream), 0);
  const all = {
    completed: sum(({ completed }) => completed),
    inProgress: sum(({ inProgress }) => inProgress),
    pending: sum(({ pending }) => pending),
    blocked: sum(({ blocked }) => blocked),
    cancelled: sum(({ cancelled }) => cancelled),
  };
  return [
    `OVERALL ${all.completed} ${countTasks(all)} ${all.inProgress} ${all.pending} ${measurePercent(all)}`,
    ...streams.map(
      (stream) =>
        `STREAM ${stream.id} ${stream.completed} ${countTasks(stream)} ${measurePercent(stream)} ${stream.inProgress} ${stream.pending} ${stream.blocked} ${cleanName(stream.name)}`,
    ),
  ];
}

/** One line for each stream: id, bar, percent, counts, state, what is under way, name; columns in line. */
export function formatStreamBars(streams: readonly StreamProgress[]): readonly string[] {
  const width = (text: (stream: StreamProgress) => string): number =>
    Math.max(0, ...streams.map((stream) => text(stream).length));
  const ids = width(({ id }) => id);
  const counts = width(writeCounts);
  const states = width(({ state }) => state);
  return streams.map((stream) =>
    [
      stream.id.padEnd(ids),
      drawBar(measurePercent(stream)),
      `${measurePercent(stream)}%`.padStart(4),
      writeCounts(stream).padStart(counts),
      stream.state.padEnd(states),
      [writeRest(stream), stream.name === stream.id ? '' : cleanName(stream.name)]
        .filter((part) => part !== '')
        .join(' · '),
    ]
      .join('  ')
      .trimEnd(),
  );
}

type Counts = Pick<StreamProgress, 'completed' | 'inProgress' | 'pending' | 'blocked' | 'cancelled'>;

function countTasks({ completed, inProgress, pending, blocked }: Counts): number {
  return completed + inProgress + pending + blocked;
}

/** Whole percent, downwards: 100 is all of them. Nothing but cancelled tasks is all of them too. */
function measurePercent(counts: Counts): number {
  const total = countTasks(counts);
  if (total === 0) return counts.cancelled === 0 ? 0 : 100;
  return Math.floor((counts.completed * 100) / total);
}

function drawBar(percent: number): string {
  const full = Math.floor((percent * BAR_CELLS) / 100);
  return `${'█'.repeat(full)}${'░'.repeat(BAR_CELLS - full)}`;
}

function writeCounts(counts: Counts): string {
  return `${counts.completed}/${countTasks(counts)}`;
}

function writeRest({ inProgress, blocked, cancelled }: Counts): string {
  return [
    inProgress === 0 ? '' : `${inProgress} in progress`,
    blocked === 0 ? '' : `${blocked} blocked`,
    cancelled === 0 ? '' : `${cancelled} cancelled`,
  ]
    .filter((part) => part !== '')
    .join(', ');
}

/** A name that breaks a line would be a line of its own. */
function cleanName(name: string): string {
  const line = escapeUnprintable(name.replace(/\s+/g, ' ').trim());
  return line.length > MAX_NAME ? `${line.slice(0, MAX_NAME - 1)}…` : line;
}
