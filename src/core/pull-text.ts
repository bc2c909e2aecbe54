// What weft writes at the forge: titles, texts and answers, of facts alone. Nothing in it is an agent's own word.
import { writeBelow } from './merge-table.ts';
import { fillWords, writeSubject } from './message.ts';
import type { GateResult } from './model.ts';
import type { PullRemark } from './pull.ts';
import { type RunState, type TaskState, taskOf } from './state.ts';

/** Text by which the pull request of a task is found again. */
export function writeMarker({ run }: RunState, { task, pulls }: TaskState): string {
  const count = pulls === 0 ? '' : ` pull=${pulls + 1}`;
  return `<!-- weft run=${run} task=${defuse(task.id)}${count} -->`;
}

/** Title of its pull request. */
export function writePullTitle(ts: TaskState): string {
  return writeSubject(ts);
}

const BEGIN = '<!-- weft evidence -->';
const END = '<!-- /weft evidence -->';

/** Text of its pull request, without the marker: the template, with the evidence in it. */
export function writePullBody(state: RunState, ts: TaskState): string {
  const evidence = `${BEGIN}\n${writeEvidence(state, ts)}\n${END}`;
  const template = state.policy.pullRequests?.body;
  const closes = writeClosing(ts);
  if (template === undefined) {
    const about = closes ?? `${defuse(ts.task.ref)}, task \`${defuse(ts.task.id)}\``;
    return `${about}\n\n${evidence}`;
  }
  const text = defuse(fillWords(template.replaceAll('{evidence}', '\u0000'), state, ts));
  const whole = text.includes('\u0000') ? text.replaceAll('\u0000', evidence) : `${text}\n\n${evidence}`;
  // a template that names the issue says itself what becomes of it
  return closes === null || template.includes('{ref}') ? whole : `${closes}\n\n${whole}`;
}

/** Makes the forge close the issue that the task is from when the pull request is merged; null: it is from none there. */
function writeClosing({ task: { source, ref } }: TaskState): string | null {
  return source === 'github' && /^#\d+$/.test(ref) ? `Closes ${ref}` : null;
}

/** A text that people may have changed, with the evidence of today in it; null: they took that out. */
export function renewEvidence(body: string, state: RunState, ts: TaskState): string | null {
  const [from, to] = [body.indexOf(BEGIN), body.indexOf(END)];
  if (from < 0 || to < from) return null;
  return `${body.slice(0, from)}${BEGIN}\n${writeEvidence(state, ts)}\n${body.slice(to)}`;
}

/** What was verified, and how. */
function writeEvidence(state: RunState, { attempt, attempts }: TaskState): string {
  const seen = attempt?.inspected;
  if (attempt === null || seen == null) throw new Error('Internal error: nothing to show');
  const { head, tree, fileCount, added, deleted } = seen;
  const files = `${fileCount} ${fileCount === 1 ? 'file' : 'files'} changed, +${added} −${deleted}`;
  const tries = `${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}`;
  return [
    '### Verified by weft',
    '',
    `Commit \`${head.slice(0, 12)}\`, tree \`${tree.slice(0, 12)}\`: ${files}; ${tries}, run \`${state.run}\`.`,
    '',
    ...writeStack(state, attempt.stackedOn),
    ...writeGates(attempt.verified?.gates ?? []),
  ].join('\n');
}

/** What it shows of other work, and what is to be looked at first; the mark is for `weft merge`. */
function writeStack(state: RunState, on: NonNullable<TaskState['attempt']>['stackedOn']): readonly string[] {
  if (on === null) return [];
  const { pull } = taskOf(state, on.task);
  const id = `\`${defuse(on.task)}\``;
  const below = pull === null ? id : `#${pull.number} (${id})`;
  return [
    `**Stacked on ${below}**: review that first, and do not merge this before that has landed.`,
    `What is shown here has its commits in it; only the commits after \`${on.commit.slice(0, 12)}\` are this task's.`,
    writeBelow(on.task),
    '',
  ];
}

function writeGates(gates: readonly GateResult[]): readonly string[] {
  if (gates.length === 0) return ['No gates are configured.'];
  const rows = gates.map(({ command, exit, elapsedMs }) => {
    const result = exit === 0 ? 'passed' : exit === null ? 'took too long' : `exit ${exit}`;
    return `| \`${command.replaceAll('|', '\\|').replaceAll('`', "'")}\` | ${result} | ${Math.round(elapsedMs / 100) / 10} s |`;
  });
  return ['| Check | Result | Time |', '| --- | --- | --- |', ...rows];
}

const MAX_QUOTED = 200;

/** Answer to a remark that was acted on: in its thread, or below the pull request with a word of what it is about. */
export function writeReply({ attempt }: TaskState, { path, body }: PullRemark): string {
  const head = attempt?.inspected?.head ?? '';
  const text = `Taken up in ${head.slice(0, 12)}, which passed its checks. Please have another look.`;
  const [first = ''] = body.trim().split('\n', 1);
  if (path !== null || first === '') return text;
  const quoted = first.length > MAX_QUOTED ? `${first.slice(0, MAX_QUOTED)}…` : first;
  // nobody is called twice
  return `> ${defuse(quoted).replaceAll('@', '@\u200B')}\n\n${text}`;
}

/** Text by which such an answer is found again. */
export function writeReplyMarker(remark: number): string {
  return `<!-- weft remark=${remark} -->`;
}

/** Tells whether weft wrote a remark itself. */
export function isOwnRemark(body: string): boolean {
  return body.includes('<!-- weft ');
}

/** What comes from outside must not look like a marker. */
function defuse(text: string): string {
  return text.replaceAll('<!--', '<!\u200B--');
}
