// People are called, on the real command line: for what asks, is ready, failed or is over, each once, whichever engine finds it.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { delimiter, join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { testGitEnv } from '../../src/testing/temp-repo.ts';
import { journalSays } from './cli.ts';
import { type Newcomer, welcome } from './newcomer.ts';
import { writeScript } from './rig.ts';
import { letGo, openShop, task, waitFor } from './shop.ts';

type Fields = Readonly<Record<string, unknown>>;

const WORK = 'echo x >"$WEFT_TASK.txt"';
const ASK = `[ "$WEFT_ATTEMPT" != 1 ] || { printf %s '{"status":"stuck","stuckReason":"Which colour?","options":["red","$(touch pwned)"]}' >"$WEFT_STATUS_FILE"; exit 0; }`;

/** Somebody whose tasks are shell lines, by id; `NOTES` is where commands of theirs write. */
async function open(lines: Readonly<Record<string, string>>, config: Fields): Promise<Newcomer> {
  const someone = await welcome({ env: (around) => ({ NOTES: join(around, 'notes') }) });
  const tracks = Object.entries(lines).map(([id, run]) => [{ id, acts: [], frontmatter: { run } }]);
  await writeScript(someone.repo, tracks, { limits: { attempts: 1 }, ...config });
  return someone;
}

const NOTE = { command: 'printf "%s\\n" "$WEFT_NOTICE" >>"$NOTES"', env: ['NOTES'] };

function notes({ env }: Pick<Newcomer, 'env'>): readonly Fields[] {
  const path = String(env['NOTES']);
  const text = existsSync(path) ? readFileSync(path, 'utf8').trim() : '';
  return text === '' ? [] : text.split('\n').map((line) => JSON.parse(line) as Fields);
}

const gist = (someone: Pick<Newcomer, 'env'>): readonly string[] =>
  notes(someone)
    .map(({ kind, task }) => `${String(kind)} ${String(task)}`)
    .sort();

test('a command of theirs is run once for each occasion, also when weft is killed and goes on [S5]', async () => {
  const slow = `until [ -e "$(git rev-parse --git-common-dir)/go" ]; do sleep 0.05; done; ${WORK}`;
  const someone = await open(
    { ask: `${ASK}; ${WORK}`, bad: 'exit 127', good: WORK, slow },
    { integrate: 'human', notify: NOTE, limits: { attempts: 3 } },
  );
  const running = someone.start('exec weft run tracks.yaml');
  await vi.waitFor(() => expect(gist(someone)).toEqual(['failed bad', 'ready good', 'stuck ask']), 30_000);
  process.kill(-(running.child.pid ?? 0), 'SIGKILL');
  await running.ended;
  await letGo(someone, 'go');
  expect((await someone.type('weft answer ask 2')).code).toBe(0);
  expect((await someone.type('weft resume')).code).toBe(3);
  const waiting = ['failed bad', 'ready ask', 'ready good', 'ready slow', 'stuck ask'];
  expect(gist(someone)).toEqual(waiting);
  await someone.type('weft approve --all');
  expect((await someone.type('weft resume')).code).toBe(1);
  expect(gist(someone)).toEqual([...waiting, 'finished null'].sort());
  expect(notes(someone).find(({ kind }) => kind === 'stuck')).toMatchObject({
    ...{ schemaVersion: 1, title: 'ask is stuck: Task ask', url: null },
    detail: 'Which colour? (1 red · 2 $(touch pwned))',
  });
  expect(await someone.repo.git('status', '--porcelain', '--untracked-files')).not.toContain('pwned');
});

test('a webhook is posted to until it takes it, and what it refuses is said', async () => {
  const bodies: Fields[] = [];
  const answers = [503, 204, 404];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk) => {
      text += String(chunk);
    });
    request.on('end', () => {
      bodies.push(JSON.parse(text) as Fields);
      response.writeHead(answers[bodies.length - 1] ?? 500).end();
    });
  });
  await new Promise<void>((done) => {
    server.listen(0, '127.0.0.1', done);
  });
  onTestFinished(() => {
    server.close();
  });
  const hook = `http://127.0.0.1:${(server.address() as AddressInfo).port}/secret`;
  const someone = await open(
    { one: 'exit 127', two: waitFor('go').run },
    { notify: { webhook: 'TEAM_HOOK', on: ['failed'] } },
  );
  const running = someone.start(`TEAM_HOOK=${hook} weft run tracks.yaml --limits-attempts 1`);
  await vi.waitFor(() => expect(bodies).toHaveLength(2), 20_000);
  await someone.type('weft cancel two');
  expect((await running.ended).code).toBe(1);
  expect(bodies.map(({ id, kind }) => [id, kind])).toEqual([
    [expect.stringMatching(/\/one\/failed\/1$/), 'failed'],
    [bodies[0]?.['id'], 'failed'],
  ]);
  expect(bodies[0]?.['text']).toMatch(/^one failed: Task one\n/);
  const next = someone.start(`TEAM_HOOK=${hook} weft resume --stay`);
  await journalSays(someone.repo.path, 'run.resumed', next);
  await someone.type('weft restart one');
  await vi.waitFor(
    async () => expect((await someone.type('weft status')).out).toContain('! notices: '),
    20_000,
  );
  expect((await someone.type('weft status')).out).toContain('the webhook answered 404');
  await someone.type('weft stop');
  expect((await next.ended).out).not.toContain('/secret');
  expect(bodies).toHaveLength(3);
});

test('the desktop is told by its own program, whose arguments nobody reads as anything else', async () => {
  const someone = await open({ one: WORK }, { notify: { desktop: true } });
  const folder = join(someone.repo.around, 'desktop');
  await someone.type(
    `mkdir ${folder}; printf '#!/bin/sh\\nprintf "<%%s>" "$@" >>%s/shown\\n' ${folder} >${folder}/notify-send; chmod +x ${folder}/notify-send`,
  );
  const { code, out } = await someone.type(`PATH=${folder}${delimiter}$PATH weft run tracks.yaml`);
  expect(code, out).toBe(0);
  expect(readFileSync(join(folder, 'shown'), 'utf8')).toMatch(
    /^<--app-name=weft><--urgency=normal><--><run \S+ is complete><1 merged>$/,
  );
});

test('a pull request that waits for people calls them, once, with its address', async () => {
  const notify = { command: 'printf "%s\\n" "$WEFT_NOTICE" >>.git/notes' };
  const shop = await openShop([[task('one')]], { config: { integrate: 'human', notify } });
  for (const line of [['run', 'tracks.yaml'], ['resume']]) expect((await shop.weft(...line)).code).toBe(3);
  const found = notes({ env: { NOTES: join(shop.repo.path, '.git/notes') } });
  const [one] = (await shop.status()).tasks;
  expect(found).toHaveLength(1);
  expect(found[0]).toMatchObject({ kind: 'ready', task: 'one', url: one?.prUrl, detail: one?.prUrl });
});

const hasTerminals = spawnSync('script', ['-qec', 'true', '/dev/null']).status === 0;

test.runIf(hasTerminals)('a terminal rings once for each, unless it is not to', async () => {
  const someone = await open({ bad: 'exit 127', good: WORK }, {});
  const onTerminal = (line: string): string =>
    spawnSync('script', ['-qec', line, '/dev/null'], {
      cwd: someone.repo.path,
      env: { ...testGitEnv(), ...someone.env, TERM: 'xterm' },
      encoding: 'utf8',
      timeout: 30_000,
    }).stdout;
  const rings = (text: string): readonly string[] =>
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what terminals read
    [...text.matchAll(/\u001b\]9;weft: ([^\u0007]*)\u0007\u0007/g)].map(([, said = '']) => said).sort();
  expect(rings(onTerminal('weft run tracks.yaml'))).toEqual([
    'bad failed: Task bad',
    expect.stringMatching(/^run \S+ ended, and not all of it landed$/),
  ]);
  expect(rings(onTerminal('weft status --watch'))).toEqual([]);
  await someone.repo.write(
    '.weft/config.yaml',
    `${readFileSync(join(someone.repo.path, '.weft/config.yaml'), 'utf8')}notify: { bell: false }\n`,
  );
  expect(onTerminal('weft run tracks.yaml')).not.toContain('\u0007');
});
