// Turns words into a command with checked options and arguments. Knows only what the table says.
import { fail, ok, type Result } from '../../core/failure.ts';
import { findNearest } from '../../core/plan/nearest.ts';
import { cleanLine } from './clean.ts';
import type { ArgumentSpec, CommandSpec, OptionSpec } from './command-spec.ts';

/** A command line that was understood. */
export interface Parsed {
  readonly command: CommandSpec;
  /** By name in capitals; a `rest` argument has its words joined by spaces. */
  readonly arguments: ReadonlyMap<string, string>;
  /** The words that are no options, as they were typed. */
  readonly words: readonly string[];
  /** By long name; a flag has the value `true`, an option that repeats a list. */
  readonly options: ReadonlyMap<string, string | true | readonly string[]>;
}

/** Finds the command that the first words name, the longest name first; without a word it is `weft` alone. */
export function findCommand(
  commands: readonly CommandSpec[],
  argv: readonly string[],
): Result<{ readonly command: CommandSpec; readonly rest: readonly string[] }> {
  const first = argv.findIndex((word) => word.startsWith('-'));
  const words = first < 0 ? argv : argv.slice(0, first);
  for (let count = Math.min(2, words.length); count >= 0; count -= 1) {
    const name = words.slice(0, count).join(' ');
    const command = commands.find((each) => each.name === name);
    if (command === undefined || (count === 0 && words.length > 0)) continue;
    return ok({ command, rest: argv.slice(count) });
  }
  return refuseCommand(commands, words);
}

function refuseCommand(commands: readonly CommandSpec[], words: readonly string[]): Result<never> {
  const [first = '', second] = words;
  const below = commands.filter((each) => each.name.startsWith(`${first} `));
  if (below.length > 0) {
    const names = below.map((each) => each.name.slice(first.length + 1));
    const sentence =
      second === undefined
        ? `weft ${first} needs to know what to do: ${names.join(', ')}.`
        : `weft ${first} has no command "${show(second)}".`;
    return usage(
      sentence,
      suggest(second ?? '', names, (name) => `weft ${first} ${name}`),
    );
  }
  const names = commands.map((each) => each.name.split(' ', 1)[0] ?? '').filter((name) => name !== '');
  return usage(
    `There is no command "${show(first)}".`,
    suggest(first, names, (name) => `weft ${name}`),
  );
}

function suggest(word: string, names: readonly string[], spell: (name: string) => string): string {
  const nearest = findNearest(word, names);
  return nearest === null ? '`weft --help` lists the commands.' : `Did you mean \`${spell(nearest)}\`?`;
}

function usage(sentence: string, hint: string): Result<never> {
  return fail({ kind: 'usage', sentence, hint });
}

function show(word: string): string {
  const line = cleanLine(word);
  return line.length > 80 ? `${line.slice(0, 80)}…` : line;
}

/** Reads the words after the command's name. */
export function parseWords(command: CommandSpec, words: readonly string[]): Result<Parsed> {
  const options = new Map<string, string | true | readonly string[]>();
  const free: string[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] as string;
    if (word === '--') {
      free.push(...words.slice(at + 1));
      break;
    }
    if (!looksLikeOption(word)) {
      free.push(word);
      continue;
    }
    const read = readOption(command, word, words[at + 1]);
    if (!read.ok) return read;
    const { option, value } = read.value;
    const before = options.get(option.name);
    const isList = option.repeats === true && value !== true;
    options.set(option.name, isList ? [...(Array.isArray(before) ? before : []), value] : value);
    if (read.value.tookNext) at += 1;
  }
  const named = nameArguments(command, free);
  return named.ok ? ok({ command, arguments: named.value, words: free, options }) : named;
}

/** A quoted sentence that begins with a dash is text, not an option. */
function looksLikeOption(word: string): boolean {
  return /^-(?:[A-Za-z]|-[^\s=]+(?:=|$))/.test(word) && !(word[1] !== '-' && word.includes(' '));
}

interface ReadOption {
  readonly option: OptionSpec;
  readonly value: string | true;
  readonly tookNext: boolean;
}

function readOption(command: CommandSpec, word: string, next: string | undefined): Result<ReadOption> {
  const equals = word.indexOf('=');
  const typed = equals < 0 ? word : word.slice(0, equals);
  const inline = equals < 0 ? null : word.slice(equals + 1);
  const option = command.options.find(
    ({ name, also, short }) =>
      typed === `--${name}` ||
      (also !== undefined && typed === `--${also}`) ||
      (short !== undefined && typed === `-${short}`),
  );
  if (option === undefined) return refuseOption(command, typed);
  const { name } = option;
  if (option.value === undefined && option.choices === undefined) {
    if (inline !== null) return usage(`--${name} takes no value.`, helpOf(command));
    return ok({ option, value: true, tookNext: false });
  }
  const value = inline ?? (next === undefined || looksLikeOption(next) ? null : next);
  if (value === null || value === '') {
    return usage(`--${name} needs a value.`, `For example ${exampleOf(option)}.`);
  }
  const complaint = checkValue(option, value);
  if (complaint !== null) return usage(complaint, helpOf(command));
  return ok({ option, value, tookNext: inline === null });
}

function refuseOption(command: CommandSpec, typed: string): Result<never> {
  const known = command.options.map((each) => `--${each.name}`);
  const nearest = findNearest(typed, known);
  return usage(
    `${nameOf(command)} has no option ${show(typed)}.`,
    nearest === null ? helpOf(command) : `Did you mean ${nearest}?`,
  );
}

function nameOf(command: CommandSpec): string {
  return command.name === '' ? 'weft' : `weft ${command.name}`;
}

function helpOf(command: CommandSpec): string {
  return `\`${nameOf(command)} --help\` says more.`;
}

function exampleOf(option: OptionSpec): string {
  return `--${option.name} ${option.choices?.[0] ?? option.within?.[0] ?? option.value}`;
}

function checkValue(option: OptionSpec, value: string): string | null {
  if (option.choices !== undefined && !option.choices.includes(value)) {
    return `--${option.name} is ${listChoices(option.choices)}, not "${show(value)}".`;
  }
  if (option.within === undefined) return null;
  const [least, most] = option.within;
  const number = Number(value);
  const fits = /^\d+$/.test(value) && number >= least && number <= most;
  return fits ? null : `--${option.name} is a whole number from ${least} to ${most}, not "${show(value)}".`;
}

function listChoices(choices: readonly string[]): string {
  return choices.length < 2
    ? choices.join('')
    : `${choices.slice(0, -1).join(', ')} or ${choices[choices.length - 1]}`;
}

function nameArguments(command: CommandSpec, free: readonly string[]): Result<ReadonlyMap<string, string>> {
  const named = new Map<string, string>();
  const left = [...free];
  for (const argument of command.arguments) {
    if (left.length === 0) {
      if (argument.optional === true) continue;
      return usage(
        `${nameOf(command)} needs ${argument.name} (${lower(argument.summary)}).`,
        exampleLine(command),
      );
    }
    const value = argument.rest === true ? left.splice(0).join(' ') : (left.shift() as string);
    const complaint = checkArgument(argument, value);
    if (complaint !== null) return usage(complaint, helpOf(command));
    named.set(argument.name, value);
  }
  const extra = left[0];
  if (extra !== undefined) {
    return usage(`${nameOf(command)} does not know what to do with "${show(extra)}".`, helpOf(command));
  }
  return ok(named);
}

function checkArgument(argument: ArgumentSpec, value: string): string | null {
  if (value.trim() === '') return `${argument.name} is empty.`;
  if (argument.choices === undefined || argument.choices.includes(value)) return null;
  return `${argument.name} is ${listChoices(argument.choices)}, not "${show(value)}".`;
}

function lower(sentence: string): string {
  return `${sentence.slice(0, 1).toLowerCase()}${sentence.slice(1)}`;
}

function exampleLine(command: CommandSpec): string {
  const line = command.examples[0]?.line;
  return line === undefined ? helpOf(command) : `For example \`${line}\`.`;
}

/** Tells whether a flag was given. */
export function hasFlag(parsed: Parsed, name: string): boolean {
  return parsed.options.has(name);
}

/** Value of an option or undefined. */
export function textOption(parsed: Parsed, name: string): string | undefined {
  const value = parsed.options.get(name);
  return typeof value === 'string' ? value : undefined;
}

/** Values of an option that repeats, or undefined. */
export function listOption(parsed: Parsed, name: string): readonly string[] | undefined {
  const value = parsed.options.get(name);
  return typeof value === 'object' ? value : undefined;
}

/** Value of an option whose spec says `within`, or undefined. */
export function numberOption(parsed: Parsed, name: string): number | undefined {
  const value = textOption(parsed, name);
  return value === undefined ? undefined : Number(value);
}
