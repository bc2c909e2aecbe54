// Agents of a shell that ask, stay, and look into their status file for what people say.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RunView } from '../../src/core/view.ts';
import { openStage, type Stage } from './rig.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(() => stage.remove());

/** Puts a status whole. */
const SAY =
  'say() { printf %s "$1" >"$WEFT_STATUS_FILE.new"; mv "$WEFT_STATUS_FILE.new" "$WEFT_STATUS_FILE"; }';
/** Waits for a message, keeps it, and goes on. */
const HEAR = `until grep -q '"forwardedMessage":"' "$WEFT_STATUS_FILE"; do sleep 0.05; done; cat "$WEFT_STATUS_FILE" >>heard.txt; echo >>heard.txt`;

async function lead(run: string): Promise<{ readonly run: string; readonly outcome: Promise<unknown> }> {
  await stage.script([[{ id: 'a', acts: [], frontmatter: { run } }]]);
  const planned = await stage.app.plan([{ kind: 'file', path: 'tracks.yaml' }], {});
  if (!planned.ok) throw new Error(planned.failure.text);
  const led = await stage.app.start(planned.value, { stay: true });
  if (!led.ok) throw new Error(led.failure.sentence);
  return led.value;
}

async function viewOf(run: string): Promise<RunView> {
  const view = await stage.app.view(run);
  if (!view.ok) throw new Error(view.failure.sentence);
  return view.value;
}

async function until(isSo: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await isSo())) await new Promise((done) => setTimeout(done, 50));
}

async function command(run: string, what: Parameters<Stage['app']['command']>[1]): Promise<void> {
  const said = await stage.app.command(run, what);
  if (!said.ok) throw new Error(said.failure.sentence);
}

test('who asks and stays finds the answer in its status file, once, and goes on in the same attempt', async () => {
  const ask = `say '{"status":"stuck","stuckReason":"Which colour?","id":"mine"}'`;
  const go = `say '{"status":"working"}'`;
  const { run, outcome } = await lead(`${SAY}; ${ask}; ${HEAR}; ${go}; git add -A; git commit -qm done`);
  await until(async () => stage.task(await viewOf(run), 'a').question !== undefined);
  await command(run, { kind: 'answer', task: 'a', option: null, text: 'Blue.' });
  expect(await outcome).toBe('complete');
  expect(stage.task(await viewOf(run), 'a').attempts).toBe(1);
  const heard = (await stage.repo.git('show', 'main:heard.txt')).trim().split('\n');
  expect(heard).toHaveLength(1);
  expect(JSON.parse(heard[0] ?? '')).toMatchObject({ status: 'stuck', id: 'mine' });
  expect(heard[0]).toContain('Answer: Blue.');
});

test('guidance reaches who works and looks; what it said of itself stays', async () => {
  const { run, outcome } = await lead(
    `${SAY}; say '{"status":"working","note":"at it"}'; ${HEAR}; say '{"status":"working","forwardedMessage":null}'; touch "$WEFT_TEMP_DIR/on"; ${HEAR}; say '{"status":"complete","forwardedMessage":""}'; git add -A; git commit -qm done`,
  );
  const status = join(stage.repo.path, '.weft/runs', run, 'attempts/a/1/status.json');
  await until(() => existsSync(status));
  await command(run, { kind: 'guide', task: 'a', text: 'Mind the gap.' });
  await until(() => existsSync(join(status, '../tmp/on')));
  await command(run, { kind: 'guide', task: 'a', text: 'And the door.' });
  expect(await outcome).toBe('complete');
  const journal = readFileSync(join(stage.repo.path, '.weft/runs', run, 'journal.jsonl'), 'utf8');
  expect(journal.match(/"attempt.spawned"/g)).toHaveLength(1);
  const heard = (await stage.repo.git('show', 'main:heard.txt')).trim().split('\n');
  expect(heard.map((line) => (JSON.parse(line) as { forwardedMessage: string }).forwardedMessage)).toEqual([
    'Mind the gap.',
    'And the door.',
  ]);
  expect(heard[0]).toContain('"note":"at it"');
});
