// Turns a normalised pattern into a small program that both matching and overlap run. Knows nothing of disks or owners.
import { ANY_CHAR, type CharSet, charRange, NO_CHAR, readClass, singleChar } from './char-set.ts';

// A program reads a path followed by one closing `/`, character by character, in every way at once.
//
//   one    reads one character of `chars`, goes on behind itself
//   star   reads any characters but `/`, stays where it is          (`*`)
//   deep   reads any characters, stays where it is                  (`**` as a whole segment)
//   slash  reads `/`; where a segment is about to start it may be passed unread, as `a//b` means `a/b`
//   fork   reads nothing
//   done   has matched when the path is at its end
//
// `targets` are the steps it may go on to without reading. Passing slashes unread is what lets `**` match no segment
// at all: `a/**` matches `a`, and `a/**/b` matches `a/b`. A `*` left without reading owes its segment a character, and
// who owes may not pass a slash unread: so `a/*` does not match `a`. A thread is a step and whether it owes.

/** Is one instruction of a pattern's program. */
export interface Step {
  readonly kind: 'one' | 'star' | 'deep' | 'slash' | 'fork' | 'done';
  readonly chars: CharSet;
  readonly targets: readonly number[];
}

/** Is a pattern ready to run; its length grows linearly with the pattern's text, whatever the text. */
export type Program = readonly Step[];

/** Names a place in a program: twice the step's number, plus one when the thread owes its segment a character. */
export type Thread = number;

/** Says where a thread may go from a step without reading; `opening`: a segment is about to start. */
export function freeTargets(step: Step, thread: Thread, opening: boolean): readonly number[] {
  return step.kind === 'slash' && (!opening || (thread & 1) === 1) ? NOWHERE : step.targets;
}

/** Gives the thread that stands at a free target of a step. */
export function threadAt(target: number, step: Step, thread: Thread): Thread {
  return target * 2 + (step.kind === 'star' ? 1 : thread & 1);
}

/** Gives the thread after its step has read a character. */
export function threadAfterReading(step: Step, thread: Thread): Thread {
  const settled = thread & ~1;
  return step.kind === 'star' || step.kind === 'deep' ? settled : settled + 2;
}

/** Tells whether a step can read a `/`. */
export function readsSlash(step: Step): boolean {
  return step.kind === 'slash' || step.kind === 'deep';
}

/**
 * Assembles the program of a normalised pattern. With `filled`, each `*` and a closing `**` read at least one
 * character: a narrower program, whose shortest paths look like real ones (`src/a.ts`, not `src/.ts`).
 */
export function assembleProgram(text: string, options: { readonly filled: boolean }): Program {
  const glyphs = Array.from(text);
  const assembly: Assembly = { glyphs, groups: findGroups(glyphs), steps: [], filled: options.filled };
  emitSpan(assembly, { start: 0, end: glyphs.length });
  emitSlash(assembly);
  emit(assembly, 'done', NO_CHAR);
  return assembly.steps;
}

const NOWHERE: readonly number[] = [];
const EXTENDED = '?*+@!';

interface Span {
  readonly start: number;
  readonly end: number;
}

/** Is a `{…}` or `(…)`: where its commas or bars are, and where it closes. */
interface Group {
  readonly cuts: number[];
  readonly close: number;
}

interface DraftStep extends Step {
  readonly targets: number[];
}

interface Assembly {
  readonly glyphs: readonly string[];
  readonly groups: ReadonlyMap<number, Group>;
  readonly steps: DraftStep[];
  readonly filled: boolean;
}

function emit(assembly: Assembly, kind: Step['kind'], chars: CharSet): DraftStep {
  const step: DraftStep = { kind, chars, targets: [] };
  assembly.steps.push(step);
  return step;
}

function emitSlash(assembly: Assembly): void {
  emit(assembly, 'slash', NO_CHAR).targets.push(assembly.steps.length);
}

function emitRun(assembly: Assembly, kind: 'star' | 'deep', filled: boolean): void {
  if (filled) emit(assembly, 'one', ANY_CHAR);
  emit(assembly, kind, ANY_CHAR).targets.push(assembly.steps.length);
}

function emitSpan(assembly: Assembly, span: Span): void {
  let at = span.start;
  while (at < span.end) at = emitItem(assembly, { start: at, end: span.end });
}

/** Emits what starts at the span's start and returns the place behind it. */
function emitItem(assembly: Assembly, span: Span): number {
  const { glyphs } = assembly;
  const glyph = glyphs[span.start] as string;
  const extended = findExtended(assembly, span.start);
  if (extended !== undefined) return emitExtended(assembly, span.start, extended);
  switch (glyph) {
    case '*':
      return emitStars(assembly, span);
    case '?':
      emit(assembly, 'one', ANY_CHAR);
      return span.start + 1;
    case '[':
      return emitClass(assembly, span);
    case '{':
      return emitBraces(assembly, span);
    case '/':
      emitSlash(assembly);
      return span.start + 1;
    default:
      emit(assembly, 'one', singleChar(glyph));
      return span.start + 1;
  }
}

function emitStars(assembly: Assembly, span: Span): number {
  const { glyphs } = assembly;
  let end = span.start + 1;
  while (end < span.end && glyphs[end] === '*' && findExtended(assembly, end) === undefined) end += 1;
  const spans = end - span.start > 1 && isEdge(glyphs[span.start - 1]) && isEdge(glyphs[end]);
  if (spans) emitRun(assembly, 'deep', assembly.filled && end === glyphs.length);
  else emitRun(assembly, 'star', assembly.filled);
  return end;
}

/** Tells whether `**` beside this is a whole segment; beside a brace it counts as one: wider, never narrower. */
function isEdge(glyph: string | undefined): boolean {
  return glyph === undefined || '/{,}(|)'.includes(glyph);
}

function emitClass(assembly: Assembly, span: Span): number {
  const { glyphs, steps } = assembly;
  const found = readClass(glyphs, span);
  if (found === null) {
    emit(assembly, 'one', singleChar('['));
    return span.start + 1;
  }
  if (found.negated) {
    emit(assembly, 'one', found.chars);
    return found.next;
  }
  // Web frameworks name files `[id].ts`, and no escape exists here: a class also stands for its own text.
  const fork = emit(assembly, 'fork', NO_CHAR);
  fork.targets.push(steps.length);
  emit(assembly, 'one', found.chars);
  const exit = emit(assembly, 'fork', NO_CHAR);
  fork.targets.push(steps.length);
  for (const glyph of glyphs.slice(span.start, found.next)) emit(assembly, 'one', singleChar(glyph));
  exit.targets.push(steps.length);
  return found.next;
}

function emitBraces(assembly: Assembly, span: Span): number {
  const group = assembly.groups.get(span.start);
  if (group !== undefined && group.cuts.length > 0) {
    emitAlternatives(assembly, { open: span.start, group, optional: false, repeated: false });
    return group.close + 1;
  }
  const range = group && readBraceRange(assembly.glyphs.slice(span.start + 1, group.close).join(''));
  if (group === undefined || range === undefined) {
    emit(assembly, 'one', singleChar('{'));
    return span.start + 1;
  }
  if (range === 'wide') emitRun(assembly, 'star', false);
  else emit(assembly, 'one', range);
  return group.close + 1;
}

/** Reads `a..e` and `1..9` exactly; a longer range such as `1..12` is widened to `*`. */
function readBraceRange(text: string): CharSet | 'wide' | undefined {
  const single = /^(?:([a-z])\.\.([a-z])|(\d)\.\.(\d))(?:\.\.-?\d+)?$/i.exec(text);
  if (single) return charRange((single[1] ?? single[3]) as string, (single[2] ?? single[4]) as string);
  return /^-?\d+\.\.-?\d+(?:\.\.-?\d+)?$/.test(text) ? 'wide' : undefined;
}

/** Finds the group of `@(…)`, `?(…)`, `*(…)`, `+(…)` or `!(…)` whose sign stands at a place. */
function findExtended({ glyphs, groups }: Assembly, at: number): Group | undefined {
  return glyphs[at + 1] === '(' && EXTENDED.includes(glyphs[at] as string) ? groups.get(at + 1) : undefined;
}

function emitExtended(assembly: Assembly, at: number, group: Group): number {
  const sign = assembly.glyphs[at] as string;
  // What `!(…)` excludes cannot be said by a program that only adds: it is widened to `*`.
  if (sign === '!') emitRun(assembly, 'star', false);
  else {
    const optional = sign === '?' || sign === '*';
    const repeated = sign === '+' || sign === '*';
    emitAlternatives(assembly, { open: at + 1, group, optional, repeated });
  }
  return group.close + 1;
}

function emitAlternatives(
  assembly: Assembly,
  options: {
    readonly open: number;
    readonly group: Group;
    readonly optional: boolean;
    readonly repeated: boolean;
  },
): void {
  const { steps } = assembly;
  const head = steps.length;
  const entry = emit(assembly, 'fork', NO_CHAR);
  const exits: DraftStep[] = [];
  let start = options.open + 1;
  for (const end of [...options.group.cuts, options.group.close]) {
    entry.targets.push(steps.length);
    emitSpan(assembly, { start, end });
    exits.push(emit(assembly, 'fork', NO_CHAR));
    start = end + 1;
  }
  const tail = steps.length;
  if (options.repeated) emit(assembly, 'fork', NO_CHAR).targets.push(head, tail + 1);
  for (const exit of exits) exit.targets.push(tail);
  if (options.optional) entry.targets.push(steps.length);
}

/** Pairs brackets in one pass; a bracket without a partner is left out and so stays an ordinary character. */
function findGroups(glyphs: readonly string[]): ReadonlyMap<number, Group> {
  const groups = new Map<number, Group>();
  const open: { at: number; cuts: number[]; closer: string; cutter: string }[] = [];
  const waiting = { '}': 0, ')': 0 };
  glyphs.forEach((glyph, at) => {
    if (glyph === '{') {
      open.push({ at, cuts: [], closer: '}', cutter: ',' });
      waiting['}'] += 1;
    } else if (glyph === '(' && at > 0 && EXTENDED.includes(glyphs[at - 1] as string)) {
      open.push({ at, cuts: [], closer: ')', cutter: '|' });
      waiting[')'] += 1;
    } else if (glyph === open.at(-1)?.cutter) {
      open.at(-1)?.cuts.push(at);
    } else if ((glyph === '}' || glyph === ')') && waiting[glyph] > 0) {
      let inner = open.pop();
      while (inner !== undefined && inner.closer !== glyph) {
        waiting[inner.closer as '}' | ')'] -= 1;
        inner = open.pop();
      }
      waiting[glyph] -= 1;
      if (inner !== undefined) groups.set(inner.at, { cuts: inner.cuts, close: at });
    }
  });
  return groups;
}
