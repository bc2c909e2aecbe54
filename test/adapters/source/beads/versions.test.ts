// Answers of other versions, and what goes wrong: played by stand-ins for `bd`.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openBeadsSource } from '../../../../src/adapters/source/beads/beads-source.ts';
import { probeBeads } from '../../../../src/adapters/source/beads/probe.ts';
import type { SourcePort } from '../../../../src/ports/source.ts';
import { ALL, depends, openYard, report, row, standIn, type Yard } from './stage.ts';

type Case = Parameters<typeof standIn>[1][number];

const NEW: readonly Case[] = [
  { on: ' version ', out: '{"schema_version":1,"data":{"version":"1.3.0","build":"release"}}' },
  { on: ' --help ', out: 'Commands:\n  list   List\n  heartbeat   Sign of life\n  events   Journal\n' },
];
const OLD: readonly Case[] = [
  { on: ' version ', out: 'bd version 0.49.6 (release)\n' },
  { on: ' --help ', out: 'Commands:\n  list   List\n' },
];

let yard: Yard;
beforeAll(() => {
  yard = openYard({ withDatabase: false });
});
afterAll(() => yard.remove());

async function open(repository: string, cases: readonly Case[]): Promise<SourcePort> {
  const program = standIn(repository, cases);
  const opened = await openBeadsSource({ repository, run: 'r1', spec: ALL, env: {}, program });
  if (!opened.ok) throw new Error(opened.failure.sentence);
  return opened.value;
}

function callsOf(repository: string): readonly string[] {
  return readFileSync(join(repository, 'calls'), 'utf8').trim().split('\n');
}

const envelope = (data: unknown): string => JSON.stringify({ schema_version: 1, data });

describe('answers', () => {
  test('an envelope, and warnings on stderr', async () => {
    const source = await open(yard.repository(), [
      ...NEW,
      { on: ' list ', out: envelope([row('t-1')]), err: 'Warning: a new version is available\n' },
    ]);
    expect((await source.load()).drafts.map(({ id }) => id.value)).toEqual(['t-1']);
    expect(source.beatMs).toBeGreaterThan(0);
  });

  test('an empty database prints nothing at all', async () => {
    const source = await open(yard.repository(), [...NEW, { on: ' list ' }]);
    expect(await source.load()).toMatchObject({ drafts: [], diagnostics: [] });
  });

  test('0.49: no gates in lists, dependencies only counted, so that the export is read', async () => {
    const repository = yard.repository();
    const rows = [row('t-1'), row('t-2', { dependency_count: 1 })];
    const records = [
      row('t-1'),
      row('t-2', { dependencies: [depends('t-2', 't-1')] }),
      row('t-3', { status: 'tombstone' }),
    ];
    const source = await open(repository, [
      ...OLD,
      { on: '--include-gates', err: 'Error: unknown flag: --include-gates\nUsage:\n', code: 1 },
      { on: ' list ', out: JSON.stringify(rows) },
      { on: ' export', out: records.map((one) => JSON.stringify(one)).join('\n') },
    ]);
    const { drafts } = await source.load();
    expect(drafts.map(({ id, dependencies }) => [id.value, dependencies.map(({ task }) => task)])).toEqual([
      ['t-1', []],
      ['t-2', ['t-1']],
    ]);
    expect(source.beatMs).toBeUndefined();
  });

  test('ready is asked only for what the list cannot tell, and for all of it', async () => {
    const repository = yard.repository();
    const source = await open(repository, [
      ...NEW,
      { on: ' list ', out: JSON.stringify([row('t-1', { dependencies: [depends('t-1', 'external:a:b')] })]) },
      { on: ' ready ', out: JSON.stringify([row('t-1')]), err: 'Showing 1 of 1\n' },
    ]);
    expect((await source.load()).standings?.size).toBe(0);
    expect(callsOf(repository).at(-1)).toBe('--json ready --limit=0');
  });
});

test('a version with a journal is followed, and what it says is news', async () => {
  const repository = yard.repository();
  const source = await open(repository, [
    ...NEW,
    { on: ' list ', out: '[]' },
    { on: ' events tail --follow ', out: '{"seq":1}\n{"seq":2}\n' },
  ]);
  const stop = new AbortController();
  let watching: Promise<void> | undefined;
  await new Promise<void>((resolve) => {
    watching = source.watch?.(resolve, stop.signal);
  });
  stop.abort();
  await watching;
});

describe('what goes wrong', () => {
  const failures: readonly [name: string, answer: Case, sentence: string][] = [
    [
      'JSON on stderr',
      { on: ' show ', err: '{"error":"no such table","hint":"run bd migrate"}', code: 1 },
      'bd show said: no such table (run bd migrate).',
    ],
    [
      'JSON on stdout, in an envelope',
      { on: ' show ', out: envelope({ error: 'gone' }), code: 1 },
      'bd show said: gone.',
    ],
    [
      'text among warnings',
      { on: ' show ', err: 'Warning: x\nError: broken\nUsage: …\n', code: 1 },
      'bd show said: Error: broken.',
    ],
    ['nothing', { on: ' show ', code: 3 }, 'bd show ended with 3.'],
  ];
  for (const [name, answer, sentence] of failures) {
    test(`an error as ${name}`, async () => {
      const source = await open(yard.repository(), [
        ...NEW,
        { on: ' list ', out: '[]' },
        { on: '--claim' },
        answer,
      ]);
      expect(await source.claim?.('t-1')).toMatchObject({ ok: false, failure: { sentence } });
    });
  }

  test('a claim that bd says was made and somebody overwrote', async () => {
    const source = await open(yard.repository(), [
      ...NEW,
      { on: ' list ', out: '[]' },
      { on: '--claim', out: JSON.stringify([row('t-1', { assignee: 'weft-r1', status: 'in_progress' })]) },
      { on: ' show ', out: JSON.stringify([row('t-1', { assignee: 'weft-r2', status: 'in_progress' })]) },
    ]);
    expect(await source.claim?.('t-1')).toEqual({ ok: true, value: { kind: 'taken', by: 'weft-r2' } });
  });

  test('an answer about another issue than was asked for', async () => {
    const source = await open(yard.repository(), [
      ...NEW,
      { on: ' list ', out: '[]' },
      { on: '--claim' },
      { on: ' show ', out: JSON.stringify(row('t-12', { assignee: 'weft-r1', status: 'in_progress' })) },
    ]);
    expect((await source.claim?.('t-1'))?.ok).toBe(false);
  });

  test('an update that does some of it and says it is fine', async () => {
    const ours = (id: string): unknown => row(id, { assignee: 'weft-r1', status: 'in_progress' });
    const source = await open(yard.repository(), [
      ...NEW,
      { on: ' list ', out: JSON.stringify([ours('t-1'), ours('t-2')]) },
      { on: ' update t-1 t-2 ', out: JSON.stringify([ours('t-1')]), err: 'Error updating t-2: x\n' },
    ]);
    const told = await source.report?.([report('t-1', 'working'), report('t-2', 'working')]);
    expect(told).toMatchObject({ ok: false, failure: { sentence: 'Beads did not change t-2.' } });
  });

  test('a busy database is asked again', async () => {
    const repository = yard.repository();
    const source = await open(repository, [...NEW, { on: ' list ', out: '[]' }]);
    // busy the first time, then there
    writeFileSync(
      join(repository, 'bd'),
      `#!/bin/sh\nif mkdir '${repository}/asked' 2>/dev/null; then echo '{"error":"database is locked"}' >&2; exit 1; fi\necho '${JSON.stringify([row('t-1')])}'\n`,
    );
    expect((await source.load()).drafts).toHaveLength(1);
  });

  test('a load that fails is a diagnostic with a fix', async () => {
    const repository = yard.repository();
    const source = await open(repository, [...NEW, { on: ' list ', out: '[]' }]);
    standIn(repository, [...NEW]);
    expect(await source.load()).toMatchObject({
      drafts: [],
      diagnostics: [{ sentence: 'bd list said: Error: unknown command.', fix: 'Try: bd doctor' }],
    });
  });
});

describe('without a bd that works', () => {
  const program = '/nonexistent/bd';

  test('records are read, with a warning; nothing is claimed or told', async () => {
    const repository = yard.repository();
    mkdirSync(join(repository, '.beads'));
    const path = join(repository, '.beads', 'issues.jsonl');
    writeFileSync(
      path,
      `${JSON.stringify(row('t-1'))}\n${JSON.stringify({ _type: 'issue', ...row('t-2') })}\n{`,
    );
    const opened = await openBeadsSource({ repository, run: 'r1', spec: ALL, env: {}, program });
    if (!opened.ok) throw new Error(opened.failure.sentence);
    const { claim, report: tell, watch, load } = opened.value;
    expect([claim, tell]).toEqual([undefined, undefined]);
    const loaded = await load();
    expect(loaded.drafts.map(({ id }) => id.value)).toEqual(['t-1', 't-2']);
    expect(loaded.notes?.[0]).toContain('cannot be run');
    expect(loaded.notes?.[1]).toBe('Lines of issues.jsonl that could not be read: 1.');
    // between the load and the watch
    writeFileSync(path, `${JSON.stringify(row('t-3'))}\n`);
    const stop = new AbortController();
    await new Promise<void>((resolve) => {
      void watch?.(resolve, stop.signal);
    });
    stop.abort();
    expect((await load()).drafts.map(({ id }) => id.value)).toEqual(['t-3']);
  }, 20_000);

  const refusals: readonly [
    name: string,
    make: (repository: string) => string,
    sentence: RegExp,
    hint: string,
  ][] = [
    [
      'no bd and no database',
      () => program,
      /cannot be run, and there is no Beads database in/,
      'npm install -g @beads/bd',
    ],
    [
      'a bd and no database',
      (repository) => standInWithout(repository),
      /^There is no Beads database in/,
      'bd init',
    ],
    [
      'a database that does not open',
      (repository) =>
        standIn(repository, [...NEW, { on: ' list ', err: 'Error: no beads database found\n', code: 1 }]),
      /no beads database found, and \S+ has no issues\.jsonl that could be read instead\.$/,
      'bd bootstrap',
    ],
  ];
  for (const [name, make, sentence, hint] of refusals) {
    test(name, async () => {
      const repository = yard.repository();
      const probed = await probeBeads({ repository, env: {}, program: make(repository) });
      expect(probed).toMatchObject({
        ok: false,
        failure: { sentence: expect.stringMatching(sentence), hint },
      });
    });
  }
});

/** A program outside of a repository that has no database. */
function standInWithout(repository: string): string {
  const place = `${repository}-program`;
  mkdirSync(place);
  return standIn(place, [...NEW]);
}
