// The status file: what is read, what is cleaned, and what counts as no status at all.
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hideSecretsOf } from '../../../src/adapters/agent/session/secrets.ts';
import { parseStatus, readStatus } from '../../../src/adapters/agent/status-file.ts';
import type { AgentStatus } from '../../../src/ports/agent.ts';

const BARE = { stuckReason: null, options: [], reason: null, note: null, finished: [] };
const ESC = String.fromCharCode(27);
const BEL = String.fromCharCode(7);

function check(input: unknown, expected: AgentStatus | null): void {
  expect(parseStatus(typeof input === 'string' ? input : JSON.stringify(input))).toEqual(expected);
}

describe('parseStatus', () => {
  for (const status of ['registered', 'planning', 'working', 'stuck', 'complete', 'cancelled'] as const) {
    it(`reads ${status}`, () => check({ status }, { status, ...BARE }));
  }

  it('reads the further words of version 2', () =>
    check({ status: 'shipping' }, { status: 'working', ...BARE }));

  it('reads a whole file of version 1 and ignores what it does not know', () =>
    check(
      {
        id: '123',
        issueNumber: 123,
        issueTitle: 'Add a plugin',
        status: 'stuck',
        branch: 'issue-123',
        worktreePath: '/w/issue-123',
        startedAt: '2026-01-11T10:00:00Z',
        lastHeartbeat: '2026-01-11T10:45:00Z',
        stuckReason: 'Which key signs the assembly?',
        forwardedMessage: null,
        pullRequestUrl: null,
        worktreeStatus: { filesChanged: 3 },
      },
      {
        status: 'stuck',
        stuckReason: 'Which key signs the assembly?',
        options: [],
        reason: null,
        note: null,
        finished: [],
      },
    ));

  it('reads options as texts and as mappings', () =>
    check(
      {
        status: 'stuck',
        stuckReason: 'A or B?',
        options: [
          'A',
          { label: 'B', then: 'hold' },
          { label: 'Neither', then: 'give-up' },
          { label: 'C', then: 'x' },
        ],
      },
      {
        status: 'stuck',
        stuckReason: 'A or B?',
        options: [
          { label: 'A', then: 'retry' },
          { label: 'B', then: 'hold' },
          { label: 'Neither', then: 'give-up' },
          { label: 'C', then: 'retry' },
        ],
        reason: null,
        note: null,
        finished: [],
      },
    ));

  it('does not let an agent offer to skip the checks', () =>
    check(
      { status: 'stuck', options: [{ label: 'Go on', then: 'accept' }] },
      { status: 'stuck', ...BARE, options: [{ label: 'Go on', then: 'retry' }] },
    ));

  it('drops options that are not options', () =>
    check({ status: 'stuck', options: [null, 7, '', { then: 'retry' }, []] }, { status: 'stuck', ...BARE }));

  it('joins what was tried to the question', () => {
    expect(parseStatus('{"status":"stuck","stuckReason":"Q?","tried":["a","b"]}')?.stuckReason).toBe(
      'Q?\nTried: a; b',
    );
    expect(parseStatus('{"status":"stuck","stuckReason":"Q?","tried":"a"}')?.stuckReason).toBe(
      'Q?\nTried: a',
    );
    expect(parseStatus('{"status":"stuck","tried":"a"}')?.stuckReason).toBeNull();
  });

  it('reads which parts are finished, once each, and no more than a thousand', () => {
    check(
      { status: 'working', finished: ['T1', 2, '', null, 'T1', ' T3\u001b[31m ', {}, 'x'.repeat(300)] },
      { status: 'working', ...BARE, finished: ['T1', '2', 'T3', 'x'.repeat(200)] },
    );
    const many = Array.from({ length: 1_500 }, (_, at) => `T${at}`);
    expect(parseStatus(JSON.stringify({ status: 'working', finished: many }))?.finished).toHaveLength(1_000);
    check({ status: 'working', finished: 'T1' }, { status: 'working', ...BARE });
  });

  it('reads why nothing had to change', () =>
    check(
      { status: 'complete', reason: 'Already so.' },
      { status: 'complete', ...BARE, reason: 'Already so.' },
    ));

  for (const [title, text] of [
    ['an empty file', ''],
    ['a half-written file', '{"status":"working","stuckRea'],
    ['another JSON value', '["working"]'],
    ['null', 'null'],
    ['a status it does not know', '{"status":"shipped"}'],
    ['no status', '{"reason":"x"}'],
    ['a file over the cap', JSON.stringify({ status: 'working', note: 'x'.repeat(70_000) })],
  ] as const) {
    it(`finds no status in ${title}`, () => check(text, null));
  }

  it('takes escape sequences and control characters out', () => {
    const dirty = `${ESC}[31mred${ESC}[0m\r\n${ESC}]0;title${BEL}ne${BEL}xt\u202e\ufeff\u0000\ttab${ESC}c`;
    expect(parseStatus(JSON.stringify({ status: 'stuck', stuckReason: dirty }))?.stuckReason).toBe(
      'red\nnext\ttab',
    );
  });

  it('keeps a label on one short line', () => {
    const options = [`one\ntwo ${'x'.repeat(500)}`];
    const label = parseStatus(JSON.stringify({ status: 'stuck', options }))?.options[0]?.label;
    expect(label).toHaveLength(200);
    expect(label?.startsWith('one two x')).toBe(true);
  });

  it('never throws and never lets a control character through', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.anything(), (text, options) => {
        const read = parseStatus(
          JSON.stringify({ status: 'stuck', stuckReason: text, reason: text, options }) ?? '',
        );
        const shown = `${read?.stuckReason ?? ''}${read?.reason ?? ''}${read?.options.map((o) => o.label).join('') ?? ''}`;
        expect(shown).not.toMatch(/(?![\n\t])\p{Cc}/u);
        parseStatus(text);
      }),
    );
  });
});

describe('readStatus', () => {
  let dir = '';
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'weft-status-'));
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  it('reads a file', async () => {
    await writeFile(join(dir, 'good.json'), '{"status":"working"}');
    expect(await readStatus(join(dir, 'good.json'))).toEqual({ status: 'working', ...BARE });
  });

  it('hides what must not be shown', async () => {
    const stuck = { status: 'stuck', stuckReason: 'Is hunter22 right?', options: ['hunter22'] };
    await writeFile(join(dir, 'secret.json'), JSON.stringify(stuck));
    const read = await readStatus(join(dir, 'secret.json'), hideSecretsOf({ DB_PASSWORD: 'hunter22' }));
    expect(read).toMatchObject({ stuckReason: 'Is [secret] right?', options: [{ label: '[secret]' }] });
  });

  it('finds nothing where there is no file', async () => {
    expect(await readStatus(join(dir, 'none.json'))).toBeNull();
    expect(await readStatus(dir)).toBeNull();
  });

  it('does not wait for a pipe', async () => {
    execFileSync('mkfifo', [join(dir, 'pipe.json')]);
    expect(await readStatus(join(dir, 'pipe.json'))).toBeNull();
  });

  it('does not follow a link', async () => {
    await symlink(join(dir, 'good.json'), join(dir, 'link.json'));
    expect(await readStatus(join(dir, 'link.json'))).toBeNull();
  });
});
