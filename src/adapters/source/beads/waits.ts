// What an issue waits for: other tasks, as edges, or what weft cannot see to, as a sentence. Follows Beads' own rules.
import { type Family, isFailureClose, isOpen } from './family.ts';
import type { BeadsDependency, BeadsIssue } from './issue.ts';

/** What an issue waits for. */
export interface Waits {
  /** Ids of tasks, each once. */
  readonly tasks: readonly string[];
  /** Ends of "it waits: …". */
  readonly holds: readonly string[];
}

/** What is known when waits are worked out. */
export interface WaitsSetting {
  readonly family: Family;
  /** Whether an issue is a task of this run that is not finished. */
  readonly isTask: (id: string) => boolean;
  /** Issues that Beads itself calls ready; null: it cannot be asked. */
  readonly ready: ReadonlySet<string> | null;
  /** Wall time in ms. */
  readonly now: number;
}

/** An epic with more open tasks than this is waited for as a whole: edges from each to each would be too many. */
const MAX_EXPANDED = 64;
const NOTHING: Waits = { tasks: [], holds: [] };

/** Gives the function that tells what an issue waits for; what its parents wait for, it waits for as well. */
export function createWaits(given: WaitsSetting): (issue: BeadsIssue) => Waits {
  const { family } = given;
  const setting: Working = { ...given, wholes: new Map() };
  const known = new Map<string, readonly Wait[]>();
  const ownOf = (id: string): readonly Wait[] => {
    const issue = family.get(id);
    const found = known.get(id) ?? (issue === undefined ? [] : readWaits(issue, setting));
    known.set(id, found);
    return found;
  };
  return (issue) => {
    const ancestors = family.ancestorsOf(issue.id);
    const tasks = new Set<string>();
    const holds = new Set<string>();
    for (const id of [issue.id, ...ancestors]) {
      for (const { on, waits } of ownOf(id)) {
        const isOwn = on === issue.id || ancestors.includes(on);
        if (isOwn && id === issue.id) holds.add(`for ${on}, which it is itself a part of`);
        if (isOwn) continue;
        for (const task of waits.tasks) if (task !== issue.id) tasks.add(task);
        for (const hold of waits.holds) holds.add(hold);
      }
    }
    const putOff = ancestors.find((id) => isPutOff(family.get(id), setting.now));
    if (putOff !== undefined) holds.add(`${putOff}, which it is a part of, is put off`);
    return { tasks: [...tasks], holds: [...holds] };
  };
}

/** Tells whether an issue is not to be begun before a day that has not come. */
export function isPutOff(issue: BeadsIssue | undefined, now: number): boolean {
  return issue !== undefined && (issue.status === 'deferred' || (issue.deferredUntil ?? 0) > now);
}

/** Tells whether the type of a dependency makes one issue wait for another. */
export function isBlocking({ type }: BeadsDependency): boolean {
  return type === 'blocks' || type === 'conditional-blocks' || type === 'waits-for';
}

/** What is worked out once for all who wait for it. */
interface Working extends WaitsSetting {
  readonly wholes: Map<string, Waits>;
}

interface Wait {
  readonly on: string;
  readonly waits: Waits;
}

function readWaits(issue: BeadsIssue, setting: Working): readonly Wait[] {
  return issue.dependencies
    .filter(isBlocking)
    .map((dependency) => ({ on: dependency.on, waits: readWait(issue, dependency, setting) }));
}

function readWait(issue: BeadsIssue, dependency: BeadsDependency, setting: Working): Waits {
  const target = setting.family.get(dependency.on);
  if (target === undefined) return waitForUnseen(issue, dependency, setting);
  if (dependency.type === 'conditional-blocks') return waitForFailure(target);
  if (dependency.type === 'waits-for') return waitForChildren(target, dependency, setting);
  return waitFor(target, setting);
}

/** It is in another database, or was deleted: only Beads can tell. */
function waitForUnseen(issue: BeadsIssue, { on }: BeadsDependency, { ready }: Working): Waits {
  const isMet = ready === null ? !on.startsWith('external:') : ready.has(issue.id);
  return isMet ? NOTHING : { tasks: [], holds: [`for ${on}, which is not in this database`] };
}

function waitForFailure(target: BeadsIssue): Waits {
  if (isFailureClose(target)) return NOTHING;
  const how = isOpen(target) ? 'has not been closed' : 'did not fail';
  return { tasks: [], holds: [`it is for the case that ${target.id} fails, which ${how}`] };
}

function waitForChildren(target: BeadsIssue, { isAnyEnough }: BeadsDependency, setting: Working): Waits {
  const children = setting.family.childrenOf(target.id);
  const open = children.filter(isOpen);
  if (open.length === 0) return NOTHING;
  if (!isAnyEnough) return waitForAll(target, open, setting);
  if (children.some(({ status }) => status === 'closed')) return NOTHING;
  return open.length === 1
    ? waitForAll(target, open, setting)
    : { tasks: [], holds: [`for the first of the ${open.length} children of ${target.id}`] };
}

function waitFor(target: BeadsIssue, setting: Working): Waits {
  if (!isOpen(target)) return NOTHING;
  if (setting.isTask(target.id)) return { tasks: [target.id], holds: [] };
  const children = setting.family.childrenOf(target.id);
  if (children.length > 0) {
    const known = setting.wholes.get(target.id) ?? waitForAll(target, children, setting);
    setting.wholes.set(target.id, known);
    return known;
  }
  const what =
    target.type === 'task'
      ? 'is open and not part of this run (`weft run beads` takes all)'
      : `is an open ${target.type} (\`bd show ${target.id}\`)`;
  return { tasks: [], holds: [`for ${target.id}, which ${what}`] };
}

/** An epic whose parts are all closed is as good as closed. */
function waitForAll(target: BeadsIssue, parts: readonly BeadsIssue[], setting: Working): Waits {
  const leaves = new Set<BeadsIssue>();
  const seen = new Set<string>([target.id]);
  const left = parts.filter(isOpen);
  for (let part = left.pop(); part !== undefined; part = left.pop()) {
    if (seen.has(part.id)) continue;
    if (leaves.size > MAX_EXPANDED) return { tasks: [], holds: [`for the many open parts of ${target.id}`] };
    seen.add(part.id);
    const children = setting.family.childrenOf(part.id);
    if (children.length === 0) leaves.add(part);
    else left.push(...children.filter(isOpen));
  }
  const each = [...leaves].reverse().map((leaf) => waitFor(leaf, setting));
  return { tasks: each.flatMap(({ tasks }) => tasks), holds: each.flatMap(({ holds }) => holds) };
}
