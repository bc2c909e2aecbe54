// Whatever is done to the forge of the virtual world and to the stand-in behind the real adapter, they look the same after.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Oid } from '../../../src/core/model.ts';
import { wishOf } from '../../adapters/forge/github/rig.ts';
import { type BenchSetup, type ForgeBench, openHttpBench, openWorldBench } from './forge-bench.ts';

/** The same histories every time: each is dear. Another seed looks elsewhere. */
const SEED = 20;

const TASKS = ['one', 'two'] as const;

/** One thing to do; `how` is a choice within it. */
const deed = fc.record({
  what: fc.constantFrom(
    ...([
      'push',
      'push',
      'pull',
      'pull',
      'merge',
      'merge',
      'queue',
      'theirs',
      'main',
      'anew',
      'forward',
    ] as const),
    ...(['close', 'reopen', 'review', 'review', 'check', 'check', 'gone', 'draft', 'by hand'] as const),
  ),
  task: fc.constantFrom(...TASKS),
  how: fc.nat({ max: 3 }),
});

type Deed = typeof deed extends fc.Arbitrary<infer T> ? T : never;

const METHODS = ['merge', 'squash', 'rebase'] as const;

const setups = fc.constantFrom<BenchSetup>(
  {},
  { deletesMerged: true },
  { requiredChecks: ['build'] },
  { approvals: 1, dismissStale: true },
  { requiredChecks: ['build'], queue: 'squash' },
  { isStrict: true, requiredChecks: [] },
);

/** Does it; says how it ended. */
async function act(
  bench: ForgeBench,
  setup: BenchSetup,
  { what, task, how, step }: Deed & { readonly step: number },
): Promise<string> {
  const { port, people, tip, commit } = bench;
  const { branch } = wishOf(task);
  const at = await tip(branch);
  const number = await numberOf(bench, task);
  const asked = async (
    call: Promise<{ readonly ok: true } | { readonly ok: false; failure: { kind: string } }>,
  ) => {
    const answer = await call;
    return answer.ok ? 'ok' : answer.failure.kind;
  };
  const done = async (call: Promise<unknown>): Promise<string> =>
    call.then(
      () => 'ok',
      () => 'refused',
    );
  const files = { [how === 0 ? 'both.txt' : `${task}.txt`]: `${task} ${step}` };
  const head = async (): Promise<Oid | null> => at ?? (await tip('main'));
  const of = async <T>(act: (number: number, head: Oid) => Promise<T>): Promise<T | string> => {
    const commit = await head();
    return number === null || commit === null ? 'nothing' : act(number, commit);
  };
  switch (what) {
    case 'push': {
      const made = await commit(files, how === 1 ? (at ?? undefined) : undefined);
      return asked(port.push({ branch, commit: made, expected: how === 3 ? null : at }));
    }
    case 'pull':
      return asked(port.ensurePull(wishOf(task, { isDraft: how === 3 })));
    case 'merge':
      return of((of, head) =>
        asked(
          port.merge({ number: of, head, method: METHODS[how % 3] ?? 'merge', title: 't', message: 'm' }),
        ),
      );
    case 'queue':
      return of((of, head) => asked(port.enqueue({ number: of, head })));
    case 'theirs':
      return done(people.push(branch, { 'theirs.txt': `${step}` }));
    case 'main':
      return done(people.push('main', { [how === 0 ? 'both.txt' : 'main.txt']: `main ${step}` }));
    case 'anew':
      return done(people.startOver(branch, { 'anew.txt': `${step}` }));
    case 'forward':
      return at === null || how > 0 ? 'nothing' : done(people.setBranch('main', at));
    case 'close':
      // the stand-in leaves it in its queue then
      return setup.queue === undefined ? of((of) => asked(port.close(of))) : 'nothing';
    case 'reopen':
      return of((of) => done(people.reopen(of)));
    case 'review':
      return of((of) => {
        const state =
          (['approved', 'approved', 'changes-requested', 'commented'] as const)[how] ?? 'commented';
        return done(
          people.review(of, { state, body: 'Well.', lines: [{ path: 'a', line: how, body: 'Why?' }] }),
        );
      });
    case 'check': {
      const commit = (how === 0 ? await bench.candidate() : null) ?? at;
      if (commit === null) return 'nothing';
      return done(bench.check(commit, { name: 'build', state: how === 3 ? 'failure' : 'success' }));
    }
    case 'gone':
      return at === null ? 'nothing' : asked(port.deleteBranch({ branch, expected: at }));
    case 'draft':
      return of((of) => asked(port.updatePull({ number: of, isDraft: how === 3 })));
    case 'by hand':
      return of((of) => done(people.merge(of, METHODS[how % 3] ?? 'merge')));
    default:
      throw new Error(`what is ${what satisfies never}?`);
  }
}

const numbers = new WeakMap<ForgeBench, Map<string, number>>();

async function numberOf(bench: ForgeBench, task: string): Promise<number | null> {
  const known = numbers.get(bench) ?? new Map<string, number>();
  numbers.set(bench, known);
  if (bench.pulls() === 0) return null;
  const { branch } = wishOf(task);
  for (let number = 1; number <= bench.pulls() && !known.has(task); number += 1) {
    const seen = (await bench.port.observe([number])).get(number);
    if (seen?.ok === true && seen.value.branch === branch) known.set(task, number);
  }
  return known.get(task) ?? null;
}

/** All that is to be seen, but for the names of commits. */
async function picture(bench: ForgeBench): Promise<unknown> {
  const all = Array.from({ length: bench.pulls() }, (_, at) => at + 1);
  // the first look starts the test whether they can be merged
  await bench.port.observe(all);
  const seen = await bench.port.observe(all);
  const tips = await Promise.all(['main', ...TASKS.map((task) => wishOf(task).branch)].map(bench.tip));
  const texts = await Promise.all(
    tips.map((tip) =>
      Promise.all(
        ['both.txt', 'one.txt', 'two.txt', 'main.txt', 'theirs.txt', 'anew.txt'].map((path) =>
          tip === null ? null : bench.textAt(tip, path),
        ),
      ),
    ),
  );
  return {
    texts,
    pulls: [...seen.values()].map((one) => {
      if (!one.ok) return one.failure.kind;
      const { head, merged, url: _, checks, reviews, comments, ...rest } = one.value;
      return {
        ...rest,
        head: tips.indexOf(head),
        merged: merged === null ? null : tips.indexOf(merged),
        checks: checks.map(({ name, state, isRequired }) => [name, state, isRequired]),
        reviews: reviews.map(({ author, state, commit }) => [author, state, commit === head]),
        comments: comments.map(({ path, line }) => [path, line]),
      };
    }),
  };
}

it('they look the same', async () => {
  await fc.assert(
    fc.asyncProperty(
      setups,
      fc.array(deed, { minLength: 14, maxLength: 24, size: 'max' }),
      async (setup, deeds) => {
        const [real, virtual] = [await openHttpBench(setup), await openWorldBench(setup)];
        for (const [step, what] of deeds.entries()) {
          const each = { ...what, step };
          const ends = [await act(real, setup, each), await act(virtual, setup, each)];
          expect([each, ends[1]]).toEqual([each, ends[0]]);
        }
        expect(await picture(virtual)).toEqual(await picture(real));
      },
    ),
    { numRuns: 3, seed: SEED, endOnFailure: true },
  );
}, 120_000);
