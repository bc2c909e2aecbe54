// Makes text from tasks and agents safe to print: it must not move the cursor, set titles or turn lines around.

// An escape sequence goes with its whole body: left alone, "[31m" would be printed as text.
const ESCAPES = new RegExp(
  [
    '(?:\\u001b[\\]PX^_]|[\\u009d\\u0090\\u0098\\u009e\\u009f])[^\\u0007\\u001b\\u009c]{0,4096}(?:\\u0007|\\u001b\\\\|\\u009c)?',
    '(?:\\u001b\\[|\\u009b)[0-?]{0,64}[ -/]{0,16}[@-~]?',
    '\\u001b[ -/]{0,16}[0-~]?',
  ].join('|'),
  'g',
);
// Controls but for tab and newline, marks that change the direction of text, invisible characters, lone surrogates.
const CONTROLS =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\p{Cs}]/gu;

const PRINTABLE_ASCII = /^[ -~]*$/;

/** Text with its lines kept; tabs become two spaces. */
export function cleanText(text: string): string {
  if (PRINTABLE_ASCII.test(text)) return text;
  return text
    .replace(ESCAPES, '')
    .replace(/\r\n?|[\u2028\u2029\u0085]/g, '\n')
    .replace(CONTROLS, '')
    .replaceAll('\t', '  ');
}

/** Text as one line: every run of white space becomes one space. */
export function cleanLine(text: string): string {
  return cleanText(text).replace(/\s+/g, ' ').trim();
}
