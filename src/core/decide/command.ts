// What humans may ask for, and whether it makes sense now. Gives facts to record, or the reason why not.
import { readChoice } from '../answer-text.ts';
import { isLanding } from '../batch.ts';
import { countComments, judgeComment, placeOf, SEE_COMMENTS } from '../comment.ts';
import type { Event } from '../event.ts';
import { explainTask } from '../explain.ts';
import { type Failure, fail, ok, type Result, unreachable } from '../failure.ts';
import type { Comment, Option, Policy, Question, TaskId } from '../model.ts';
import { countBlockers, dependentsOf } from '../schedule-index.ts';
import { hasVerifiedWork, isLive, type RunState, type TaskState } from '../state.ts';
import { awaitsApproval } from './pull.ts';

/** One command of a human's, as it crosses the socket or waits in the inbox. */
export type Command =
  | { readonly kind: 'answer'; readonly task: string; readonly option: number | null; readonly text: string }
  | { readonly kind: 'guide'; readonly task: string; readonly text: string }
  | { readonly kind: 'reject'; readonly task: string; readonly text: string }
  | { readonly kind: 'comment'; readonly task: string; readonly comment: Comment }
  | { readonly kind: 'approve'; readonly task: string | null }
  | { readonly kind: 'pause' | 'unpause' | 'stop'; readonly task: string | null }
  | { readonly kind: 'restart' | 'cancel' | 'done'; readonly task: string }
  | { readonly kind: 'drain' };

/** What came of a command: the facts and a sentence for the human. */
export interface Judged {
  readonly events: readonly Event[];
  readonly sentence: string;
}

const MAX_TEXT = 65_536;

/** Judges a command against the state; never changes anything. */
export function judgeCommand(state: RunState, command: Command): Result<Judged> {
  switch (command.kind) {
    case 'drain':
      return say(
        [{ type: 'run.stopping', agents: 'finish' }],
        'No new task starts; what is at work is finished.',
      );
    case 'pause':
      return command.task === null
        ? say([{ type: 'run.paused' }], 'No new task starts until `weft resume`.')
        : forTask(state, command.task, pause);
    case 'unpause':
      return command.task === null
        ? say([{ type: 'run.unpaused' }], 'Tasks start again.')
        : forTask(state, command.task, unpause);
    case 'stop':
      return command.task === null
        ? say(
            [{ type: 'run.stopping', agents: 'stop' }],
            'The agents are being stopped; `weft resume` goes on from here.',
          )
        : forTask(state, command.task, stop);
    case 'approve':
      return command.task === null ? approveAll(state) : forTask(state, command.task, approve);
    case 'restart':
      return forTask(state, command.task, restart);
    case 'cancel':
      return forTask(state, command.task, cancel);
    case 'done':
      return forTask(state, command.task, done);
    case 'guide':
      return forTask(state, command.task, (ts) => guide(state, ts, command.text));
    case 'reject':
      return forTask(state, command.task, (ts) => reject(ts, state, command.text));
    case 'comment':
      return forTask(state, command.task, (ts) => comment(ts, command.comment));
    case 'answer':
      return forTask(state, command.task, (ts) => answer(ts, command));
    default:
      return unreachable(command);
  }
}

type Judge = (ts: TaskState, state: RunState) => Result<Judged>;

function forTask(state: RunState, name: string, judge: Judge): Result<Judged> {
  const ts = state.tasks.get(name as TaskId) ?? findByPrefix(state, name);
  if (ts === null) {
    return refuse('usage', `There is no task ${name} in run ${state.run}.`, 'weft status lists the tasks.');
  }
  return judge(ts, state);
}

/** A unique beginning of an id will do. */
function findByPrefix(state: RunState, name: string): TaskState | null {
  const found = name === '' ? [] : [...state.tasks.values()].filter((ts) => ts.task.id.startsWith(name));
  return found.length === 1 ? (found[0] ?? null) : null;
}

function say(events: readonly Event[], sentence: string): Result<Judged> {
  return ok({ events, sentence });
}

function refuse(kind: Failure['kind'], sentence: string, hint?: string): Result<Judged> {
  return fail(hint === undefined ? { kind, sentence } : { kind, sentence, hint });
}

function isFinal(ts: TaskState): boolean {
  return ts.phase === 'merged' || ts.phase === 'failed' || ts.phase === 'cancelled';
}

function refuseFinal(ts: TaskState): Result<Judged> {
  const hint = ts.phase === 'merged' ? undefined : `weft restart ${ts.task.id} starts it anew.`;
  const stands = ts.phase === 'failed' ? 'has failed' : `is ${ts.phase}`;
  return refuse('usage', `${ts.task.id} ${stands} already.`, hint);
}

const pause: Judge = (ts) => {
  if (isFinal(ts)) return refuseFinal(ts);
  if (ts.paused) return say([], `${ts.task.id} is paused already.`);
  const events: Event[] = [{ type: 'task.paused', task: ts.task.id, agent: 'finish' }];
  return say(events, `${ts.task.id} takes no further step until \`weft resume ${ts.task.id}\`.`);
};

const stop: Judge = (ts) => {
  if (isFinal(ts)) return refuseFinal(ts);
  const events: Event[] = [{ type: 'task.paused', task: ts.task.id, agent: 'stop' }];
  const what = isLive(ts) ? 'its agent is being stopped, its work is kept' : 'it is paused';
  return say(events, `${ts.task.id}: ${what}; \`weft resume ${ts.task.id}\` goes on.`);
};

const unpause: Judge = (ts, state) => {
  if (isFinal(ts)) return refuseFinal(ts);
  if (!ts.paused) return say([], `${ts.task.id} is not paused (${explainTask(state, ts, state.ms)}).`);
  return say([{ type: 'task.unpaused', task: ts.task.id }], `${ts.task.id} goes on.`);
};

const approve: Judge = (ts) => {
  if (isFinal(ts)) return refuseFinal(ts);
  if (ts.approved) return say([], `${ts.task.id} is approved already.`);
  if (!hasVerifiedWork(ts)) {
    return refuse('usage', `${ts.task.id} is ${ts.phase}: there is nothing verified to approve yet.`);
  }
  const count = ts.comments.length;
  const lost = count === 0 ? '' : ` Its agent is not told of the ${countComments(count)} on it.`;
  return say(
    [{ type: 'task.approved', task: ts.task.id }],
    `${ts.task.id} is approved and will land.${lost}`,
  );
};

/** What somebody commented on is meant to go back, unless it is approved by its name. */
function approveAll(state: RunState): Result<Judged> {
  const waiting = [...state.tasks.values()].filter((ts) => awaitsApproval(state, ts));
  const ready = waiting.filter((ts) => ts.comments.length === 0);
  const held = waiting.filter((ts) => ts.comments.length > 0);
  const events = ready.map((ts): Event => ({ type: 'task.approved', task: ts.task.id }));
  const approved = ready.length === 0 ? 'Nothing else waits for approval.' : `Approved: ${listIds(ready)}.`;
  if (held.length > 0) return say(events, `${approved} Not approved, for the comments: ${listIds(held)}.`);
  return say(events, ready.length === 0 ? 'Nothing waits for approval.' : approved);
}

function listIds(tasks: readonly TaskState[]): string {
  return tasks.map((ts) => ts.task.id).join(', ');
}

function refuseLanding(ts: TaskState): Result<Judged> {
  return refuse(
    'usage',
    `${ts.task.id} is landing right now.`,
    'What comes after it needs a task of its own.',
  );
}

const restart: Judge = (ts, state) => {
  if (ts.phase === 'merged') return refuseFinal(ts);
  if (isLanding(state.index.line, ts)) return refuseLanding(ts);
  const kept = ts.attempts === 0 ? '' : '; what it had done is kept under a rescue ref';
  return say([{ type: 'task.restarted', task: ts.task.id }], `${ts.task.id} starts anew${kept}.`);
};

const cancel: Judge = (ts, state) => {
  if (isFinal(ts)) return refuseFinal(ts);
  if (isLanding(state.index.line, ts)) return refuseLanding(ts);
  const waiting = dependentsOf(state, ts).length;
  const note = waiting === 0 ? '' : ` ${waiting} ${waiting === 1 ? 'task depends' : 'tasks depend'} on it.`;
  return say([{ type: 'task.cancelled', task: ts.task.id }], `${ts.task.id} is cancelled.${note}`);
};

const done: Judge = (ts, state) => {
  if (isFinal(ts)) return refuseFinal(ts);
  if (ts.task.type === 'manual') {
    if (countBlockers(state, ts) > 0) {
      return refuse(
        'blocked',
        `${ts.task.id} still waits for other tasks.`,
        `weft explain ${ts.task.id} says which.`,
      );
    }
    return say([{ type: 'task.done', task: ts.task.id }], `${ts.task.id} is done.`);
  }
  if (ts.phase !== 'waiting' || ts.wipe || ts.attempt?.worktree == null) {
    return refuse('usage', `${ts.task.id} is ${ts.phase}: there is no worktree of yours to take over.`);
  }
  return say(
    [{ type: 'task.done', task: ts.task.id }],
    `${ts.task.id}: what is in its worktree is checked now.`,
  );
};

function guide(state: RunState, ts: TaskState, text: string): Result<Judged> {
  const clean = text.trim();
  if (clean === '') return refuse('usage', 'The guidance is empty.');
  if (ts.task.type === 'manual') {
    return refuse('usage', `${ts.task.id} is a human's to do: no agent would hear it.`);
  }
  if (clean.length > MAX_TEXT) return refuse('usage', `The guidance is longer than ${MAX_TEXT} characters.`);
  if (isFinal(ts)) return refuseFinal(ts);
  if (isLanding(state.index.line, ts)) return refuseLanding(ts);
  // a crash between taking a command from the inbox folder and removing it shows it again
  const known = ts.guidance
    .slice(ts.heard)
    .some((text) => text === clean || text.endsWith(`\nAnswer: ${clean}`));
  if (known) return say([], `${ts.task.id} will be told that already.`);
  const events: Event[] = [{ type: 'guidance.given', task: ts.task.id, text: clean }];
  if (ts.question !== null) {
    if (isChoice(ts.question)) return say(events, promiseAfterAnswer(ts, ts.question));
    const { id } = ts.question;
    return say(
      [{ type: 'question.answered', task: ts.task.id, id, text: clean, then: 'retry' }],
      `${ts.task.id} gets your answer.`,
    );
  }
  return say(events, `${ts.task.id} ${promiseToTell(ts)}.`);
}

function promiseToTell({ phase, attempt }: TaskState): string {
  const steerable = phase !== 'working' || attempt?.steerable;
  if (steerable === true) return 'will be told';
  return steerable === 'file'
    ? 'is told when it looks into its status file, or else in its next attempt'
    : 'is told in its next attempt: this agent does not listen while it works';
}

/** Sends work that is there to be judged back to its agent; the comments on it go with its next attempt. */
function reject(ts: TaskState, state: RunState, text: string): Result<Judged> {
  const { id } = ts.task;
  const count = ts.comments.length;
  const words = text.trim() === '' && count > 0 ? SEE_COMMENTS : text.trim();
  if (words === '')
    return refuse(
      'usage',
      `It is not said what is wrong with ${id}.`,
      `weft reject ${id} "…", or \`weft comment ${id} FILE:LINE "…"\` before it.`,
    );
  if (ts.phase === 'merged') return refuseLate(ts, state.policy.merge.strategy);
  const given = guide(state, ts, words);
  if (!given.ok || given.value.events.length === 0) return given;
  if (!isToBeJudged(ts)) return refuseUnfinished(ts);
  const said = [
    ...(text.trim() === '' ? [] : ['your words']),
    ...(count === 0 ? [] : [countComments(count)]),
  ];
  const held = ts.paused ? ` It is paused: \`weft resume ${id}\` lets it go on.` : '';
  return say(rejectWith(ts, words), `${id} goes back to its agent with ${said.join(' and ')}.${held}`);
}

/** Work that was verified and may still be held back, or that weft asks about. */
function isToBeJudged(ts: TaskState): boolean {
  const { question, attempt } = ts;
  if (question !== null) return question.from === 'weft' && attempt?.inspected != null;
  return hasVerifiedWork(ts) || ts.unreviewed;
}

/** An answer alone would have work that waits for its review reviewed again. */
function rejectWith(ts: TaskState, text: string): readonly Event[] {
  const given: Event = { type: 'guidance.given', task: ts.task.id, text };
  if (ts.question === null) return [given];
  const answered: Event = {
    type: 'question.answered',
    task: ts.task.id,
    id: ts.question.id,
    text: ts.unreviewed ? 'Work on it again.' : text,
    then: 'retry',
  };
  return ts.unreviewed ? [answered, given] : [answered];
}

function refuseUnfinished(ts: TaskState): Result<Judged> {
  const { id } = ts.task;
  if (ts.question !== null)
    return refuse(
      'usage',
      `${id} asks something: there is no finished work of it yet.`,
      `weft answer ${id} "…"`,
    );
  const goesBack = ts.phase === 'waiting' && ts.attempts > 0;
  const stands = goesBack
    ? 'goes back to its agent anyway'
    : `is ${ts.phase}: there is nothing finished to reject`;
  return refuse('usage', `${id} ${stands}.`, `\`weft guide ${id} "…"\` tells its agent something.`);
}

function refuseLate(ts: TaskState, strategy: Policy['merge']['strategy']): Result<Judged> {
  const { landed, task } = ts;
  const tip = landed === null || task.type === 'manual' ? null : landed.commit.slice(0, 12);
  const sentence = `${task.id} is merged already: it is too late to reject it.`;
  const after = 'What comes instead of it needs a task of its own.';
  if (tip === null) return refuse('usage', sentence, after);
  const revert = {
    merge: `git revert -m 1 ${tip}`,
    squash: `git revert ${tip}`,
    rebase: `git revert ${tip}`,
    'fast-forward': `git revert ${tip}`,
  };
  const before =
    strategy === 'rebase' || strategy === 'fast-forward' ? ', and of its commits before that one,' : '';
  return refuse('usage', sentence, `\`${revert[strategy]}\`${before} takes it back. ${after}`);
}

function comment(ts: TaskState, given: Comment): Result<Judged> {
  const { id } = ts.task;
  if (ts.phase !== 'merged' && isFinal(ts)) return refuseFinal(ts);
  const judged = judgeComment(ts, given);
  if (!judged.ok) return judged;
  if (judged.value === null) return say([], `${id} has that comment already.`);
  const then = `\`weft reject ${id}\` sends it back with ${countComments(ts.comments.length + 1)}.`;
  return say(
    [{ type: 'comment.given', task: ts.task.id, comment: judged.value }],
    `${id}: noted on ${placeOf(given)}. ${then}`,
  );
}

/** Its agent waits for a choice, leave for something as a rule: words that were not meant for it must not decide it. */
function isChoice(question: Question): boolean {
  return question.from === 'agent' && question.options.length > 0;
}

function promiseAfterAnswer({ task }: TaskState, question: Question): string {
  const labels = listOptions(question);
  return `${task.id} waits for your choice, and will be told after it: \`weft answer ${task.id} 1\`, another number or your own words (${labels}).`;
}

function listOptions({ options }: Question): string {
  return options.map((each, at) => `${at + 1} ${each.label}`).join(' · ');
}

function answer(ts: TaskState, command: Extract<Command, { kind: 'answer' }>): Result<Judged> {
  const { question } = ts;
  if (question === null)
    return refuse('usage', `${ts.task.id} has no open question.`, 'weft status lists the open ones.');
  if (command.text.length > MAX_TEXT)
    return refuse('usage', `The answer is longer than ${MAX_TEXT} characters.`);
  const said = readAnswerTo(question, command);
  const option = said.number === null ? null : question.options[said.number - 1];
  if (option === undefined) {
    const labels = listOptions(question);
    const hint = question.from === 'weft' ? labels.replaceAll('TASK', ts.task.id) : labels;
    return refuse('usage', `Question ${question.id} has no option ${said.number}.`, hint);
  }
  const text = [option?.label ?? '', said.text].filter((part) => part !== '').join(' ');
  if (text === '')
    return refuse('usage', 'The answer is empty.', `weft answer ${ts.task.id} 1, or a text of your own.`);
  const then = option?.then ?? 'retry';
  const events: Event[] = [{ type: 'question.answered', task: ts.task.id, id: question.id, text, then }];
  return say(events, afterAnswer(ts, then));
}

/** The number that is chosen, from 1, and words; where there is nothing to choose from, a number is a word like others. */
function readAnswerTo(
  { options }: Question,
  { option, text }: Extract<Command, { kind: 'answer' }>,
): { readonly number: number | null; readonly text: string } {
  const words = text.trim();
  if (option !== null && options.length === 0) return { number: null, text: `${option} ${words}`.trim() };
  if (option !== null) return { number: option, text: words };
  const choice = readChoice(words);
  const isOne = choice !== null && choice.option >= 1 && choice.option <= options.length;
  return isOne ? { number: choice.option, text: choice.text } : { number: null, text: words };
}

function afterAccept(ts: TaskState): string {
  switch (ts.attempt?.role) {
    case 'plan':
      return `${ts.task.id} is done without a plan.`;
    case 'review':
      return `${ts.task.id}: the work is taken as it is; its gates have passed.`;
    default:
      return `${ts.task.id}: the work is taken as it is; its gates still have to pass.`;
  }
}

function afterAnswer(ts: TaskState, then: Option['then']): string {
  switch (then) {
    case 'retry':
      return `${ts.task.id} goes on with your answer.`;
    case 'accept':
      return afterAccept(ts);
    case 'inspect':
      return `${ts.task.id}: what is on its branch is checked now.`;
    case 'hold':
      return `${ts.task.id} is yours: work in ${ts.attempt?.worktree ?? 'its worktree'}, then \`weft done ${ts.task.id}\`.`;
    case 'give-up':
      return `${ts.task.id} is given up.`;
    default:
      return unreachable(then);
  }
}
