// The one comment below an issue that says how its task stands. Facts of weft's; an agent's question is shown as a quotation.
import { unreachable } from '../../../core/failure.ts';
import { fence } from '../../../core/prompt.ts';
import type { TaskReport } from '../../../core/source.ts';

/** Text by which the comment is found again. */
export const STATUS_MARKER = '<!-- weft status -->';

const MAX_QUESTION = 2_000;
const MAX_REASON = 500;
const MAX_OPTIONS = 10;
const MAX_LINE = 200;

/** Tells whether there is anything to say: whoever only waits is not talked about. */
export function isWorthTelling({ phase, attempts, question }: TaskReport): boolean {
  return attempts > 0 || question !== null || !(phase === 'waiting' || phase === 'cancelled');
}

/** Writes the comment. It has no times, so that it is the same while nothing happens. */
export function writeStatus(report: TaskReport, redact: (text: string) => string): string {
  const { task, run, attempts, agent, branch, pull, landed } = report;
  const tries = attempts > 0 ? `, attempt ${attempts}` : '';
  const facts = [
    ...(branch === null ? [] : [`- Branch: ${code(branch)}`]),
    ...(pull === null ? [] : [`- Pull request: #${pull.number}`]),
    ...(landed === null ? [] : [`- Landed: ${landed.commit} on ${code(landed.ref)}`]),
    `- Run ${code(run)}, agent ${code(agent)}${tries}`,
  ];
  return [
    `**weft: ${sayState(report)}**`,
    facts.join('\n'),
    ...writeReason(report, redact),
    ...writeQuestion(task, report.question, redact),
    STATUS_MARKER,
  ].join('\n\n');
}

/** Steps that follow one another in seconds have one name: each change is a call. */
function sayState({ phase, question, pull }: TaskReport): string {
  if (question !== null) return 'it needs a decision';
  switch (phase) {
    case 'waiting':
      return 'it waits for its turn';
    case 'spawned':
    case 'working':
    case 'verifying':
      return 'it is at work';
    case 'committed':
      return 'it is verified, and has not landed yet';
    case 'pr_created':
      return 'it is verified, and is a pull request';
    case 'queued':
      return pull === null
        ? 'it is verified, and has not landed yet'
        : 'it is verified, and is a pull request';
    case 'merged':
      return 'it is done';
    case 'failed':
      return 'it failed';
    case 'cancelled':
      return 'it was cancelled';
    default:
      return unreachable(phase);
  }
}

function writeReason(
  { reason, question, phase }: TaskReport,
  redact: (text: string) => string,
): readonly string[] {
  if (reason === null || question !== null) return [];
  if (phase !== 'failed' && phase !== 'cancelled' && phase !== 'waiting') return [];
  return [quotation(redact(reason), MAX_REASON)];
}

function writeQuestion(
  task: string,
  question: TaskReport['question'],
  redact: (text: string) => string,
): readonly string[] {
  if (question === null) return [];
  const options = question.options
    .slice(0, MAX_OPTIONS)
    .map((option, at) => `${at + 1}. ${code(redact(option))}`);
  const choose = options.length === 0 ? '' : ` \`weft answer ${task} 1\` for the first of these, or`;
  return [
    quotation(redact(question.text), MAX_QUESTION),
    ...(options.length === 0 ? [] : [options.join('\n')]),
    `Answer where weft runs:${choose} \`weft answer ${task} "…"\` in your own words.`,
  ];
}

/** In code nobody is mentioned, nothing is linked and no marker works. */
function quotation(text: string, most: number): string {
  const clean = text
    .replace(/[^\P{Cc}\t\n]/gu, '')
    .replaceAll('<!--', '<!\u200B--')
    .trim();
  return fence(clean.length > most ? `${clean.slice(0, most)}…` : clean);
}

function code(text: string): string {
  const line = text.replace(/\s+/g, ' ').replaceAll('`', "'").replaceAll('<!--', '<!\u200B--').trim();
  return `\`${line.length > MAX_LINE ? `${line.slice(0, MAX_LINE)}…` : line}\``;
}
