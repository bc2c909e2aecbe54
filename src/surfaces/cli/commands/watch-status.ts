// `weft watch-status`: how far the streams are, once for scripts and again and again for people. Knows no database.
import { formatStreamBars, formatStreamLines, type StreamProgress } from '../../../core/documents/streams.ts';
import { fail, ok, type Result } from '../../../core/failure.ts';
import type { App } from '../../app.ts';
import { type Call, type Handler, isAsked } from '../call.ts';
import { type Interruption, listenForEnd } from '../interruption.ts';
import { textOption } from '../parse.ts';
import { printLines } from '../report.ts';
import { openScreen } from '../screen.ts';
import { cutToWidth } from '../width.ts';

const DEFAULT_SECONDS = 5;
const MAX_SECONDS = 86_400;

/** `weft watch-status [SECS]`. */
export const watchStatus: Handler = async (call) => {
  const { io } = call;
  const typed = call.parsed.arguments.get('SECS');
  const seconds = typed === undefined ? DEFAULT_SECONDS : Number(typed);
  if (!Number.isSafeInteger(seconds) || seconds < 1 || seconds > MAX_SECONDS)
    return fail({
      kind: 'usage',
      sentence: `${JSON.stringify(typed)} is no number of seconds.`,
      hint: 'For example `weft watch-status 10`.',
    });
  const app = await call.openApp(io.cwd);
  if (!app.ok) return app;
  const read = (): Promise<Result<readonly StreamProgress[]>> => readStreams(call, app.value);
  const first = await read();
  if (!first.ok) return first;
  const isOnce = isAsked(call, 'porcelain') || (!io.stdout.isTTY && typed === undefined);
  if (isOnce) {
    printLines(
      io,
      isAsked(call, 'porcelain') ? formatStreamLines(first.value) : formatStreamBars(first.value),
    );
    return ok(0);
  }
  return watch(call, { first: first.value, read, seconds });
};

function readStreams(call: Call, app: App): Promise<Result<readonly StreamProgress[]>> {
  const workspace = textOption(call.parsed, 'workspace') ?? null;
  return app.streams({ workspace, db: textOption(call.parsed, 'db') ?? null });
}

/** Shows them until a signal comes; what cannot be read is said and looked for again. */
async function watch(
  { io }: Call,
  of: {
    readonly first: readonly StreamProgress[];
    readonly read: () => Promise<Result<readonly StreamProgress[]>>;
    readonly seconds: number;
  },
): Promise<Result<number>> {
  const interruption = listenForEnd(io);
  const screen = io.stdout.isTTY ? openScreen(io.stdout) : null;
  const show = (lines: readonly string[]): void => {
    if (screen === null) printLines(io, lines);
    else screen.draw(lines.slice(0, io.stdout.rows - 1).map((line) => cutToWidth(line, io.stdout.columns)));
  };
  try {
    show(formatStreamBars(of.first));
    while (await goesOn(io, interruption, of.seconds)) {
      const streams = await of.read();
      show(streams.ok ? formatStreamBars(streams.value) : [streams.failure.sentence]);
    }
  } finally {
    screen?.close();
    interruption.close();
  }
  return ok(interruption.code() ?? 0);
}

/** Waits; false: somebody has seen enough. */
function goesOn({ every }: Call['io'], { signal }: Interruption, seconds: number): Promise<boolean> {
  if (signal.aborted) return Promise.resolve(false);
  return new Promise((resolve) => {
    const stop = every(seconds * 1000, () => end(true));
    const leave = (): void => end(false);
    const end = (isToGoOn: boolean): void => {
      stop();
      signal.removeEventListener('abort', leave);
      resolve(isToGoOn);
    };
    signal.addEventListener('abort', leave, { once: true });
  });
}
