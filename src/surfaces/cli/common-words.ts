// Arguments and options that many commands share. Knows no particular command.
import type { ArgumentSpec, OptionSpec } from './command-spec.ts';

/** One JSON object in place of words. */
export const JSON_OPTION: OptionSpec = { name: 'json', summary: 'Print JSON with schemaVersion 1' };

/** Which run a task is of. */
export const OF_RUN: OptionSpec = {
  name: 'run',
  value: 'RUN',
  summary: 'Run the task belongs to; the latest by default',
};

/** One task. */
export const TASK: ArgumentSpec = { name: 'TASK', summary: 'A task, or the beginning of its id' };

/** One task, or all. */
export const ANY_TASK: ArgumentSpec = {
  ...TASK,
  optional: true,
  summary: 'A task; without it the whole run',
};
