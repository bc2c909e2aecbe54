// Issues of Beads as any version of it prints them, made into one shape. Knows nothing of where the text came from.

/** A dependency of an issue, of any type. */
export interface BeadsDependency {
  /** The issue, or `external:project:capability`, that is depended on. */
  readonly on: string;
  /** `blocks`, `parent-child`, `related` … */
  readonly type: string;
  /** For `waits-for`: the first of the children is enough. */
  readonly isAnyEnough: boolean;
}

/** One issue. What Beads leaves out is empty here. */
export interface BeadsIssue {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly design: string;
  readonly acceptance: string;
  readonly notes: string;
  /** `open`, `closed` …, or one that people defined. */
  readonly status: string;
  readonly type: string;
  readonly priority: number | null;
  /** Wall time in ms at which it was made; 0: it does not say. */
  readonly createdAt: number;
  readonly assignee: string;
  readonly closeReason: string;
  readonly labels: readonly string[];
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly dependencies: readonly BeadsDependency[];
  /** What the list says of it; null: nothing. */
  readonly parent: string | null;
  /** A template, a pinned or a passing thing: never work. */
  readonly isAside: boolean;
  /** Wall time in ms until which it is put off; null: it is not. */
  readonly deferredUntil: number | null;
  /** More dependencies were counted than listed. */
  readonly isCut: boolean;
}

/** Bounds the length of each text that is read from an issue, in UTF-16 code units. */
export const MAX_TEXT: number = 64 * 1024;
/** Bounds the issues of one database; more are not looked at. */
export const MAX_ISSUES = 100_000;

type Fields = Readonly<Record<string, unknown>>;

/** Takes the envelope `{schema_version, data}` off an answer of `bd`, where there is one. */
export function unwrap(value: unknown): unknown {
  return isFields(value) && 'schema_version' in value && 'data' in value ? value['data'] : value;
}

/** Makes issues of an array, a single object or either in an envelope; what is no issue is passed over. */
export function readIssues(value: unknown): readonly BeadsIssue[] {
  const inner = unwrap(value);
  const rows: readonly unknown[] = Array.isArray(inner)
    ? inner
    : isFields(inner) && Array.isArray(inner['issues'])
      ? inner['issues']
      : [inner];
  return rows.slice(0, MAX_ISSUES).flatMap((row) => readIssue(row) ?? []);
}

/** Makes issues of lines of JSON, as in `issues.jsonl`; lines of other kinds and broken ones are passed over. */
export function readIssueLines(text: string): {
  readonly issues: readonly BeadsIssue[];
  readonly broken: number;
} {
  const issues: BeadsIssue[] = [];
  let broken = 0;
  for (const line of text.split('\n')) {
    if (line.trim() === '' || issues.length === MAX_ISSUES) continue;
    const row = parseJson(line);
    const issue = isFields(row) && (row['_type'] ?? 'issue') === 'issue' ? readIssue(row) : null;
    if (issue !== null) issues.push(issue);
    else if (!isFields(row) || (row['_type'] ?? 'issue') === 'issue') broken += 1;
  }
  return { issues, broken };
}

/** Reads JSON; undefined when it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Tells whether a value is an object with fields. */
export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readIssue(row: unknown): BeadsIssue | null {
  if (!isFields(row)) return null;
  const id = textOf(row['id']);
  if (id === '') return null;
  const dependencies = (Array.isArray(row['dependencies']) ? row['dependencies'] : []).flatMap(
    (one: unknown) => readDependency(one) ?? [],
  );
  const priority = row['priority'];
  const deferred = Date.parse(textOf(row['defer_until']));
  const counted = row['dependency_count'];
  return {
    id,
    title: textOf(row['title']),
    description: textOf(row['description']),
    design: textOf(row['design']),
    acceptance: textOf(row['acceptance_criteria']),
    notes: textOf(row['notes']),
    status: textOf(row['status']).toLowerCase() || 'open',
    type: textOf(row['issue_type']).toLowerCase() || 'task',
    priority: typeof priority === 'number' && Number.isFinite(priority) ? priority : null,
    createdAt: Date.parse(textOf(row['created_at'])) || 0,
    assignee: textOf(row['assignee']),
    closeReason: textOf(row['close_reason']),
    labels: (Array.isArray(row['labels']) ? row['labels'] : []).map(textOf).filter((label) => label !== ''),
    metadata: readMetadata(row['metadata']),
    dependencies,
    parent: textOf(row['parent']) || null,
    isAside: ['ephemeral', 'wisp', 'pinned', 'is_template'].some((key) => row[key] === true),
    deferredUntil: Number.isNaN(deferred) ? null : deferred,
    isCut: typeof counted === 'number' && counted > 0 && dependencies.length === 0,
  };
}

/** In a list it is a record of its own, in `bd show` the other issue with the type added. */
function readDependency(row: unknown): BeadsDependency | null {
  if (!isFields(row)) return null;
  const on = textOf(row['depends_on_id']) || textOf(row['id']);
  if (on === '') return null;
  return {
    on,
    type: textOf(row['type']) || textOf(row['dependency_type']) || 'blocks',
    isAnyEnough: readMetadata(row['metadata'])['gate'] === 'any-children',
  };
}

function readMetadata(value: unknown): Fields {
  const inner = typeof value === 'string' ? parseJson(value) : value;
  return isFields(inner) ? inner : {};
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, MAX_TEXT) : '';
}
