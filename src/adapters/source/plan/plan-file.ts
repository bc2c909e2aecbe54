// Loads the tasks of a checklist such as IMPLEMENTATION_PLAN.md, and ticks off what has landed. Knows nothing of runs.
import { resolve } from 'node:path';
import { ok, type Result } from '../../../core/failure.ts';
import { type Diagnostic, MAX_DIAGNOSTICS } from '../../../core/plan/diagnostic.ts';
import type { DependencyDraft, TaskDraft } from '../../../core/plan/draft.ts';
import { quote } from '../../../core/plan/quote.ts';
import type { Standing, TaskReport } from '../../../core/source.ts';
import type { Loaded, SourcePort } from '../../../ports/source.ts';
import { dedent, type Group, type Item, readChecklist } from './checklist.ts';
import { placeIn, stripMarks } from './markdown.ts';
import { createNamer, readNumbers, splitNames } from './plan-name.ts';
import { readMark, readPriority } from './plan-state.ts';
import { MAX_TASKS, nameFile, type PlanPlace, readPlanText, refusePlan, rewritePlan } from './plan-text.ts';
import { watchPath } from './watch-path.ts';

/**
 * Makes the source `plan-file`: a checklist in markdown. Items under one heading follow one another unless they are
 * marked `[P]`; headings with a number follow one another, other headings do not. What landed is ticked off in the file.
 */
export function createPlanFileSource(place: PlanPlace): SourcePort {
  const path = resolve(place.repository, place.path);
  return {
    name: 'plan-file',
    load: () => Promise.resolve(loadPlanFile(place)),
    watch: (changed, signal) => watchPath({ path, isFolder: false }, changed, signal),
    report: (reports) => tickOff(place, reports),
  };
}

/** An item with its id and what it says of itself. */
interface Named extends Item {
  readonly id: string;
  readonly title: string;
  readonly standing: Standing | null;
  readonly isParallel: boolean;
  /** What it says it waits for; null: nothing is said, so the order counts. */
  readonly waits: readonly { readonly name: string; readonly line: Item['line'] }[] | null;
}

function loadPlanFile(place: PlanPlace): Loaded {
  const file = nameFile(place);
  const read = readPlanText(place);
  if (!read.ok) return refusePlan([read.failure]);
  const texts = new Map([[file, read.value]]);
  const { groups, items } = readChecklist(read.value);
  const problem = checkCount(file, items.length);
  if (problem !== null) return refusePlan([problem], texts);
  const named = nameItems(items);
  const diagnostics: Diagnostic[] = [];
  const edges = orderItems(named, groups, { file, diagnostics });
  const drafts = named.flatMap((item, at) =>
    item.standing?.kind === 'done'
      ? []
      : [draftItem(item, { file, heading: groups[item.group]?.heading ?? null, edges: edges[at] ?? [] })],
  );
  const standings = named.flatMap(({ id, standing }) => (standing === null ? [] : [[id, standing] as const]));
  return { drafts, diagnostics: diagnostics.slice(0, MAX_DIAGNOSTICS), texts, standings: new Map(standings) };
}

function checkCount(file: string, count: number): Diagnostic | null {
  const position = { file, line: 1, column: 1, length: 1 };
  if (count === 0)
    return {
      position,
      sentence: `The plan ${quote(file)} has no tasks.`,
      fix: 'Write each as an item with a box: - [ ] Add a login form',
    };
  if (count <= MAX_TASKS) return null;
  return {
    position,
    sentence: `The plan ${quote(file)} has ${count} tasks; at most ${MAX_TASKS} are taken.`,
  };
}

const PARALLEL = /(?:^|\s)\[P\](?=\s|$)/;
const OWN_NAME =
  /^(?:task\s+#?(?<number>\d[\d.]*)|(?<code>[A-Z]{1,10}-?\d[\d.]*))(?=[\s:.)\]–—-]|$)[\s:.)\]–—-]*/i;

function nameItems(items: readonly Item[]): readonly Named[] {
  const nameNext = createNamer();
  return items.map((item) => {
    const plain = stripMarks(item.text.replace(PARALLEL, ' ')).replace(/^[[(]?(?=\w)/, '');
    const own = OWN_NAME.exec(plain)?.groups;
    const title = own === undefined ? plain : plain.replace(OWN_NAME, '');
    const isCrossedOut = /^~~.*~~$/.test(item.text.trim());
    return {
      ...item,
      // a name of its own stays when the words change
      id: nameNext(own === undefined ? plain : (own['code'] ?? `task ${own['number']}`).replaceAll('.', ' ')),
      title: (title.trim() === '' ? plain : title.trim()).slice(0, 500),
      standing: readMark(isCrossedOut && item.mark === ' ' ? '-' : item.mark),
      isParallel: PARALLEL.test(item.text),
      waits: findWaits(item),
    };
  });
}

const WAITS =
  /^\s*(?:[-*+]\s+)?[*_]*(?:dependencies|dependency|depends[ _-]on|blocked[ _-]by|after)[*_]*\s*:[*_]*\s*(.*)$/i;

function findWaits({ below }: Item): Named['waits'] {
  const lines = below.flatMap((line) => {
    const written = line.isCode ? undefined : WAITS.exec(line.text)?.[1];
    return written === undefined ? [] : [{ line, written }];
  });
  if (lines.length === 0) return null;
  return lines.flatMap(({ line, written }) => splitNames(written).map((name) => ({ name, line })));
}

const IN_ORDER = /^(?:(?:phase|step|stage|milestone|sprint|iteration|part|week|day)\s+#?\d|\d+[.):]?\s)/i;

/** Works out what each item waits for: what it says, else what stands before it. */
function orderItems(
  items: readonly Named[],
  groups: readonly Group[],
  told: { readonly file: string; readonly diagnostics: Diagnostic[] },
): readonly (readonly DependencyDraft[])[] {
  const find = createFinder(items);
  /** What the next item of the group waits for, and what went on beside it since. */
  let [gate, beside]: [readonly string[], string[]] = [[], []];
  let isFirst = true;
  let group = -1;
  let phase: readonly string[] = [];
  return items.map((item) => {
    if (item.group !== group) {
      if (IN_ORDER.test(stripMarks(groups[group]?.heading ?? ''))) phase = [...gate, ...beside];
      group = item.group;
      gate = IN_ORDER.test(stripMarks(groups[group]?.heading ?? '')) ? phase : [];
      [beside, isFirst] = [[], true];
    }
    const position = placeIn(told.file, item.line, item.text);
    const before = item.isParallel || beside.length === 0 ? gate : beside;
    const via = isFirst || before.length > 1 ? ('track' as const) : ('step-before' as const);
    if (item.isParallel) beside.push(item.id);
    else [gate, beside, isFirst] = [[item.id], [], false];
    if (item.waits === null) return before.map((task) => ({ task, position, via }));
    return item.waits.flatMap(({ name, line }) => {
      const found = find(name);
      const at = placeIn(told.file, line, name);
      if (found.length === 0) told.diagnostics.push(describeUnknown(name, at));
      return found.map((task) => ({ task, position: at }));
    });
  });
}

function describeUnknown(name: string, position: Diagnostic['position']): Diagnostic {
  return {
    position,
    sentence: `No task of this plan is called ${quote(name)}.`,
    fix: `Name its number, its first words or its whole text, or write None; \`grep -n '\\[.\\]' ${position?.file ?? 'PLAN'}\` shows those there are.`,
  };
}

/** Finds items by id, by number, or by how their text begins. */
function createFinder(items: readonly Named[]): (name: string) => readonly string[] {
  const ids = new Set(items.map(({ id }) => id));
  return (name) => {
    const numbers = readNumbers(name);
    if (numbers !== null) {
      const found = numbers.map((number) => `task-${number}`).filter((id) => ids.has(id));
      return found.length === numbers.length ? found : [];
    }
    const wanted = createNamer()(name);
    if (ids.has(wanted)) return [wanted];
    const small = name.toLowerCase();
    const begin = items.filter(({ title }) => title.toLowerCase().startsWith(small));
    return begin.length === 1 ? begin.map(({ id }) => id) : [];
  };
}

function draftItem(
  item: Named,
  of: {
    readonly file: string;
    readonly heading: string | null;
    readonly edges: readonly DependencyDraft[];
  },
): TaskDraft {
  const { file, heading, edges } = of;
  const where = heading === null ? '' : `, under ${quote(stripMarks(heading))}`;
  const body = [
    item.title,
    ...(item.below.length === 0 ? [] : [dedent(item.below)]),
    `This is one item of ${file}${where}; that file says what else is planned. Leave its boxes as they are: they are ticked off when work has landed.`,
  ];
  return {
    id: { value: item.id, position: placeIn(file, item.line, item.text) },
    title: item.title,
    body: `${body.join('\n\n')}\n`,
    ref: file,
    source: 'plan-file',
    track: heading === null ? null : stripMarks(heading),
    owns: null,
    dependencies: edges,
    priority: heading !== null && /priority|^p[0-4]\b/i.test(heading) ? readPriority(heading) : null,
    agent: null,
    run: null,
    type: 'automated',
    gates: null,
    tier: 0,
  };
}

/** Puts an `x` into the boxes of what landed; boxes that are not open any more are left alone. */
function tickOff(place: PlanPlace, reports: readonly TaskReport[]): Promise<Result<void>> {
  const landed = new Set<string>(reports.filter(({ phase }) => phase === 'merged').map(({ task }) => task));
  if (landed.size === 0) return Promise.resolve(ok(undefined));
  return rewritePlan(place, (text) => {
    const open = nameItems(readChecklist(text).items).filter(
      ({ id, mark }) => landed.has(id) && /[ ~]/.test(mark),
    );
    return ok(open.reduce((now, { markAt }) => `${now.slice(0, markAt)}x${now.slice(markAt + 1)}`, text));
  });
}
