// `weft demo` played by the real agents: everything lands, with all mishaps, and nothing of it is left behind.
import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { COURSES } from '../../src/testing/demo/courses.ts';
import { runTestGit } from '../../src/testing/temp-repo.ts';
import { type Running, readJournal, startWeft } from '../end-to-end/cli.ts';
import { type Agents, describeWithAgents } from './binaries.ts';

const LIMIT_MS = 180_000;

let around: string;
let temp: string;
let home: string;

beforeEach(() => {
  around = realpathSync(mkdtempSync(join(tmpdir(), 'weft-test-')));
  [temp, home] = [join(around, 'temp'), join(around, 'home')];
  for (const folder of [temp, home, join(around, 'bin')]) mkdirSync(folder);
});

afterEach(() => {
  for (const pid of listLeft()) process.kill(pid, 'SIGKILL');
  rmSync(around, { recursive: true, force: true, maxRetries: 5 });
});

/** Processes that were started for the demo, however deep. */
function listLeft(): readonly number[] {
  const read = (pid: string, name: string): string => {
    try {
      return readFileSync(`/proc/${pid}/${name}`, 'latin1');
    } catch {
      return '';
    }
  };
  return readdirSync('/proc')
    .filter(
      (pid) => /^\d+$/.test(pid) && ['environ', 'cmdline'].some((name) => read(pid, name).includes(temp)),
    )
    .map(Number);
}

/** Starts the demo as somebody who has a home and a key of their own. */
function start(kind: keyof Agents, agents: Agents, ...args: readonly string[]): Running {
  symlinkSync(agents[kind], join(around, 'bin', kind));
  const key = 'sk-of-the-user';
  return startWeft(around, ['demo', '--agent', kind, ...args], {
    PATH: [join(around, 'bin'), process.env['PATH']].join(delimiter),
    HOME: home,
    TMPDIR: temp,
    ...{
      ANTHROPIC_API_KEY: key,
      ANTHROPIC_BASE_URL: 'http://127.0.0.1:9',
      CODEX_API_KEY: key,
      OPENAI_API_KEY: key,
    },
  });
}

/** Resolves when the command has printed the text; rejects when it ends without. */
function says({ child, ended }: Running, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let out = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk) => {
        out += String(chunk);
        if (out.includes(text)) resolve();
      });
    }
    void ended.then((end) => reject(new Error(`It ended before ${text}: ${JSON.stringify(end)}`)));
  });
}

async function expectNothingLeft(out: string): Promise<void> {
  // what an agent's own children leave is gone a moment after it
  await vi.waitFor(() => expect(listLeft()).toEqual([]), { timeout: 10_000 });
  const [url = ''] = /http:\/\/127\.0\.0\.1:\d+/.exec(out) ?? [];
  await expect(fetch(`${url}/v1/models`)).rejects.toThrow('fetch failed');
  expect(readdirSync(home)).toEqual([]);
}

for (const kind of ['claude', 'codex'] as const) {
  describeWithAgents(`weft demo --agent ${kind}`, (agents) => {
    it(
      'lands all courses, over a question, a failing gate, an overloaded model and a conflict',
      async () => {
        const end = await start(kind, agents, '--keep').ended;
        expect(end, `${end.out}${end.err}`).toMatchObject({ code: 0 });
        await expectNothingLeft(end.out);
        const [, repository = ''] = /^The repository is at (.+)\.$/m.exec(end.err) ?? [];
        for (const { id } of COURSES) {
          await runTestGit(repository, ['cat-file', '-e', `main:courses/${id}/lesson.md`]);
          await runTestGit(repository, ['cat-file', '-e', `main:courses/${id}/quiz.json`]);
        }
        expect(await runTestGit(repository, ['show', 'main:courses/index.md'])).toContain(
          'Start here: API design, then Unit testing',
        );
        // main is checked out there, and came along
        expect(await runTestGit(repository, ['status', '--porcelain'])).toBe('');
        const said = execFileSync('node', ['check.mjs'], { cwd: repository, encoding: 'utf8' });
        expect(said).toBe('10 courses checked, 0 faults\n');
        const [run = ''] = readdirSync(join(repository, '.weft/runs'));
        const journal = await readJournal(join(repository, '.weft/runs', run));
        expect(journal.split('"type":"task.landed"')).toHaveLength(COURSES.length + 2);
        for (const cause of ['gate-failed', 'model-failed', 'conflict'])
          expect(journal).toContain(`"cause":"${cause}"`);
        expect(journal).toContain('Should the lesson explain class components');
      },
      LIMIT_MS,
    );

    it(
      'is stopped by whoever has seen enough',
      async () => {
        const running = start(kind, agents);
        await says(running, 'typescript-generics working');
        for (const note of ['Nothing more is started', 'The agents are being stopped']) {
          const said = says(running, note);
          running.child.kill('SIGINT');
          await said;
        }
        const end = await running.ended;
        expect(end.code).toBe(130);
        await expectNothingLeft(end.out);
        expect(readdirSync(temp).filter((name) => name.startsWith('weft-'))).toEqual([]);
      },
      LIMIT_MS,
    );
  });
}
