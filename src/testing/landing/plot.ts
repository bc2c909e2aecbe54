// What a round of the landing proof is made of: the files, what each task does to them, and which gate runs fail by accident.
// All of it follows from a seed. Knows nothing of git or weft.
import { seedTape, type Tape } from '../world/tape.ts';

/** One change of one line of a shared file. */
export interface Edit {
  readonly file: string;
  /** `insert`, `replace` and `append` leave the line `text`. */
  readonly kind: 'insert' | 'replace' | 'delete' | 'append';
  /** Where, as a share of the lines that the file has by then. */
  readonly at: number;
  /** A line that nobody else writes. */
  readonly text: string;
}

/**
 * How a task does at the gate. `good`: passes. `clash`: claims a unit that another one claims too, so each passes alone and
 * the second of them breaks the target. `slip`: fails alone, until it was told. `hopeless`: fails whatever it is told.
 */
export type Character = 'good' | 'clash' | 'slip' | 'hopeless';

/** What one task does. */
export interface Part {
  readonly task: string;
  readonly character: Character;
  readonly edits: readonly Edit[];
  /** What it claims; no two of the tree's claims may be of the same unit. */
  readonly unit: string;
  /** The task that it stands on, or null. */
  readonly after: string | null;
  /** Seconds for which it works. */
  readonly pace: number;
}

/** How verified work becomes a commit on the target. */
export const STRATEGIES = ['squash', 'merge', 'rebase'] as const;

/** A whole round. */
export interface Plot {
  readonly files: Readonly<Record<string, readonly string[]>>;
  readonly parts: readonly Part[];
  /** Tasks that follow one another, each on the one before. */
  readonly tracks: readonly (readonly string[])[];
  /** Numbers of gate runs that fail by accident, from 1. */
  readonly shaky: readonly number[];
  readonly strategy: (typeof STRATEGIES)[number];
  readonly landingSlots: number;
}

/** Tasks for each shared file: about one in three meets another there. */
const TASKS_PER_FILE = 5;
const LINES = 40;
const MOST_EDITS = 4;
/** Of 256: tasks that break the gate, gate runs that fail by accident, and tasks that stand on the one before. */
const BREAKS = 26;
const SHAKES = 13;
const STACKED = 40;
/** More gate runs for each task than there ever are. */
const RUNS_PER_TASK = 30;

/** Makes a round of a number of tasks. */
export function plotRound(of: { readonly tasks: number; readonly seed: number }): Plot {
  const tape = seedTape(of.seed * 7919 + 17);
  const files: Record<string, readonly string[]> = {};
  for (let file = 0; file < of.tasks / TASKS_PER_FILE; file += 1)
    files[`shared/${file}.txt`] = Array.from({ length: LINES }, (_, line) => `line ${line} of file ${file}`);
  const names = Object.keys(files);
  const parts: Part[] = [];
  const tracks: string[][] = [];
  for (let n = 1; n <= of.tasks; n += 1) {
    const before = parts.at(-1);
    const last = tracks.at(-1);
    // nothing would become of who stands on work that never lands
    const isStacked = before !== undefined && before.character !== 'hopeless' && tape.chance(STACKED);
    const after = isStacked ? before.task : null;
    const part = plotPart(tape, { task: `t${n}`, after, names, others: parts });
    if (isStacked) last?.push(part.task);
    else tracks.push([part.task]);
    parts.push(part);
  }
  const runs = Array.from({ length: of.tasks * RUNS_PER_TASK }, (_, at) => at + 1);
  return {
    files,
    parts,
    tracks,
    shaky: runs.filter(() => tape.chance(SHAKES)),
    strategy: STRATEGIES[tape.pick(STRATEGIES.length)] ?? 'squash',
    landingSlots: 1 + tape.pick(2),
  };
}

function plotPart(
  tape: Tape,
  of: Pick<Part, 'task' | 'after'> & { readonly names: readonly string[]; readonly others: readonly Part[] },
): Part {
  const { task, after, names, others } = of;
  const rival = tape.chance(BREAKS)
    ? others[others.length - 1 - tape.pick(Math.min(others.length, 6))]
    : undefined;
  const character = rival === undefined ? 'good' : (CHARACTERS[tape.pick(CHARACTERS.length)] ?? 'clash');
  const count = tape.pick(MOST_EDITS + 1);
  return {
    task,
    character,
    edits: Array.from({ length: count }, (_, n) =>
      plotEdit(tape, { names, text: `${task} wrote line ${n}` }),
    ),
    unit: character === 'clash' ? (rival?.unit ?? task) : task,
    after,
    pace: tape.pick(6) / 20,
  };
}

const CHARACTERS: readonly Character[] = ['clash', 'clash', 'clash', 'slip', 'slip', 'hopeless'];
const KINDS: readonly Edit['kind'][] = ['insert', 'insert', 'replace', 'replace', 'delete', 'append'];

/** Makes one change of a shared file. */
export function plotEdit(tape: Tape, of: { readonly names: readonly string[]; readonly text: string }): Edit {
  return {
    file: of.names[tape.pick(of.names.length)] ?? '',
    kind: KINDS[tape.pick(KINDS.length)] ?? 'insert',
    at: tape.byte() / 256,
    text: of.text,
  };
}

/** Changes lines; `gone` is the line that is not there any more, or null: none. */
export function applyEdit(
  lines: readonly string[],
  edit: Edit,
): { readonly lines: readonly string[]; readonly gone: string | null } {
  const at = Math.floor(edit.at * lines.length);
  const gone = edit.kind === 'replace' || edit.kind === 'delete' ? (lines[at] ?? null) : null;
  const from = edit.kind === 'append' ? lines.length : at;
  const put = edit.kind === 'delete' ? [] : [edit.text];
  return { lines: lines.toSpliced(from, gone === null ? 0 : 1, ...put), gone };
}
