// Finished work as lines: one row each of what waits, or the evidence for one task. Prints nothing itself.
import type { GateResult, Phase } from '../../core/model.ts';
import type { ReviewerView, ReviewView } from '../../core/review-view.ts';
import { cleanLine, cleanText } from './clean.ts';
import { quoteWord } from './completion.ts';
import { writeSpan } from './duration.ts';
import type { Paint, Tone } from './paint.ts';
import { cutToWidth, measureWidth, padToWidth } from './width.ts';

/** Room and looks. */
export interface ReviewStyle {
  readonly columns: number;
  readonly nowMs: number;
  readonly paint: Paint;
}

const WIDEST_ID = 32;
/** Files that are named before a diff, which names them all. */
const FILES = 20;
const OUTSIDE = 10;
const OVERLAPS = 10;
const FINDINGS = 12;
const QUESTION_LINES = 8;

/** Draws a row for each work that waits. */
export function drawReviews(reviews: readonly ReviewView[], style: ReviewStyle): readonly string[] {
  if (reviews.length === 0) return ['Nothing waits for your word.'];
  const rows = reviews.map((review) => ({
    review,
    id: cleanLine(review.task),
    lines: `${countFiles(review.fileCount)} +${review.added} -${review.deleted}`,
    checks: sayChecks(review),
    since: writeSpan(style.nowMs - Date.parse(review.since)),
  }));
  const widest = (texts: readonly string[]): number => Math.max(...texts.map(measureWidth));
  const id = Math.min(WIDEST_ID, widest(rows.map((row) => row.id)));
  const [lines, checks, since] = (['lines', 'checks', 'since'] as const).map((name) =>
    widest(rows.map((row) => row[name])),
  ) as [number, number, number];
  return rows.map(({ review, ...row }) => {
    const cells = [padToWidth(row.id, id), row.lines.padEnd(lines), row.checks.padEnd(checks)];
    const left = [...cells, row.since.padStart(since)].join('  ');
    const said = review.comments.length === 0 ? '' : ` · ${sayComments(review.comments.length)}`;
    const about = cleanLine(`${review.title}${said}`);
    const room = style.columns - 4 - measureWidth(left);
    return `${drawMark(review, style.paint)} ${left}  ${style.paint('dim', cutToWidth(about, Math.max(0, room)))}`.trimEnd();
  });
}

/** What to type next about all of them. */
export function drawReviewsNext(reviews: readonly ReviewView[], paint: Paint): readonly string[] {
  const first = reviews[0];
  if (first === undefined) return [];
  const approvable = reviews.filter(({ awaits, comments }) => awaits === 'approval' && comments.length === 0);
  const all = approvable.length > 1 ? ['weft approve --all'] : [];
  return ['', ...drawCommands([`weft review ${nameOf(first)}`, ...all], paint)];
}

/** Draws what is known of finished work; `allFiles`: every file there is, where no diff follows. */
export function drawEvidence(
  review: ReviewView,
  style: ReviewStyle & { readonly allFiles: boolean },
): readonly string[] {
  const { paint } = style;
  const span = writeSpan(style.nowMs - Date.parse(review.since));
  const facts: readonly (readonly [string, readonly string[]])[] = [
    ['work', [`attempt ${review.attempts} of ${review.agent ?? 'its own command'}, on ${review.branch}`]],
    [
      'change',
      [
        sayChange(review),
        ...(review.leftovers ? ['part of it was not committed by its agent; weft did that'] : []),
      ],
    ],
    ['checks', drawChecks(review, paint)],
    ['reviewer', review.reviewer === undefined ? [] : drawReviewer(review.reviewer, paint)],
    ['outside', drawOutside(review.outside, paint)],
    ['overlaps', review.overlaps.slice(0, OVERLAPS).map((overlap) => paint('yellow', sayOverlap(overlap)))],
    [
      'comments',
      review.comments.length === 0 ? [] : [`${sayComments(review.comments.length)}, not sent yet`],
    ],
  ];
  const asked =
    review.question === undefined
      ? []
      : cleanText(review.question).trim().split('\n').slice(0, QUESTION_LINES);
  return [
    `${drawMark(review, paint)} ${paint('bold', cleanLine(review.task))} · ${cleanLine(review.title)}`,
    `  ${cleanText(review.reason)} ${paint('dim', `(for ${span})`)}`,
    ...asked.map((line) => `  ${paint('yellow', '?')} ${line}`),
    ...facts.flatMap(([name, lines]) =>
      lines.map((line, at) => `  ${paint('dim', (at === 0 ? name : '').padEnd(8))}  ${line}`),
    ),
    '',
    ...drawFiles(review, style),
  ];
}

/** What to type next about one of them. */
export function drawReviewNext(review: ReviewView, paint: Paint): readonly string[] {
  const id = nameOf(review);
  const file = review.files[0]?.path ?? 'FILE';
  const comment = `weft comment ${id} ${quoteWord(cleanLine(file))}:LINE "…"`;
  const reject = `weft reject ${id}${review.comments.length === 0 ? ' "…"' : ''}`;
  switch (review.awaits) {
    case 'approval':
      return drawCommands([`weft approve ${id}`, reject, comment], paint);
    case 'answer':
      return drawCommands([`weft answer ${id} 1`, reject, comment], paint);
    default:
      return review.phase === 'queued' || review.phase === 'pr_created'
        ? drawCommands([reject, comment], paint)
        : [];
  }
}

function drawCommands(commands: readonly string[], paint: Paint): readonly string[] {
  return commands.map((command) => `${paint('dim', '→')} ${paint('cyan', command)}`);
}

function nameOf({ task }: ReviewView): string {
  return quoteWord(cleanLine(task));
}

const MARKS: Readonly<Partial<Record<Phase, readonly [tone: Tone, mark: string]>>> = {
  queued: ['green', '◈'],
  merged: ['green', '✔'],
  failed: ['red', '✘'],
  cancelled: ['dim', '–'],
};

function drawMark({ awaits, phase }: ReviewView, paint: Paint): string {
  if (awaits === 'answer') return paint('yellow', '?');
  const [tone, mark] = MARKS[phase] ?? ['green', '◆'];
  return paint(tone, mark);
}

function countFiles(count: number): string {
  return count === 1 ? '1 file' : `${count} files`;
}

function sayComments(count: number): string {
  return count === 1 ? '1 comment' : `${count} comments`;
}

function sayChange({ change, fileCount, added, deleted, landed }: ReviewView): string {
  const size = `${countFiles(fileCount)}, +${added} -${deleted}`;
  const range = `${change.from.slice(0, 12)}..${change.to.slice(0, 12)}`;
  const as = change.kind === 'candidate' ? ', as it would land' : '';
  return `${size}, ${range}${as}${landed === undefined ? '' : `, landed as ${landed.slice(0, 12)}`}`;
}

function sayChecks({ checks }: ReviewView): string {
  if (checks === null) return 'not checked';
  if (!checks.passed) return '✘ checks';
  const count = checks.gates.length;
  return count === 0 ? 'no checks' : `✔ ${count === 1 ? '1 check' : `${count} checks`}`;
}

function drawChecks({ checks, flaky }: ReviewView, paint: Paint): readonly string[] {
  if (checks === null) return ['none has run on this work'];
  if (checks.gates.length === 0) return ['none is asked for'];
  const tree = paint('dim', `on tree ${checks.tree.slice(0, 12)}`);
  return checks.gates.map(
    (gate, at) =>
      `${drawGate(gate, { isFlaky: flaky.includes(gate.command), paint })}${at === 0 ? `  ${tree}` : ''}`,
  );
}

function drawGate(
  { command, exit, elapsedMs }: GateResult,
  { isFlaky, paint }: { readonly isFlaky: boolean; readonly paint: Paint },
): string {
  const mark = exit === 0 ? paint('green', '✔') : paint('red', '✘');
  const end = exit === 0 ? '' : exit === null ? ', out of time' : `, exit ${exit}`;
  const before = isFlaky ? paint('yellow', '  failed once on the same tree') : '';
  return `${mark} ${cleanLine(command)}  ${paint('dim', `${writeSpan(elapsedMs)}${end}`)}${before}`;
}

const VERDICTS: Readonly<Record<ReviewerView['verdict'], string>> = {
  approved: 'approved',
  changes: 'asks for changes',
  refused: 'turned it down',
  none: 'gave no answer',
};

function drawReviewer({ attempt, verdict, findings }: ReviewerView, paint: Paint): readonly string[] {
  const said = `${VERDICTS[verdict]} (attempt ${attempt})`;
  const shown = findings.slice(0, FINDINGS).map((each) => `- ${cleanLine(each)}`);
  const more = findings.length > FINDINGS ? [`and ${findings.length - FINDINGS} more`] : [];
  return [verdict === 'approved' ? paint('green', said) : paint('yellow', said), ...shown, ...more];
}

function drawOutside(outside: readonly string[], paint: Paint): readonly string[] {
  const more = outside.length > OUTSIDE ? [`and ${outside.length - OUTSIDE} more`] : [];
  return [...outside.slice(0, OUTSIDE).map((path) => paint('yellow', cleanLine(path))), ...more];
}

function sayOverlap({ other, files }: ReviewView['overlaps'][number]): string {
  const named = files.slice(0, 5).map(cleanLine).join(', ');
  const more = files.length > 5 ? ` and ${files.length - 5} more` : '';
  return `would not merge with ${other === null ? 'the target' : cleanLine(other)} in ${named}${more}`;
}

function drawFiles(
  { files, fileCount }: ReviewView,
  { columns, paint, allFiles }: ReviewStyle & { readonly allFiles: boolean },
): readonly string[] {
  const shown = allFiles ? files : files.slice(0, FILES);
  const paths = shown.map(({ path }) => cutToWidth(cleanLine(path), Math.max(20, columns - 18)));
  const width = Math.max(0, ...paths.map(measureWidth));
  const rows = shown.map(({ added, deleted }, at) => {
    const path = padToWidth(paths[at] ?? '', width);
    return `  ${path}  ${paint('green', `+${added}`)} ${paint('red', `-${deleted}`)}`;
  });
  const hidden = fileCount - shown.length;
  return [...rows, ...(hidden > 0 ? [`  and ${countFiles(hidden)} more`] : [])];
}
