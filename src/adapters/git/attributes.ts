// Finds the `.gitattributes` files of a tree. What is below a folder that did not change is not looked at twice. Knows
// nothing of what they say.
import { giveUp, type Shared } from './exec.ts';

const NAME = '.gitattributes';
const FOLDER_MODE = '40000';
const MAX_KNOWN = 50_000;

/** Paths below a tree, by the tree's id: what an id names never changes. */
const known = new WeakMap<Shared, Map<string, readonly string[]>>();

/** Lists the paths of a tree's `.gitattributes` files, those in its folders included. */
export async function listAttributeFiles(shared: Shared, tree: string): Promise<readonly string[]> {
  const trees = known.get(shared) ?? new Map<string, readonly string[]>();
  known.set(shared, trees);
  const before = trees.get(tree);
  if (before !== undefined) return before;
  const bytes = (await shared.objects.read(tree)) ?? giveUp(`There is no tree ${tree}.`);
  const found: string[] = [];
  for (const { mode, name, id } of parseTree(bytes, tree.length / 2)) {
    if (mode === FOLDER_MODE)
      found.push(...(await listAttributeFiles(shared, id)).map((path) => `${name}/${path}`));
    else if (name === NAME) found.push(NAME);
  }
  if (trees.size >= MAX_KNOWN) trees.clear();
  trees.set(tree, found);
  return found;
}

/** The entries of a tree object: `mode name`, NUL, and the bytes of an id, one after the other. */
function* parseTree(
  bytes: Buffer,
  idBytes: number,
): Generator<{ readonly mode: string; readonly name: string; readonly id: string }> {
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at);
    const end = bytes.indexOf(0, space);
    const mode = bytes.toString('latin1', at, space);
    at = end + 1 + idBytes;
    yield { mode, name: bytes.toString('utf8', space + 1, end), id: bytes.toString('hex', end + 1, at) };
  }
}
