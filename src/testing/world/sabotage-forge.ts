// Bugs in how an engine deals with a forge: it looks too little, pushes too much, or asks too soon.
import type { ForgeFailure, ForgePort, PullSeen } from '../../ports/forge.ts';
import { FORGE_DEEDS } from './forge-deeds.ts';
import type { ForgeWorld } from './forge-store.ts';
import type { Sabotage } from './life.ts';

/** Changes what an engine reaches of the forge. */
function withForge(
  change: (honest: ForgePort, forge: ForgeWorld) => Partial<ForgePort>,
): NonNullable<Sabotage['parts']> {
  return (honest, { forge }) =>
    honest.forge === null || forge === null
      ? honest
      : { ...honest, forge: { ...honest.forge, ...change(honest.forge, forge) } };
}

/** Moves branches from wherever they are. */
function pushBlindly(fits: (branch: string, forge: ForgeWorld) => boolean): NonNullable<Sabotage['parts']> {
  return withForge((honest, forge) => ({
    push: (what) => {
      const isBlind = fits(what.branch, forge);
      const actual = forge.branches.get(what.branch) ?? null;
      return honest.push(isBlind ? { ...what, expected: actual } : what);
    },
  }));
}

/** Every call, with its failures changed. */
function withFailures(
  honest: ForgePort,
  change: (failure: ForgeFailure) => ForgeFailure,
): Partial<ForgePort> {
  const mend = (answer: unknown): unknown => {
    const { ok, failure } = answer as { readonly ok: boolean; readonly failure?: ForgeFailure };
    return ok || failure === undefined ? answer : { ok, failure: change(failure) };
  };
  const calls = Object.entries(honest).map(([name, call]: [string, unknown]) => {
    if (typeof call !== 'function') return [name, call];
    return [
      name,
      async (...given: unknown[]): Promise<unknown> => {
        const answer: unknown = await (call as (...given: unknown[]) => Promise<unknown>)(...given);
        if (answer instanceof Map)
          return new Map([...answer].map(([number, one]: [unknown, unknown]) => [number, mend(one)]));
        return mend(answer);
      },
    ];
  });
  return Object.fromEntries(calls) as Partial<ForgePort>;
}

/** All of them; they show only where there is a forge. */
export const FORGE_SABOTAGES: readonly Sabotage[] = [
  {
    name: 'opens-another-pull-request',
    breaks: ['one-pull'],
    parts: withForge((honest, { pulls }) => ({
      ensurePull: (wish) => {
        for (const pull of pulls.values()) {
          if (pull.branch !== wish.branch || pull.state !== 'open') continue;
          pull.state = 'closed';
          pull.body = '';
        }
        return honest.ensurePull(wish);
      },
    })),
  },
  {
    name: 'overlooks-the-end-of-pull-requests',
    breaks: ['adopts-pulls'],
    parts: withForge((honest) => ({
      observe: async (numbers) => {
        const seen = await honest.observe(numbers);
        const reopen = (value: PullSeen): PullSeen => ({
          ...value,
          ...{ state: 'open', isMergeable: true, merged: null },
        });
        return new Map(
          [...seen].map(([number, one]) => [number, one.ok ? { ok: true, value: reopen(one.value) } : one]),
        );
      },
    })),
  },
  {
    name: 'moves-the-forge-without-comparing',
    breaks: ['verified-target', 'compare-and-swap'],
    parts: pushBlindly((branch, forge) => {
      // rare enough by itself: somebody moves it in that moment
      return branch === forge.defaultBranch && FORGE_DEEDS['moved the base at the forge']?.(forge) === true;
    }),
  },
  {
    name: 'pushes-over-people',
    breaks: ['nothing-lost'],
    parts: pushBlindly((branch, { defaultBranch }) => branch !== defaultBranch),
  },
  {
    name: 'merges-whatever-is-there',
    breaks: ['verified-target'],
    parts: withForge((honest, { pulls }) => ({
      merge: (what) => honest.merge({ ...what, head: pulls.get(what.number)?.head ?? what.head }),
    })),
  },
  {
    name: 'takes-waits-lightly',
    breaks: ['retry-after'],
    parts: withForge((honest) =>
      withFailures(honest, (failure) =>
        failure.kind === 'rate-limited' ? { ...failure, waitMs: 0 } : failure,
      ),
    ),
  },
  {
    name: 'lands-beside-the-forge',
    breaks: ['target-at-forge'],
    parts: (honest, world) => {
      const { forge, git } = honest;
      if (world.forge === null || forge === null) return honest;
      const push: typeof forge.push = async (what) => {
        const { branch, commit: to, expected: from } = what;
        if (branch === world.scene.policy.target && from !== null)
          await git.land({ branch, from, to, note: 'weft: land here' });
        return forge.push(what);
      };
      return { ...honest, forge: { ...forge, push } };
    },
  },
];
