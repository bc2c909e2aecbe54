// Holds the facts of a run to the promises that weft makes. Sees the journal alone: git and processes are asked elsewhere.
import {
  type ClaimIndex,
  createClaimIndex,
  findCollision,
  holdClaim,
  releaseClaim,
} from './claim/claim-index.ts';
import { compilePattern, type Pattern } from './claim/pattern.ts';
import type { Event, Recorded } from './event.ts';
import { evolve } from './evolve/evolve.ts';
import { isAllowed, isTerminal } from './lifecycle.ts';
import { type Edge, type Oid, type Phase, type TaskId, taskId } from './model.ts';
import { type Audit, accuse, look } from './promise.ts';
import { createState, isLive, type RunState, type TaskState } from './state.ts';

/** Audits a journal from its first fact to its last; gives the findings and the state it adds up to. */
export function auditJournal(records: readonly Recorded[]): {
  readonly audit: Audit;
  readonly state: RunState;
} {
  const books = openBooks();
  for (const record of records) {
    checkPlace(books, record);
    const { event } = record;
    if ('task' in event) takeTaskFact(books, record, event);
    else takeRunFact(books, record);
    books.last = record;
  }
  checkEnd(books);
  return { audit: books.audit, state: books.state };
}

/** What the auditor keeps beside the replayed state. */
interface Books {
  readonly audit: Audit;
  readonly state: RunState;
  last: Recorded | null;
  /** Claims as the facts say they are held; an index of its own, not the scheduler's. */
  readonly claims: ClaimIndex;
  readonly patterns: Map<TaskId, readonly Pattern[]>;
  /** Trees that passed all gates asked of them. */
  readonly passed: Map<TaskId, Set<Oid>>;
  /** Landed, and proven only by what lands right on top of it: the last of its batch. */
  readonly unproven: Map<Oid, TaskId>;
  readonly candidates: Map<Oid, Extract<Event, { readonly type: 'candidate.built' }>>;
  readonly landed: Set<TaskId>;
  /** Tasks for which a person said something that allows another attempt. */
  readonly heard: Set<TaskId>;
  /** Who works in which worktree. */
  readonly workers: Map<string, TaskId>;
}

function openBooks(): Books {
  return {
    audit: new Map(),
    state: createState(),
    last: null,
    claims: createClaimIndex(),
    patterns: new Map(),
    passed: new Map(),
    unproven: new Map(),
    candidates: new Map(),
    landed: new Set(),
    heard: new Set(),
    workers: new Map(),
  };
}

function checkPlace({ audit, last }: Books, record: Recorded): void {
  const { seq, epoch, ms, event } = record;
  look(audit, 'I1', { what: 'facts' });
  look(audit, 'I13', { what: 'facts' });
  if (seq !== (last?.seq ?? 0) + 1) accuse(audit, 'I1', `fact ${seq} follows fact ${last?.seq ?? 0}`);
  if (epoch < (last?.epoch ?? 0))
    accuse(audit, 'I13', `fact ${seq} is of epoch ${epoch}, after epoch ${last?.epoch}`);
  if (ms < (last?.ms ?? 0))
    accuse(audit, 'I9', `the run's clock goes back to ${ms} ms at fact ${seq}, from ${last?.ms} ms`);
  const takesOver = event.type === 'run.started' || event.type === 'run.resumed';
  const isNew = epoch !== last?.epoch;
  if (isNew) look(audit, 'I13', { what: 'engines' });
  if (isNew !== takesOver)
    accuse(
      audit,
      'I13',
      `fact ${seq}, ${event.type}, ${isNew ? 'is the first' : 'is not the first'} of epoch ${epoch}`,
    );
}

function takeRunFact(books: Books, record: Recorded): void {
  const { state, patterns } = books;
  const began = state.run !== null;
  evolve(state, record);
  if (record.event.type !== 'run.started') {
    if (!began)
      accuse(books.audit, 'I9', `fact ${record.seq}, ${record.event.type}, comes before the run started`);
    return;
  }
  if (began) accuse(books.audit, 'I9', `the run starts again at fact ${record.seq}`);
  for (const { id, owns } of record.event.tasks)
    patterns.set(
      id,
      (owns ?? []).map((text) => compilePattern(text)),
    );
}

type TaskEvent = Extract<Event, { readonly task: TaskId }>;

function takeTaskFact(books: Books, record: Recorded, event: TaskEvent): void {
  const { audit, state } = books;
  const ts = state.tasks.get(event.task);
  if (ts === undefined) {
    accuse(audit, 'I9', `fact ${record.seq} is about ${event.task}, which the plan does not have`);
    return;
  }
  const before = ts.phase;
  checkBefore(books, { record, event, ts });
  evolve(state, record);
  look(audit, 'I9', { what: 'facts of tasks' });
  if (ts.phase !== before) checkMove(books, { ts, before, on: event.type });
  keepClaims(books, ts);
  keepWorkers(books, ts, event);
}

interface Seen<E extends TaskEvent = TaskEvent> {
  readonly record: Recorded;
  readonly event: E;
  /** The task before the fact. */
  readonly ts: TaskState;
}

function checkBefore(books: Books, { record, event, ts }: Seen): void {
  switch (event.type) {
    case 'attempt.spawned':
      return checkSpawn(books, { record, event, ts });
    case 'attempt.verified':
    case 'candidate.verified':
      return takeVerdict(books, event);
    case 'candidate.built':
      books.candidates.set(event.commit, event);
      return;
    case 'task.landed':
      return checkLanding(books, event);
    case 'task.swept':
      return checkSweep(books, { record, event, ts });
    case 'question.answered':
    case 'guidance.given':
    case 'task.restarted':
    case 'task.done':
      books.heard.add(event.task);
      return;
    default:
      return;
  }
}

function checkMove(
  { audit }: Books,
  { ts, before, on }: { readonly ts: TaskState; readonly before: Phase; readonly on: string },
): void {
  const { id } = ts.task;
  look(audit, 'I9', { what: 'moves' });
  if (!isAllowed({ from: before, to: ts.phase, on }))
    accuse(audit, 'I9', `${id} goes from ${before} to ${ts.phase} by ${on}`);
  if (!isTerminal(before)) return;
  look(audit, 'I8', { what: 'tasks begun anew' });
  if (on !== 'task.restarted') accuse(audit, 'I8', `${id} leaves ${before} by ${on}`);
}

type Spawned = Extract<Event, { readonly type: 'attempt.spawned' }>;

function checkSpawn(books: Books, { record, event, ts }: Seen<Spawned>): void {
  const { audit, state, heard } = books;
  const { id } = ts.task;
  const name = `${id}/${event.attempt}`;
  look(audit, 'I8', { what: 'starts' });
  if (event.attempt !== ts.attempts + 1) accuse(audit, 'I8', `attempt ${name} follows ${id}/${ts.attempts}`);
  const { policy } = state;
  if (ts.charged >= policy.limits.attempts && !heard.has(id))
    accuse(
      audit,
      'I8',
      `${name} starts after ${ts.charged} attempts that count, of ${policy.limits.attempts}`,
    );
  heard.delete(id);
  if (record.ms < (ts.retryAt ?? 0))
    accuse(audit, 'I8', `${name} starts at ${record.ms} ms and was to wait until ${ts.retryAt} ms`);
  const running = [...state.tasks.values()].filter((other) => other !== ts && takesSlot(other)).length;
  if (running >= policy.maxAgents)
    accuse(audit, 'I8', `${name} starts beside ${running} others, and ${policy.maxAgents} may work at once`);
  for (const edge of ts.task.edges) {
    look(audit, 'I7', { what: 'dependencies of tasks that start' });
    const phase = state.tasks.get(edge.task)?.phase ?? 'waiting';
    if (!isThere(edge, phase))
      accuse(audit, 'I7', `${name} starts while ${edge.task} is ${phase}, and needs it ${edge.on}`);
  }
  checkClaim(books, { record, event, ts });
}

function takesSlot(ts: TaskState): boolean {
  return (
    ts.phase === 'spawned' || (ts.phase === 'working' && (ts.question === null || ts.attempt?.stop != null))
  );
}

const THERE: Readonly<Record<Edge['on'], readonly Phase[]>> = {
  verified: ['committed', 'pr_created', 'queued', 'merged'],
  submitted: ['pr_created', 'queued', 'merged'],
  merged: ['merged'],
};

function isThere(edge: Edge, phase: Phase): boolean {
  return THERE[edge.on].includes(phase);
}

function checkClaim(books: Books, { event, ts }: Seen<Spawned>): void {
  const { audit, state, claims, patterns } = books;
  const asked = patterns.get(ts.task.id) ?? [];
  if (asked.length === 0) return;
  look(audit, 'I3', { what: 'starts with a claim' });
  if (state.policy.collisionPolicy === 'force' || event.forced.length > 0) return;
  const met = findCollision(claims, asked, (owner) => {
    const other = state.tasks.get(taskId(owner));
    if (other === undefined || other === ts) return true;
    return !isLive(other) && (isBuiltOn(state, ts, other) || isBuiltOn(state, other, ts));
  });
  if (met !== null) {
    accuse(
      audit,
      'I3',
      `${ts.task.id}/${event.attempt} starts while ${met.owner} holds ${met.right}; both cover ${met.witness}`,
    );
  }
}

/** Tells whether `upper` is stacked, over any number of steps that have not landed, on `lower`. */
function isBuiltOn(state: RunState, upper: TaskState, lower: TaskState): boolean {
  for (let at: TaskState | undefined = upper; at !== undefined && at.phase !== 'merged'; ) {
    const below: Edge | undefined = at.task.edges.find((edge) => edge.base === 'stacked');
    if (below?.task === lower.task.id) return true;
    at = below === undefined ? undefined : state.tasks.get(below.task);
  }
  return false;
}

function keepClaims({ audit, claims, patterns }: Books, ts: TaskState): void {
  const { id } = ts.task;
  if (isTerminal(ts.phase)) {
    look(audit, 'I4', { what: 'facts of tasks that are over' });
    if (ts.holdsClaim) accuse(audit, 'I4', `${id} is ${ts.phase} and holds its claim`);
  }
  const held = claims.holdings.has(id);
  if (ts.holdsClaim && !held) holdClaim(claims, id, patterns.get(id) ?? []);
  if (!ts.holdsClaim && held) releaseClaim(claims, id);
}

function keepWorkers({ audit, workers, state }: Books, ts: TaskState, event: TaskEvent): void {
  const { id } = ts.task;
  if (event.type === 'attempt.started' && ts.phase === 'working' && state.policy.isolation === 'worktree') {
    look(audit, 'I2', { what: 'agents that started' });
    const other = workers.get(event.worktree) ?? id;
    if (other !== id)
      accuse(audit, 'I2', `${id}/${event.attempt} starts in ${event.worktree}, where ${other} works`);
    workers.set(event.worktree, id);
  }
  const { worktree } = ts.attempt ?? { worktree: null };
  if (worktree !== null && ts.phase !== 'working' && workers.get(worktree) === id) workers.delete(worktree);
}

function takeVerdict(
  { audit, passed }: Books,
  event: Extract<Event, { readonly type: 'attempt.verified' | 'candidate.verified' }>,
): void {
  look(audit, 'I5', { what: 'verdicts' });
  const refused = event.gates.find((gate) => gate.exit !== 0);
  if (refused !== undefined) {
    accuse(
      audit,
      'I5',
      `${event.task} counts as verified although \`${refused.command}\` ended with ${refused.exit}`,
    );
    return;
  }
  const trees = passed.get(event.task) ?? new Set();
  passed.set(event.task, trees.add(event.tree));
}

function checkLanding(
  { audit, passed, candidates, landed, unproven }: Books,
  event: Extract<Event, { readonly type: 'task.landed' }>,
): void {
  const { task, commit, tree, base, by } = event;
  look(audit, 'I6', { what: 'landings' });
  if (by === 'human') return;
  const built = candidates.get(commit);
  if (commit === base) return;
  look(audit, 'I5', { what: 'landings' });
  if (landed.has(task)) accuse(audit, 'I6', `${task} lands again, as ${commit}`);
  landed.add(task);
  const isBuilt = built?.task === task && built.base === base && built.tree === tree;
  if (!isBuilt && !isRemade(candidates, event))
    accuse(audit, 'I5', `${task} landed as ${commit}, which was not built for it on ${base}`);
  if (passed.get(task)?.has(tree) !== true) {
    unproven.set(commit, task);
    return;
  }
  // one verdict speaks for all that the tree was built on in its batch
  for (let at: Oid | undefined = base; at !== undefined && unproven.delete(at); )
    at = candidates.get(at)?.base;
}

/** A forge makes commits of its own; what counts is that the tree was built for the task, on that base. */
function isRemade(
  candidates: Books['candidates'],
  { task, tree, base }: Extract<Event, { readonly type: 'task.landed' }>,
): boolean {
  for (const built of candidates.values())
    if (built.task === task && built.tree === tree && built.base === base) return true;
  return false;
}

function checkSweep(
  { audit, state }: Books,
  { event, ts }: Seen<Extract<Event, { readonly type: 'task.swept' }>>,
): void {
  look(audit, 'I11', { what: 'worktrees cleared away' });
  const seen = ts.attempt?.inspected;
  if (ts.phase === 'merged' || seen == null || seen.head === seen.base || state.policy.isolation === 'shared')
    return;
  if (event.rescue === null && event.kept === null)
    accuse(audit, 'I11', `the worktree of ${event.task} is cleared away, and ${seen.head} is kept nowhere`);
}

function checkEnd({ audit, state, last, claims, unproven }: Books): void {
  if (state.rested === null) return;
  for (const [commit, task] of unproven)
    accuse(audit, 'I5', `${task} landed as ${commit}, and no tree with it ever passed`);
  look(audit, 'I12', { what: 'tasks at rest', count: state.tasks.size });
  if (last?.event.type !== 'run.rested') accuse(audit, 'I12', `${last?.event.type} comes after the rest`);
  for (const ts of state.tasks.values()) {
    if (isLive(ts)) accuse(audit, 'I12', `${ts.task.id} is ${ts.phase} although the run is at rest`);
    if (state.rested !== 'complete') continue;
    if (!isTerminal(ts.phase) || ts.phase === 'failed')
      accuse(audit, 'I12', `the run is complete and ${ts.task.id} is ${ts.phase}`);
    if (claims.holdings.has(ts.task.id))
      accuse(audit, 'I4', `the run is complete and ${ts.task.id} holds a claim`);
    if (ts.attempts > 0 && ts.swept === null)
      accuse(audit, 'I12', `the run is complete and ${ts.task.id} was never cleared away`);
  }
}
