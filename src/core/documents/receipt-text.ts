// The receipt as Markdown that reads well in a terminal: aligned columns, short lines. Knows only the document.
import { ago } from '../explain.ts';
import { describeGone } from '../landed.ts';
import type { ReceiptDocument, TaskReceipt } from './receipt.ts';

const MAX_CELL = 48;
const MAX_FAILURES = 50;
const MAX_DETAIL = 160;

/** Draws the receipt. Ends with a line break. */
export function renderReceipt(receipt: ReceiptDocument): string {
  const parts = [
    renderHead(receipt),
    renderTasks(receipt),
    renderGates(receipt),
    renderPulls(receipt),
    renderElsewhere(receipt),
    renderStops(receipt),
    renderFailures(receipt),
    renderClaims(receipt),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function renderHead({ orchestration_id, outcome, target, summary, ...rest }: ReceiptDocument): string {
  const { tasks_total, tasks_completed, tasks_failed, tasks_stopped, tasks_pending, tasks_cancelled } =
    summary;
  const held = tasks_stopped - tasks_failed - tasks_cancelled;
  const landed = rest.tasks.filter((task) => task.merge !== null).length;
  const byHand = tasks_completed - landed;
  const { landed_aside: aside, landed_gone: gone } = rest;
  const besides = aside?.tasks.length ?? 0;
  const lost = gone?.length ?? 0;
  const counts = [
    `${landed - besides - lost} of ${tasks_total} landed on ${oneLine(target)}`,
    ...(aside === undefined ? [] : [`${besides} on ${oneLine(aside.ref)}`]),
    ...(lost > 0 ? [`${lost} landed and taken away again`] : []),
    ...(byHand > 0 ? [`${byHand} done by hand`] : []),
    ...(tasks_failed > 0 ? [`${tasks_failed} failed`] : []),
    ...(held > 0 ? [`${held} waiting for you`] : []),
    ...(tasks_pending > 0 ? [`${tasks_pending} pending`] : []),
    ...(tasks_cancelled > 0 ? [`${tasks_cancelled} cancelled`] : []),
  ];
  const sums = [
    count(summary.attempts, 'attempt'),
    `${count(summary.files_changed, 'file')} +${summary.lines_added} -${summary.lines_deleted}`,
    `work ${ago(summary.work_ms)}`,
    `checks ${ago(summary.verification_ms)}`,
    ...(summary.interventions_count > 0 ? [count(summary.interventions_count, 'question')] : []),
    ...(summary.cost_usd === null ? [] : [`$${summary.cost_usd.toFixed(2)}`]),
  ];
  return [
    `# Run ${orchestration_id}: ${outcome}`,
    '',
    `${counts.join(', ')}.`,
    `${ago(rest.duration_ms)} from ${shortTime(rest.started_at)}; ${sums.join(', ')}.`,
  ].join('\n');
}

function renderTasks({ tasks }: ReceiptDocument): string {
  if (tasks.length === 0) return '';
  const head = ['Task', 'Status', 'Tries', 'Checks', 'Files', 'Lines', 'Time', 'Cost', 'Commit'];
  const rows = tasks.map((task) => [
    task.task_id,
    statusText(task),
    String(task.attempts),
    checksText(task),
    task.files_changed === 0 ? '-' : String(task.files_changed),
    task.files_changed === 0 ? '-' : `+${task.lines_added} -${task.lines_deleted}`,
    task.duration_ms === 0 ? '-' : ago(task.duration_ms),
    task.cost_usd === null ? '-' : `$${task.cost_usd.toFixed(2)}`,
    commitText(task),
  ]);
  return `## Tasks\n\n${renderTable([head, ...rows])}`;
}

function statusText(task: TaskReceipt): string {
  if (task.status === 'finished') return task.merge === null ? 'done by hand' : 'landed';
  if (task.phase === 'failed' || task.phase === 'cancelled') return task.phase;
  return task.status === 'stopped' ? `${task.phase}: needs you` : task.phase;
}

function checksText({ verification: { passed, gates } }: TaskReceipt): string {
  if (passed === null) return '-';
  const good = gates.filter((gate) => gate.exit === 0).length;
  if (gates.length === 0) return passed ? 'none asked' : 'failed';
  return passed ? `${good} passed` : `${gates.length - good} of ${gates.length} failed`;
}

function commitText({ merge, checkpoint_sha, pr }: TaskReceipt): string {
  const commit = merge?.commit ?? checkpoint_sha;
  const by = merge?.by !== 'human' ? '' : pr === null ? ' by hand' : ' at the forge';
  const where = merge?.detour == null ? '' : ` on ${merge.ref}`;
  return commit === undefined ? '-' : `${commit.slice(0, 8)}${by}${where}${pr === null ? '' : ` #${pr}`}`;
}

function renderGates({ tasks }: ReceiptDocument): string {
  const rows = tasks.flatMap((task) =>
    task.verification.gates.map((gate) => [
      task.task_id,
      gate.command,
      gate.exit === null ? 'timed out' : `exit ${gate.exit}`,
      ago(gate.elapsed_ms),
    ]),
  );
  return rows.length === 0
    ? ''
    : `## Checks\n\n${renderTable([['Task', 'Command', 'Result', 'Time'], ...rows])}`;
}

function renderPulls({ tasks }: ReceiptDocument): string {
  const lines = tasks.flatMap(({ task_id, pr_url }) =>
    pr_url === undefined ? [] : [`- ${oneLine(task_id)}: ${oneLine(pr_url)}`],
  );
  return lines.length === 0 ? '' : `## Pull requests\n\n${lines.join('\n')}`;
}

function renderElsewhere({ target, landed_aside, landed_gone = [] }: ReceiptDocument): string {
  const lines = [
    ...(landed_aside === undefined
      ? []
      : [
          `- ${clip(landed_aside.tasks.join(', '), MAX_DETAIL)}: on ${oneLine(landed_aside.ref)}`,
          `  fix: in a clean checkout of ${oneLine(target)}: \`git merge ${oneLine(landed_aside.ref)}\``,
        ]),
    ...landed_gone.slice(0, MAX_FAILURES).map((gone) => `- ${oneLine(describeGone(gone))}`),
  ];
  return lines.length === 0 ? '' : `## Not on ${oneLine(target)}\n\n${lines.join('\n')}`;
}

function renderStops({ tasks }: ReceiptDocument): string {
  const stopped = tasks.filter((task) => task.status !== 'finished' && task.phase !== 'cancelled');
  if (stopped.length === 0) return '';
  const lines = stopped.flatMap((task) => [
    `- **${oneLine(task.task_id)}** ${clip(task.reason ?? '', MAX_DETAIL)}`,
    ...(task.suggested_fix === undefined ? [] : [`  fix: ${task.suggested_fix}`]),
  ]);
  return `## Not landed\n\n${lines.join('\n')}`;
}

function renderFailures({ failures }: ReceiptDocument): string {
  if (failures.length === 0) return '';
  const lines = failures.slice(0, MAX_FAILURES).map((failure) => {
    const what = failure.launch ? 'could not be launched' : 'failed';
    const then = failure.final ? '' : ', tried again or asked';
    const detail = clip(failure.detail.trim().split('\n', 1)[0] ?? '', MAX_DETAIL);
    return `- ${oneLine(failure.task_id)} attempt ${failure.attempt} ${what} (${failure.cause}${then}): ${detail}`;
  });
  const more = failures.length > MAX_FAILURES ? [`- and ${failures.length - MAX_FAILURES} more`] : [];
  return `## Failures\n\n${[...lines, ...more].join('\n')}`;
}

function renderClaims({ claim_events }: ReceiptDocument): string {
  if (claim_events.length === 0) return '';
  const acquired = claim_events.filter((event) => event.action === 'acquire').length;
  const released = claim_events.length - acquired;
  const forced = claim_events.filter((event) => event.forced !== undefined);
  const passed = forced.map((event) => `${event.task_id} past ${event.forced?.join(', ')}`);
  const note = passed.length === 0 ? '' : ` Forced: ${clip(passed.join('; '), MAX_DETAIL)}.`;
  return `## Claims\n\n${acquired} acquired, ${released} released; each one is in receipt.json.${note}`;
}

/** A Markdown table whose columns line up when read as plain text. */
function renderTable(rows: readonly (readonly string[])[]): string {
  const cells = rows.map((row) => row.map((cell) => clip(cell, MAX_CELL).replaceAll('|', '\\|')));
  const widths = (cells[0] ?? []).map((_, at) => Math.max(3, ...cells.map((row) => (row[at] ?? '').length)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`;
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`;
  const [head = [], ...body] = cells;
  return [line(head), rule, ...body.map(line)].join('\n');
}

function count(of: number, noun: string): string {
  return `${of} ${noun}${of === 1 ? '' : 's'}`;
}

function shortTime(isoTime: string): string {
  return isoTime.slice(0, 16).replace('T', ' ');
}

function clip(text: string, length: number): string {
  const line = oneLine(text);
  return line.length > length ? `${line.slice(0, length - 1)}…` : line;
}

// ids and commands come from outside: a line break or an escape sequence in them must not draw on the reader's screen
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim();
}
