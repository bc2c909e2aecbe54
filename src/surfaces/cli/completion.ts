// Completion scripts for shells, made from the command table. Asks weft for runs and their tasks when they are typed.
import type { CommandSpec, OptionSpec } from './command-spec.ts';
import { HELP } from './command-table.ts';

/** A shell that a completion script can be made for. */
export type Shell = 'bash' | 'zsh' | 'fish';

/** The completion script. */
export function drawCompletion(shell: Shell, commands: readonly CommandSpec[]): string {
  switch (shell) {
    case 'bash':
      return drawBash(commands);
    case 'zsh':
      return drawZsh(commands);
    case 'fish':
      return drawFish(commands);
    default:
      throw new Error(`Internal error: no completion for ${shell satisfies never}`);
  }
}

function optionsOf(command: CommandSpec): readonly OptionSpec[] {
  return [...command.options, HELP];
}

function firstWords(commands: readonly CommandSpec[]): readonly string[] {
  return [...new Set(commands.map((each) => each.name.split(' ', 1)[0] ?? '').filter((word) => word !== ''))];
}

function secondWords(commands: readonly CommandSpec[], first: string): readonly string[] {
  return commands.flatMap((each) => {
    const [one, two] = each.name.split(' ');
    return one === first && two !== undefined ? [two] : [];
  });
}

/** Words that may follow the command: options and fixed arguments. */
function wordsOf(command: CommandSpec): readonly string[] {
  const options = optionsOf(command).map((option) => `--${option.name}`);
  return [...options, ...command.arguments.flatMap((argument) => argument.choices ?? [])];
}

/** What is looked up at the moment of typing. */
type Lookup = 'tasks' | 'runs' | 'branches' | 'files' | 'nothing';

/** What fills an argument or a value, by the word that stands for it. */
const LOOKUPS: ReadonlyMap<string, Lookup> = new Map([
  ['TASK', 'tasks'],
  ['RUN|TASK', 'tasks'],
  ['RUN', 'runs'],
  ['FILE', 'files'],
  ['SOURCE', 'files'],
  ['BRANCH', 'branches'],
]);

function lookupOf(word: string | undefined): Lookup {
  return LOOKUPS.get(word ?? '') ?? 'nothing';
}

/** What a command's own arguments are completed with: those of the first. */
function lookupOfCommand(command: CommandSpec): Lookup {
  return lookupOf(command.arguments[0]?.name);
}

function drawBash(commands: readonly CommandSpec[]): string {
  const named = commands.filter((command) => command.name !== '');
  const [pairs, singles] = [true, false].map((two) =>
    named
      .filter((command) => command.name.includes(' ') === two)
      .map((command) =>
        drawCase(two ? command.name : `${command.name} `, {
          words: wordsOf(command),
          lookup: lookupOfCommand(command),
        }),
      ),
  ) as [string[], string[]];
  const families = firstWords(commands)
    .map((first) => [first, secondWords(commands, first)] as const)
    .filter(([, second]) => second.length > 0)
    .map(([first, words]) => drawCase(`${first} `, { words, lookup: 'nothing' }));
  const values = valueOptions(commands).map((option) =>
    drawCase(spellings(option), {
      words: option.choices ?? [],
      lookup: lookupOf(option.value),
      isValue: true,
    }),
  );
  const start = [...firstWords(commands), ...wordsOf(frontOf(commands))].join(' ');
  return `# bash completion of weft; use it with: source <(weft completion bash)
_weft() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} words= lookup= value=
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W ${quoteWord(start)} -- "$current"))
    return
  fi
  # --option=value comes as three words
  if [ "$current" = = ]; then
    current=
  elif [ "$previous" = = ]; then
    previous=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  case $previous in
${values.join('\n')}
  esac
  if [ -z "$value" ]; then
    case "\${COMP_WORDS[1]} \${COMP_WORDS[2]}" in
${[...pairs, ...singles, ...families].join('\n')}
    esac
  fi
  case $lookup in
    tasks|runs) words="$words $("$1" completion "$lookup" 2>/dev/null)" ;;
    branches) words="$words $(git for-each-ref --format='%(refname:short)' refs/heads 2>/dev/null)" ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  if [ "$lookup" = files ]; then COMPREPLY+=($(compgen -f -- "$current")); fi
}
complete -o filenames -F _weft weft
`;
}

function drawCase(
  beginning: string | readonly string[],
  of: { readonly words: readonly string[]; readonly lookup: Lookup; readonly isValue?: boolean },
): string {
  const pattern = typeof beginning === 'string' ? `'${beginning}'*` : beginning.join('|');
  const value = of.isValue === true ? ' value=yes' : '';
  return `    ${pattern}) words=${quoteWord(of.words.join(' '))} lookup=${of.lookup}${value} ;;`;
}

function spellings({ name, short }: OptionSpec): readonly string[] {
  return short === undefined ? [`--${name}`] : [`--${name}`, `-${short}`];
}

function frontOf(commands: readonly CommandSpec[]): CommandSpec {
  const front = commands.find((command) => command.name === '');
  if (front === undefined) throw new Error('Internal error: the table has no front command');
  return front;
}

/** Options that take a value, each once. */
function valueOptions(commands: readonly CommandSpec[]): readonly OptionSpec[] {
  const options = new Map<string, OptionSpec>();
  for (const option of commands.flatMap((command) => command.options)) {
    if (option.choices !== undefined || option.value !== undefined) options.set(option.name, option);
  }
  return [...options.values()];
}

function drawZsh(commands: readonly CommandSpec[]): string {
  return `#compdef weft
autoload -U +X bashcompinit && bashcompinit
${drawBash(commands)}`;
}

function drawFish(commands: readonly CommandSpec[]): string {
  const lines = ['# fish completion of weft', 'complete -c weft -n __fish_use_subcommand -f'];
  for (const command of commands) {
    if (command.name === '') continue;
    const [first = '', second] = command.name.split(' ');
    const condition =
      second === undefined
        ? `__fish_seen_subcommand_from ${first}`
        : `__fish_seen_subcommand_from ${first}; and __fish_seen_subcommand_from ${second}`;
    lines.push(...drawFishName(commands, first, second, command.summary));
    for (const option of optionsOf(command)) lines.push(drawFishOption(condition, option));
    const [argument] = command.arguments;
    const words = argument === undefined ? null : fishWords(argument.choices, lookupOf(argument.name));
    if (words !== null) lines.push(`complete -c weft -n ${quoteWord(condition)} -f -a ${quoteWord(words)}`);
  }
  return `${[...new Set(lines)].join('\n')}\n`;
}

function drawFishName(
  commands: readonly CommandSpec[],
  first: string,
  second: string | undefined,
  summary: string,
): readonly string[] {
  const start = `complete -c weft -n __fish_use_subcommand -f -a ${first}`;
  if (second === undefined) return [`${start} -d ${quoteWord(summary)}`];
  const others = secondWords(commands, first).join(' ');
  const condition = `__fish_seen_subcommand_from ${first}; and not __fish_seen_subcommand_from ${others}`;
  return [start, `complete -c weft -n ${quoteWord(condition)} -f -a ${second} -d ${quoteWord(summary)}`];
}

function drawFishOption(condition: string, option: OptionSpec): string {
  const short = option.short === undefined ? '' : ` -s ${option.short}`;
  const takesValue = option.value !== undefined || option.choices !== undefined;
  const words = fishWords(option.choices, lookupOf(option.value));
  const values = words === null ? '' : ` -f -a ${quoteWord(words)}`;
  const value = takesValue ? ` -r${values}` : '';
  const name = `-l ${option.name}${short}${value}`;
  return `complete -c weft -n ${quoteWord(condition)} ${name} -d ${quoteWord(option.summary)}`;
}

/** What fish offers; null: files. */
function fishWords(choices: readonly string[] | undefined, lookup: Lookup): string | null {
  if (choices !== undefined) return choices.join(' ');
  switch (lookup) {
    case 'tasks':
    case 'runs':
      return `(weft completion ${lookup} 2>/dev/null)`;
    case 'branches':
      return "(git for-each-ref --format='%(refname:short)' refs/heads 2>/dev/null)";
    case 'nothing':
    case 'files':
      return null;
    default:
      return lookup satisfies never;
  }
}

/** Names that a shell can complete with: those that need no quotes. */
export function drawNames(names: readonly string[]): string {
  return names
    .filter((name) => quoteWord(name) === name)
    .map((name) => `${name}\n`)
    .join('');
}

/** Quotes a word for a POSIX shell, where it needs it. */
export function quoteWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
