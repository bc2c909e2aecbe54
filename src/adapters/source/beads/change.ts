// What has to be changed at an issue so that it says what a report says. Pure: looks at both, writes nothing.
import type { TaskReport } from '../../../core/source.ts';
import { hasFailureWord } from './family.ts';
import type { BeadsIssue } from './issue.ts';

/** A comment that is made once, whatever happens: its last line is the mark it is found again by. */
export interface MarkedComment {
  readonly mark: string;
  readonly text: string;
}

/** What to do to one issue, in this order; nothing is needed of what is null or empty. */
export interface IssueChange {
  readonly id: string;
  readonly comment: MarkedComment | null;
  /** Reason for closing. */
  readonly close: string | null;
  /** Arguments of `bd update`. */
  readonly flags: readonly string[];
}

/** By whom. */
export interface Reporter {
  readonly actor: string;
  readonly run: string;
  /** Issue that people called the epic of the run, whatever its type; null: none. */
  readonly epic: string | null;
  /** Issues this process has claimed whose work has not been reported as begun. */
  readonly fresh: ReadonlySet<string>;
  /** Landed issues whose epics have been looked at. */
  readonly settled: Set<string>;
}

const MAX_COMMENT = 8_000;
const PHASE = 'phase:';

/**
 * Works out the change; null: all is as it should be, or the issue is not ours to touch. Of what others hold only the
 * landing is told; what people did to an issue after weft was through with it stays.
 */
export function planChange(report: TaskReport, issue: BeadsIssue, by: Reporter): IssueChange | null {
  const isOurs = issue.assignee === by.actor;
  const wasOurs = issue.metadata['weft_run'] === by.run;
  const told = wasOurs ? issue.metadata['phase'] : null;
  const phase = namePhase(report);
  if (report.phase === 'merged') {
    if (issue.status !== 'closed' && told === 'merged') return null;
    if (issue.status === 'closed' && !isOurs && !wasOurs) return null;
    return makeChange(issue, {
      close: issue.status === 'closed' ? null : describeLanding(report),
      flags: flagsOf(report, issue, by),
    });
  }
  if (isOurs && isToBeGivenBack(report, by.fresh)) {
    const isFailed = report.phase === 'failed';
    const status = isFailed ? 'blocked' : 'open';
    // its agent closed what is not finished
    const isClosed = issue.status === 'closed' && !(isFailed && wasOurs);
    const keeps = isClosed || issue.status === status;
    return makeChange(issue, {
      comment: isClosed ? null : describeEnd(report),
      flags: [...(keeps ? [] : [`--status=${status}`]), '--assignee=', ...flagsOf(report, issue, by)],
    });
  }
  if (!isOurs) {
    // the rest of a hand-over that was interrupted
    const isHalfDone = issue.assignee === '' && told === phase && issue.status === 'blocked';
    return isHalfDone && report.phase === 'failed'
      ? makeChange(issue, { flags: labelFlags(report, issue) })
      : null;
  }
  const question = issue.metadata['weft_question'] === report.question?.id ? null : report.question;
  // its agent closed what is not finished: people have to hear of the question
  const isOpened = issue.status === 'closed' && wasOurs && question !== null;
  if (issue.status === 'closed' && !isOpened) return null;
  return makeChange(issue, {
    comment: question === null ? null : describeQuestion(report, question),
    flags: [...(isOpened ? ['--status=in_progress'] : []), ...flagsOf(report, issue, by)],
  });
}

function makeChange(
  issue: BeadsIssue,
  parts: {
    readonly comment?: MarkedComment | null;
    readonly close?: string | null;
    readonly flags: readonly string[];
  },
): IssueChange | null {
  const { comment = null, close = null, flags } = parts;
  return comment === null && close === null && flags.length === 0
    ? null
    : { id: issue.id, comment, close, flags };
}

/** A claim that came to nothing, too: made by an engine that died before it began the work. */
function isToBeGivenBack({ phase, attempts, task }: TaskReport, fresh: ReadonlySet<string>): boolean {
  if (phase === 'failed' || phase === 'cancelled') return true;
  return phase === 'waiting' && attempts === 0 && !fresh.has(task);
}

/** The value of the label `phase:…`; null: none is wanted. */
function labelOf(report: TaskReport): string | null {
  switch (report.phase) {
    case 'waiting':
      return report.question === null ? null : 'blocked';
    case 'cancelled':
      return null;
    case 'failed':
      return 'blocked';
    case 'merged':
      return 'merged';
    default:
  }
  if (report.question !== null) return 'blocked';
  switch (report.phase) {
    case 'verifying':
      return 'working';
    case 'queued':
      return report.pull === null ? 'committed' : 'pr_created';
    default:
      return report.phase;
  }
}

function namePhase(report: TaskReport): string {
  return report.phase === 'failed' ? 'failed' : (labelOf(report) ?? report.phase);
}

function flagsOf(report: TaskReport, issue: BeadsIssue, by: Reporter): readonly string[] {
  const wanted: Readonly<Record<string, string | null>> = {
    weft_run: by.run,
    phase: namePhase(report),
    worktree: report.worktree,
    branch: report.branch,
    agent_pid: report.pid === null ? null : String(report.pid),
    pr_number: report.pull === null ? null : String(report.pull.number),
    ...(report.question === null ? {} : { weft_question: report.question.id }),
  };
  const metadata = Object.entries(wanted).flatMap(([key, value]) => {
    const present = issue.metadata[key];
    if (value === null) return present === undefined ? [] : [`--unset-metadata=${key}`];
    return present !== undefined && String(present) === value ? [] : [`--set-metadata=${key}=${value}`];
  });
  return [...labelFlags(report, issue), ...metadata];
}

/** Labels of others stay. Of `phase:` there is one, of `pr:` the one of the pull request. */
function labelFlags(report: TaskReport, issue: BeadsIssue): readonly string[] {
  const phase = labelOf(report);
  const wanted = [
    ...(phase === null ? [] : [`${PHASE}${phase}`]),
    ...(report.pull === null ? [] : [`pr:${report.pull.number}`]),
  ];
  const stale = issue.labels.filter(
    (label) =>
      !wanted.includes(label) &&
      (label.startsWith(PHASE) || (report.pull !== null && /^pr:\d+$/.test(label))),
  );
  return [
    ...stale.map((label) => `--remove-label=${label}`),
    ...wanted.filter((label) => !issue.labels.includes(label)).map((label) => `--add-label=${label}`),
  ];
}

/** Beads looks for words in it: a branch called `fix-error` would make a failure of the landing. */
function describeLanding({ landed, pull }: TaskReport): string {
  if (landed === null) return 'Done by weft: nothing had to be changed';
  const where = hasFailureWord(landed.ref) ? '' : ` on ${landed.ref.replace(/^refs\/heads\//, '')}`;
  return `Landed by weft as ${landed.commit}${where}${pull === null ? '' : `, pull request #${pull.number}`}`;
}

function describeEnd(report: TaskReport): MarkedComment | null {
  if (report.phase === 'waiting') return null;
  const how = report.phase === 'failed' ? 'This failed' : 'This was given up';
  const times = `${report.attempts} attempt${report.attempts === 1 ? '' : 's'}`;
  const kept = report.branch === null ? [] : [`What there is of it is on the branch ${report.branch}.`];
  const next =
    report.phase === 'failed' ? [`To have it done again: bd update ${report.task} --status open`] : [];
  return mark(`${report.run}/${report.phase}/${report.attempts}`, [
    `${how} in the run ${report.run} after ${times}${report.reason === null ? '.' : `: ${report.reason}`}`,
    ...kept,
    ...next,
  ]);
}

function describeQuestion(
  report: TaskReport,
  question: Exclude<TaskReport['question'], null>,
): MarkedComment {
  return mark(`question/${question.id}`, [
    question.text,
    ...question.options.map((option, at) => `${at + 1}. ${option}`),
    `To answer: weft answer ${report.task} ${question.options.length > 0 ? 'NUMBER' : '"…"'}`,
  ]);
}

function mark(name: string, lines: readonly string[]): MarkedComment {
  const text = lines.join('\n').replaceAll('\0', '').slice(0, MAX_COMMENT);
  const line = `[weft ${name}]`;
  return { mark: line, text: `${text}\n${line}` };
}
