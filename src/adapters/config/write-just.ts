// Puts recipes for `just` into a checkout: a block of its own in the justfile. Runs nothing.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What became of the justfile. */
export interface WrittenJust {
  /** Relative to the checkout; null: nothing had to change. */
  readonly written: string | null;
  /** What people should know, a sentence each. */
  readonly notes: readonly string[];
}

interface Recipe {
  readonly name: string;
  readonly parameters: string;
  readonly summary: string;
  readonly line: string;
}

const ARGS = '"$@"';

/** Recipes by the names that people know; arguments reach weft word by word, whatever is in them. */
const RECIPES: readonly Recipe[] = [
  {
    name: 'orchestrate-help',
    parameters: '',
    summary: 'Show all recipes',
    line: '@{{ quote(just_executable()) }} --justfile {{ quote(justfile()) }} --list --unsorted',
  },
  {
    name: 'orchestrate',
    parameters: '*args',
    summary: 'Run all ready tasks: [--epic X] [--max-agents N] [--dry-run]',
    line: `weft run beads ${ARGS}`,
  },
  {
    name: 'orchestrate-epic',
    parameters: 'epic *args',
    summary: 'Run the tasks of one epic',
    line: `weft run beads --epic ${ARGS}`,
  },
  {
    name: 'orchestrate-status',
    parameters: '*args',
    summary: 'Show where everything stands',
    line: `weft status ${ARGS}`,
  },
  {
    name: 'orchestrate-preview',
    parameters: '*args',
    summary: 'Say what would run, and run nothing',
    line: `weft run beads --dry-run ${ARGS}`,
  },
  { name: 'worker', parameters: 'task *args', summary: 'Run one task', line: `weft run beads ${ARGS}` },
  {
    name: 'merger',
    parameters: '*args',
    summary: 'Merge open pull requests: [--dry-run]',
    line: `weft merge ${ARGS}`,
  },
  {
    name: 'worktree-clean',
    parameters: '*args',
    summary: 'Remove worktrees that nothing needs any more',
    line: `weft worktree clean ${ARGS}`,
  },
  {
    name: 'worktree-remove',
    parameters: 'task *args',
    summary: 'Remove the worktree of one task',
    line: `weft worktree remove ${ARGS}`,
  },
  {
    name: 'test-crash-recovery',
    parameters: '*args',
    summary: 'Kill weft and agents at several moments, elsewhere, and see whether all goes on',
    line: `weft demo --crash ${ARGS}`,
  },
  {
    name: 'migrate-to-beads',
    parameters: '*args',
    summary: 'Make issues of the tasks of plan folders: [--dry-run]',
    line: `weft migrate beads ${ARGS}`,
  },
];

const BEGIN = '# >>> weft: made by `weft init --just`; what is changed in here is lost when it is run again';
const END = '# <<< weft';

/** Writes the recipes into the justfile, or into a new one. Throws what the disk says. */
export function writeJust(checkout: string): WrittenJust {
  const names = existsSync(checkout) ? readdirSync(checkout) : [];
  const name = names.find((one) => /^\.?justfile$/i.test(one));
  const before = name === undefined ? '' : readFileSync(join(checkout, name), 'utf8');
  const [start, end] = [before.indexOf(BEGIN), before.indexOf(END)];
  if (start >= 0 && end < start)
    return {
      written: null,
      notes: [
        `${name} has the first line of weft's recipes and not the last, "${END}": nothing was changed.`,
      ],
    };
  const rest = start < 0 ? before : before.slice(0, start) + before.slice(end + END.length);
  const taken = readNames(rest);
  const clashes = RECIPES.filter((recipe) => taken.has(recipe.name)).map((recipe) => recipe.name);
  const block = drawBlock(RECIPES.filter((recipe) => !taken.has(recipe.name)));
  const after =
    start < 0
      ? `${before}${before === '' || before.endsWith('\n') ? '' : '\n'}${before === '' ? '' : '\n'}${block}\n`
      : before.slice(0, start) + block + before.slice(end + END.length);
  const file = name ?? 'justfile';
  if (after !== before) writeFileSync(join(checkout, file), after);
  const notes = clashes.map(
    (clash) => `${file} has a recipe ${clash} of its own, which stays; weft's is ${lineOf(clash)}.`,
  );
  return { written: after === before ? null : file, notes };
}

function lineOf(name: string): string {
  const line = RECIPES.find((recipe) => recipe.name === name)?.line ?? '';
  return `\`${line.replace(` ${ARGS}`, '')}\``;
}

/** Names of recipes and aliases; whatever else stands at the beginning of a line is none. */
function readNames(text: string): ReadonlySet<string> {
  const names = text.split(/\r?\n/).flatMap((line) => {
    const alias = /^alias\s+([A-Za-z_][\w-]*)\s*:=/.exec(line)?.[1];
    const recipe = /^@?([A-Za-z_][\w-]*)(?:\s[^:]*)?:(?!=)/.exec(line)?.[1];
    return alias ?? recipe ?? [];
  });
  return new Set(names);
}

function drawBlock(recipes: readonly Recipe[]): string {
  const drawn = recipes.map(({ name, parameters, summary, line }) =>
    [
      `# ${summary}`,
      "[group('weft')]",
      '[positional-arguments]',
      `${name}${parameters === '' ? '' : ` ${parameters}`}:`,
      `    ${line.startsWith('@') ? line : `@${line}`}`,
      '',
    ].join('\n'),
  );
  return [BEGIN, '', ...drawn, END].join('\n');
}
