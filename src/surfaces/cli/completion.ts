// Completion scripts for shells, made from the command table. Knows nothing of runs and their tasks.
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

function drawBash(commands: readonly CommandSpec[]): string {
  const named = commands.filter((command) => command.name !== '');
  const [pairs, singles] = [true, false].map((two) =>
    named
      .filter((command) => command.name.includes(' ') === two)
      .map((command) => drawCase(two ? command.name : `${command.name} `, wordsOf(command))),
  ) as [string[], string[]];
  const families = firstWords(commands)
    .map((first) => [first, secondWords(commands, first)] as const)
    .filter(([, second]) => second.length > 0)
    .map(([first, second]) => `${drawCase(`${first} `, second).slice(0, -2)}files= ;;`);
  const values = choiceRows(commands).map(([option, choices]) => drawCase(`--${option}`, choices));
  const start = [...firstWords(commands), ...wordsOf(frontOf(commands))].join(' ');
  return `# bash completion of weft; use it with: source <(weft completion bash)
_weft() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} words= files=yes
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W ${quoteWord(start)} -- "$current"))
    return
  fi
  case $previous in
${values.join('\n')}
  esac
  if [ -n "$words" ]; then
    COMPREPLY=($(compgen -W "$words" -- "$current"))
    return
  fi
  case "\${COMP_WORDS[1]} \${COMP_WORDS[2]}" in
${[...pairs, ...singles, ...families].join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  if [ -n "$files" ]; then COMPREPLY+=($(compgen -f -- "$current")); fi
}
complete -o filenames -F _weft weft
`;
}

function drawCase(beginning: string, words: readonly string[]): string {
  return `    '${beginning}'*) words=${quoteWord(words.join(' '))} ;;`;
}

function frontOf(commands: readonly CommandSpec[]): CommandSpec {
  const front = commands.find((command) => command.name === '');
  if (front === undefined) throw new Error('Internal error: the table has no front command');
  return front;
}

/** Options with a fixed set of values, each once. */
function choiceRows(
  commands: readonly CommandSpec[],
): readonly (readonly [option: string, values: readonly string[]])[] {
  const rows = new Map<string, readonly string[]>();
  for (const command of commands) {
    for (const { name, choices } of command.options) if (choices !== undefined) rows.set(name, choices);
  }
  return [...rows];
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
    for (const argument of command.arguments) {
      if (argument.choices === undefined) continue;
      lines.push(
        `complete -c weft -n ${quoteWord(condition)} -f -a ${quoteWord(argument.choices.join(' '))}`,
      );
    }
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
  const values = option.choices === undefined ? '' : ` -f -a ${quoteWord(option.choices.join(' '))}`;
  const value = takesValue ? ` -r${values}` : '';
  const name = `-l ${option.name}${short}${value}`;
  return `complete -c weft -n ${quoteWord(condition)} ${name} -d ${quoteWord(option.summary)}`;
}

/** Quotes a word for a POSIX shell, where it needs it. */
export function quoteWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
