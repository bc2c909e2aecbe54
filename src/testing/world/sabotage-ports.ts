// Bugs in what the engine stands on: a journal, a git, processes, files or a clock that do not keep their promises.
import { ok } from '../../core/failure.ts';
import type { GitPort } from '../../ports/git.ts';
import type { ProcessPort } from '../../ports/process.ts';
import { addCommit, filesOf } from './git-store.ts';
import type { Sabotage } from './life.ts';
import { DEEDS } from './people.ts';
import { findByDir, signalProc } from './process-world.ts';
import { checkRemoval, sealCheckout } from './promises.ts';
import type { World } from './world.ts';

function withGit(
  change: (honest: GitPort, world: World) => Partial<GitPort>,
): NonNullable<Sabotage['parts']> {
  return (honest, world) => ({ ...honest, git: { ...honest.git, ...change(honest.git, world) } });
}

function withProcesses(
  change: (honest: ProcessPort, world: World) => Partial<ProcessPort>,
): NonNullable<Sabotage['parts']> {
  return (honest, world) => ({ ...honest, process: { ...honest.process, ...change(honest.process, world) } });
}

const JOURNALS: readonly Sabotage[] = [
  {
    name: 'forgets-the-epoch',
    breaks: ['stale-epoch'],
    leadership: (honest) => ({ ...honest, assertStillLeading: () => undefined }),
  },
  {
    name: 'answers-before-it-is-durable',
    breaks: ['promises-kept', 'replay-is-live', 'journal-keeps'],
    journals: (honest) => ({
      ...honest,
      open: async (runDir, leadership) => {
        const opened = await honest.open(runDir, leadership);
        if (!opened.ok) return opened;
        const { journal } = opened.value;
        const append: typeof journal.append = (drafts) => {
          journal.append(drafts).catch(() => undefined);
          return Promise.resolve([]);
        };
        return { ok: true, value: { ...opened.value, journal: { ...journal, append } } };
      },
    }),
  },
  {
    name: 'ignores-short-writes',
    breaks: ['journal-reads', 'journal-keeps'],
    journals: (honest, world) => ({
      ...honest,
      open: async (runDir, leadership) => {
        const opened = await honest.open(runDir, leadership);
        if (!opened.ok) return opened;
        const { journal } = opened.value;
        const append: typeof journal.append = async (drafts) => {
          const records = await journal.append(drafts);
          const text = world.disk.journals.get(runDir) ?? '';
          if (world.tape.chance(8)) world.disk.journals.set(runDir, text.slice(0, -20));
          return records;
        };
        return { ok: true, value: { ...opened.value, journal: { ...journal, append } } };
      },
    }),
  },
  {
    name: 'keeps-the-state-of-another-moment',
    breaks: ['replay-is-live'],
    journals: (honest) => ({
      ...honest,
      open: async (runDir, leadership) => {
        const opened = await honest.open(runDir, leadership);
        if (!opened.ok) return opened;
        const { journal } = opened.value;
        let earlier: string | null = null;
        const saveSnapshot: typeof journal.saveSnapshot = (state) => {
          const kept = earlier ?? state;
          earlier = state;
          return journal.saveSnapshot(kept);
        };
        return { ok: true, value: { ...opened.value, journal: { ...journal, saveSnapshot } } };
      },
    }),
  },
];

const GIT: readonly Sabotage[] = [
  { name: 'skips-the-lock-sweep', breaks: ['no-wedge'], parts: withGit(() => ({ repair: async () => [] })) },
  {
    name: 'sweeps-the-locks-of-others',
    breaks: ['no-wedge'],
    parts: withGit((honest, world) => ({
      repair: async (roots) => {
        for (const [name, holder] of world.git.locks) if (holder === 'user') world.git.locks.delete(name);
        return honest.repair(roots);
      },
    })),
  },
  {
    name: 'overlooks-what-a-merge-drops',
    breaks: ['no-side-dropped'],
    parts: withGit(() => ({ listLost: async () => ok([]) })),
  },
  {
    name: 'lands-without-comparing',
    breaks: ['verified-target', 'compare-and-swap'],
    parts: withGit((honest, world) => ({
      land: async (what) => {
        // rare enough by itself: somebody commits in that moment
        DEEDS['committed on the target']?.(world);
        sealCheckout(world);
        const tip = await honest.landingTip(what.branch);
        return honest.land(tip.ok ? { ...what, from: tip.value.oid } : what);
      },
    })),
  },
  {
    name: 'overlooks-a-moved-branch',
    breaks: ['branch-as-verified'],
    parts: withGit((honest, world) => ({
      resolve: (revision) => {
        const ts = [...world.oracle.shadow.tasks.values()].find(
          ({ attempt }) => `refs/heads/${attempt?.branch}` === revision,
        );
        return Promise.resolve(ts?.attempt?.inspected?.head ?? null).then(
          (head) => head ?? honest.resolve(revision),
        );
      },
    })),
  },
  {
    name: 'overlooks-a-rewritten-target',
    breaks: ['target-as-left'],
    decide: (honest) => (state, now) => {
      state.targetHolds = null;
      return honest(state, now);
    },
  },
  {
    name: 'lands-without-its-base',
    breaks: ['base-first'],
    parts: withGit((honest, world) => ({
      isAncestor: (of) => {
        const beside = [...world.oracle.shadow.tasks.values()].some(
          ({ landed }) => landed?.ref === 'weft/integration' && landed.commit === of.ancestor,
        );
        return beside ? Promise.resolve(true) : honest.isAncestor(of);
      },
      // rare enough by itself: whoever was in the way goes on beside what landed
      land: async (what) => {
        const landing = await honest.land(what);
        if (landing.ok && landing.value.kind === 'landed' && landing.value.detour !== null)
          DEEDS['committed what lay in the checkout']?.(world);
        sealCheckout(world);
        return landing;
      },
    })),
  },
  {
    name: 'lands-twice',
    breaks: ['one-landing-per-task'],
    parts: withGit((honest, world) => ({
      land: async (what) => {
        const first = await honest.land(what);
        const candidate = world.oracle.candidates.get(what.to);
        if (!first.ok || first.value.kind !== 'landed' || candidate === undefined) return first;
        const again = addCommit(world.git, {
          files: filesOf(world.git, what.to),
          parents: [what.to],
          by: 'weft',
        });
        world.oracle.candidates.set(again, { task: candidate.task, base: what.to });
        await honest.land({ ...what, from: what.to, to: again });
        return first;
      },
    })),
  },
  {
    name: 'claims-to-have-landed',
    breaks: ['landed-is-true'],
    parts: withGit(() => ({
      land: async (what) => ({ ok: true, value: { kind: 'landed', ref: what.branch, detour: null } }),
    })),
  },
  {
    name: 'never-lands',
    breaks: ['comes-to-rest'],
    parts: withGit(() => ({
      land: async (what) => ({ ok: true, value: { kind: 'stale', actual: what.to } }),
    })),
  },
  {
    name: 'deletes-dirty-worktrees',
    breaks: ['nothing-lost'],
    parts: withGit((_honest, world) => ({
      removeWorktree: async (what) => {
        const checked = checkRemoval(world, what);
        world.git.worktrees.delete(what.path);
        world.git.refs.delete(`refs/heads/${what.branch}`);
        world.git.refs.delete(`refs/weft/start/${what.branch}`);
        checked();
        return { ok: true, value: { rescue: null, kept: null } };
      },
    })),
  },
  {
    name: 'tidies-the-checkout',
    breaks: ['checkout-untouched'],
    parts: withGit((honest, world) => ({
      land: (what) => {
        const { checkout } = world.git;
        checkout.files = new Map(filesOf(world.git, checkout.head));
        return honest.land(what);
      },
    })),
  },
];

const PROCESSES: readonly Sabotage[] = [
  {
    name: 'signals-by-pid-alone',
    breaks: ['own-signals'],
    parts: withProcesses((honest, world) => ({
      killTree: async (what) => {
        const proc = world.processes.all.find(
          (each) => each.alive && each.identity.pid === what.identity?.pid,
        );
        if (proc !== undefined) signalProc(world, proc, { signal: 'SIGTERM', meant: what });
        return honest.killTree(what);
      },
    })),
  },
  {
    name: 'starts-twice-after-a-crash',
    breaks: ['one-agent'],
    parts: withProcesses((honest, world) => ({
      start: async (spec) => {
        const found = findByDir(world, spec.dir, spec.tag);
        return honest.start(found?.alive === true ? { ...spec, dir: `${spec.dir}-again` } : spec);
      },
    })),
  },
  {
    name: 'leaves-strays-alive',
    breaks: ['one-agent', 'rests-for-a-reason'],
    parts: withProcesses(() => ({ killTree: async () => [] })),
  },
  {
    name: 'hides-what-people-said',
    breaks: ['guidance-heard'],
    parts: (honest) => ({
      ...honest,
      files: {
        ...honest.files,
        replace: (path, text) => honest.files.replace(path, text.replaceAll(/hint \d+\.|answer \d+\./g, '')),
      },
      process: { ...honest.process, writeInput: async () => ({ ok: true, value: undefined }) },
    }),
  },
  {
    name: 'approves-for-the-reviewer',
    breaks: ['reviewed-target'],
    parts: (honest) => ({
      ...honest,
      readReview: async (places) => {
        const review = await honest.readReview(places);
        return review.ok ? { ok: true, value: { status: 'approve', changes: [] } } : review;
      },
    }),
  },
  {
    name: 'takes-words-twice',
    breaks: ['said-once'],
    parts: (honest) => {
      const remove: typeof honest.files.remove = (path) =>
        path.includes('/inbox/') ? Promise.resolve() : honest.files.remove(path);
      return { ...honest, files: { ...honest.files, remove } };
    },
  },
  {
    name: 'does-not-leave',
    breaks: ['leaves-at-once'],
    leading: (honest) => ({ ...honest, abandon: () => Promise.resolve() }),
  },
  {
    name: 'charges-sleep-as-work',
    breaks: ['fair-time'],
    parts: (honest, world) => {
      const began = world.wallAheadMs;
      const monoMs = (): number => world.monoMs + Math.max(0, world.wallAheadMs - began);
      return { ...honest, clock: { ...honest.clock, monoMs } };
    },
  },
];

/** Bugs below the engine. */
export const PORT_SABOTAGES: readonly Sabotage[] = [...JOURNALS, ...GIT, ...PROCESSES];
