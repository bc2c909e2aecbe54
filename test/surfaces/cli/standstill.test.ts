// Going on with a run that is complete: answered from its files, but only when nothing at all speaks against it.
import { appendFileSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import type { Event } from '../../../src/core/event.ts';
import { encodeRecord } from '../../../src/core/journal-codec.ts';
import { runMs } from '../../../src/core/model.ts';
import { findStandstill } from '../../../src/surfaces/cli/standstill.ts';
import { createFakeApp, RUN, type, viewRun, viewTask } from './fake-app.ts';

const TIP = 'a'.repeat(40);
const VIEW = viewRun([viewTask('api', { phase: 'merged', landed: TIP as never })], { state: 'complete' });
const RESTED: Event = { type: 'run.rested', outcome: 'complete' };

let repository = '';
beforeEach(() => {
  repository = realpathSync(mkdtempSync(join(tmpdir(), 'weft-standstill-')));
  write('.git/refs/heads/main', `${TIP}\n`);
  writeRun('view.json', JSON.stringify({ ...VIEW, epoch: 3 }));
  writeRun('closed.json', JSON.stringify({ seq: 2, epoch: 3, tip: TIP }));
  writeRun('journal.jsonl', record(1, { type: 'run.paused' }) + record(2, RESTED));
  for (const file of ['state.json', 'summary.json', 'receipt.json', 'receipt.md', 'handoffs/complete.json']) {
    writeRun(file, '{}');
  }
});
afterEach(() => rmSync(repository, { recursive: true }));

function write(path: string, text: string): void {
  const full = join(repository, path);
  mkdirSync(join(full, '..'), { recursive: true });
  writeFileSync(full, text);
}

function writeRun(file: string, text: string): void {
  write(`.weft/runs/${RUN}/${file}`, text);
}

function record(seq: number, event: Event, epoch = 3): string {
  return encodeRecord({ seq, epoch, at: 1, ms: runMs(1), event });
}

test('a complete run that nobody touched is found by its name, and as the latest', () => {
  expect(findStandstill(repository, 'latest')).toMatchObject(VIEW);
  expect(findStandstill(repository, RUN)).toMatchObject(VIEW);
  expect(findStandstill(repository, RUN.slice(0, 8))).toBeNull();
  expect(findStandstill(repository, 'api')).toBeNull();
});

describe('an engine has to tell', () => {
  const journal = (): string => join(repository, `.weft/runs/${RUN}/journal.jsonl`);
  const remove = (file: string) => (): void => rmSync(join(repository, `.weft/runs/${RUN}/${file}`));
  it.each<[string, () => void]>([
    ['a later fact', () => appendFileSync(journal(), record(3, { type: 'run.paused' }))],
    ['a later rest', () => appendFileSync(journal(), record(3, RESTED))],
    ['a torn record', () => appendFileSync(journal(), '{"v":1')],
    ['a damaged record', () => writeRun('journal.jsonl', record(2, RESTED).replace('complete', 'completf'))],
    ['another end', () => writeRun('journal.jsonl', record(2, { type: 'run.rested', outcome: 'failed' }))],
    ['another epoch', () => writeRun('journal.jsonl', record(2, RESTED, 4))],
    ['an empty journal', () => writeRun('journal.jsonl', '')],
    ['no journal', remove('journal.jsonl')],
    ['no note', remove('closed.json')],
    ['no receipt', remove('receipt.md')],
    ['no handoff', remove('handoffs/complete.json')],
    ['no picture', remove('view.json')],
    [
      'a picture of something else',
      () => writeRun('view.json', JSON.stringify({ ...VIEW, state: 'blocked' })),
    ],
    ['a command that waits', () => writeRun('inbox/1.json', '{"kind":"restart","task":"api"}')],
    ['a target that moved', () => write('.git/refs/heads/main', `${'b'.repeat(40)}\n`)],
    ['a target that git keeps elsewhere', () => rmSync(join(repository, '.git/refs/heads/main'))],
  ])('of %s', (_, happen) => {
    happen();
    expect(findStandstill(repository, 'latest')).toBeNull();
  });
});

it('is what `weft resume` says, without asking an engine', async () => {
  const fake = createFakeApp(VIEW, { leader: async () => null });
  const typed = type('resume', fake, { cwd: repository });
  expect(await typed.code).toBe(0);
  expect(typed.out()).toContain('is complete');
  const json = type(`orchestrate resume ${RUN} --json`, fake, { cwd: repository });
  expect(await json.code).toBe(0);
  expect(json.json()).toMatchObject({ type: 'run', run: RUN, state: 'complete', exitCode: 0 });
  expect(fake.asked).toEqual([]);
});

it('is none of its business when the command line asks for more', async () => {
  const fake = createFakeApp(VIEW, { leader: async () => null });
  const typed = type('resume --max-agents 8', fake, { cwd: repository });
  await Promise.race([fake.followed, typed.code]);
  expect(fake.asked).not.toEqual([]);
});
