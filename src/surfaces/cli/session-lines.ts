// Tasks that are under way or need people, as one short paragraph each, in the form that orchestrators of issues report in.
import type { RunView, TaskView } from '../../core/view.ts';
import { cleanLine } from './clean.ts';
import { spanOf } from './duration.ts';
import type { Paint, Tone } from './paint.ts';

/** How one task stands: its mark, its word, since when, and the lines below. */
interface Standing {
  readonly mark: '!' | '*' | '+';
  readonly word: string;
  readonly sinceMs: number | null;
  readonly below: readonly string[];
}

const TONES: Readonly<Record<Standing['mark'], Tone>> = { '!': 'yellow', '*': 'cyan', '+': 'green' };

/** Draws `[*] #123 - WORKING (45m) - title` and the like, in the order of the plan; what waits or is over is only counted. */
export function drawSessions(
  { tasks }: RunView,
  { nowMs, paint }: { readonly nowMs: number; readonly paint: Paint },
): readonly string[] {
  const active = tasks.flatMap((task) => {
    const standing = standingOf(task, nowMs);
    return standing === null ? [] : [{ task, standing }];
  });
  const others = (['waiting', 'merged', 'cancelled'] as const).flatMap((phase) => {
    const count = tasks.filter((task) => task.phase === phase && standingOf(task, nowMs) === null).length;
    return count === 0 ? [] : [`${count} ${phase}`];
  });
  return [
    `Active Sessions (${active.length}):`,
    ...active.flatMap(({ task, standing }) => ['', ...drawSession(task, standing, paint)]),
    ...(others.length === 0 ? [] : ['', `Beside these: ${others.join(', ')}.`]),
  ];
}

function drawSession({ id, title }: TaskView, of: Standing, paint: Paint): readonly string[] {
  const name = /^\d+$/.test(id) ? `#${id}` : cleanLine(id);
  const since = of.sinceMs === null ? '' : ` (${writeMinutes(of.sinceMs)})`;
  return [
    `${paint(TONES[of.mark], `[${of.mark}]`)} ${name} - ${of.word}${since} - ${cleanLine(title)}`,
    ...of.below.map((line) => `    ${cleanLine(line)}`),
  ];
}

/** Null: nobody works on it, and nobody has to. */
function standingOf(task: TaskView, nowMs: number): Standing | null {
  const { phase, question, reason } = task;
  const changed = task.files === 0 ? [] : [`Files changed: ${task.files} (+${task.added}, -${task.deleted})`];
  if (question !== undefined) {
    const [text = ''] = question.text.trim().split('\n', 1);
    const options = question.options.map(({ label }, at) => `${at + 1} ${label}`).join(' · ');
    const below = [`Reason: ${text}`, ...(options === '' ? [] : [`Options: ${options}`])];
    return { mark: '!', word: 'STUCK', sinceMs: nowMs - Date.parse(question.askedAt), below };
  }
  if (phase === 'failed') return { mark: '!', word: 'FAILED', sinceMs: null, below: [`Reason: ${reason}`] };
  if (task.paused) return { mark: '!', word: 'PAUSED', sinceMs: null, below: changed };
  if (task.awaits === 'work') return { mark: '!', word: 'YOURS TO DO', sinceMs: null, below: [] };
  switch (phase) {
    case 'spawned':
    case 'working':
    case 'verifying':
      return { mark: '*', word: 'WORKING', sinceMs: spanOf(task, nowMs), below: changed };
    case 'pr_created':
      return { mark: '+', word: 'PR READY', sinceMs: null, below: drawPull(task) };
    case 'queued':
      return { mark: '+', word: 'LANDING', sinceMs: null, below: [...drawPull(task), ...changed] };
    case 'committed':
      return { mark: '+', word: 'VERIFIED', sinceMs: null, below: changed };
    case 'waiting':
      // it was begun, and its next attempt has not
      return task.attempts > 0
        ? { mark: '*', word: 'WORKING', sinceMs: spanOf(task, nowMs), below: changed }
        : null;
    case 'merged':
    case 'cancelled':
      return null;
    default:
      throw new Error(`Internal error: unknown phase ${String(phase satisfies never)}`);
  }
}

function drawPull({ pr, prUrl }: TaskView): readonly string[] {
  return pr === undefined ? [] : [`PR: ${prUrl ?? `#${pr}`}`];
}

/** `45m`, `2h 10m`; below a minute `1m`. */
function writeMinutes(ms: number): string {
  const minutes = Math.max(1, Math.floor(ms / 60_000));
  return minutes < 60 ? `${minutes}m` : `${Math.floor(minutes / 60)}h ${minutes % 60}m`;
}
