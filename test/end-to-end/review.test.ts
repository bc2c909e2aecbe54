// Finished work is reviewed with the program itself: listed, shown, commented on, sent back, approved; with and without an engine.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createTempRepo, type TempRepo, testGitEnv } from '../../src/testing/temp-repo.ts';
import { journalSays, startWeft, weft } from './cli.ts';
import { writeScript } from './rig.ts';

let repo: TempRepo;
beforeEach(async () => {
  repo = await createTempRepo();
});
afterEach(() => repo.remove());

/** A task whose agent is a shell: each attempt keeps its prompt and writes its number into the middle of a file. */
async function script(config: Readonly<Record<string, unknown>> = {}): Promise<void> {
  const lines = Array.from({ length: 20 }, (_, at) => `line ${at + 1}`);
  await repo.write('src/a.txt', `${lines.join('\n')}\n`);
  await repo.write('image.bin', 'a\0b');
  const work = `cat >'${repo.around}'/prompt-$WEFT_ATTEMPT; sed -i "10s/.*/try $WEFT_ATTEMPT/" src/a.txt; git commit -qam work`;
  const tasks = [{ id: 'api', acts: [], frontmatter: { run: work } }];
  await writeScript(repo, [tasks], { integrate: 'human', gates: { tier0: ['true'] }, ...config });
}

async function say(...args: readonly string[]): Promise<string> {
  const { code, out, err } = await weft(repo.path, ...args);
  return `${code} ${out}${err}`.trimEnd();
}

function promptOf(attempt: number): string {
  return readFileSync(join(repo.around, `prompt-${attempt}`), 'utf8');
}

/** Types a command on a terminal. */
function onTerminal(line: string, env: Readonly<Record<string, string>>): string {
  const program = `${process.execPath} ${join(import.meta.dirname, '../../dist/weft.cjs')} ${line}`;
  const end = spawnSync('script', ['-qec', program, '/dev/null'], {
    cwd: repo.path,
    env: { ...testGitEnv(), TERM: 'xterm', NO_COLOR: '', ...env },
    encoding: 'utf8',
    timeout: 30_000,
  });
  return end.stdout.replaceAll('\r\n', '\n');
}

const hasTerminals = spawnSync('script', ['-qec', 'true', '/dev/null']).status === 0;

describe('without an engine', () => {
  beforeEach(async () => {
    await script();
    await weft(repo.path, 'run', 'tracks.yaml');
  });

  test('work is shown, commented on, sent back, and the second attempt lands', async () => {
    expect(await say('review')).toMatch(/^0 ◆ api {2}1 file \+1 -1 {2}✔ 1 check .*\n\n→ weft review api$/);
    const shown = await say('review', 'api');
    expect(shown).toContain('work      attempt 1 of its own command');
    expect(shown).toMatch(/checks {4}✔ true .*on tree [0-9a-f]{12}/);
    expect(shown).toContain('-line 10\n+try 1\n');
    expect(shown).toContain('→ weft approve api\n→ weft reject api "…"');

    expect(await say('comment', 'api', 'src/a.txt:10', 'Say `who` tries.')).toMatch(
      /^0 api: noted on src\/a\.txt:10\./,
    );
    expect(await say('comment', 'api', './src/a.txt:2-3', 'And here?')).toContain('with 2 comments');
    expect(await say('review', 'api')).toContain('+try 1\n  ┃ src/a.txt:10  Say `who` tries.\n line 11\n');
    expect(await say('review', 'api')).toContain('Comments on other lines:\n  ┃ src/a.txt:2-3  And here?');
    expect(await say('reject', 'api', 'Not', 'yet.')).toMatch(
      /^0 api goes back to its agent with your words and 2 comments\./,
    );
    expect(await say('review')).toBe('0 Nothing waits for your word.');

    await weft(repo.path, 'resume');
    const prompt = promptOf(2);
    expect(prompt).toContain('## Guidance from the people you work for\nNot yet.\n');
    expect(prompt).toContain('`src/a.txt:10`\n\n```\ntry 1\n```\n\nSay `who` tries.\n');
    expect(prompt).toContain('`src/a.txt:2-3`\n\n```\nline 2\nline 3\n```\n\nAnd here?');
    expect(await say('review', 'api')).toContain('work      attempt 2');
    expect(await say('approve', 'api')).toContain('0 api is approved and will land.');
    expect((await weft(repo.path, 'resume')).code).toBe(0);
    expect(await repo.git('show', 'main:src/a.txt')).toContain('try 2');
    expect(await say('reject', 'api', 'Too late.')).toMatch(
      /^2 error: api is merged already: it is too late to reject it\.\nhint: `git revert [0-9a-f]{12}`/,
    );
    expect(await say('comment', 'api', 'src/a.txt:1', 'Late.')).toContain('2 error: api has landed');
  });

  test.each([
    ['src/a.txt', 'error: "src/a.txt" names no line.\nhint: A place is a file and a line'],
    ['src/a.txt:0', 'error: "src/a.txt:0": lines count from 1.'],
    ['src/a.txt:9-8', 'error: "src/a.txt:9-8" ends before it begins.'],
    ['src/a.txt:21', 'error: There is no src/a.txt:21: the file has 20 lines.'],
    ['a.txt:1', 'error: The work of api has no text file a.txt.\nhint: Did you mean src/a.txt?'],
    [
      'none.txt:1',
      'error: The work of api has no text file none.txt.\nhint: `weft review api` shows its files',
    ],
    ['image.bin:1', 'error: The work of api has no text file image.bin.'],
  ])('a comment on %s says what is wrong', async (place, expected) => {
    expect(await say('comment', 'api', place, 'Why?')).toContain(`2 ${expected}`);
  });

  test('programs get it as JSON; a file gets no colours and no pager', async () => {
    const { out } = await weft(repo.path, 'review', 'api', '--json');
    expect(JSON.parse(out)).toMatchObject({
      schemaVersion: 1,
      review: { task: 'api', awaits: 'approval', files: [{ path: 'src/a.txt', added: 1, deleted: 1 }] },
    });
    const { out: list } = await weft(repo.path, 'review', '--json');
    expect(JSON.parse(list)).toMatchObject({ reviews: [{ task: 'api', comments: [] }] });
    const env = { GIT_PAGER: 'sed s/^/paged:/', NO_COLOR: '' };
    const plain = await startWeft(repo.path, ['review', 'api'], env).ended;
    expect(plain.out).toContain('\n+try 1\n');
    expect(plain.out).not.toContain('paged:');
    expect((await weft(repo.path, 'review', 'api', '--stat')).out).not.toContain('@@');
  });

  test.runIf(hasTerminals)('a terminal gets the pager of git’s, in colours, unless it refuses them', () => {
    const pager = { GIT_PAGER: 'sed s/^/paged:/' };
    const paged = onTerminal('review api', pager);
    expect(paged).toContain('paged:\u001b[32m+try 1\u001b[39m\n');
    expect(paged).toMatch(/\n[^:]*→[^:]*weft approve api/);
    expect(onTerminal('review api', { ...pager, NO_COLOR: '1' })).toContain('paged:+try 1\n');
    expect(onTerminal('review api --no-pager', pager)).toContain('\n\u001b[32m+try 1\u001b[39m\n');
    expect(onTerminal('review api', { GIT_PAGER: 'true' })).toContain('weft approve api');
  });

  test('--tool opens the difftool of the user’s configuration, and the checkout stays as it is', async () => {
    await repo.git('config', 'diff.tool', 'mine');
    await repo.git('config', 'difftool.mine.cmd', 'diff -r "$LOCAL" "$REMOTE"');
    const before = await repo.git('status', '--porcelain', '--ignored');
    expect((await weft(repo.path, 'review', 'api', '--tool')).out).toContain('> try 1');
    expect(await repo.git('status', '--porcelain', '--ignored')).toBe(before);
    expect(await say('review', '--tool')).toContain('2 error: weft review --tool needs a task.');
  });
});

test('an engine that waits takes comments and rejection at once', async () => {
  await script();
  const running = startWeft(repo.path, ['run', 'tracks.yaml', '--stay']);
  await journalSays(repo.path, '"attempt.verified"', running);
  expect(await say('comment', 'api', 'src/a.txt:10', 'Why?')).toBe(
    '0 api: noted on src/a.txt:10. `weft reject api` sends it back with 1 comment.',
  );
  expect(await say('approve', '--all')).toBe(
    '0 Nothing else waits for approval. Not approved, for the comments: api.',
  );
  expect(await say('reject', 'api')).toBe('0 api goes back to its agent with 1 comment.');
  await journalSays(repo.path, '"type":"attempt.verified","task":"api","attempt":2', running);
  expect(promptOf(2)).toContain('`src/a.txt:10`\n\n```\ntry 1\n```\n\nWhy?');
  await say('approve', 'api');
  expect((await running.ended).code).toBe(0);
  expect(await repo.git('show', 'main:src/a.txt')).toContain('try 2');
});
