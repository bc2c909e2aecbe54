// The sources that the words and options of `weft run` name. Opens none.
import { fail, ok, type Result } from '../../core/failure.ts';
import type { SourceWish } from '../app.ts';
import type { OptionSpec } from './command-spec.ts';
import { listOption, type Parsed, textOption } from './parse.ts';

/** Options that say what of a source is meant. */
export const SOURCE_OPTIONS: readonly OptionSpec[] = [
  { name: 'epic', value: 'ID', summary: 'beads: only what is below that issue' },
  { name: 'label', value: 'NAME', repeats: true, summary: 'beads, github: only issues with that label' },
  { name: 'milestone', value: 'NAME', summary: 'github: only issues of that milestone' },
  { name: 'assignee', value: 'LOGIN', summary: 'github: only issues that are assigned so' },
  { name: 'query', value: 'TEXT', summary: "github: only what GitHub's own search finds" },
  { name: 'workspace', value: 'NAME', summary: "task-copilot: another workspace than the folder's name" },
  { name: 'db', value: 'PATH', summary: 'task-copilot: another database' },
];

const KINDS = ['beads', 'github', 'task-copilot', 'plan'] as const;
type Kind = (typeof KINDS)[number];

/** For each option, the sources that it says something of. */
const MEANT: Readonly<Record<string, readonly Kind[]>> = {
  epic: ['beads'],
  label: ['beads', 'github'],
  milestone: ['github'],
  assignee: ['github'],
  query: ['github'],
  workspace: ['task-copilot'],
  db: ['task-copilot'],
};

/** A source's name and the words after it. */
interface Named {
  readonly kind: Kind | 'file';
  readonly words: string[];
}

/** Reads words such as `tracks.yaml github 123 124 beads`, in their order. Failure `usage` for what makes no sense. */
export function readSources(parsed: Parsed, words: readonly string[]): Result<readonly SourceWish[]> {
  const named = splitWords(words);
  const kinds = named.map(({ kind }) => kind);
  for (const [option, meant] of Object.entries(MEANT)) {
    if (!parsed.options.has(option) || meant.some((kind) => kinds.includes(kind))) continue;
    const sentence = `--${option} is for ${meant.join(' and ')}, which is not among the sources.`;
    return usage(sentence, `For example \`weft run ${meant[0]} --${option} …\`.`);
  }
  const twice = KINDS.find((kind) => kinds.filter((each) => each === kind).length > 1);
  if (twice !== undefined) return usage(`${twice} is named twice.`, 'Name each source once.');
  const wishes: SourceWish[] = [];
  for (const each of named) {
    const wish = readWish(each, parsed);
    if (!wish.ok) return wish;
    wishes.push(wish.value);
  }
  return ok(wishes);
}

function splitWords(words: readonly string[]): readonly Named[] {
  const named: Named[] = [];
  for (const word of words) {
    const kind = KINDS.find((each) => each === word);
    const last = named.at(-1);
    if (kind !== undefined) named.push({ kind, words: [] });
    else if (last === undefined || last.kind === 'file' || isFile(word, last))
      named.push({ kind: 'file', words: [word] });
    else last.words.push(word);
  }
  return named;
}

/** A word after a source's name that can only be a track file. */
function isFile(word: string, { kind, words }: Named): boolean {
  return /\.(?:ya?ml|json)$/i.test(word) && !(kind === 'plan' && words.length === 0);
}

function readWish({ kind, words }: Named, parsed: Parsed): Result<SourceWish> {
  const [first = null, second] = words;
  const text = (name: string): string | null => textOption(parsed, name) ?? null;
  const labels = listOption(parsed, 'label') ?? [];
  switch (kind) {
    case 'file':
      return ok({ kind, path: first ?? '' });
    case 'beads':
      return ok({ kind, epic: text('epic'), issues: words, labels });
    case 'github': {
      const issues = words.map((word) => Number(word.replace(/^#/, '')));
      const wrong = words.find((_, at) => !Number.isSafeInteger(issues[at]) || (issues[at] ?? 0) < 1);
      if (wrong !== undefined)
        return usage(
          `${JSON.stringify(wrong)} is no number of an issue.`,
          'For example `weft run github 123 124`.',
        );
      const [milestone, assignee, query] = [text('milestone'), text('assignee'), text('query')];
      if (
        issues.length === 0 &&
        labels.length === 0 &&
        milestone === null &&
        assignee === null &&
        query === null
      )
        return usage(
          'Which issues of GitHub?',
          'Name numbers (`weft run github 123 124`), or --label, --milestone, --assignee, --query.',
        );
      return ok({ kind, issues, labels, milestone, assignee, query });
    }
    case 'task-copilot':
    case 'plan':
      if (second !== undefined)
        return usage(
          `${kind} takes one word, not also ${JSON.stringify(second)}.`,
          '`weft run --help` has examples.',
        );
      return kind === 'plan'
        ? ok({ kind, path: first })
        : ok({ kind, workspace: text('workspace'), db: text('db'), stream: first });
  }
}

function usage(sentence: string, hint: string): Result<never> {
  return fail({ kind: 'usage', sentence, hint });
}
