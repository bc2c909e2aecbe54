// Files for programs of others, on the real command line: what stands in them at each turn, and that what others write for a
// task reaches it once, whoever is killed in between.
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createTempRepo, type TempRepo } from '../../src/testing/temp-repo.ts';
import { type Ended, journalSays, type Running, readJournal, startWeft } from './cli.ts';
import { writeScript } from './rig.ts';

let home: string;
let repos: TempRepo[];
let engines: Running[];
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'weft-home-'));
  repos = [];
  engines = [];
});
afterEach(async () => {
  // agents that a failed test left waiting go on, and find nothing
  for (const name of ['setup', 'ask', 'keep', 'end', 'enough', 'never']) letGo(name);
  for (const each of engines)
    if (each.child.exitCode === null && each.child.signalCode === null) await kill(each);
  for (const repo of repos) await repo.remove();
  rmSync(home, { recursive: true, force: true });
});

type Fields = Readonly<Record<string, unknown>>;

/** A repository whose tasks are shell lines, by id. */
async function open(
  lines: Readonly<Record<string, string>>,
  config: Fields = {},
  name = 'shop',
): Promise<TempRepo> {
  const repo = await createTempRepo({ name });
  repos.push(repo);
  const tracks = Object.entries(lines).map(([id, run]) => [{ id, acts: [], frontmatter: { run } }]);
  await writeScript(repo, tracks, { statusFiles: ['issues'], ...config });
  return repo;
}

function start(repo: TempRepo, ...args: readonly string[]): Running {
  const running = startWeft(repo.path, args, { HOME: home });
  engines.push(running);
  return running;
}

async function weft(repo: TempRepo, ...args: readonly string[]): Promise<Ended> {
  return start(repo, ...args).ended;
}

function folderOf(repo: TempRepo): string {
  return join(home, '.orchestration', basename(repo.path), 'sessions');
}

function fileOf(repo: TempRepo, id: string): string {
  return join(folderOf(repo), `work-${id}.json`);
}

/** A status file; empty while there is none. */
function read(repo: TempRepo, id: string): Fields {
  const path = fileOf(repo, id);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Fields) : {};
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((done) => setTimeout(done, 20));
}

async function untilShows(repo: TempRepo, id: string, fields: Fields): Promise<Fields> {
  await until(() => Object.entries(fields).every(([name, value]) => read(repo, id)[name] === value));
  return read(repo, id);
}

/** Writes like a dashboard does: all of the file anew, with a message. */
function forward(repo: TempRepo, id: string, message: string, from: Fields = read(repo, id)): void {
  const temp = `${fileOf(repo, id)}.theirs`;
  writeFileSync(temp, JSON.stringify({ ...from, forwardedMessage: message, lastHeartbeat: 'now' }));
  renameSync(temp, fileOf(repo, id));
}

/** Journal of the latest run. */
function journal(repo: TempRepo): Promise<string> {
  const runs = join(repo.path, '.weft/runs');
  return readJournal(join(runs, readdirSync(runs).sort().at(-1) ?? ''));
}

/** Messages in status files that became facts. */
async function taken(repo: TempRepo): Promise<readonly string[]> {
  return [...(await journal(repo)).matchAll(/"forwarded":\{"number":\d+,"text":"([^"]*)"/g)].map(
    ([, text = '']) => text,
  );
}

async function kill(running: Running): Promise<void> {
  process.kill(-(running.child.pid ?? 0), 'SIGKILL');
  await running.ended;
}

/** Lets agents go on that wait for this name. */
function letGo(name: string): void {
  writeFileSync(join(home, name), '');
}

const wait = (name: string): string => `until [ -e "$HOME/${name}" ]; do sleep 0.05; done`;
const SAY =
  'say() { printf %s "$1" >"$WEFT_STATUS_FILE.new"; mv "$WEFT_STATUS_FILE.new" "$WEFT_STATUS_FILE"; }';
const COMMIT = 'echo x >>"made-$WEFT_TASK.txt"; git add -A; git commit -qm done';
const HEARD = 'cat "$WEFT_PROMPT_FILE" >"heard-$WEFT_TASK.txt"';

describe('a task that is', () => {
  test('begun, at work, stuck, answered and done stands so in its file, with the documented fields', async () => {
    const ask = `[ "$WEFT_ATTEMPT" != 1 ] || { ${wait('ask')}; ${SAY}; say '{"status":"stuck","stuckReason":"Sliding or fixed?","options":["sliding","fixed"]}'; exit 0; }`;
    const repo = await open(
      { 123: `${ask}; ${HEARD}; ${COMMIT}`, keep: `${wait('keep')}; ${COMMIT}` },
      { setup: `${wait('setup')}` },
    );
    const running = start(repo, 'run', 'tracks.yaml');
    await untilShows(repo, '123', { status: 'registered' });
    letGo('setup');
    const working = await untilShows(repo, '123', { status: 'working' });
    expect(Object.keys(working)).toEqual([
      ...['id', 'issueNumber', 'issueTitle', 'status', 'branch', 'worktreePath', 'startedAt'],
      ...['lastHeartbeat', 'stuckReason', 'forwardedMessage', 'pullRequestUrl', 'weft'],
    ]);
    expect(working).toMatchObject({
      ...{ id: '123', issueNumber: 123, issueTitle: 'Task 123', stuckReason: null },
      ...{ forwardedMessage: null, pullRequestUrl: null },
    });
    expect(existsSync(String(working['worktreePath']))).toBe(true);
    expect(await repo.git('branch', '--list', String(working['branch']))).toContain('123');
    for (const name of ['startedAt', 'lastHeartbeat'])
      expect(working[name]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(read(repo, 'keep')['issueNumber']).toBeNull();
    expect(statSync(fileOf(repo, '123')).mode & 0o777).toBe(0o600);
    expect(statSync(folderOf(repo)).mode & 0o777).toBe(0o700);
    letGo('ask');
    const stuck = await untilShows(repo, '123', { status: 'stuck' });
    expect(stuck['stuckReason']).toBe('Sliding or fixed?\nOptions: 1 sliding · 2 fixed');
    forward(repo, '123', '1');
    await untilShows(repo, '123', { status: 'complete', forwardedMessage: null });
    letGo('keep');
    const { code, out } = await running.ended;
    expect(code, out).toBe(0);
    expect(await taken(repo)).toEqual(['1']);
    expect(await repo.git('show', 'main:heard-123.txt')).toContain('Answer: sliding');
    expect(read(repo, '123')['status']).toBe('complete');
    expect(readdirSync(folderOf(repo)).sort()).toEqual(['work-123.json', 'work-keep.json']);
  });

  test('failed, or cancelled, stands so, and a run that was stopped says how it goes on', async () => {
    const repo = await open(
      { 1: 'exit 127', 2: wait('never'), 3: wait('never') },
      { limits: { attempts: 1, graceMs: 100 } },
    );
    const running = start(repo, 'run', 'tracks.yaml');
    await untilShows(repo, '1', { status: 'stuck' });
    expect(read(repo, '1')['stuckReason']).toMatch(/^Failed: /);
    await untilShows(repo, '2', { status: 'working' });
    await weft(repo, 'cancel', '2');
    await untilShows(repo, '2', { status: 'cancelled' });
    await untilShows(repo, '3', { status: 'working' });
    await weft(repo, 'stop');
    await running.ended;
    expect(read(repo, '3')['status']).toBe('stuck');
    expect(read(repo, '3')['stuckReason']).toMatch(
      /^The run is stopped: `weft resume \S+` goes on with it\.$/,
    );
    expect([read(repo, '1')['status'], read(repo, '2')['status']]).toEqual(['stuck', 'cancelled']);
  });
});

/** An agent of a shell that looks into its own status file, keeps what it finds, and goes on. */
const LISTEN = `${SAY}; say '{"status":"working"}'; while [ ! -e "$HOME/enough" ]; do if grep -q '"forwardedMessage":"' "$WEFT_STATUS_FILE"; then cat "$WEFT_STATUS_FILE" >>heard.txt; echo >>heard.txt; say '{"status":"working","forwardedMessage":null}'; fi; sleep 0.05; done; ${COMMIT}`;

function heard(text: string): readonly string[] {
  return text
    .trim()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => String((JSON.parse(line) as Fields)['forwardedMessage']));
}

describe('what somebody writes for a task', () => {
  test('reaches its live agent once, though others write the file anew with old words in it', async () => {
    const repo = await open({ 7: LISTEN });
    const running = start(repo, 'run', 'tracks.yaml');
    const before = await untilShows(repo, '7', { status: 'working' });
    const path = join(String(before['worktreePath']), 'heard.txt');
    const hears = (count: number): Promise<void> =>
      until(() => existsSync(path) && heard(readFileSync(path, 'utf8')).length === count);
    forward(repo, '7', 'Mind the gap.');
    const pending = { ...before, forwardedMessage: 'Mind the gap.' };
    await until(() => readFileSync(fileOf(repo, '7'), 'utf8').includes('"taken": 1'));
    await hears(1);
    // one that had read the message before it was taken writes it back, in place
    writeFileSync(fileOf(repo, '7'), JSON.stringify(pending));
    await until(() => readFileSync(fileOf(repo, '7'), 'utf8').includes('"taken": 1'));
    for (const text of ['{"half', '', '[]', '{"forwardedMessage":7}', '{"forwardedMessage":{}}']) {
      writeFileSync(fileOf(repo, '7'), text);
      await until(() => readFileSync(fileOf(repo, '7'), 'utf8').includes('"taken": 1'));
    }
    // who saw that it was taken and says it again means it
    forward(repo, '7', 'Mind the gap.');
    await until(() => readFileSync(fileOf(repo, '7'), 'utf8').includes('"taken": 2'));
    await hears(2);
    // one that keeps only the fields it knows
    const { weft: _, ...known } = read(repo, '7');
    forward(repo, '7', 'And the door.', known);
    await until(() => readFileSync(fileOf(repo, '7'), 'utf8').includes('"taken": 3'));
    const all = ['Mind the gap.', 'Mind the gap.', 'And the door.'];
    expect(await taken(repo)).toEqual(all);
    await hears(3);
    letGo('enough');
    const { code, out } = await running.ended;
    expect(code, out).toBe(0);
    expect(heard(await repo.git('show', 'main:heard.txt'))).toEqual(all);
  });

  test.each([
    ['before it is a fact', 0],
    ['as soon as it is a fact', 1],
    ['after the file says that it was taken', 2],
  ])('is taken once by who is killed %s', async (_when, moment) => {
    const repo = await open({ 7: LISTEN });
    let running = start(repo, 'run', 'tracks.yaml');
    await untilShows(repo, '7', { status: 'working' });
    const before = read(repo, '7');
    if (moment === 0) await kill(running);
    forward(repo, '7', 'Once.');
    if (moment === 1) await journalSays(repo.path, '"forwarded"', running);
    if (moment === 2) await until(() => readFileSync(fileOf(repo, '7'), 'utf8').includes('"taken": 1'));
    if (moment > 0) await kill(running);
    running = start(repo, 'resume');
    await until(() => readFileSync(fileOf(repo, '7'), 'utf8').includes('"taken": 1'));
    expect(read(repo, '7')).toMatchObject({ status: 'working', forwardedMessage: null });
    const path = join(String(before['worktreePath']), 'heard.txt');
    await until(() => existsSync(path));
    letGo('enough');
    const { code, out } = await running.ended;
    expect(code, out).toBe(0);
    expect(await taken(repo)).toEqual(['Once.']);
    expect(heard(await repo.git('show', 'main:heard.txt'))).toEqual(['Once.']);
  });

  test('while nobody leads its run is the answer for whoever goes on with it', async () => {
    const ask = `[ "$WEFT_ATTEMPT" != 1 ] || { ${SAY}; say '{"status":"stuck","stuckReason":"Which?"}'; exit 0; }`;
    const repo = await open({ 124: `${ask}; ${HEARD}; ${COMMIT}` });
    const asked = await weft(repo, 'run', 'tracks.yaml');
    expect(asked.code, asked.out).toBe(3);
    expect(read(repo, '124')).toMatchObject({ status: 'stuck', stuckReason: 'Which?' });
    forward(repo, '124', 'Use sliding expiration with 15-minute window');
    const { code, out } = await weft(repo, 'resume');
    expect(code, out).toBe(0);
    expect(await taken(repo)).toEqual(['Use sliding expiration with 15-minute window']);
    expect(await repo.git('show', 'main:heard-124.txt')).toContain('Answer: Use sliding expiration');
    expect(read(repo, '124')).toMatchObject({ status: 'complete', forwardedMessage: null });
  });

  test('stays in the file of a task that is over', async () => {
    const repo = await open({ 1: COMMIT, 2: `${wait('end')}; ${COMMIT}` });
    const running = start(repo, 'run', 'tracks.yaml');
    await untilShows(repo, '1', { status: 'complete' });
    forward(repo, '1', 'Too late.');
    await until(() => String(read(repo, '1')['lastHeartbeat']) !== 'now');
    expect(read(repo, '1')).toMatchObject({ status: 'complete', forwardedMessage: 'Too late.' });
    letGo('end');
    expect((await running.ended).code).toBe(0);
    expect(await taken(repo)).toEqual([]);
    expect(read(repo, '1')['forwardedMessage']).toBe('Too late.');
  });
});

describe('the place of the files', () => {
  test('is one for each project: two at once do not meet', async () => {
    const one = await open({ 5: `${wait('end')}; ${COMMIT}` });
    const two = await open({ 5: COMMIT }, {}, 'bank');
    const other = await open({ 5: COMMIT });
    const running = start(one, 'run', 'tracks.yaml');
    await untilShows(one, '5', { status: 'working' });
    expect((await weft(two, 'run', 'tracks.yaml')).code).toBe(0);
    expect([read(one, '5')['status'], read(two, '5')['status']]).toEqual(['working', 'complete']);
    // one of the same name leaves alone what is not over
    const { code, out } = await weft(other, 'run', 'tracks.yaml');
    expect(code, out).toBe(0);
    expect(out).toContain(`${fileOf(one, '5')} is of ${one.path}`);
    expect(read(one, '5')).toMatchObject({ status: 'working', weft: { repository: one.path } });
    letGo('end');
    expect((await running.ended).code).toBe(0);
    expect(readdirSync(join(home, '.orchestration')).sort()).toEqual(['bank', 'shop']);
  });

  test('is left alone where nobody asked for files', async () => {
    const repo = await open({ 5: COMMIT }, { statusFiles: [] });
    expect((await weft(repo, 'run', 'tracks.yaml')).code).toBe(0);
    expect(readdirSync(home)).not.toContain('.orchestration');
  });

  test('that cannot be written is said once, and the run goes on without', async () => {
    const elsewhere = mkdtempSync(join(tmpdir(), 'weft-elsewhere-'));
    symlinkSync(elsewhere, join(home, '.orchestration'));
    const repo = await open({ 5: COMMIT, 6: COMMIT });
    const { code, out } = await weft(repo, 'run', 'tracks.yaml');
    expect(code, out).toBe(0);
    expect(out).toContain(`! status files: ${join(home, '.orchestration')} is no folder`);
    expect((await journal(repo)).match(/"source.noted"/g)).toHaveLength(1);
    expect(readdirSync(elsewhere)).toEqual([]);
    rmSync(elsewhere, { recursive: true });
  });

  test('keeps what others have there, and what earlier runs left', async () => {
    const repo = await open({ 5: COMMIT, 6: COMMIT, 7: COMMIT });
    mkdirSync(folderOf(repo), { recursive: true });
    const foreign = '{"id":"5","status":"working","worktreePath":"/theirs"}';
    const secret = join(home, 'secret');
    writeFileSync(secret, 'mine');
    writeFileSync(fileOf(repo, '5'), foreign);
    symlinkSync(secret, fileOf(repo, '6'));
    writeFileSync(join(folderOf(repo), 'notes.txt'), 'x');
    const weftOf = (repository: string): object => ({ repository, run: 'earlier', taken: 0 });
    for (const [id, repository] of [
      ['8', repo.path],
      ['9', '/elsewhere'],
    ] as const)
      writeFileSync(fileOf(repo, id), JSON.stringify({ id, status: 'working', weft: weftOf(repository) }));
    const { code, out } = await weft(repo, 'run', 'tracks.yaml');
    expect(code, out).toBe(0);
    expect(readFileSync(fileOf(repo, '5'), 'utf8')).toBe(foreign);
    expect([lstatSync(fileOf(repo, '6')).isSymbolicLink(), readFileSync(secret, 'utf8')]).toEqual([
      true,
      'mine',
    ]);
    expect(read(repo, '7')['status']).toBe('complete');
    expect(read(repo, '8')).toMatchObject({
      status: 'stuck',
      stuckReason: 'Its run was interrupted: `weft resume earlier` goes on with it.',
    });
    expect(read(repo, '9')['status']).toBe('working');
    expect(existsSync(join(folderOf(repo), 'notes.txt'))).toBe(true);
  });

  test('is not written to while nothing changes', async () => {
    const repo = await open({ 5: `${wait('end')}; ${COMMIT}` });
    const running = start(repo, 'run', 'tracks.yaml');
    await untilShows(repo, '5', { status: 'working' });
    const { ino } = statSync(fileOf(repo, '5'));
    for (const _ of [1, 2, 3]) await weft(repo, 'status');
    expect(statSync(fileOf(repo, '5')).ino).toBe(ino);
    letGo('end');
    expect((await running.ended).code).toBe(0);
  });
});

describe('files of workers', () => {
  test('of streams: a log and a process for each, which is gone with it', async () => {
    const repo = await open(
      { 'Stream-A': `echo hello; echo trouble >&2; ${wait('end')}; ${COMMIT}` },
      { statusFiles: ['streams'] },
    );
    const place = join(repo.path, '.claude/orchestrator');
    mkdirSync(join(place, 'logs'), { recursive: true });
    writeFileSync(join(place, 'logs/Stream-A.log'), 'from before');
    const running = start(repo, 'run', 'tracks.yaml');
    const [log, pid] = [join(place, 'logs/Stream-A.log'), join(place, 'pids/Stream-A.pid')];
    await until(() => existsSync(pid) && existsSync(log) && readFileSync(log, 'utf8').includes('hello'));
    expect(readFileSync(pid, 'utf8')).toMatch(/^\d+\n$/);
    process.kill(Number(readFileSync(pid, 'utf8')), 0);
    expect(readlinkSync(log)).toMatch(/^\.\.\/\.\.\/\.\.\/\.weft\/runs\/.*\/1\/out\.jsonl$/);
    expect(readFileSync(join(place, 'logs/Stream-A.err.log'), 'utf8')).toContain('trouble');
    expect(readFileSync(`${log}.before-weft`, 'utf8')).toBe('from before');
    expect(await repo.git('status', '--porcelain')).toBe('');
    await kill(running);
    expect(existsSync(pid)).toBe(true);
    letGo('end');
    const { code, out } = await weft(repo, 'resume');
    expect(code, out).toBe(0);
    expect(existsSync(pid)).toBe(false);
    expect(readFileSync(log, 'utf8')).toContain('hello');
  });
});
