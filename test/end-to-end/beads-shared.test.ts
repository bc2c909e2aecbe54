// Two orchestrators in two checkouts work on one real Beads database, and both are killed on the way.
import { describe, expect, test } from 'vitest';
import { countFacts, findLeft, obstacle, openYard, shellAgent, WORK, type Yard } from './beads-rig.ts';
import { type Ended, journalSays } from './cli.ts';

/** More issues are shared out when there is time: `WEFT_SHARED=50`. */
const COUNT = Number(process.env['WEFT_SHARED'] ?? '12');

/** Runs to the end; the engine is killed as soon as its journal says something, and the same command goes on. */
async function runKilled(yard: Yard, text: string): Promise<Ended> {
  const first = yard.start('run', 'beads');
  await journalSays(yard.repo.path, text, first);
  first.child.kill('SIGKILL');
  await first.ended;
  return yard.weft('run', 'beads');
}

describe.skipIf(obstacle !== null)(`Beads for two${obstacle === null ? '' : `: ${obstacle}`}`, () => {
  test('of two that are killed and go on, each issue is begun once, lands once and is told [B3]', {
    timeout: 600_000,
  }, async () => {
    const one = await openYard({ config: shellAgent(`sleep 0.3; ${WORK}`) });
    const other = await openYard({ like: one, config: shellAgent(`sleep 0.3; ${WORK}`) });
    const records = Array.from({ length: COUNT }, (_, at) =>
      JSON.stringify({ id: `t-${at}`, title: `Part ${at}`, issue_type: 'task', priority: 2 }),
    );
    await one.repo.write('issues.jsonl', `${records.join('\n')}\n`);
    one.bd('import', 'issues.jsonl');
    const ends = await Promise.all([
      runKilled(one, '"type":"attempt.started"'),
      runKilled(other, '"type":"task.landed"'),
    ]);
    for (const { code, out, err } of ends) expect(code, out + err).toBe(0);
    const journals = one.journal() + other.journal();
    for (let at = 0; at < COUNT; at += 1) {
      expect(countFacts(journals, 'attempt.started', `t-${at}`), `t-${at}`).toBe(1);
      expect(countFacts(journals, 'task.landed', `t-${at}`), `t-${at}`).toBe(1);
    }
    expect(findLeft(one.look())).toEqual([]);
  });
});
