// What `weft init` and `weft migrate` do, put together of what writes files and what asks Beads. Decides nothing.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CONFIG_FILE } from '../adapters/config/load-config.ts';
import { PRESETS } from '../adapters/config/presets.ts';
import { STAND_IN } from '../adapters/config/sample.ts';
import { writeExtras } from '../adapters/config/write-extras.ts';
import { writeSample } from '../adapters/config/write-sample.ts';
import { createBdTool } from '../adapters/source/beads/bd-tool.ts';
import type { TrackFilePlaces } from '../adapters/source/find-track-file.ts';
import { migrateToBeads } from '../adapters/source/plan/migrate-beads.ts';
import { findPlan } from '../adapters/source/plan/open-plan.ts';
import { fail, ok, type Result } from '../core/failure.ts';
import { ignoreState } from '../engine/open-run.ts';
import type { Tools } from '../engine/parts.ts';
import type { App, Initialised, InitOptions, MigrationRow } from '../surfaces/app.ts';

const NOTHING_MORE: InitOptions = { just: false, claude: false, preset: null, version: '' };

/** Writes what is missing in a checkout; `path` is the PATH on which agents are looked for. */
export async function initCheckout(
  tools: Tools,
  { checkout, path }: { readonly checkout: string; readonly path: string },
  options: InitOptions = NOTHING_MORE,
): Promise<Result<Initialised>> {
  await ignoreState({ files: tools.files, stateDir: join(checkout, '.weft') });
  const preset = options.preset === null ? null : PRESETS[options.preset];
  const withPlan = preset === null && !options.just && !options.claude;
  const sample = writeSample(checkout, path, { preset, withPlan });
  if (!sample.ok) return sample;
  const { written, agent } = sample.value;
  const extras = writeExtras(checkout, options, { isNewConfig: agent !== null, version: options.version });
  if (!extras.ok) return extras;
  const note =
    agent === STAND_IN
      ? `No agent that weft knows is on PATH: the agent "${agent.name}" in ${CONFIG_FILE} stands in for yours.`
      : null;
  return ok({ written: [...written, ...extras.value.written], note, notes: extras.value.notes });
}

/** Makes issues of Beads of plan folders. */
export function migratePlans(
  places: TrackFilePlaces,
  options: Parameters<App['migrate']>[0],
  show: (row: MigrationRow) => void,
): Promise<Result<readonly MigrationRow[]>> {
  const { repository } = places;
  const folders: { readonly repository: string; readonly path: string }[] = [];
  for (const path of options.paths.length === 0 ? [null] : options.paths) {
    const found = findPlan(path, places);
    if (!found.ok) return refuse(found.failure.sentence, found.failure.fix);
    if (found.value.kind !== 'plan-folder')
      return refuse(`${found.value.path} is no plan folder.`, 'Name a folder with <epic>/tasks/*.md in it.');
    folders.push({ repository, path: found.value.path });
  }
  const beadsDir = join(repository, '.beads');
  if (!existsSync(beadsDir)) return refuse('There is no Beads database here.', '`bd init` makes one.');
  const bd = createBdTool({ program: 'bd', cwd: repository, beadsDir, actor: 'weft' });
  return migrateToBeads({ folders, dryRun: options.dryRun, ask: (args) => bd.ask(args), show });
}

function refuse(sentence: string, hint: string | undefined): Promise<Result<never>> {
  return Promise.resolve(fail({ kind: 'usage', sentence, ...(hint === undefined ? {} : { hint }) }));
}
