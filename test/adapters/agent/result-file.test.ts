// The answers of planners and reviewers: where they are looked for, what is read, and what is refused.
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parsePlan, parseReview, readPlan, readReview } from '../../../src/adapters/agent/result-file.ts';
import type { Result } from '../../../src/core/failure.ts';

const MILESTONE = { goal: 'It works', done_checks: ['npm test'], risk_level: 'low' };
const say = (result: Result<unknown>): unknown => (result.ok ? result.value : result.failure.sentence);

describe('parsePlan', () => {
  const check = (plan: unknown, expected: unknown): void =>
    expect(say(parsePlan(JSON.stringify(plan)))).toEqual(expected);

  test('reads a plan and drops what it does not know', () => {
    const milestone = { ...MILESTONE, files_expected: ['./src/a.ts', 7], mood: 'good' };
    check(
      { milestones: [milestone], do_not_touch: ['README.md'], risk_map: {} },
      {
        milestones: [
          { goal: 'It works', filesExpected: ['src/a.ts'], doneChecks: ['npm test'], risk: 'low' },
        ],
        doNotTouch: ['README.md'],
      },
    );
  });

  test.each([
    [[], 'Its plan is no JSON object.'],
    [{}, 'Its plan has no milestones.'],
    [{ milestones: [] }, 'Its plan has no milestones.'],
    [{ milestones: Array(21).fill(MILESTONE) }, 'Its plan has more than 20 milestones.'],
    [{ milestones: [MILESTONE, null] }, 'Milestone 2 has no goal.'],
    [{ milestones: [{ ...MILESTONE, done_checks: [' '] }] }, 'Milestone 1 has no done_checks.'],
    [
      { milestones: [{ ...MILESTONE, risk_level: 'huge' }] },
      'Milestone 1 has a risk_level other than low, medium or high.',
    ],
  ])('refuses %j', check);
});

describe('parseReview', () => {
  test.each([
    [{ status: 'approve' }, { status: 'approve', changes: [] }],
    [
      { status: 'request_changes', changes: [`close\u001b[2J it`] },
      { status: 'request_changes', changes: ['close it'] },
    ],
    [{ status: 'reject', changes: [] }, 'Its review says reject without changes.'],
    [{ status: 'ok' }, 'Its review has a status other than approve, request_changes or reject.'],
  ])('reads %j', (review, expected) => expect(say(parseReview(JSON.stringify(review)))).toEqual(expected));
});

describe('where an answer is looked for', () => {
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'weft-answer-'));
  });
  afterAll(() => rm(dir, { recursive: true }));
  const places = (name: string): { resultFile: string; outputFile: string } => ({
    resultFile: join(dir, `${name}.json`),
    outputFile: join(dir, `${name}.out`),
  });
  const none = expect.stringContaining('It wrote no file $WEFT_RESULT_FILE');

  test('in its file first', async () => {
    const at = places('file');
    await writeFile(at.resultFile, '{"status":"approve"}');
    await writeFile(at.outputFile, '```json\n{"status":"reject","changes":["no"]}\n```\n');
    expect(say(await readReview(at))).toMatchObject({ status: 'approve' });
  });

  test('else in the last JSON block that it printed, wherever that is in a long output', async () => {
    const at = places('printed');
    const noise = 'thinking\n'.repeat(100_000);
    const blocks =
      '```json\n{"status":"approve"}\n```\nno:\n```json\n{"status":"reject","changes":["no"]}\n```\n';
    await writeFile(at.outputFile, `${noise}${blocks}bye\n`);
    expect(say(await readReview(at))).toEqual({ status: 'reject', changes: ['no'] });
  });

  test('and not behind links, in files too large, or in blocks that never end', async () => {
    const linked = places('linked');
    await writeFile(join(dir, 'there'), '{"status":"approve"}');
    await symlink(join(dir, 'there'), linked.resultFile);
    expect(say(await readReview(linked))).toEqual(none);
    const large = places('large');
    await writeFile(large.resultFile, `{"milestones":"${'x'.repeat(300_000)}"}`);
    expect(say(await readPlan(large))).toEqual(none);
    const open = places('open');
    await writeFile(open.outputFile, '```json\n{"status":"approve"}\n');
    expect(say(await readReview(open))).toEqual(none);
  });
});
