// Leave that is given too late: once, for exactly what was asked, and whatever happened to the agent meanwhile.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Ask } from '../../../../src/adapters/agent/session/conversation.ts';
import { type Leaves, openLeaves } from '../../../../src/adapters/agent/session/leaves.ts';
import { writeAnswer } from '../../../../src/core/answer-text.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'leaves-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const LABELS = ['Allow it.', 'Refuse it.'];
const MAKE: Ask = { id: 'a', text: 'May it run make?', labels: LABELS, leave: '["Bash","make"]' };
const OTHER: Ask = { ...MAKE, id: 'b', leave: '["Bash","make all"]' };
const ALLOWED = writeAnswer(MAKE.text, 'Allow it.');
const REFUSED = writeAnswer(MAKE.text, 'Refuse it. Not here.');

function open(...told: readonly string[]): Leaves {
  return openLeaves(join(dir, 'leaves.json'), told);
}

describe('asked while the agent was there, answered when it was not', () => {
  it('is given to the next one, once', () => {
    open().note(MAKE);
    const next = open(ALLOWED);
    expect(next.take({ ...MAKE, id: 'other' })).toEqual({ choice: 0, text: '' });
    expect(next.take(MAKE)).toBeNull();
    expect(open(ALLOWED).take(MAKE)).toBeNull();
  });

  it('is kept for the one after the next, when the next does not ask', () => {
    open().note(MAKE);
    open(ALLOWED);
    expect(open(ALLOWED).take(MAKE)?.choice).toBe(0);
  });

  it('is a refusal with its reason', () => {
    open().note(MAKE);
    expect(open(REFUSED).take(MAKE)).toEqual({ choice: 1, text: 'Not here.' });
  });

  it('comes in the midst of the next one', () => {
    open().note(MAKE);
    const next = open();
    expect(next.take(MAKE)).toBeNull();
    next.hear(ALLOWED);
    expect(next.take(MAKE)?.choice).toBe(0);
  });

  it('is asked again, and the newer answer counts', () => {
    open().note(MAKE);
    const second = open(ALLOWED);
    second.take(MAKE);
    second.note(MAKE);
    expect(open(ALLOWED).take(MAKE)).toBeNull();
    expect(open(ALLOWED, REFUSED).take(MAKE)?.choice).toBe(1);
  });
});

describe('is not given', () => {
  const cases: readonly [string, Ask][] = [
    ['to something else under the same words', OTHER],
    ['to the same with other choices', { ...MAKE, labels: ['Allow it.', 'Allow all.', 'Refuse it.'] }],
    ['to what names nothing exactly', { id: 'a', text: MAKE.text, labels: LABELS }],
  ];
  for (const [name, ask] of cases) {
    it(name, () => {
      open().note(MAKE);
      expect(open(ALLOWED).take(ask)).toBeNull();
    });
  }

  it('when the words may have been about another one', () => {
    const first = open();
    first.note(MAKE);
    first.note(OTHER);
    const next = open(ALLOWED);
    expect([next.take(MAKE), next.take(OTHER)]).toEqual([null, null]);
  });

  it('when it was answered to the agent itself', () => {
    const first = open();
    first.note(MAKE);
    first.drop(MAKE.id);
    first.hear(ALLOWED);
    expect(open(ALLOWED).take(MAKE)).toBeNull();
  });

  it('when the file is none of ours', () => {
    writeFileSync(join(dir, 'leaves.json'), '{"kept":[3,{"key":4}]}');
    expect(open(ALLOWED).take(MAKE)).toBeNull();
  });

  it('when it cannot be noted that it was', () => {
    open().note(MAKE);
    const next = open(ALLOWED);
    rmSync(dir, { recursive: true });
    expect(next.take(MAKE)).toBeNull();
  });
});
