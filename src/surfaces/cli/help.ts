// Help texts and the reference page, drawn from the command table. Prints nothing itself.
import {
  type CommandGroup,
  type CommandSpec,
  spellArgument,
  spellOption,
  spellUsage,
} from './command-spec.ts';
import { HELP } from './command-table.ts';
import type { Paint } from './paint.ts';
import { measureWidth, wrapWords } from './width.ts';

/** How help is drawn. */
export interface HelpStyle {
  readonly columns: number;
  readonly paint: Paint;
}

const WIDEST = 100;
const NARROWEST = 40;
/** Left column of a list; what does not fit gets a line of its own. */
const MOST_LEFT = 34;
/** Narrower than this, the right column goes below the left one. */
const LEAST_RIGHT = 24;

type Row = readonly [left: string, right: string];

/** The help of weft as a whole. */
export function drawOverview(front: CommandSpec, groups: readonly CommandGroup[], style: HelpStyle): string {
  const lists = groups.map((group) => ({
    title: group.title,
    rows: group.commands.map((command): Row => [command.name, command.summary]),
  }));
  const left = leftColumn(lists.flatMap((list) => list.rows));
  return joinParts(
    [
      'weft runs many coding agents on one git repository and weaves their work into one green branch.',
      drawSection(
        'Usage',
        [
          ['weft', front.summary],
          ['weft COMMAND [options]', ''],
        ],
        { ...style, left: 24 },
      ),
      ...lists.map((list) => drawSection(list.title, list.rows, { ...style, left })),
      drawSection('Options', optionRows(front), { ...style, left }),
      'weft COMMAND --help says more about a command, with examples.',
    ],
    style,
  );
}

/** The help of one command. */
export function drawHelp(command: CommandSpec, style: HelpStyle): string {
  const given = command.arguments.map((each): Row => [spellArgument(each), each.summary]);
  const options = optionRows(command);
  const left = leftColumn([...given, ...options]);
  const examples = command.examples.map(({ line, note }): Row => [line, note]);
  return joinParts(
    [
      `${command.summary}.`,
      drawSection('Usage', [[spellUsage(command), '']], { ...style, left }),
      ...(command.detail ?? []),
      ...(given.length === 0 ? [] : [drawSection('Arguments', given, { ...style, left })]),
      drawSection('Options', options, { ...style, left }),
      drawSection('Examples', examples, { ...style, left: leftColumn(examples, 60) }),
    ],
    style,
  );
}

/** The help of the first word of commands that have two. */
export function drawFamily(word: string, commands: readonly CommandSpec[], style: HelpStyle): string {
  const rows = commands.map((command): Row => [command.name, command.summary]);
  return joinParts(
    [
      drawSection('Usage', [[`weft ${word} COMMAND [options]`, '']], { ...style, left: 24 }),
      drawSection('Commands', rows, { ...style, left: leftColumn(rows) }),
    ],
    style,
  );
}

function optionRows(command: CommandSpec): readonly Row[] {
  return [...command.options, HELP].map((option): Row => {
    const short = option.short === undefined ? '    ' : `-${option.short}, `;
    const also = option.also === undefined ? '' : `; also --${option.also}`;
    return [short + spellOption(option), option.summary + also];
  });
}

function leftColumn(rows: readonly Row[], most: number = MOST_LEFT): number {
  const widths = rows.map(([left]) => measureWidth(left)).filter((width) => width <= most);
  return Math.max(0, ...widths) + 2;
}

function joinParts(parts: readonly string[], style: HelpStyle): string {
  const room = clampColumns(style.columns);
  const drawn = parts.map((part) => (part.includes('\n') ? part : wrapWords(part, room).join('\n')));
  return `${drawn.join('\n\n')}\n`;
}

function clampColumns(columns: number): number {
  return Math.max(NARROWEST, Math.min(WIDEST, columns));
}

function drawSection(
  title: string,
  rows: readonly Row[],
  style: HelpStyle & { readonly left: number },
): string {
  return [style.paint('bold', title), ...rows.flatMap((row) => drawRow(row, style))].join('\n');
}

function drawRow([left, right]: Row, style: HelpStyle & { readonly left: number }): readonly string[] {
  if (right === '') return [`  ${left}`];
  const room = clampColumns(style.columns);
  const beside = room - style.left - 2 >= LEAST_RIGHT ? style.left + 2 : 6;
  const lines = wrapWords(right, room - beside).map((line) => ' '.repeat(beside) + line);
  const head = `  ${left}`;
  const [first = '', ...more] = lines;
  return measureWidth(head) + 2 > beside
    ? [head, ...lines]
    : [head + first.slice(measureWidth(head)), ...more];
}

/** The reference page of the manual, as Markdown. */
export function drawReference(front: CommandSpec, groups: readonly CommandGroup[], style: HelpStyle): string {
  const parts = ['# Commands', INTRODUCTION, fence(drawOverview(front, groups, style))];
  for (const group of groups) {
    parts.push(`## ${group.title}`);
    for (const command of group.commands) {
      parts.push(`### weft ${command.name}`, fence(drawHelp(command, style)));
    }
  }
  return `${parts.join('\n\n')}\n`;
}

const INTRODUCTION = `This page is made from the same table as \`weft --help\`.

| Exit code | Meaning |
| --- | --- |
| 0 | done |
| 1 | a task failed, or the run was stopped |
| 2 | usage, configuration or environment |
| 3 | blocked: a human has to decide |
| 4 | two tasks claim the same file and the collision policy is \`fail\` |
| 5 | another engine leads this repository |
| 124 | the time is used up |
| 129, 130, 143 | ended by SIGHUP, SIGINT, SIGTERM |`;

function fence(text: string): string {
  return `\`\`\`text\n${text.trimEnd()}\n\`\`\``;
}
