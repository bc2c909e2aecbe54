// Says in plain words what is wrong with the form of a YAML or JSON text. Knows nothing of files or of meanings.
import { quote } from '../../core/plan/quote.ts';

/** What is wrong and where, as offsets. */
export interface SyntaxProblem {
  readonly start: number;
  readonly end: number;
  readonly sentence: string;
  readonly fix?: string;
}

/** Where the reader stopped, and in its own words why. */
export interface SyntaxError {
  readonly reason: string;
  readonly text: string;
  readonly offset: number;
}

/** Explains why a text cannot be read. */
export function explainSyntax(error: SyntaxError): SyntaxProblem {
  const mark = { start: error.offset, end: error.offset + 1 };
  const special = explainAlias(error) ?? explainKey(error) ?? explainBadStart(error) ?? explainEnd(error);
  if (special !== null) return special;
  for (const [reason, sentence, fix] of EXPLANATIONS) {
    if (!reason.test(error.reason)) continue;
    return fix === undefined ? { ...mark, sentence } : { ...mark, sentence, fix };
  }
  return { ...mark, sentence: `This is not valid YAML: ${error.reason}.` };
}

const EXPLANATIONS: readonly (readonly [reason: RegExp, sentence: string, fix?: string])[] = [
  [/^tab characters/, 'This line is indented with a tab.', 'Use spaces: YAML does not allow tabs here.'],
  [/^nesting exceeded/, 'This is nested more deeply than 50 levels.', 'Make it flatter.'],
  [
    /^deficient indentation/,
    'A quote or bracket that was opened above is not closed before this line.',
    'Close it, or indent this line further.',
  ],
  [/within a (?:double|single) quoted/, 'A text in quotes is not closed.', 'Add the closing quote.'],
  [/within a flow collection/, 'A bracket is not closed.', 'Add the closing ] or }.'],
  [/^missed comma/, 'A comma is missing before this.', 'Separate the entries with commas.'],
  [/found ','/, 'There is a comma too many.', 'Remove it.'],
  [/^(?:null byte|the stream contains non-printable)/, 'This character cannot be printed.', 'Remove it.'],
  [
    /^expected a single document/,
    'The file holds more than one YAML document.',
    'Remove the lines --- between them.',
  ],
  [/complex keys/, 'A key must be plain text.', 'Write it as key: value.'],
  [
    /^unknown escape|hexadecimal/,
    'There is no such escape in a text in double quotes.',
    'Use single quotes.',
  ],
  [
    /^(?:unknown|undeclared|cannot resolve|tag |named tag|unexpected end of the stream within a verbatim)/,
    'Tags with ! have no meaning here.',
    'Put the text in quotes.',
  ],
  [
    /^(?:can not read a block mapping|expected ':'|a whitespace character)/,
    'This line is not of the form key: value.',
    'Add the colon and a space behind the key.',
  ],
  [
    /^(?:bad indentation|end of the stream|directives end)/,
    'This line does not fit the lines above it.',
    'Indent it like its neighbours, with spaces.',
  ],
];

/** Globs such as `**​/*.ts` are taken for aliases unless they are quoted. */
function explainAlias({ reason, text, offset }: SyntaxError): SyntaxProblem | null {
  const alias = /^unidentified alias "(.*)"$/s.exec(reason)?.[1];
  if (alias === undefined && !/alias node/.test(reason)) return null;
  const star = text.lastIndexOf('*', offset);
  const start = alias === undefined ? star : offset - 1;
  const word = /^[^\s,\]}]+/.exec(text.slice(start, start + 200))?.[0] ?? '*';
  const mark = { start, end: start + word.length };
  if (/^\w+$/.test(alias ?? '*')) {
    return {
      ...mark,
      sentence: `There is no anchor ${quote(`&${alias}`)} in this file.`,
      fix: `Write ${quote(word)} in quotes if it is a pattern.`,
    };
  }
  return {
    ...mark,
    sentence: 'A pattern that starts with * must be in quotes.',
    fix: `Write ${quote(word)}.`,
  };
}

function explainKey({ reason, text, offset }: SyntaxError): SyntaxProblem | null {
  if (!reason.startsWith('duplicated mapping key')) return null;
  const start = /["']/.test(text[offset - 1] ?? '') ? offset - 1 : offset;
  const key = /^(?:"[^"\n]*"|'[^'\n]*'|[^:\n]+)/.exec(text.slice(start, start + 200))?.[0] ?? '';
  return {
    start,
    end: start + Math.max(1, key.length),
    sentence: `The key ${quote(key.replace(/^(["'])(.*)\1$/, '$2'))} is written twice here.`,
    fix: 'Keep one of the two.',
  };
}

function explainBadStart({ reason, text, offset }: SyntaxError): SyntaxProblem | null {
  if (!reason.startsWith('bad indentation')) return null;
  const mark = { start: offset, end: offset + 1 };
  const glyph = text[offset] ?? '';
  if (glyph === '@' || glyph === '`' || glyph === '%') {
    return { ...mark, sentence: `A text cannot start with ${glyph}.`, fix: 'Put the whole text in quotes.' };
  }
  if (glyph === ':') {
    return {
      ...mark,
      sentence: 'A text with a colon and a space in it must be in quotes.',
      fix: 'Put the whole text in quotes.',
    };
  }
  if (
    /["']\s*$/.test(
      text
        .slice(Math.max(0, offset - 20), offset)
        .split('\n')
        .at(-1) ?? '',
    )
  ) {
    return {
      ...mark,
      sentence: 'There is text behind a closing quote.',
      fix: 'Put the whole text in other quotes.',
    };
  }
  return null;
}

function explainEnd({ reason, text, offset }: SyntaxError): SyntaxProblem | null {
  if (!reason.startsWith('deficient indentation') || text.slice(offset).trim() !== '') return null;
  return {
    start: offset,
    end: offset + 1,
    sentence: 'A quote or bracket is not closed.',
    fix: 'Add the closing quote or bracket.',
  };
}
