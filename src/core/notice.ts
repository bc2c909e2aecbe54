// What calls a person from outside: what asks, what is ready for them, what failed, and that it is over. Knows no way of calling.
import { NOTICE_KINDS, type NoticeKind } from './notice-policy.ts';
import type { RunView, TaskView } from './view.ts';

/** One call. */
export interface Notice {
  /** The same for the same occasion, whoever finds it and when. */
  readonly id: string;
  readonly kind: NoticeKind;
  readonly run: string;
  /** Null: the run itself. */
  readonly task: string | null;
  /** One line, without control characters. */
  readonly title: string;
  /** One line: what to know, or what to type. */
  readonly text: string;
  /** Where to look at it; null: nowhere but here. */
  readonly url: string | null;
}

/** All that people should have been called for by now, of the kinds that are wanted. */
export function noticesOf(view: RunView, wanted: readonly NoticeKind[] = NOTICE_KINDS): readonly Notice[] {
  const found = [...view.tasks.flatMap((task) => noticeOfTask(view, task) ?? []), ...noticeOfEnd(view)];
  return found.filter(({ kind }) => wanted.includes(kind));
}

function noticeOfTask(view: RunView, task: TaskView): Notice | null {
  const { phase, question } = task;
  const of = (kind: NoticeKind, key: string, what: string, text: string): Notice => ({
    id: `${view.run}/${task.id}/${kind}/${key}`,
    kind,
    run: view.run,
    task: task.id,
    title: oneLine(`${task.id} ${what}: ${task.title}`),
    text: oneLine(text),
    url: task.prUrl ?? null,
  });
  if (question !== undefined) {
    const options = question.options.map(({ label }, at) => `${at + 1} ${label}`).join(' · ');
    const text = options === '' ? question.text : `${question.text} (${options})`;
    return of('stuck', `${task.attempts}/${question.id}`, 'is stuck', text);
  }
  if (phase === 'failed') return of('failed', `${task.attempts}`, 'failed', task.reason);
  if (isReady(view, task)) {
    const how = `Look with \`weft review ${task.id}\`, let it land with \`weft approve ${task.id}\`.`;
    return task.pr === undefined
      ? of('ready', `${task.attempts}`, 'is ready', how)
      : of('ready', `${task.attempts}/${task.pr}`, 'has its pull request ready', task.prUrl ?? how);
  }
  return null;
}

/** What lands by itself is nobody's to look at. */
function isReady(view: RunView, { phase, awaits, paused }: TaskView): boolean {
  return awaits === 'approval' || (phase === 'pr_created' && view.integrate === 'human' && !paused);
}

/** Who was called for what the run waits for need not be told that it waits. */
function noticeOfEnd(view: RunView): readonly Notice[] {
  const { run, state, counts, tasks } = view;
  const hasEnded = state === 'complete' || state === 'failed' || state === 'timeout';
  const isAtRest = state === 'blocked' && tasks.every((task) => noticeOfTask(view, task) === null);
  if (!hasEnded && !isAtRest) return [];
  const words = Object.entries(counts).map(([phase, count]) => `${count} ${phase}`);
  const how = state === 'complete' ? 'is complete' : (ENDINGS[state] ?? state);
  const id = `${run}//finished/${state}/${view.updatedAt}`;
  return [
    { id, kind: 'finished', run, task: null, title: `run ${run} ${how}`, text: words.join(', '), url: null },
  ];
}

const ENDINGS: Readonly<Record<string, string>> = {
  failed: 'ended, and not all of it landed',
  timeout: 'ended: its time is used up',
  blocked: 'waits for people',
};

const MAX_LINE = 500;

/** Notices go to terminals and desktops: what an agent wrote must not steer them. */
function oneLine(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]+/gu, ' ')
    .replace(/ +/g, ' ')
    .trim()
    .slice(0, MAX_LINE);
}
