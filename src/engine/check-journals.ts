// Looks whether the journals of the runs on disk can be read. Changes nothing.
import { join } from 'node:path';
import type { Finding } from './doctor.ts';
import type { Tools } from './parts.ts';
import { listRunNames } from './read-run.ts';

/** Runs looked at, the latest first. */
const MOST_RUNS = 50;

/** One finding for each journal that is damaged. */
export async function checkJournals(tools: Tools): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const run of (await listRunNames(tools)).slice(0, MOST_RUNS)) {
    const read = await tools.journals.readLatest(join(tools.stateDir, 'runs', run));
    if (read.ok) continue;
    const { sentence, hint } = read.failure;
    const finding: Finding = { name: `run ${run}`, state: 'warning', sentence };
    findings.push(hint === undefined ? finding : { ...finding, hint });
  }
  return findings;
}
