// Reads one task file of a plan folder: frontmatter, title, what it waits for. Knows nothing of the other tasks.
import { fail, ok, type Result } from '../../../core/failure.ts';
import type { Diagnostic, Position } from '../../../core/plan/diagnostic.ts';
import type { Placed } from '../../../core/plan/draft.ts';
import { quote } from '../../../core/plan/quote.ts';
import type { Standing } from '../../../core/source.ts';
import { type Document, locate, type Path, readDocument } from '../../config/document.ts';
import { checkDocument } from '../../config/issue.ts';
import { readTextFile } from '../../config/text-file.ts';
import { findFrontmatter } from '../task-file.ts';
import type { Epic, EpicFile } from './epic.ts';
import { type Line, placeIn, readLines, stripMarks } from './markdown.ts';
import { splitNames } from './plan-name.ts';
import { type Names, type PlanFrontmatter, planFrontmatterSchema } from './plan-schema.ts';
import { readPriority, readStatus } from './plan-state.ts';

/** A task file as read. */
export interface PlanTask extends EpicFile {
  readonly epic: Epic;
  readonly text: string;
  readonly id: Placed<string>;
  readonly title: string;
  readonly body: string;
  readonly owns: readonly Placed<string>[] | null;
  readonly priority: number | null;
  readonly agent: Placed<string> | null;
  readonly standing: Standing | null;
  /** What it says it waits for, as written. */
  readonly waits: readonly Wait[];
  readonly diagnostics: readonly Diagnostic[];
}

/** One thing that a task says it waits for. */
export interface Wait {
  readonly name: string;
  readonly position: Position;
  /** Prose may speak of other things than tasks; frontmatter may not. */
  readonly isProse: boolean;
}

/** Reads a task file of an epic; what is wrong inside it is in `diagnostics`. */
export function readPlanTask(epic: Epic, at: EpicFile): Result<PlanTask, Diagnostic> {
  const { file } = at;
  const read = readTextFile(at.path);
  if (!read.ok)
    return fail({ position: null, sentence: `The task file ${quote(file)} ${read.failure.sentence}.` });
  const text = read.value;
  const front = readFrontmatter(file, text);
  const body = text.slice(front.bodyStart);
  const skipped = text.slice(0, front.bodyStart).split('\n').length - 1;
  const lines = readLines(body).map((line) => ({ ...line, number: line.number + skipped }));
  const heading = lines.find((line) => line.heading !== null);
  const { values, document } = front;
  const place = (path: Path): Position => (document === null ? firstLine(file) : locate(document, path));
  const word = values.status;
  return ok({
    ...at,
    epic,
    text,
    id:
      values.id === undefined
        ? {
            value: nameTask(epic, at),
            position: heading === undefined ? firstLine(file) : placeIn(file, heading),
          }
        : { value: values.id, position: place(['id']) },
    title: values.title ?? titleOf(heading, at),
    body: body.replace(/^(?:[ \t]*\r?\n)+/, ''),
    owns: placeTexts(values.owns, (path) => place(['owns', ...path])),
    priority: values.priority === undefined ? null : readPriority(values.priority),
    agent: values.agent === undefined ? null : { value: values.agent, position: place(['agent']) },
    standing:
      word === undefined
        ? at.number === null
          ? null
          : (epic.standings.get(at.number) ?? null)
        : readStatus(word),
    waits: [...readWaits(values, place), ...findWaits(file, lines)],
    diagnostics: front.diagnostics,
  });
}

function firstLine(file: string): Position {
  return { file, line: 1, column: 1, length: 1 };
}

/** The same whichever folder the plan was loaded from. */
function nameTask(epic: Epic, { stem }: EpicFile): string {
  const name = `${epic.name}.${stem}`.replace(/[^\p{L}\p{M}\p{N}._#@+-]+/gu, '-');
  return name.replace(/^[^\p{L}\p{N}#_]+/u, '').slice(0, 100);
}

function titleOf(heading: Line | undefined, { stem }: EpicFile): string {
  const words = stripMarks(heading?.heading?.text ?? '').replace(/^task\s*#?\d*\s*[:.–—-]\s*/i, '');
  return words === '' ? stem.replace(/^\d+[_-]/, '').replace(/[_-]+/g, ' ') : words;
}

function readFrontmatter(
  file: string,
  text: string,
): {
  readonly values: PlanFrontmatter;
  readonly document: Document | null;
  readonly bodyStart: number;
  readonly diagnostics: readonly Diagnostic[];
} {
  const fence = findFrontmatter(text);
  // a line across the top of a page is no mistake in a plan
  if (fence === null || fence === 'open')
    return { values: {}, document: null, bodyStart: 0, diagnostics: [] };
  const { bodyStart } = fence;
  const read = readDocument({ file, text, span: fence });
  if (!read.ok) return { values: {}, document: null, bodyStart, diagnostics: [read.failure] };
  const document = read.value;
  if (document.value === null) return { values: {}, document: null, bodyStart, diagnostics: [] };
  const { value, diagnostics } = checkDocument(document, planFrontmatterSchema);
  return { values: value ?? {}, document, bodyStart, diagnostics };
}

function placeTexts(
  written: string | readonly string[] | undefined,
  place: (path: Path) => Position,
): readonly Placed<string>[] | null {
  if (written === undefined) return null;
  if (typeof written === 'string') return [{ value: written, position: place([]) }];
  return written.map((value, at) => ({ value, position: place([at]) }));
}

function readWaits(values: PlanFrontmatter, place: (path: Path) => Position): readonly Wait[] {
  return (['depends_on', 'dependencies', 'blocked_by'] as const).flatMap((key) => {
    const written: Names = values[key] ?? [];
    const list = Array.isArray(written) ? (written as readonly (string | number)[]) : [written as string];
    return list.flatMap((entry, at) =>
      splitNames(String(entry)).map((name) => ({
        name,
        position: place(Array.isArray(written) ? [key, at] : [key]),
        isProse: false,
      })),
    );
  });
}

const WORDS = '(?:dependencies|dependency|depends[ _-]on|blocked[ _-]by|prerequisites)';
const SECTION = new RegExp(`^${WORDS}\\b`, 'i');
const LINE = new RegExp(`^\\s*(?:[-*+]\\s+)?[*_]*${WORDS}[*_]*\\s*:[*_]*\\s*(.+)$`, 'i');

/** What a section `## Dependencies`, or a line `Depends on: …`, says. */
function findWaits(file: string, lines: readonly Line[]): readonly Wait[] {
  const waits: Wait[] = [];
  let section: number | null = null;
  for (const line of lines) {
    if (line.heading !== null) {
      if (section === null || line.heading.level <= section)
        section = SECTION.test(stripMarks(line.heading.text)) ? line.heading.level : null;
      continue;
    }
    if (line.isCode || line.text.trim() === '') continue;
    const written = section === null ? LINE.exec(line.text)?.[1] : line.text;
    if (written === undefined) continue;
    for (const name of splitNames(written))
      waits.push({ name, position: placeIn(file, line, name), isProse: true });
  }
  return waits;
}
