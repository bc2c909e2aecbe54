// How far streams are, in the two line formats that scripts read and as one line each for people. Knows no source.

import { escapeUnprintable } from '../plan/quote.ts';
import type { RunView, TaskView } from '../view.ts';

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

/** The tracks of a run as streams; a task of no track is one of its own. */
export function streamsOfRun({ tasks }: Pick<RunView, 'tasks'>): readonly StreamProgress[] {
  const tracks = new Map<string, TaskView[]>();
  for (const task of tasks) {
    const track = task.track ?? task.id;
    tracks.set(track, [...(tracks.get(track) ?? []), task]);
  }
  return [...tracks].map(([track, all]): StreamProgress => {
    const count = (standing: RunStanding): number =>
      all.filter((task) => standingOf(task) === standing).length;
    const counts = {
      completed: count('completed'),
      inProgress: count('inProgress'),
      pending: count('pending'),
      blocked: count('blocked'),
      cancelled: count('cancelled'),
    };
    const name = all.length === 1 ? (all[0]?.title ?? track) : track;
    return { id: track.replace(/\s+/g, '-'), name, state: stateOf(counts), ...counts };
  });
}

type RunStanding = 'completed' | 'inProgress' | 'pending' | 'blocked' | 'cancelled';

function standingOf({ phase, question, attempts }: TaskView): RunStanding {
  if (phase === 'merged') return 'completed';
  if (phase === 'cancelled') return 'cancelled';
  if (question !== undefined || phase === 'failed') return 'blocked';
  return phase === 'waiting' && attempts === 0 ? 'pending' : 'inProgress';
}

function stateOf({ inProgress, pending, blocked }: Counts): string {
  if (inProgress + pending + blocked === 0) return 'done';
  if (blocked > 0) return 'blocked';
  return inProgress > 0 ? 'working' : 'waiting';
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
