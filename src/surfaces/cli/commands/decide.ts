// Commands by which a human steers a run: they are handed to the engine, or left for the next one.
import type { Command } from '../../../core/decide/command.ts';
import { fail, ok, type Result } from '../../../core/failure.ts';
import type { App } from '../../app.ts';
import { argumentOf, type Call, findRunOf, type Handler, isAsked } from '../call.ts';
import { cleanText } from '../clean.ts';
import { printJson, printLine } from '../report.ts';

const MAX_TEXT_BYTES = 65_536;

/** Hands a command to the run that the call means and says what came of it. */
export async function giveCommand(call: Call, command: Command): Promise<Result<number>> {
  const app = await call.openApp(call.io.cwd);
  if (!app.ok) return app;
  const run = await findRunOf(call, app.value);
  return run.ok ? giveTo(call, app.value, { run: run.value, command }) : run;
}

/** Hands a command to a run and says what came of it. */
export async function giveTo(
  call: Call,
  app: App,
  { run, command }: { readonly run: string; readonly command: Command },
): Promise<Result<number>> {
  const said = await app.command(run, command);
  return said.ok ? sayGiven(call, run, said.value) : said;
}

/** Says what came of a command. */
export function sayGiven(
  call: Call,
  run: string,
  { sentence, by }: { readonly sentence: string; readonly by: 'engine' | 'inbox' },
): Result<number> {
  if (call.json) printJson(call.io, { run, sentence, by });
  else printLine(call.io, cleanText(sentence));
  return ok(0);
}

/** `weft answer TASK 2|"text"`. */
export const answer: Handler = (call) => {
  const text = argumentOf(call, 'ANSWER');
  const task = argumentOf(call, 'TASK');
  const isNumber = /^\d{1,3}$/.test(text);
  return giveCommand(
    call,
    isNumber
      ? { kind: 'answer', task, option: Number(text), text: '' }
      : { kind: 'answer', task, option: null, text },
  );
};

/** `weft guide TASK "…"`; `-` reads standard input. */
export const guide: Handler = async (call) => {
  const given = argumentOf(call, 'TEXT');
  const text = given === '-' ? await call.io.readStdin(MAX_TEXT_BYTES) : given;
  return giveCommand(call, { kind: 'guide', task: argumentOf(call, 'TASK'), text });
};

/** `weft approve TASK|--all`. */
export const approve: Handler = async (call) => {
  const task = call.parsed.arguments.get('TASK') ?? null;
  if ((task === null) === isAsked(call, 'all')) return giveCommand(call, { kind: 'approve', task });
  return fail({
    kind: 'usage',
    sentence: 'weft approve needs a task or --all, and not both.',
    hint: '`weft status` shows what is verified.',
  });
};

/** `weft pause [TASK]` and `weft stop [TASK]`. */
export function createHolder(kind: 'pause' | 'stop'): Handler {
  return (call) => giveCommand(call, { kind, task: call.parsed.arguments.get('TASK') ?? null });
}

/** `weft restart TASK`, `weft cancel TASK` and `weft done TASK`. */
export function createMover(kind: 'restart' | 'cancel' | 'done'): Handler {
  return (call) => giveCommand(call, { kind, task: argumentOf(call, 'TASK') });
}
