// How much room text takes on a terminal, and fitting it in. Text must be clean already.

/** Columns that the text takes: wide characters two, marks that combine none. */
export function measureWidth(text: string): number {
  if (isPlainAscii(text)) return text.length;
  let width = 0;
  for (const glyph of text) width += measureGlyph(glyph);
  return width;
}

function isPlainAscii(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    if (text.charCodeAt(at) > 126) return false;
  }
  return true;
}

const COMBINING = /^(?:\p{M}|\u200d|\ufe0e|\ufe0f)/u;
const WIDE =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]|^\p{Emoji_Presentation}/u;

function measureGlyph(glyph: string): number {
  if (COMBINING.test(glyph)) return 0;
  return WIDE.test(glyph) ? 2 : 1;
}

/** The text, or its beginning and `…` when it takes more than `columns`. */
export function cutToWidth(text: string, columns: number): string {
  if (measureWidth(text) <= columns) return text;
  if (columns <= 0) return '';
  let width = 0;
  let cut = '';
  for (const glyph of text) {
    width += measureGlyph(glyph);
    if (width > columns - 1) break;
    cut += glyph;
  }
  return `${cut}…`;
}

/** The text cut or filled with spaces to exactly `columns`. */
export function padToWidth(text: string, columns: number): string {
  const cut = cutToWidth(text, columns);
  return cut + ' '.repeat(Math.max(0, columns - measureWidth(cut)));
}

/** Lines of whole words, each at most `columns` wide where its words allow. */
export function wrapWords(text: string, columns: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && measureWidth(longer) > columns) {
      lines.push(line);
      line = word;
    } else {
      line = longer;
    }
  }
  return [...lines, line];
}
