// The picture of a run that has not begun, as lines. Starts nothing.
import { describeGuess } from '../../../core/guess.ts';
import type { DryRunTask } from '../../../core/plan/dry-run.ts';
import type { Check, Planned } from '../../app.ts';
import { cleanLine } from '../clean.ts';
import type { Paint } from '../paint.ts';
import { measureWidth, padToWidth } from '../width.ts';

/** Draws waves, agents, branches, claims, dependencies and collisions, and how the forge stands that the work would go to. */
export function drawDryRun(
  { dryRun, policy }: Planned,
  checks: readonly Check[],
  paint: Paint,
): readonly string[] {
  const { tasks, waves, collisions } = dryRun;
  const byId = new Map(tasks.map((task) => [task.id, task]));
  const widest = Math.min(40, Math.max(0, ...tasks.map((task) => measureWidth(cleanLine(task.id)))));
  const count = (number: number, word: string): string => `${number} ${word}${number === 1 ? '' : 's'}`;
  const kept = tasks.filter(({ wave }) => wave === null);
  const begun = `${count(tasks.length - kept.length, 'task')} in ${count(waves.length, 'wave')}`;
  const keptBack = kept.length === 0 ? '' : ` · ${kept.length} kept back`;
  const head = `${begun}${keptBack} · ${policy.maxAgents} at once · ${policy.pullRequests === undefined ? '' : 'as pull requests '}onto ${cleanLine(policy.target)}`;
  const lines = waves.flatMap((wave, at) => [
    '',
    paint('bold', `wave ${at + 1}`),
    ...wave.flatMap((id) => drawTask(byId.get(id) as DryRunTask, { widest, paint })),
  ]);
  const waiting = kept.flatMap((task) => drawTask(task, { widest, paint }));
  const meetings = collisions.map(
    ({ first, second, witness }) =>
      `  ${cleanLine(first)} and ${cleanLine(second)} both claim ${cleanLine(witness)}`,
  );
  const forge = checks
    .filter(({ name, state }) => name === 'forge' && state === 'ok')
    .map(({ name, sentence }) => `${name}: ${cleanLine(sentence)}`);
  return [
    paint('bold', head),
    ...forge,
    ...lines,
    ...(kept.length === 0 ? [] : ['', paint('yellow', 'kept back'), ...waiting]),
    ...(meetings.length === 0 ? [] : ['', paint('yellow', COLLISIONS[policy.collisionPolicy]), ...meetings]),
    '',
    'Nothing was changed.',
  ];
}

const COLLISIONS: Readonly<Record<Planned['policy']['collisionPolicy'], string>> = {
  serialize: 'run one after the other (collision policy serialize)',
  force: 'run at the same time (collision policy force)',
  fail: 'may not run (collision policy fail)',
};

function drawTask(
  task: DryRunTask,
  style: { readonly widest: number; readonly paint: Paint },
): readonly string[] {
  const who = task.type === 'manual' ? 'you' : task.run === null ? `agent ${task.agent}` : `runs ${task.run}`;
  const after = task.after.map((edge) => `${edge.task} ${edge.on === 'merged' ? 'landed' : edge.on}`);
  const facts = [
    task.held === undefined ? null : `it waits: ${task.held}`,
    who,
    task.branch,
    task.owns === null ? null : `owns ${task.owns.join(' ')}`,
    task.guessed === undefined ? null : `guessed: ${describeGuess(task.guessed)}`,
    after.length === 0 ? null : `after ${after.join(', ')}`,
    task.ref,
  ];
  const said = facts.filter((fact) => fact !== null).map((fact) => cleanLine(fact));
  const title = task.title === task.id ? '' : `${cleanLine(task.title)} · `;
  return [
    `  ${padToWidth(cleanLine(task.id), style.widest)}  ${title}${style.paint('dim', said.join(' · '))}`,
  ];
}
