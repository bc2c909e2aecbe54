// `weft init`: what a repository needs for weft, and for those who come from elsewhere.
import { ok } from '../../../core/failure.ts';
import type { InitOptions } from '../../app.ts';
import { type Handler, isAsked } from '../call.ts';
import { cleanLine } from '../clean.ts';
import { textOption } from '../parse.ts';
import { printJson, printLine } from '../report.ts';

/** `weft init`. */
export const init: Handler = async (call) => {
  const app = await call.openApp(call.io.cwd);
  if (!app.ok) return app;
  const made = await app.value.init({
    just: isAsked(call, 'just'),
    claude: isAsked(call, 'claude'),
    preset: (textOption(call.parsed, 'preset') ?? null) as InitOptions['preset'],
    version: call.io.version,
  });
  if (!made.ok) return made;
  const { written, note, notes = [] } = made.value;
  if (call.json) {
    printJson(call.io, { written, note, notes });
    return ok(0);
  }
  for (const path of written) printLine(call.io, `wrote ${cleanLine(path)}`);
  if (written.length === 0) printLine(call.io, 'Everything is there already.');
  for (const each of note === null ? notes : [note, ...notes]) printLine(call.io, cleanLine(each));
  printLine(call.io, `next: ${call.paint('cyan', 'weft doctor')}  (is everything there that agents need?)`);
  return ok(0);
};
