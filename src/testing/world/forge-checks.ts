// Checks at the world's forge: CI that runs in virtual time, and what follows when it reports. Knows no port.
import type { Oid } from '../../core/model.ts';
import { stepQueue } from './forge-queue.ts';
import { type Build, type CheckPlan, type Ci, type ForgeWorld, nextId, type Report } from './forge-store.ts';
import { later } from './scheduler.ts';
import type { Tape } from './tape.ts';

/** Most things that follow from one. */
const MAX_FOLLOWING = 1_000;

/** Lets happen what follows at once from anything that was done at the forge. */
export function settleForge(forge: ForgeWorld): void {
  for (let turn = 0; ; turn += 1) {
    if (turn > MAX_FOLLOWING) throw new Error('Internal error: the forge of the world does not come to rest');
    const build = forge.builds.shift();
    if (build !== undefined) startBuild(forge, build);
    else if (!stepQueue(forge)) return;
  }
}

function startBuild(forge: ForgeWorld, { commit, branch }: Build): void {
  for (const plan of forge.setup.ci?.({ commit, branch }) ?? []) {
    const { name, absentMs, pendingMs, state, log } = plan;
    const newest = (): Report | undefined => forge.reports.get(commit)?.get(name);
    const begin = (): void => {
      const id = reportCheck(forge, commit, { name, state: 'pending' });
      if (state === 'pending') return;
      later(forge.world, `forge: ${name} ends`, pendingMs, () => {
        // somebody may have had it run again
        if (newest()?.id === id && newest()?.state === 'pending')
          reportCheck(forge, commit, { name, state, log });
      });
    };
    if (absentMs === 0) begin();
    else {
      later(forge.world, `forge: ${name} begins`, absentMs, () => {
        if (newest() === undefined) begin();
      });
    }
  }
}

/** What somebody reports of a commit. */
export type NewReport = Pick<Report, 'name' | 'state'> & Partial<Pick<Report, 'log' | 'summary'>>;

/** Notes a report: it ends the pending one of its name, or it is another run; returns its number. */
export function reportCheck(forge: ForgeWorld, commit: Oid, report: NewReport): number {
  const known = forge.reports.get(commit) ?? new Map<string, Report>();
  forge.reports.set(commit, known);
  const before = known.get(report.name);
  const id = before?.state === 'pending' ? before.id : nextId(forge);
  known.set(report.name, { summary: '', log: '', ...report, id });
  settleForge(forge);
  return id;
}

/** A report by its number; null: there is none. */
export function findReport({ reports }: ForgeWorld, id: number): Report | null {
  for (const known of reports.values()) {
    for (const report of known.values()) if (report.id === id) return report;
  }
  return null;
}

/** CI by the tape: mostly all is well soon; at most `reds` checks fail. */
export function createRandomCi(of: {
  readonly tape: Tape;
  readonly names: readonly string[];
  readonly reds: number;
}): Ci {
  const { tape, names } = of;
  let reds = of.reds;
  const draw = (name: string): CheckPlan => {
    const byte = tape.byte();
    const isRed = byte >= 192 && reds > 0;
    if (isRed) reds -= 1;
    return {
      name,
      state: isRed ? 'failure' : byte % 16 === 9 ? 'neutral' : byte % 16 === 10 ? 'skipped' : 'success',
      absentMs: [0, 0, 5_000, 60_000][Math.floor(byte / 16) % 4] ?? 0,
      pendingMs: [20_000, 1_000, 300_000, 120_000][byte % 4] ?? 20_000,
      log: isRed ? `${name} looks\n##[error]${name} failed, ${byte}` : '',
    };
  };
  return () => names.map(draw);
}
