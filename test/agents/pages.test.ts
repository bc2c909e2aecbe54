// What the pages for newcomers have people say to Claude Code, said: it reads what was typed, and runs the command of weft.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { findDriverProblem, makeDatabase } from '../../src/testing/task-copilot/make-database.ts';
import { listCommands } from '../end-to-end/page.ts';
import { employ, teach, untilShown, waits } from '../end-to-end/page-actor.ts';
import { describeWithAgents } from './binaries.ts';
import { type Owner, sayOnce, welcomeWithClaude } from './talk.ts';

/** What is said, what is run for it, and what comes of that. */
const SAID: readonly (readonly [string, string, RegExp, ((owner: Owner) => Promise<void>)?])[] = [
  ['/orchestrate', 'weft status', /No run yet/],
  [
    '/orchestrate start Stream-B',
    'weft run task-copilot Stream-B --detach',
    /The engine is process/,
    (owner) => untilShown(owner, /Stream-B .*at work/),
  ],
  ['/orchestrate status', 'weft status --json', /"id":"Stream-B"/],
  [
    '/orchestrate stop',
    'weft stop',
    /`weft resume` goes on from here/,
    (owner) => untilShown(owner, /stopped/),
  ],
  ['/orchestrate start', 'weft resume --detach', /The engine is process/],
];

const problem = await findDriverProblem();

describeWithAgents('pages for newcomers', ({ claude }) => {
  it.skipIf(problem !== null)('what is said to Claude Code', { timeout: 240_000 }, async () => {
    const someone = await welcomeWithClaude(claude, { name: 'shop' });
    const { home, type, model } = someone;
    await mkdir(join(home, '.claude/tasks/shop'), { recursive: true });
    const database = await makeDatabase(join(home, '.claude/tasks/shop/tasks.db'), 1);
    onTestFinished(() => database.close());
    database.add({ id: 'B1', metadata: { streamId: 'Stream-B', dependencies: [] } });
    await type('weft init --claude --preset streams');
    await employ(someone);
    await teach(someone, 'Stream-B', waits());
    for (const [line, command, result, after] of SAID) {
      // alone it takes what people say
      const turn = await sayOnce(
        someone,
        `${line === '/orchestrate' ? `${line} how is it going` : line}\n@bash ${command}\n@say Done so.\nThanks.`,
      );
      expect(turn.results.join('\n'), line).toMatch(result);
      const heard = model.requests.flatMap(({ userTexts }) => userTexts).join('\n');
      expect(heard).toContain(`The person typed \`${line.trim()}`);
      await after?.(someone);
    }
    const added = await type(`claude plugin marketplace add '${someone.repo.path}'`);
    expect(added.code, added.out + added.err).toBe(0);
    expect((await type('claude plugin marketplace list')).out).toContain('weft');
    const said = [...SAID.map(([line]) => line), '/plugin marketplace add'];
    const onPages = ['streams', 'issues'].flatMap(listCommands).filter((line) => line.startsWith('/'));
    expect(said.sort()).toEqual([...new Set(onPages)].sort());
  });
});
