// The steps a scenario is made of and how each is read from YAML values. Knows nothing of how they are acted out.

/** Tells what one value of `tasks.<id>.<attempt>[n]` holds, by the name of the step. */
export interface StepValues {
  /** Writes a file, making its folders. */
  readonly write: { readonly path: string; readonly text: string };
  readonly append: { readonly path: string; readonly text: string };
  readonly delete: string;
  /** Commits everything with this message. */
  readonly commit: string;
  /** Milliseconds without output. */
  readonly sleep: number;
  /** Prints a JSON line on stdout. */
  readonly say: string;
  /** Writes a `stuck` status, then exits 0, or waits for guidance on stdin. */
  readonly ask: Ask;
  /** Regular expression that the prompt or the guidance must match; the agent exits 1 otherwise. */
  readonly 'expect-guidance': string;
  readonly exit: number;
  /** Dies by this signal. */
  readonly crash: NodeJS.Signals;
  /** Never ends; stubborn: ignores SIGTERM. */
  readonly hang: { readonly stubborn: boolean };
  /** Milliseconds of work without output. */
  readonly busy: number;
  /** Prints that many bytes; `line`: all on one line. */
  readonly flood: { readonly bytes: number; readonly line: boolean };
  /** Says that it is done, and ends without having done anything. */
  readonly lie: true;
  /** Says in the status file why nothing had to change. */
  readonly reason: string;
  /** Answers as a planner or reviewer: this value as JSON in the result file. */
  readonly result: Readonly<Record<string, unknown>>;
  /** Touches a file that is not the task's. */
  readonly foreign: string;
  /** Leaves a process behind; setsid: in a session of its own; scrub: without the environment. */
  readonly daemon: { readonly setsid: boolean; readonly scrub: boolean };
  /** Shell command line that must exit 0. */
  readonly run: string;
  readonly 'switch-branch': string;
  /** Leaves the worktree in the middle of a rebase. */
  readonly 'leave-rebase': true;
  /** Merges `WEFT_TARGET` in; on conflict writes these whole files. */
  readonly merge: { readonly resolve: Readonly<Record<string, string>> };
}

/** A question of the scripted agent; options as the status file takes them. */
export interface Ask {
  readonly question: string;
  readonly options: readonly unknown[];
  readonly tried: string | null;
  readonly wait: boolean;
}

/** Name of a step. */
export type StepName = keyof StepValues;

/** One step: its name and what it needs. */
export type Step = {
  readonly [K in StepName]: { readonly name: K; readonly value: StepValues[K] };
}[StepName];

/** How one kind of step is written. */
interface Reader<V> {
  /** What the value has to be, for people. */
  readonly wants: string;
  /** The value, or null when it is something else. */
  readonly read: (value: unknown) => V | null;
}

const file: Reader<{ path: string; text: string }> = {
  wants: 'a mapping of path and text',
  read: (value) => {
    const { path, text } = fieldsOf(value);
    return typeof path === 'string' && typeof text === 'string' ? { path, text } : null;
  },
};
const text: Reader<string> = {
  wants: 'a text that is not empty',
  read: (value) => (typeof value === 'string' && value !== '' ? value : null),
};
const milliseconds: Reader<number> = {
  wants: 'a number of milliseconds from 0 to 600000',
  read: (value) => readWhole(value, 600_000),
};
const yes: Reader<true> = { wants: '`true`', read: (value) => (value === true ? true : null) };

const READERS: { readonly [K in StepName]: Reader<StepValues[K]> } = {
  write: file,
  append: file,
  delete: text,
  commit: text,
  sleep: milliseconds,
  say: text,
  ask: { wants: 'a mapping of question, and optionally options, tried and wait', read: readAsk },
  'expect-guidance': { wants: 'a regular expression', read: readPattern },
  exit: { wants: 'an exit code from 0 to 255', read: (value) => readWhole(value, 255) },
  crash: { wants: 'SIGSEGV, SIGKILL, SIGABRT or SIGTERM', read: readSignal },
  hang: { wants: '`true` or a mapping of stubborn', read: (value) => readFlags(value, { stubborn: false }) },
  busy: milliseconds,
  flood: { wants: 'a mapping of bytes, and optionally line', read: readFlood },
  lie: yes,
  reason: text,
  result: {
    wants: 'a mapping',
    read: (value) => (Object.keys(fieldsOf(value)).length === 0 ? null : fieldsOf(value)),
  },
  foreign: text,
  daemon: {
    wants: '`true` or a mapping of setsid and scrub',
    read: (value) => readFlags(value, { setsid: false, scrub: false }),
  },
  run: text,
  'switch-branch': text,
  'leave-rebase': yes,
  merge: { wants: '`true` or a mapping of resolve (path: text)', read: readMerge },
};

/** Reads a step from its name and value; a sentence when there is no such step or it needs something else. */
export function readStep(name: string, value: unknown): Step | string {
  if (!isStepName(name)) return `There is no step \`${name}\`; there are ${Object.keys(READERS).join(', ')}.`;
  const reader: Reader<unknown> = READERS[name];
  const read = reader.read(value);
  if (read === null) return `\`${name}\` takes ${reader.wants}.`;
  // The table ties each name to the type of its value; the compiler cannot follow that through a variable name.
  return { name, value: read } as Step;
}

/** Replaces `{task}`, `{attempt}` and `{port}` in every text of a step. */
export function fillStep(step: Step, facts: Readonly<Record<'task' | 'attempt' | 'port', string>>): Step {
  const fill = (value: unknown): unknown => {
    if (typeof value === 'string') return fillText(value);
    if (Array.isArray(value)) return value.map(fill);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [fillText(key), fill(inner)]));
  };
  const fillText = (value: string): string =>
    value.replace(/\{(task|attempt|port)\}/g, (_, name: 'task' | 'attempt' | 'port') => facts[name]);
  return { name: step.name, value: fill(step.value) } as Step;
}

function isStepName(name: string): name is StepName {
  return Object.hasOwn(READERS, name);
}

/** Fields of a mapping; none for anything else. */
function fieldsOf(
  value: unknown,
): { readonly [key: string]: unknown } & Partial<Record<'path' | 'text', unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}

function readWhole(value: unknown, max: number): number | null {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= max ? value : null;
}

function readFlags<K extends string>(value: unknown, absent: Record<K, boolean>): Record<K, boolean> | null {
  if (value === true) return absent;
  const fields = fieldsOf(value);
  const known = Object.entries(fields).every(
    ([key, flag]) => Object.hasOwn(absent, key) && typeof flag === 'boolean',
  );
  return known && Object.keys(fields).length > 0 ? { ...absent, ...fields } : null;
}

function readAsk(value: unknown): Ask | null {
  const { question, options = [], tried = null, wait = false } = fieldsOf(value);
  if (typeof question !== 'string' || !Array.isArray(options) || typeof wait !== 'boolean') return null;
  return tried === null || typeof tried === 'string' ? { question, options, tried, wait } : null;
}

function readPattern(value: unknown): string | null {
  if (typeof value !== 'string') return null;
  try {
    new RegExp(value);
    return value;
  } catch {
    return null;
  }
}

function readSignal(value: unknown): NodeJS.Signals | null {
  const signals: readonly NodeJS.Signals[] = ['SIGSEGV', 'SIGKILL', 'SIGABRT', 'SIGTERM'];
  return signals.find((signal) => signal === value) ?? null;
}

function readFlood(value: unknown): { bytes: number; line: boolean } | null {
  const { bytes, line = false } = fieldsOf(value);
  const size = readWhole(bytes, 1e12);
  return size === null || typeof line !== 'boolean' ? null : { bytes: size, line };
}

function readMerge(value: unknown): StepValues['merge'] | null {
  const resolve = value === true ? {} : fieldsOf(value)['resolve'];
  const entries = Object.entries(fieldsOf(resolve));
  const texts = entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return (value !== true && entries.length === 0) || texts.length < entries.length
    ? null
    : { resolve: Object.fromEntries(texts) };
}
