// What a report of a stream means for its rows. Pure: the same report over rows that are in line with it changes nothing.
import type { TaskReport } from '../../../core/source.ts';
import type { Activity } from './activity.ts';
import type { Change } from './change.ts';
import { isEnded, isTakenBy } from './owner.ts';
import type { Item } from './rows.ts';
import type { Stream } from './stream.ts';

/** What is to be written, and what is shown as what its agent does; null: nothing is. */
export interface ReportPlan {
  readonly changes: readonly Change[];
  readonly activity: Pick<Activity, 'item' | 'doing' | 'phase' | 'isOver'> | null;
}

const MAX_REASON = 2_000;
const MAX_DOING = 200;

/**
 * Plans over the tasks that this run has taken; others of the stream are not its business. What of them is completed when the
 * end of the work is told for the first time may have been completed by its agent.
 */
export function planReport(stream: Stream, report: TaskReport): ReportPlan {
  const mine = stream.items.filter((item) => isTakenBy(report.run, item));
  const [first] = mine;
  if (first === undefined) return { changes: [], activity: null };
  const reopened = report.isTold ? null : reopenLast(mine, report);
  const changes = withPull(reopened ?? planChanges(mine, report), first, report);
  const after = new Map(changes.map(({ item, status }) => [item.id, status ?? item.status]));
  const current = mine.find((item) => !isEnded({ ...item, status: after.get(item.id) ?? item.status }));
  const isOver = report.phase === 'merged' || report.phase === 'cancelled' || report.phase === 'failed';
  const about = current ?? (mine.at(-1) as Item);
  return {
    changes,
    activity: { item: about.id, doing: about.title.slice(0, MAX_DOING), phase: report.phase, isOver },
  };
}

function planChanges(mine: readonly Item[], report: TaskReport): readonly Change[] {
  const { phase } = report;
  if (phase === 'merged') return complete(mine, report);
  if (phase === 'cancelled') return giveBack(mine, report);
  if (phase === 'waiting' && report.question === null) return [];
  const open = mine.filter((item) => !isEnded(item));
  const finished = open.filter(({ id }) => report.finished.includes(id));
  // as long as nothing has landed something is left, or the stream would count as complete
  const left =
    open.length === finished.length ? open.slice(-1) : open.filter((item) => !finished.includes(item));
  const [current] = left;
  const done = finished
    .filter((item) => item !== current)
    .map((item): Change => ({ item, status: 'completed' }));
  if (current === undefined) return done;
  const reason = findReason(report);
  if (reason !== null) {
    const isSo = current.status === 'blocked' && current.blockedReason === reason;
    return isSo ? done : [...done, { item: current, status: 'blocked', reason }];
  }
  return current.status === 'in_progress' ? done : [...done, { item: current, status: 'in_progress' }];
}

/** Its agent completed all of it, and it failed: a stream of which nothing is open would count as complete. */
function reopenLast(mine: readonly Item[], report: TaskReport): readonly Change[] | null {
  const last = mine.findLast(({ status }) => status === 'completed');
  if (report.phase !== 'failed' || last === undefined || !mine.every(isEnded)) return null;
  return [{ item: last, status: 'blocked', reason: findReason(report) ?? '' }];
}

function complete(mine: readonly Item[], { landed }: TaskReport): readonly Change[] {
  const text = landed === null ? 'with no change' : `${landed.commit.slice(0, 12)} on ${landed.ref}`;
  return mine
    .filter(({ status }) => status !== 'cancelled')
    .map((item): Change => ({ item, status: 'completed', note: { word: 'landed', text } }));
}

/** What its agent had finished is not done either: nothing of it landed. */
function giveBack(mine: readonly Item[], { finished, isTold }: TaskReport): readonly Change[] {
  const isItsAgents = ({ id }: Item): boolean => !isTold || finished.includes(id);
  return mine
    .filter((item) => !isEnded(item) || (item.status === 'completed' && isItsAgents(item)))
    .map((item): Change => ({ item, status: 'pending', claim: 'release' }));
}

/** Why people have to act; null: they do not. */
function findReason({ question, phase, reason, task }: TaskReport): string | null {
  if (question !== null) {
    const options = question.options.map((option, at) => `\n${at + 1}. ${option}`).join('');
    return `${question.text}${options}\nAnswer with: weft answer ${task}`.slice(-MAX_REASON);
  }
  if (phase !== 'failed') return null;
  return (reason ?? `weft gave it up; see: weft explain ${task}`).slice(0, MAX_REASON);
}

function withPull(changes: readonly Change[], first: Item, { pull }: TaskReport): readonly Change[] {
  if (pull === null || changes.some(({ claim }) => claim === 'release')) return changes;
  const note = { word: 'pull request', text: pull.url } as const;
  // a task that landed says so, and its pull request was said before
  return changes.some(({ item, note: other }) => item === first && other !== undefined)
    ? changes
    : [
        ...changes.filter(({ item }) => item !== first),
        { ...changes.find(({ item }) => item === first), item: first, note },
      ];
}
