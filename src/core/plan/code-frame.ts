// Prints mistakes with the line they are in and a squiggle under it. Knows nothing of colours or of terminals.
import type { Diagnostic, Position } from './diagnostic.ts';
import { escapeUnprintable } from './quote.ts';

/** Characters of a source line that are shown; of a longer one, those around the mark. */
const MAX_WIDTH = 100;
const BREAK = /\r\n|\n|\r/;

/**
 * Prints one mistake: place and sentence, the source line with the marked part underlined, further places, and how to
 * mend it. Lines that `texts` (by the file names of positions) does not hold are left out.
 */
export function renderDiagnostic(diagnostic: Diagnostic, texts: ReadonlyMap<string, string>): string {
  const { position, sentence, fix, related = [] } = diagnostic;
  const lines = [position === null ? sentence : `${renderPosition(position)}: ${sentence}`];
  if (position !== null) lines.push(...renderFrame(position, texts));
  for (const one of related) {
    lines.push(`  ${one.position === null ? '' : `${renderPosition(one.position)}: `}${one.note}`);
  }
  if (fix !== undefined) lines.push(`  Fix: ${fix}`);
  return lines.join('\n');
}

/** Prints mistakes one after another, with an empty line between them. */
export function renderDiagnostics(
  diagnostics: readonly Diagnostic[],
  texts: ReadonlyMap<string, string>,
): string {
  return diagnostics.map((one) => renderDiagnostic(one, texts)).join('\n\n');
}

/** Prints a place as `file:line:column`. */
export function renderPosition({ file, line, column }: Position): string {
  return `${escapeUnprintable(file)}:${line}:${column}`;
}

function renderFrame(position: Position, texts: ReadonlyMap<string, string>): string[] {
  const source = texts.get(position.file)?.split(BREAK, position.line)[position.line - 1];
  if (source === undefined) return [];
  const start = source.length <= MAX_WIDTH ? 0 : Math.max(0, position.column - 1 - MAX_WIDTH / 2);
  const window = source.slice(start, start + MAX_WIDTH);
  const cut = start > 0 ? '…' : '';
  const before = window.slice(0, position.column - 1 - start);
  const marked = window.slice(before.length, before.length + position.length);
  // Tabs stay tabs in the line of the mark, so that it is as wide as the line above on every terminal.
  const indent = flatten(cut + before).replace(/[^\t]/g, ' ');
  const number = String(position.line);
  return [
    `  ${number} | ${flatten(cut + window)}${start + MAX_WIDTH < source.length ? '…' : ''}`,
    `  ${' '.repeat(number.length)} | ${indent}${'~'.repeat(Math.max(1, flatten(marked).length))}`,
  ];
}

/** Keeps terminals from obeying what is only to be shown. */
function flatten(text: string): string {
  return text.split('\t').map(escapeUnprintable).join('\t');
}
