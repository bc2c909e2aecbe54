// What a command looks like from outside. Knows no particular command and runs none.

/** One option; without `value` it is a flag. */
export interface OptionSpec {
  /** Long name without dashes. */
  readonly name: string;
  readonly short?: string;
  /** A longer name that is understood, too: that of the key in the configuration. */
  readonly also?: string;
  /** May be given several times; every value counts. */
  readonly repeats?: true;
  /** What to call its value: `N`, `FILE`; `choices` name it themselves. */
  readonly value?: string;
  readonly choices?: readonly string[];
  /** The value is a whole number within the bounds. */
  readonly within?: readonly [least: number, most: number];
  readonly summary: string;
}

/** One positional argument. */
export interface ArgumentSpec {
  /** In capitals; decides what completion offers: `TASK`, `RUN`, `FILE`. */
  readonly name: string;
  readonly optional?: boolean;
  /** Takes all words that are left. */
  readonly rest?: boolean;
  readonly choices?: readonly string[];
  readonly summary: string;
}

/** One command line and what it does. */
export interface Example {
  readonly line: string;
  readonly note: string;
}

/** One command. */
export interface CommandSpec {
  /** Words after `weft`; empty for `weft` alone. */
  readonly name: string;
  readonly summary: string;
  /** Paragraphs below the summary. */
  readonly detail?: readonly string[];
  readonly arguments: readonly ArgumentSpec[];
  readonly options: readonly OptionSpec[];
  readonly examples: readonly Example[];
}

/** Commands under a heading. */
export interface CommandGroup {
  readonly title: string;
  readonly commands: readonly CommandSpec[];
}

/** How the option is typed, with its value. */
export function spellOption(option: OptionSpec): string {
  const value = option.choices?.join('|') ?? option.value;
  const all = option.repeats === true ? `${value}…` : value;
  return value === undefined ? `--${option.name}` : `--${option.name} ${all}`;
}

/** How the argument is typed. */
export function spellArgument(argument: ArgumentSpec): string {
  const name = argument.choices?.join('|') ?? argument.name;
  const all = argument.rest === true ? `${name}…` : name;
  return argument.optional === true ? `[${all}]` : all;
}

/** The line that says how a command is typed. */
export function spellUsage(command: CommandSpec): string {
  const words = ['weft', command.name, ...command.arguments.map(spellArgument), '[options]'];
  return words.filter((word) => word !== '').join(' ');
}
