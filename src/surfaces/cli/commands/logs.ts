// `weft logs`: the output of a task's agent, made safe to print.
import { ok } from '../../../core/failure.ts';
import type { LogLine } from '../../app.ts';
import { argumentOf, findTask, type Handler, isAsked, viewOf } from '../call.ts';
import { cleanText } from '../clean.ts';
import { listenForEnd } from '../interruption.ts';
import { numberOption } from '../parse.ts';
import { printJson, printLine } from '../report.ts';

const LINES = 200;
const MARKS: Readonly<Record<LogLine['stream'], string>> = { out: '', err: 'err│ ', 'set-up': 'set-up│ ' };

/** `weft logs TASK [-f] [--attempt N]`. */
export const logs: Handler = async (call) => {
  const found = await viewOf(call);
  if (!found.ok) return found;
  const { app, view } = found.value;
  const task = findTask(view, argumentOf(call, 'TASK'));
  if (!task.ok) return task;
  const interruption = listenForEnd(call.io);
  const options = {
    attempt: numberOption(call.parsed, 'attempt') ?? null,
    follow: isAsked(call, 'follow'),
    lines: numberOption(call.parsed, 'lines') ?? LINES,
    signal: interruption.signal,
  };
  const show = ({ stream, text }: LogLine): void => {
    if (call.json) printJson(call.io, { task: task.value.id, stream, line: text });
    else printLine(call.io, `${call.paint('dim', MARKS[stream])}${cleanText(text)}`);
  };
  const read = await app.logs(view.run, task.value.id, options, show).finally(interruption.close);
  return read.ok ? ok(interruption.code() ?? 0) : read;
};
