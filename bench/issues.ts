// How soon a list of 10,000 issues is a plan: beside parsing that list, beside a tenth of it, and on the command line.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readIssues } from '../src/adapters/source/beads/issue.ts';
import { drawPicture } from '../src/adapters/source/beads/picture.ts';
import { DEFAULT_POLICY } from '../src/core/model.ts';
import { compilePlan } from '../src/core/plan/compile.ts';
import { clockCpu, interleave, least } from './measure.ts';
import type { Report } from './report.ts';
import { type Bench, makeRepo, type Scene } from './scene.ts';
import type { Sample } from './stopwatch.ts';

const MANY = 10_000;
const FEW = 1_000;
/** Issues of an epic, itself counted; each but the first waits for the one before. */
const EPIC = 100;
const AT = '2026-01-01T00:00:00Z';

/** See the file's first line. */
export const issues: Bench = {
  name: 'issues',
  about: `a list of ${MANY} issues of Beads into a plan, beside parsing it and beside a tenth of it`,
  run: async (scene): Promise<Report> => {
    const [many, few] = [JSON.stringify(makeRows(MANY)), JSON.stringify(makeRows(FEW))];
    const samples: Readonly<Record<string, readonly number[]>> = await interleave(
      {
        'JSON.parse': () => clockCpu(() => JSON.parse(many)),
        [`plan of ${FEW}`]: () => clockCpu(() => makePlan(few)),
        [`plan of ${MANY}`]: () => clockCpu(() => makePlan(many)),
      },
      { rounds: scene.quick ? 5 : 20, budget: scene.budget },
    );
    const cpu = (name: string): number => least(samples[name] ?? []);
    const [parsing, small, large] = [cpu('JSON.parse'), cpu(`plan of ${FEW}`), cpu(`plan of ${MANY}`)];
    const command = await timeCommand(scene);
    const rows = Object.keys(samples).map((what) => ({ what, 'CPU ms': cpu(what) }));
    const growth = large / small / (MANY / FEW);
    return {
      rows: [...rows, ...command.rows],
      figures: [
        { aim: 'P18', what: `plan of ${MANY}`, value: large / parsing, unit: '×', limit: { atMost: 10 } },
        { aim: 'P18', what: `an issue among ${MANY}`, value: growth, unit: '×', limit: { atMost: 2 } },
        {
          aim: 'P18',
          what: `CPU that ${MANY} issues add to a dry run`,
          value: command.addedMs,
          unit: 'ms',
          limit: { atMost: 1_000 },
        },
      ],
    };
  },
};

function makePlan(text: string): void {
  const loaded = drawPicture({
    issues: readIssues(JSON.parse(text)),
    spec: { kind: 'beads', epic: null, issues: [], labels: [] },
    actor: 'weft-r1',
    run: 'r1',
    ready: null,
    now: 0,
  });
  const compiled = compilePlan(loaded.drafts, { policy: DEFAULT_POLICY });
  if (!compiled.ok) throw new Error('the issues are no plan');
}

/** CPU time that many issues add to a command that plans, reading their records included: what a loaded machine adds is not weft's. */
async function timeCommand(
  scene: Scene,
): Promise<{ readonly rows: Report['rows']; readonly addedMs: number }> {
  const place = async (count: number): Promise<() => Promise<Sample>> => {
    const config = { agent: 'none', agents: { none: { kind: 'command', run: 'true' } } };
    const repo = await makeRepo(scene, { tracks: [], files: 1, config });
    mkdirSync(join(repo.path, '.beads'));
    const records = makeRows(count).map((row) => JSON.stringify(row));
    writeFileSync(join(repo.path, '.beads', 'issues.jsonl'), `${records.join('\n')}\n`);
    return async () => {
      // without bd, whose own time is not weft's
      const env = { PATH: '/usr/bin:/bin' };
      const argv = [...scene.weft, 'run', 'beads', '--dry-run', '--json'] as const;
      const sample = await scene.time({ argv, cwd: repo.path, env });
      if (sample.code !== 0) throw new Error(`the plan of ${count} issues ended with ${sample.code}`);
      return sample;
    };
  };
  const samples = await interleave(
    { 'dry run of 1': await place(2), [`dry run of ${MANY}`]: await place(MANY) },
    { rounds: scene.quick ? 2 : 8, budget: scene.budget },
  );
  const rows = Object.entries(samples).map(([what, taken]) => ({
    what,
    'CPU ms': least(taken.map(({ cpuMs }) => cpuMs)),
    'wall ms': least(taken.map(({ wallMs }) => wallMs)),
  }));
  const [one, all] = rows.map((row) => row['CPU ms']);
  return { rows, addedMs: (all ?? Number.NaN) - (one ?? Number.NaN) };
}

/** As `bd list --json` and its records have them: epics that wait for each other, with tasks that wait for each other. */
function makeRows(count: number): readonly Readonly<Record<string, unknown>>[] {
  const depends = (id: number, on: number, type: string): Readonly<Record<string, unknown>> => ({
    issue_id: `t-${id}`,
    depends_on_id: `t-${on}`,
    type,
    created_at: AT,
    metadata: '{}',
  });
  return Array.from({ length: count }, (_, at) => {
    const [place, epic] = [at % EPIC, at - (at % EPIC)];
    const before = place === 0 ? at - EPIC : at - 1;
    return {
      id: `t-${at}`,
      title: `Do ${at}`,
      description: 'Some text. '.repeat(50),
      status: 'open',
      priority: 2,
      issue_type: place === 0 ? 'epic' : 'task',
      created_at: AT,
      updated_at: AT,
      dependencies: [
        ...(place === 0 ? [] : [depends(at, epic, 'parent-child')]),
        ...(before < 0 || place === 1 ? [] : [depends(at, before, 'blocks')]),
      ],
    };
  });
}
