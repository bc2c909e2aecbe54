// The report of a session is read with suspicion: an agent may have written it.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { beginReport } from '../../../src/adapters/agent/session/report.ts';
import { readSessionReport } from '../../../src/adapters/agent/session-report.ts';
import type { SessionReport } from '../../../src/ports/agent.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'weft-report-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const NOTHING = beginReport().report;

function write(text: string): Promise<SessionReport | null> {
  writeFileSync(join(dir, 'session.json'), text);
  return readSessionReport(dir);
}

it('is read as it was written', async () => {
  const report: SessionReport = {
    session: 's',
    heard: [1, 2],
    ask: { id: 'a', text: 'Which?', labels: ['Red', 'Blue'] },
    spending: { input: 1, output: 2, usd: 0.5 },
    waits: 'Again.',
    limit: { untilMs: 7, text: 'Until 7.' },
    doing: 'Works.',
    files: ['a'],
    end: { fault: 'limit', text: 'Over.' },
  };
  expect(await write(JSON.stringify(report))).toEqual(report);
});

describe('what cannot be read is none', () => {
  it.each([
    ['empty', ''],
    ['torn', '{"session":"s"'],
    ['a list', '[]'],
    ['null', 'null'],
    ['huge', `{"doing":"${'x'.repeat(300_000)}"}`],
  ])('%s', async (_, text) => {
    expect(await write(text)).toBe(null);
  });

  it('nothing', async () => {
    expect(await readSessionReport(dir)).toBe(null);
  });

  const planted: readonly [string, (path: string) => void][] = [
    ['a link', (path) => symlinkSync(join(dir, 'real.json'), path)],
    ['a pipe', (path) => void execFileSync('mkfifo', [path])],
    ['a folder', (path) => mkdirSync(path)],
  ];
  for (const [name, plant] of planted) {
    it(name, async () => {
      writeFileSync(join(dir, 'real.json'), '{"session":"s"}');
      plant(join(dir, 'session.json'));
      expect(await readSessionReport(dir)).toBe(null);
    });
  }
});

describe('what is wrong in it is left out', () => {
  const rows: readonly [string, unknown, Partial<SessionReport>][] = [
    ['everything of a wrong type', wrongTypes(7), {}],
    ['everything a list', wrongTypes([]), {}],
    ['numbers', { heard: [1, -1, 1.5, '2', null, 9e99, 3] }, { heard: [1, 3] }],
    [
      'too many numbers',
      { heard: Array.from({ length: 2_000 }, (_, at) => at) },
      { heard: Array.from({ length: 1_000 }, (_, at) => at) },
    ],
    ['a question without an id', { ask: { text: 'Which?', labels: [] } }, {}],
    ['a question without words', { ask: { id: 'a', text: '\u0000', labels: [] } }, {}],
    [
      'labels',
      { ask: { id: 'a', text: '\u001b[1mWhich?', labels: [1, 'Red\u202e', ...'123456789'] } },
      { ask: { id: 'a', text: 'Which?', labels: ['Red', ...'1234567'] } },
    ],
    [
      'negative costs',
      { spending: { input: -1, output: 'x', usd: -1 } },
      { spending: { input: 0, output: 0, usd: null } },
    ],
    ['a limit', { limit: { untilMs: -7 } }, { limit: { untilMs: null, text: '' } }],
    [
      'files',
      { files: [1, 'a', '\u0000', ...Array.from({ length: 30 }, (_, at) => `${at}`)] },
      { files: ['a', ...Array.from({ length: 19 }, (_, at) => `${at}`)] },
    ],
    ['an unknown fault', { end: { fault: 'new', text: 1 } }, { end: { fault: 'protocol', text: '' } }],
    ['an end without one', { end: {} }, { end: { fault: 'protocol', text: '' } }],
  ];
  for (const [name, fields, expected] of rows) {
    it(name, async () => expect(await write(JSON.stringify(fields))).toEqual({ ...NOTHING, ...expected }));
  }

  function wrongTypes(value: unknown): Record<string, unknown> {
    return Object.fromEntries(Object.keys(NOTHING).map((key) => [key, value]));
  }
});
