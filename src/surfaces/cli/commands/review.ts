// `weft review`, `weft comment` and `weft reject`: finished work is looked at and judged, without a forge.
import { fail, ok, type Result } from '../../../core/failure.ts';
import type { ReviewView } from '../../../core/review-view.ts';
import type { App, LineComment } from '../../app.ts';
import { argumentOf, type Call, findRunOf, findTask, type Handler, isAsked, viewOf } from '../call.ts';
import { cleanLine } from '../clean.ts';
import { createDiffView } from '../diff-view.ts';
import { printJson, printLines } from '../report.ts';
import { drawEvidence, drawReviewNext, drawReviews, drawReviewsNext, type ReviewStyle } from '../review.ts';
import { giveCommand, sayGiven } from './decide.ts';

const MAX_TEXT_BYTES = 65_536;

/** `weft review [TASK]`. */
export const review: Handler = async (call) => {
  const named = call.parsed.arguments.get('TASK');
  if (named === undefined) return listReviews(call);
  if (isAsked(call, 'tool') && (call.json || isAsked(call, 'stat')))
    return fail({ kind: 'usage', sentence: 'weft review takes --tool alone: the tool shows the change.' });
  const found = await viewOf(call);
  if (!found.ok) return found;
  const { app, view } = found.value;
  const task = findTask(view, named);
  if (!task.ok) return task;
  const read = await app.review(view.run, task.value.id);
  if (!read.ok) return read;
  if (isAsked(call, 'tool')) return openTool(app, read.value);
  if (!call.json) return showReview(call, app, read.value);
  printJson(call.io, { run: view.run, review: read.value });
  return ok(0);
};

async function listReviews(call: Call): Promise<Result<number>> {
  if (isAsked(call, 'tool') || isAsked(call, 'stat'))
    return fail({
      kind: 'usage',
      sentence: `weft review --${isAsked(call, 'tool') ? 'tool' : 'stat'} needs a task.`,
      hint: '`weft review` lists what waits for your word.',
    });
  const app = await call.openApp(call.io.cwd);
  if (!app.ok) return app;
  const run = await findRunOf(call, app.value);
  if (!run.ok) return run;
  const reviews = await app.value.reviews(run.value);
  if (!reviews.ok) return reviews;
  if (call.json) printJson(call.io, { run: run.value, reviews: reviews.value });
  else
    printLines(call.io, [
      ...drawReviews(reviews.value, styleOf(call)),
      ...drawReviewsNext(reviews.value, call.paint),
    ]);
  return ok(0);
}

async function openTool(app: App, { change }: ReviewView): Promise<Result<number>> {
  const ended = await app.openDiffTool(change);
  if (!ended.ok || ended.value === 0) return ended;
  return fail({
    kind: 'environment',
    sentence: `git difftool ended with ${ended.value}.`,
    hint: '`git config diff.tool NAME` chooses a tool; `git difftool --tool-help` lists them.',
  });
}

async function showReview(call: Call, app: App, of: ReviewView): Promise<Result<number>> {
  const { paint } = call;
  const stat = isAsked(call, 'stat');
  const sheet = openSheet(call, app);
  const write = (lines: readonly string[]): Promise<boolean> => sheet.write(`${lines.join('\n')}\n`);
  let shown: Result<void> = ok(undefined);
  try {
    await write(drawEvidence(of, { ...styleOf(call), allFiles: stat }));
    if (!stat) {
      await write(['']);
      const view = createDiffView(of.comments, paint);
      shown = await app.showChange(of.change, (lines) => write(lines.flatMap(view.draw)));
      const rest = view.end();
      if (rest.length > 0) await write(rest);
    }
  } finally {
    await sheet.close();
  }
  const next = drawReviewNext(of, paint);
  if (next.length > 0) printLines(call.io, ['', ...next]);
  return shown.ok ? ok(0) : shown;
}

/** Where a long text goes. */
interface Sheet {
  /** Resolves when the text is taken; false: nobody reads on. */
  write(text: string): Promise<boolean>;
  close(): Promise<void>;
}

/** The user's pager on a terminal, else standard output, at the speed at which it is read. */
function openSheet(call: Call, app: App): Sheet {
  const { io } = call;
  const pager = io.stdout.isTTY && !isAsked(call, 'no-pager') ? app.openPager() : null;
  if (pager === null)
    return {
      write: async (text) => {
        io.stdout.write(text);
        await io.stdout.drained();
        return true;
      },
      close: async () => undefined,
    };
  // an interrupt is the pager's: it ends a search there
  const stop = io.onSignal('SIGINT', () => undefined);
  return { write: pager.write, close: () => pager.close().finally(stop) };
}

function styleOf({ io, paint }: Call): ReviewStyle {
  // a pipe has no width: nothing is cut there
  const columns = io.stdout.isTTY ? io.stdout.columns : Number.MAX_SAFE_INTEGER;
  return { columns, nowMs: io.now(), paint };
}

/** `weft reject TASK ["…"]`; `-` reads standard input. */
export const reject: Handler = async (call) => {
  const text = await readWords(call, call.parsed.arguments.get('TEXT') ?? '');
  return giveCommand(call, { kind: 'reject', task: argumentOf(call, 'TASK'), text });
};

/** `weft comment TASK FILE:LINE "…"`; `-` reads standard input. */
export const comment: Handler = async (call) => {
  const found = await viewOf(call);
  if (!found.ok) return found;
  const { app, view } = found.value;
  const task = findTask(view, argumentOf(call, 'TASK'));
  if (!task.ok) return task;
  const place = readPlace(argumentOf(call, 'FILE:LINE'), app.repository);
  if (!place.ok) return place;
  const text = await readWords(call, argumentOf(call, 'TEXT'));
  const said = await app.comment(view.run, { task: task.value.id, ...place.value, text });
  return said.ok ? sayGiven(call, view.run, said.value) : said;
};

async function readWords(call: Call, given: string): Promise<string> {
  return given === '-' ? call.io.readStdin(MAX_TEXT_BYTES) : given;
}

const EXAMPLE = 'A place is a file and a line, or lines: src/a.ts:12 or src/a.ts:12-20.';

/** Reads `src/a.ts:12` or `src/a.ts:12-20`; a path in the checkout is taken from its root. */
function readPlace(words: string, repository: string): Result<Pick<LineComment, 'path' | 'line' | 'to'>> {
  const refuse = (sentence: string): Result<never> => fail({ kind: 'usage', sentence, hint: EXAMPLE });
  const shown = cleanLine(words);
  const [, path = '', first = '', last = first] = /^(.+):(\d{1,7})(?:-(\d{1,7}))?$/.exec(words) ?? [];
  if (path === '') return refuse(`"${shown}" names no line.`);
  const [line, to] = [Number(first), Number(last)];
  if (line < 1) return refuse(`"${shown}": lines count from 1.`);
  if (to < line) return refuse(`"${shown}" ends before it begins.`);
  const inside = path.startsWith(`${repository}/`) ? path.slice(repository.length + 1) : path;
  return ok({ path: inside.replace(/^(?:\.\/)+/, ''), line, to });
}
