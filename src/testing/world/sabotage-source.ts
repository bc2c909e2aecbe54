// Bugs in how an engine deals with the source of its tasks: it takes too little notice, or tells too little.
import { ok } from '../../core/failure.ts';
import type { Loaded, SourcePort } from '../../ports/source.ts';
import type { Sabotage } from './life.ts';
import type { World } from './world.ts';

/** Changes what an engine reaches of the source. */
function withSource(
  change: (honest: SourcePort, world: World) => Partial<SourcePort>,
): NonNullable<Sabotage['parts']> {
  return (honest, world) => ({
    ...honest,
    sources: honest.sources.map((source) => ({ ...source, ...change(source, world) })),
  });
}

/** States to which a task was added a second time. */
const ADDED = new WeakSet<object>();

/** All of them; they show only where there is a source. */
export const SOURCE_SABOTAGES: readonly Sabotage[] = [
  {
    name: 'begins-without-taking',
    breaks: ['claimed-first'],
    parts: withSource(() => ({ claim: async () => ok({ kind: 'ours' }) })),
  },
  {
    name: 'begins-what-others-took',
    breaks: ['claimed-first'],
    parts: withSource((honest) => ({
      claim: async (task) => {
        const claimed = await honest.claim?.(task);
        return claimed?.ok === true ? ok({ kind: 'ours' }) : (claimed ?? ok({ kind: 'ours' }));
      },
    })),
  },
  {
    name: 'keeps-landings-to-itself',
    breaks: ['reported-in-the-end'],
    parts: withSource((honest) => ({
      report: async (reports) =>
        (await honest.report?.(reports.filter(({ phase }) => phase !== 'merged'))) ?? ok(undefined),
    })),
  },
  {
    name: 'overlooks-new-tasks',
    breaks: ['grown-is-done'],
    parts: withSource((honest, { scene }) => ({
      load: async () => {
        const loaded = await honest.load();
        const known = new Set<string>(scene.tasks.map(({ id }) => id));
        return { ...loaded, drafts: loaded.drafts.filter(({ id }) => known.has(id.value)) };
      },
    })),
  },
  {
    name: 'looks-at-its-source-once',
    breaks: ['grown-is-done'],
    parts: withSource(() => ({ watch: () => Promise.resolve() })),
  },
  {
    name: 'answers-from-memory',
    breaks: ['asks-once-more'],
    parts: withSource((honest, world) => {
      let known: { readonly at: number; readonly loaded: Promise<Loaded> } | null = null;
      return {
        load: () => {
          if (known === null || world.monoMs - known.at > 5_000)
            known = { at: world.monoMs, loaded: honest.load() };
          return known.loaded;
        },
      };
    }),
  },
  {
    name: 'believes-who-closes',
    breaks: ['closed-is-judged'],
    parts: withSource((honest) => ({
      load: async () => {
        const loaded = await honest.load();
        const standings = new Map(
          [...(loaded.standings ?? [])].map(([id, standing]) => [
            id,
            standing.kind === 'done' ? ({ kind: 'dropped', why: 'it was closed' } as const) : standing,
          ]),
        );
        return { ...loaded, standings };
      },
    })),
  },
  {
    name: 'says-that-ends-were-told',
    breaks: ['closed-is-judged'],
    parts: withSource((honest) => ({
      report: async (reports) =>
        (await honest.report?.(reports.map((report) => ({ ...report, isTold: true })))) ?? ok(undefined),
    })),
  },
  {
    name: 'adds-a-task-twice',
    breaks: ['plan-grows'],
    decide: (honest, world) => (state, now) => {
      const effects = honest(state, now);
      const [first] = state.tasks.values();
      if (world.source === null || first === undefined || ADDED.has(state)) return effects;
      if (effects[0]?.kind === 'record' || state.rested !== null) return effects;
      ADDED.add(state);
      return [{ kind: 'record', event: { type: 'plan.changed', added: [first.task], revised: [] } }];
    },
  },
];
