// What an agent does now, as the first generation's dashboards show it: one row for each stream of a run. Decides nothing.
import type { Database } from './database.ts';

/** What is shown of a stream. */
export interface Activity {
  readonly run: string;
  readonly stream: string;
  readonly agent: string;
  /** Id of the task that it is about. */
  readonly item: string;
  readonly doing: string;
  readonly phase: string;
  readonly isOver: boolean;
  readonly now: string;
}

/** Brings the row in line; one that says so already is left alone. */
export function writeActivity(database: Database, of: Activity): void {
  const id = `weft-${of.run}-${of.stream}`;
  const known = database.all(
    'SELECT agent_id, task_id, activity_description, phase, completed_at FROM agent_activity WHERE id = ?',
    id,
  )[0];
  const values = [of.agent, of.item, of.doing, of.phase] as const;
  if (known === undefined) {
    if (of.isOver) return;
    database.run(
      'INSERT INTO agent_activity (id, stream_id, agent_id, task_id, activity_description, phase, started_at, last_heartbeat) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
      id,
      of.stream,
      ...values,
      of.now,
      of.now,
    );
    return;
  }
  const seen = [known['agent_id'], known['task_id'], known['activity_description'], known['phase']];
  const isSame = values.every((value, at) => value === seen[at]);
  if (isSame && (known['completed_at'] !== null) === of.isOver) return;
  database.run(
    'UPDATE agent_activity SET agent_id = ?, task_id = ?, activity_description = ?, phase = ?, last_heartbeat = ?, completed_at = ? WHERE id = ?',
    ...values,
    of.now,
    of.isOver ? of.now : null,
    id,
  );
}
