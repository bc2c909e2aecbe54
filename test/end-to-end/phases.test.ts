// A task that is planned, done, checked, reviewed, mended and landed by plain shell scripts; and without all that, fast.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ReceiptDocument } from '../../src/core/documents/receipt.ts';
import { openStage, type Stage } from './rig.ts';

/** One script for all parts: it says which part it has, and meddles with what it may only read. */
const AGENT = `#!/bin/sh
set -e
echo "$WEFT_ATTEMPT $WEFT_ROLE $(cat src/a.txt 2>/dev/null)" >> "$LEDGER"
case $WEFT_ROLE in
  plan)
    echo meddled > README.md
    cat > "$WEFT_RESULT_FILE" <<'JSON'
{"milestones":[{"goal":"a.txt says done","files_expected":["src/a.txt"],"done_checks":["grep done"],"risk_level":"high"}]}
JSON
    ;;
  implement)
    mkdir -p src
    if grep -q 'Say it in capitals' "$WEFT_PROMPT_FILE"; then echo DONE > src/a.txt; else echo done > src/a.txt; fi
    grep -q 'a.txt says done (high risk)' "$WEFT_PROMPT_FILE" || [ "$FAST" = 1 ]
    git add src && git commit -qm work
    ;;
  review)
    grep -q '^+' "$WEFT_PROMPT_FILE"
    if grep -q DONE src/a.txt; then verdict='{"status":"approve"}'
    else verdict='{"status":"request_changes","changes":["Say it in capitals (src/a.txt)"]}'; fi
    echo meddled > src/a.txt
    git commit -qam 'better so'
    printf 'I looked at it.\\n\`\`\`json\\n%s\\n\`\`\`\\n' "$verdict"
    ;;
esac
`;

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
  await stage.repo.write('agent.sh', AGENT);
});
afterEach(() => stage.remove());

async function runTask(flags: { readonly fast?: boolean }): Promise<{
  readonly view: Awaited<ReturnType<Stage['run']>>['view'];
  readonly ledger: readonly string[];
}> {
  const ledger = join(stage.repo.around, 'ledger');
  const run = `LEDGER='${ledger}' FAST=${flags.fast === true ? 1 : 0} sh '${stage.repo.path}/agent.sh'`;
  await stage.script([[{ id: 'one', owns: ['src/**'], acts: [] }]], {
    agent: 'worker',
    agents: { worker: { kind: 'command', run }, critic: { kind: 'command', run } },
    phases: { plan: true, review: 'critic' },
    gates: { tier0: ['grep -qi done src/a.txt'], tier1: ['test ! -e src/meddled'] },
  });
  const { view, outcome } = await stage.run(flags);
  expect(outcome).toBe('complete');
  return { view, ledger: (await readFile(ledger, 'utf8')).split('\n').slice(0, -1) };
}

test('plan, work, gates, review asks for changes, work, review approves, landing', async () => {
  const { view, ledger } = await runTask({});
  expect(ledger).toEqual(['1 plan ', '2 implement ', '3 review done', '4 implement done', '5 review DONE']);
  expect(await stage.repo.git('show', 'main:src/a.txt')).toBe('DONE');
  expect(stage.task(view, 'one')).toMatchObject({ phase: 'merged', attempts: 5, files: 1 });
  const receipt = await stage.app.receipt(view.run, { write: false });
  if (!receipt.ok) throw new Error(receipt.failure.sentence);
  const history = (receipt.value.json as ReceiptDocument).tasks[0]?.history.map(({ role, cause }) => [
    role,
    cause,
  ]);
  expect(history).toEqual([
    ['plan', null],
    ['implement', null],
    ['review', 'changes-requested'],
    ['implement', null],
    ['review', null],
  ]);
  expect((await stage.repo.git('worktree', 'list')).split('\n')).toHaveLength(1);
});

test('fast: neither plan nor review', async () => {
  const { ledger } = await runTask({ fast: true });
  expect(ledger).toEqual(['1 implement ']);
  expect(await stage.repo.git('show', 'main:src/a.txt')).toBe('done');
});
