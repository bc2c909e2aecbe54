// What a benchmark has to say: a table, figures held against their aims, and what could not be measured. Measures nothing.

/** One number that has an aim. */
export interface Figure {
  /** Short name of the aim, as docs/performance.md lists it. */
  readonly aim: string;
  readonly what: string;
  readonly value: number;
  readonly unit: '×' | 'ms' | 'µs' | 'B' | 'MB' | '%' | '';
  readonly limit: { readonly atMost: number } | { readonly atLeast: number };
}

/** One line of a table; the keys are its headings. */
export type Row = Readonly<Record<string, string | number>>;

/** See the file's first line. */
export interface Report {
  readonly rows: readonly Row[];
  readonly figures: readonly Figure[];
  /** What was left out, and why. */
  readonly skipped?: readonly string[];
}

/** Tells whether a figure is within its aim. */
export function isMet({ value, limit }: Figure): boolean {
  return 'atMost' in limit ? value <= limit.atMost : value >= limit.atLeast;
}

/** Draws a report as text. */
export function drawReport(report: Report): string {
  const figures = report.figures.map((figure) => {
    const bound = 'atMost' in figure.limit ? `≤ ${figure.limit.atMost}` : `≥ ${figure.limit.atLeast}`;
    return `  ${isMet(figure) ? 'met   ' : 'MISSED'}  ${figure.aim}  ${figure.what}: ${round(figure.value)} ${figure.unit} (${bound})`;
  });
  const skipped = (report.skipped ?? []).map((reason) => `  left out: ${reason}`);
  return [...drawTable(report.rows), '', ...figures, ...skipped, ''].join('\n');
}

function drawTable(rows: readonly Row[]): string[] {
  const heads = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const cells = [heads, ...rows.map((row) => heads.map((head) => show(row[head])))];
  const widths = heads.map((_, column) => Math.max(...cells.map((line) => line[column]?.length ?? 0)));
  return cells.map((line) => `  ${line.map((cell, at) => pad(cell, widths[at] ?? 0, at === 0)).join('  ')}`);
}

function pad(cell: string, width: number, left: boolean): string {
  return left ? cell.padEnd(width) : cell.padStart(width);
}

function show(value: string | number | undefined): string {
  return typeof value === 'number' ? String(round(value)) : (value ?? '');
}

/** Three digits are all that such a measurement is worth. */
export function round(value: number): number {
  return Number.isFinite(value) && value !== 0 ? Number(value.toPrecision(3)) : value;
}
