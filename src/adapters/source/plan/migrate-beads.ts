// Makes issues of Beads out of the tasks of plan folders, once: what is there already is found again. Starts no program itself.
import { fail, ok, type Result } from '../../../core/failure.ts';
import { DEFAULT_POLICY, type Plan, type Task } from '../../../core/model.ts';
import { renderDiagnostics } from '../../../core/plan/code-frame.ts';
import { compilePlan } from '../../../core/plan/compile.ts';
import type { Diagnostic } from '../../../core/plan/diagnostic.ts';
import type { MigrationRow, Standing } from '../../../core/source.ts';
import type { Epic } from './epic.ts';
import { readLines } from './markdown.ts';
import { type FolderTask, loadPlanFolder } from './plan-folder.ts';
import type { PlanPlace } from './plan-text.ts';

/** What a migration needs. */
export interface Migration {
  readonly folders: readonly PlanPlace[];
  readonly dryRun: boolean;
  /** Runs `bd` with these arguments and gives the JSON it prints. */
  readonly ask: (args: readonly string[]) => Promise<Result<unknown>>;
  readonly show: (row: MigrationRow) => void;
}

/** Longest text of an issue, in UTF-16 code units: it goes through a command line. */
const MAX_TEXT = 60_000;
const MAX_TITLE = 500;

/** What there is of an issue that a migration made. */
interface Known {
  readonly id: string;
  readonly parent: string | null;
  readonly blockers: ReadonlySet<string>;
  /** It was made, and not put on hold yet. */
  readonly isToHold: boolean;
}

/** Key of an issue's metadata that is there until the issue is put on hold. */
const TO_HOLD = 'to_hold';

/**
 * Creates what is missing: an epic per folder, an issue per open task below it, and their dependencies. Each issue keeps
 * the path of its file as its external reference, by which another call finds it. Tasks come after those they wait for, so
 * that nobody takes one for ready too early. Failures: `usage` for a plan that is wrong, else those of `ask`.
 */
export async function migrateToBeads(migration: Migration): Promise<Result<readonly MigrationRow[]>> {
  const loaded = loadAll(migration.folders);
  if (!loaded.ok) return loaded;
  const listed = await migration.ask(['list', '--all', '--limit=0']);
  if (!listed.ok) return listed;
  const { plan, tasks } = loaded.value;
  const rows: MigrationRow[] = [];
  const making: Making = {
    ...migration,
    tasks,
    known: readKnown(listed.value),
    issues: new Map(),
    epics: new Map(),
    show: (row) => {
      rows.push(row);
      migration.show(row);
    },
  };
  for (const { draft, standing } of tasks.values()) {
    if (standing !== null && isOver(standing))
      making.show({ ...describe(draft.ref, draft.title), did: 'skipped', why: skipReason(standing) });
  }
  for (const task of orderTasks(plan)) {
    const made = await makeTask(making, task);
    if (!made.ok) return made;
  }
  return ok(rows);
}

interface Making extends Migration {
  readonly tasks: ReadonlyMap<string, FolderTask>;
  readonly known: ReadonlyMap<string, Known>;
  /** Ids of issues by task. */
  readonly issues: Map<string, string>;
  /** Ids of epics by path; null: none yet, in a dry run. */
  readonly epics: Map<string, string | null>;
}

interface All {
  readonly plan: Plan;
  readonly tasks: ReadonlyMap<string, FolderTask>;
}

function loadAll(folders: readonly PlanPlace[]): Result<All> {
  const loaded = folders.map(loadPlanFolder);
  const texts = new Map(loaded.flatMap((one) => [...one.texts]));
  const refuse = (diagnostics: readonly Diagnostic[]): Result<never> =>
    fail({ kind: 'usage', sentence: renderDiagnostics(diagnostics, texts) });
  const wrong = loaded.flatMap(({ diagnostics }) => diagnostics);
  if (wrong.length > 0) return refuse(wrong);
  const tasks = new Map(loaded.flatMap((one) => [...one.tasks]));
  const isOpen = (id: string): boolean => {
    const standing = tasks.get(id)?.standing ?? null;
    return standing === null || !isOver(standing);
  };
  const drafts = loaded
    .flatMap((one) => one.drafts)
    .filter(({ id }) => isOpen(id.value))
    .map((draft) => ({
      ...draft,
      agent: null,
      dependencies: draft.dependencies.filter(({ task }) => isOpen(task)),
    }));
  const compiled = compilePlan(drafts, { policy: DEFAULT_POLICY });
  if (!compiled.ok) return refuse(compiled.failure.diagnostics);
  return ok({ plan: compiled.value, tasks });
}

function isOver({ kind }: Standing): boolean {
  return kind === 'done' || kind === 'dropped';
}

/** Tasks behind all that they wait for; a compiled plan has no circles. */
function orderTasks({ tasks }: Plan): readonly Task[] {
  const byId = new Map(tasks.map((task) => [task.id, task]));
  const ordered = new Set<Task>();
  const stack: { readonly task: Task; readonly isReady: boolean }[] = [];
  for (const task of tasks) {
    stack.push({ task, isReady: false });
    for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
      if (ordered.has(top.task)) continue;
      if (top.isReady) ordered.add(top.task);
      else {
        stack.push({ task: top.task, isReady: true });
        for (const { task: id } of top.task.edges) {
          const before = byId.get(id);
          if (before !== undefined) stack.push({ task: before, isReady: false });
        }
      }
    }
  }
  return [...ordered];
}

/** Issues by external reference; whatever of the answer is no issue is passed over. */
function readKnown(listed: unknown): ReadonlyMap<string, Known> {
  const known = new Map<string, Known>();
  for (const issue of Array.isArray(listed) ? listed.map(fieldsOf) : []) {
    const [id, ref] = [issue['id'], issue['external_ref']];
    if (typeof id !== 'string' || typeof ref !== 'string' || known.has(ref)) continue;
    const written: unknown = issue['dependencies'];
    const links = Array.isArray(written) ? written.map(fieldsOf) : [];
    const ofType = (type: string): readonly string[] =>
      links.filter((link) => link['type'] === type).map((link) => String(link['depends_on_id']));
    const parent = issue['parent'] ?? ofType('parent-child')[0];
    known.set(ref, {
      id,
      parent: typeof parent === 'string' ? parent : null,
      blockers: new Set(ofType('blocks')),
      isToHold: TO_HOLD in fieldsOf(issue['metadata']),
    });
  }
  return known;
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function refOf(file: string): string {
  return `plan:${file}`;
}

function describe(file: string, title: string): Omit<MigrationRow, 'did'> {
  return { kind: 'task', file, title, issue: null, why: '', waitsFor: [] };
}

function skipReason(standing: Standing): string {
  return standing.kind === 'done' ? 'done already' : standing.why;
}

async function findEpic(making: Making, epic: Epic): Promise<Result<string | null>> {
  const made = making.epics.get(epic.path);
  if (made !== undefined) return ok(made);
  const issue = await makeEpic(making, epic);
  if (issue.ok) making.epics.set(epic.path, issue.value);
  return issue;
}

async function makeEpic(making: Making, epic: Epic): Promise<Result<string | null>> {
  const row = { ...describe(epic.path, epic.title), kind: 'epic' as const };
  const known = making.known.get(refOf(epic.path));
  if (known !== undefined) {
    making.show({ ...row, issue: known.id, did: 'found' });
    return ok(known.id);
  }
  const issue = await create(making, [
    '--type=epic',
    ...texts({ title: epic.title, description: epic.plan, file: epic.path }),
  ]);
  if (!issue.ok) return issue;
  making.show({ ...row, issue: issue.value, did: 'created' });
  return issue;
}

async function makeTask(making: Making, task: Task): Promise<Result<void>> {
  const home = making.tasks.get(task.id);
  if (home === undefined) throw new Error(`Internal error: ${task.id} is in no epic`);
  const parent = await findEpic(making, home.epic);
  if (!parent.ok) return parent;
  const epic = parent.value;
  const isHeld = home.standing?.kind === 'held';
  const row = { ...describe(task.ref, task.title), waitsFor: refsOf(task, making.tasks) };
  const known = making.known.get(refOf(task.ref));
  const blockers = task.edges.flatMap((edge) => making.issues.get(edge.task) ?? []);
  if (known !== undefined) {
    making.issues.set(task.id, known.id);
    const linked = await link(making, { known, epic, blockers });
    if (!linked.ok) return linked;
    making.show({ ...row, issue: known.id, did: linked.value === 0 ? 'found' : 'linked' });
    return ok(undefined);
  }
  const { acceptance, rest } = splitAcceptance(task.body);
  const issue = await create(making, [
    '--type=task',
    `--priority=${task.priority}`,
    ...(epic === null ? [] : [`--parent=${epic}`]),
    ...(blockers.length === 0 ? [] : [`--deps=${blockers.join(',')}`]),
    ...texts({
      title: task.title,
      description: rest,
      file: task.ref,
      mark: isHeld ? { [TO_HOLD]: 'yes' } : {},
    }),
    ...(acceptance === '' ? [] : [`--acceptance=${acceptance.slice(0, MAX_TEXT)}`]),
  ]);
  if (!issue.ok) return issue;
  if (issue.value !== null) {
    making.issues.set(task.id, issue.value);
    const told = isHeld ? await making.ask(holding(issue.value)) : ok(undefined);
    if (!told.ok) return told;
  }
  making.show({ ...row, issue: issue.value, did: 'created' });
  return ok(undefined);
}

function refsOf(task: Task, tasks: All['tasks']): readonly string[] {
  return task.edges.flatMap((edge) => tasks.get(edge.task)?.draft.ref ?? []);
}

/** Each as one word: a value that begins with a dash stays a value. */
function texts(of: {
  readonly title: string;
  readonly description: string;
  readonly file: string;
  readonly mark?: Readonly<Record<string, string>>;
}): readonly string[] {
  const body = of.description.slice(0, MAX_TEXT).replaceAll('\0', '').trimEnd();
  return [
    `--title=${of.title.slice(0, MAX_TITLE).replaceAll('\0', '')}`,
    `--description=${body}${body === '' ? '' : '\n\n'}Spec: ${of.file}`,
    `--external-ref=${refOf(of.file)}`,
    `--metadata=${JSON.stringify({ spec_file: of.file, ...of.mark })}`,
  ];
}

/** Gives the id; null in a dry run. */
async function create(making: Making, args: readonly string[]): Promise<Result<string | null>> {
  if (making.dryRun) return ok(null);
  const answer = await making.ask(['create', ...args]);
  if (!answer.ok) return answer;
  const issue = fieldsOf(Array.isArray(answer.value) ? answer.value[0] : answer.value);
  const id = issue['id'];
  if (typeof id === 'string' && id !== '') return ok(id);
  return fail({
    kind: 'environment',
    sentence: '`bd create` did not say which issue it made.',
    hint: 'Type `weft migrate beads` again: it finds what was made.',
  });
}

function holding(id: string): readonly string[] {
  return ['update', id, '--status=blocked', `--unset-metadata=${TO_HOLD}`];
}

/** Adds what is missing of an issue's parent and blockers; gives how much that was. */
async function link(
  making: Making,
  of: { readonly known: Known; readonly epic: string | null; readonly blockers: readonly string[] },
): Promise<Result<number>> {
  const { known, epic, blockers } = of;
  const missing = blockers.filter((id) => !known.blockers.has(id));
  const calls = [
    ...(known.parent === null && epic !== null ? [['update', known.id, `--parent=${epic}`]] : []),
    ...missing.map((id) => ['dep', 'add', known.id, id]),
    ...(known.isToHold ? [holding(known.id)] : []),
  ];
  for (const args of making.dryRun ? [] : calls) {
    const added = await making.ask(args);
    if (!added.ok) return added;
  }
  return ok(calls.length);
}

/** Takes the section with the criteria out of a text; Beads has a field for them. */
function splitAcceptance(text: string): { readonly acceptance: string; readonly rest: string } {
  const lines = readLines(text);
  const isCriteria = (words: string): boolean => /^(?:acceptance|success) criteria\b/i.test(words);
  const from = lines.findIndex(({ heading }) => heading !== null && isCriteria(heading.text));
  const level = lines[from]?.heading?.level;
  if (level === undefined) return { acceptance: '', rest: text };
  const length = lines.slice(from + 1).findIndex(({ heading }) => heading !== null && heading.level <= level);
  const to = length < 0 ? lines.length : from + 1 + length;
  const join = (some: typeof lines): string => some.map((line) => line.text).join('\n');
  return {
    acceptance: join(lines.slice(from + 1, to)).trim(),
    rest: join([...lines.slice(0, from), ...lines.slice(to)]),
  };
}
