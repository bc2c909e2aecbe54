// `--detach` with a real child: it leads, or it ends before it does.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createFakeApp, RUN, type Typed, type, viewRun } from './fake-app.ts';

let folder = '';
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'weft-detach-')));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Types the line; the weft that is left behind is the program text. */
function detach(line: string, program: string): Typed {
  const entry = join(folder, 'entry.cjs');
  writeFileSync(entry, `const fs = require('node:fs');\n${program}`);
  const stateDir = join(folder, '.weft');
  mkdirSync(join(stateDir, 'runs', RUN), { recursive: true });
  const fake = createFakeApp(viewRun([]), { stateDir, leader: async () => null });
  return type(line, fake, { cwd: folder, program: { node: process.execPath, entry }, env: { MARK: 'kept' } });
}

it('prints the run once it is led, and the log goes with the run', async () => {
  const said = join(folder, 'said.json');
  const typed = detach(
    'run tracks.yaml --detach --max-agents 2',
    `fs.writeFileSync(${JSON.stringify(said)}, JSON.stringify([process.argv.slice(2), process.env.MARK]));
console.log('engine speaking');
fs.writeSync(Number(process.env.WEFT_READY_FD), '${RUN}\\n');`,
  );
  expect(await typed.code).toBe(0);
  const log = join(folder, '.weft/runs', RUN, 'engine.log');
  expect(typed.out()).toMatch(new RegExp(`^${RUN}\nThe engine is process \\d+ and writes to ${log}\\.\n$`));
  expect(readFileSync(log, 'utf8')).toBe('engine speaking\n');
  expect(JSON.parse(readFileSync(said, 'utf8'))).toEqual([
    ['run', 'tracks.yaml', '--max-agents', '2'],
    'kept',
  ]);
});

it('passes on what an engine said that never led, with its exit code', async () => {
  const typed = detach('run tracks.yaml --detach', `console.error('error: no room'); process.exitCode = 5;`);
  expect(await typed.code).toBe(5);
  expect(typed.err()).toBe('error: no room\n');
  expect(existsSync(join(folder, '.weft/runs', RUN, 'engine.log'))).toBe(false);
});
