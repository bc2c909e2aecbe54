// Where the worktree of a task lies: the pattern that people write, and whether weft may make one there. Knows no disk.
import { hasUnprintable, quote } from './plan/quote.ts';
import { type NamePlaces, nameTask, TASK_PLACES } from './plan/slug.ts';

/** Where the worktree of a task lies unless the configuration says otherwise. */
export const DEFAULT_PLACE = '{root}/{run}/{task}';

/** What keeps a text from being of use, as the rest of a sentence, and what helps. */
export interface PlaceProblem {
  readonly sentence: string;
  readonly hint: string;
}

const MAX_LENGTH = 500;
const KNOWN: readonly string[] = ['root', 'repo', 'run', ...TASK_PLACES];
const EXAMPLES = 'Write it like ../worktrees/{id} or {root}/{run}/{task}.';
/** Folders of weft's state, below `.weft`. */
const STATE_FOLDERS = ['runs', 'agents', 'schemas'] as const;
/** Folders that weft keeps beside worktrees. */
const WEFTS_OWN: ReadonlySet<string> = new Set(['.gates', '.read', '.shared', '.weft-pool', '.weft-trash']);

/** Says what is wrong with a pattern for places of worktrees; null: nothing. */
export function findPlaceProblem(pattern: string): PlaceProblem | null {
  const refuse = (sentence: string, hint: string = EXAMPLES): PlaceProblem => ({ sentence, hint });
  if (pattern.length > MAX_LENGTH) return refuse(`is longer than ${MAX_LENGTH} characters`);
  if (hasUnprintable(pattern)) return refuse('has a character that cannot be printed');
  if (pattern.includes('\\')) return refuse('has a backslash', 'Folders are parted by /.');
  if (pattern.startsWith('~')) return refuse('begins with ~', 'Write the folder out; no shell reads this.');
  const foreign = /\{(?<name>[^{}]*)\}?|\}/.exec(withoutKnown(pattern))?.[0];
  if (foreign !== undefined)
    return refuse(
      `has ${quote(foreign)} in it`,
      `Its places are ${KNOWN.map((name) => `{${name}}`).join(', ')}.`,
    );
  if (!TASK_PLACES.some((name) => pattern.includes(`{${name}}`)))
    return refuse('has neither {task} nor {id} in it', 'Every task works in a folder of its own.');
  if (pattern.lastIndexOf('{root}') > 0 || /^\{root\}(?!\/)/.test(pattern))
    return refuse('has {root} elsewhere than at its beginning', 'Write it like {root}/{id}.');
  const segments = pattern.replace(/^\//, '').split('/');
  if (segments.includes('')) return refuse('has an empty segment');
  const named = segments.findIndex((segment) => segment !== '..' && segment !== '.');
  if (segments.slice(named).some((segment) => segment === '..' || segment === '.'))
    return refuse('has a . or .. after its beginning');
  const taken = segments.find((segment) => isOutOfBounds(segment));
  return taken === undefined
    ? null
    : refuse(`has the segment ${quote(taken)}`, 'That folder is not for worktrees.');
}

function withoutKnown(pattern: string): string {
  return KNOWN.reduce((text, name) => text.replaceAll(`{${name}}`, ''), pattern);
}

function isOutOfBounds(segment: string): boolean {
  const folded = segment.toLowerCase();
  return folded === '.git' || WEFTS_OWN.has(folded);
}

/** Fills in a pattern; `root` is where weft's folder of worktrees is. */
export function drawPlace(pattern: string, names: NamePlaces & { readonly root: string }): string {
  // only at the beginning, and what is in it is no pattern
  if (!pattern.startsWith('{root}')) return nameTask(pattern, names);
  return `${names.root}${nameTask(pattern.slice('{root}'.length), names)}`;
}

/** Tells whether places of one run are never those of another. */
export function isOfOneRun(pattern: string): boolean {
  return pattern.includes('{run}');
}

/**
 * Says why no worktree may be made in a folder; null: one may. All paths are absolute, without links, `.` and `..`.
 * `tracked`: git has files in the folder that it would lie in.
 */
export function judgePlace(of: {
  readonly path: string;
  readonly repository: string;
  readonly gitDir: string;
  readonly tracked: boolean;
}): PlaceProblem | null {
  const { path, repository, gitDir, tracked } = of;
  const hint = 'Name another place with `worktrees.path` or `worktrees.root` in .weft/config.yaml.';
  if (path === repository) return { sentence: 'is the repository itself', hint };
  if (isBelow(repository, path)) return { sentence: 'has the repository in it', hint };
  const names = path.split('/').map((name) => name.toLowerCase());
  if (names.includes('.git') || path === gitDir || isBelow(path, gitDir))
    return { sentence: 'belongs to git', hint };
  if (!isBelow(path, repository)) return null;
  const state = `${repository}/.weft`;
  if (
    path === state ||
    STATE_FOLDERS.some((name) => path === `${state}/${name}` || isBelow(path, `${state}/${name}`))
  )
    return { sentence: 'belongs to what weft knows of its runs', hint };
  return tracked ? { sentence: 'is among files of the repository', hint } : null;
}

function isBelow(path: string, folder: string): boolean {
  return path.startsWith(folder.endsWith('/') ? folder : `${folder}/`);
}
