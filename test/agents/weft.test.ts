// Real agents under the whole of weft: they ask and are answered from elsewhere, hear people in mid-turn, and outlive the engine.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { stringify } from 'yaml';
import { asObject, type JsonObject, parseObject } from '../../src/testing/model/json.ts';
import {
  type Ended,
  endStrays,
  journalSays,
  type Running,
  readJournal,
  startWeft,
} from '../end-to-end/cli.ts';
import { type Agents, describeWithAgents } from './binaries.ts';
import { openScene, type Scene } from './scene.ts';
import { claudeEnv, codexEnv } from './surroundings.ts';

let scene: Scene;
let env: Record<string, string>;

beforeEach(async () => {
  scene = await openScene();
  const { repo, model } = scene;
  env = { ...claudeEnv(repo.around, model.url), ...codexEnv(repo.around, model.url) };
});

afterEach(async () => {
  endStrays(scene.repo.around);
  await scene.remove();
});

/** Writes a plan of one task `it`, whose agent is of the kind, set as said; with a gate, the agent is held to it. */
async function plan(
  kind: keyof Agents,
  agents: Agents,
  script: readonly string[],
  { gate, settings = {} }: { readonly gate?: string; readonly settings?: JsonObject } = {},
): Promise<void> {
  const usual = { kind, program: agents[kind], env: ['SCRIPT_KEY'], checks: gate !== undefined };
  const agent = { ...usual, ...settings };
  const gates = { tier0: gate === undefined ? [] : [gate] };
  await scene.repo.write(
    '.weft/config.yaml',
    stringify({ integrate: 'auto', agent: kind, agents: { [kind]: agent }, gates }),
  );
  await scene.repo.write('tracks.yaml', stringify({ tracks: [{ name: 'one', steps: [{ task: 'it.md' }] }] }));
  await scene.repo.write('it.md', `---\nowns: ['made/**']\n---\n\n# It\n\nDo it.\n\n${script.join('\n')}\n`);
  await scene.repo.commit('plan');
}

/** A command that waits for the file `go`, beside the repository, and what lets it go on. */
const waits = (): string => `@bash until [ -e ${scene.repo.around}/go ]; do sleep 0.05; done`;
const go = (): Promise<void> => writeFile(join(scene.repo.around, 'go'), '');
const WORK = ['@bash mkdir -p made && echo made >> made/it.txt', '@say Done.'];

const start = (...args: readonly string[]): Running => startWeft(scene.repo.path, args, env);

/** The facts of a type in the run's journal. */
async function factsOf(run: string, type: string): Promise<readonly JsonObject[]> {
  const journal = await readJournal(join(scene.repo.path, '.weft/runs', run));
  const facts = journal
    .split('\n')
    .map((line) => asObject(parseObject(line)?.['event']) ?? parseObject(line));
  return facts.filter((fact) => fact?.['type'] === type).map((fact) => fact ?? {});
}

/** What is kept of the talk with the agent. */
async function transcript(run: string): Promise<string> {
  const folder = join(scene.repo.path, '.weft/runs', run);
  const path = readdirSync(folder, { recursive: true, encoding: 'utf8' }).find((name) =>
    name.endsWith('transcript.jsonl'),
  );
  return readFile(join(folder, path ?? ''), 'utf8');
}

/** Waits for the end of a command, which has to be a good one. */
async function succeeds({ ended }: Pick<Running, 'ended'>): Promise<Ended> {
  const end = await ended;
  expect(end, `${end.out}${end.err}`).toMatchObject({ code: 0 });
  return end;
}

/** What the agent was told to have been answered. */
async function answerIn(run: string): Promise<string | undefined> {
  return /\\"Which limiter\?\\"=\\"(.*?)\\"/.exec(await transcript(run))?.[1];
}

async function expectLanded(run: string): Promise<void> {
  expect(await scene.repo.git('show', 'main:made/it.txt')).toBe('made');
  expect(await factsOf(run, 'attempt.spawned')).toHaveLength(1);
  expect(await factsOf(run, 'task.landed')).toHaveLength(1);
}

/** Processes of the agent's program. */
function agentsAlive(program: string): readonly number[] {
  const pids = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const [first] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
        return first === program && readlinkSync(`/proc/${pid}/cwd`).startsWith(scene.repo.around);
      } catch {
        return false;
      }
    });
  // what one of them has forked looks like it until it runs another program
  return pids.filter((pid) => !pids.includes(parentOf(pid)));
}

function parentOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return 0;
  }
}

describeWithAgents('Claude Code under weft', (agents) => {
  const questions = [
    {
      question: 'Which limiter?',
      header: 'L',
      multiSelect: false,
      options: ['Window', 'Bucket'].map((label) => ({ label, description: label })),
    },
  ];
  const ASK = `@tool AskUserQuestion|${JSON.stringify({ questions })}`;

  it('asks, is answered by another process, and goes on in the same conversation', async () => {
    await plan('claude', agents, [ASK, ...WORK]);
    const running = start('run', 'tracks.yaml', '--stay');
    const run = await journalSays(scene.repo.path, '"type":"question.asked"', running);
    const status = await succeeds(start('status'));
    expect(status.out).toContain('Which limiter?');
    expect(status.out).toContain('Bucket');
    await succeeds(start('answer', 'it', '2'));
    await succeeds(running);
    await expectLanded(run);
    expect(await answerIn(run)).toBe('Bucket');
  });

  it('asks, is let go, and goes on in the same conversation with the answer', async () => {
    await plan('claude', agents, [ASK, ...WORK]);
    const run = await journalSays(scene.repo.path, '"type":"run.started"', start('run', 'tracks.yaml'));
    await vi.waitFor(async () => expect(await factsOf(run, 'attempt.exited')).toHaveLength(1), 20_000);
    await succeeds(start('answer', 'it', '2'));
    await succeeds(start('resume', run));
    expect(await scene.repo.git('show', 'main:made/it.txt')).toBe('made');
    expect(await factsOf(run, 'task.landed')).toHaveLength(1);
    const texts = scene.lastTexts();
    expect(texts).toContain('# It');
    expect(texts).toContain('Answer: Bucket');
  });

  it('asks by a tool of weft’s, and hears the answer in the same call', async () => {
    const call = JSON.stringify({ question: 'Which limiter?', options: ['Window', 'Bucket'] });
    await plan('claude', agents, [`@tool mcp__weft__ask_guidance|${call}`, ...WORK]);
    const running = start('run', 'tracks.yaml', '--stay');
    const run = await journalSays(scene.repo.path, '"type":"question.asked"', running);
    await succeeds(start('answer', 'it', '2'));
    await succeeds(running);
    await expectLanded(run);
    expect(await factsOf(run, 'attempt.exited')).toMatchObject([{ heard: [1], fault: null }]);
    // it is the result of the call, and nothing is said beside it
    const said = await transcript(run);
    expect(said.split('> {"type":"user"')).toHaveLength(2);
    expect(/^< .*"tool_result".*Bucket/m.test(said)).toBe(true);
  });

  it('hears guidance in mid-turn, once', async () => {
    await plan('claude', agents, [waits(), ...WORK]);
    const running = start('run', 'tracks.yaml', '--stay');
    await vi.waitFor(() => expect(scene.model.requests).toHaveLength(1), 20_000);
    await succeeds(start('guide', 'it', 'Mind the MARK.'));
    const run = await journalSays(scene.repo.path, '"type":"guidance.delivered"', running);
    await go();
    await succeeds(running);
    await expectLanded(run);
    expect(await factsOf(run, 'attempt.exited')).toMatchObject([{ heard: [1], fault: null }]);
    expect((await transcript(run)).split('> {"type":"user"').slice(2)).toHaveLength(1);
  });

  it('asks while nobody leads, and is answered by who leads next', async () => {
    await plan('claude', agents, [waits(), ASK, ...WORK]);
    const running = start('run', 'tracks.yaml', '--stay');
    await vi.waitFor(() => expect(agentsAlive(agents.claude)).toHaveLength(1), 20_000);
    const run = await journalSays(scene.repo.path, '"type":"attempt.started"', running);
    running.child.kill('SIGKILL');
    await running.ended;
    await go();
    const resumed = start('resume', run, '--stay');
    await journalSays(scene.repo.path, '"type":"question.asked"', resumed);
    await succeeds(start('answer', 'it', 'Neither.'));
    await succeeds(resumed);
    await expectLanded(run);
    expect(await answerIn(run)).toBe('Neither.');
  });
});

for (const kind of ['claude', 'codex'] as const) {
  describeWithAgents(`${kind}, when the engine is killed`, (agents) => {
    it('goes on, hears what is said to the next one, and its work lands once', async () => {
      await plan(kind, agents, [waits(), ...WORK]);
      const running = start('run', 'tracks.yaml', '--stay');
      await vi.waitFor(() => expect(scene.model.requests).toHaveLength(1), 20_000);
      const run = await journalSays(scene.repo.path, '"type":"attempt.started"', running);
      running.child.kill('SIGKILL');
      await running.ended;
      const before = agentsAlive(agents[kind]);
      expect(before).toHaveLength(1);
      const resumed = start('resume', run, '--stay');
      await succeeds(start('guide', 'it', 'Mind the MARK.'));
      await journalSays(scene.repo.path, '"type":"guidance.delivered"', resumed);
      expect(agentsAlive(agents[kind])).toEqual(before);
      await go();
      await succeeds(resumed);
      await expectLanded(run);
      expect(await factsOf(run, 'attempt.exited')).toMatchObject([{ heard: [1], fault: null }]);
      expect(agentsAlive(agents[kind])).toEqual([]);
    });

    it('ends while nobody leads, and its work lands once', async () => {
      await plan(kind, agents, [waits(), ...WORK]);
      const running = start('run', 'tracks.yaml', '--stay');
      await vi.waitFor(() => expect(scene.model.requests).toHaveLength(1), 20_000);
      const run = await journalSays(scene.repo.path, '"type":"attempt.started"', running);
      running.child.kill('SIGKILL');
      await running.ended;
      await go();
      await vi.waitFor(() => expect(agentsAlive(agents[kind])).toEqual([]), 20_000);
      await succeeds(start('resume', run, '--stay'));
      await expectLanded(run);
    });
  });
}

for (const kind of ['claude', 'codex'] as const) {
  describeWithAgents(`${kind}, held to the checks`, (agents) => {
    it('mends what fails, in one attempt', async () => {
      await plan(kind, agents, ['@say Done already.', ...WORK], { gate: 'test -s made/it.txt' });
      const running = start('run', 'tracks.yaml', '--stay');
      const run = await journalSays(scene.repo.path, '"type":"run.started"', running);
      await succeeds(running);
      await expectLanded(run);
      expect(await factsOf(run, 'attempt.exited')).toMatchObject([{ heard: [], fault: null }]);
      expect(await transcript(run)).toContain('`test -s made/it.txt` ended with exit code 1.');
    });
  });
}

const BY_TOOL = { text: 'Which limiter?', options: [{ label: 'Window' }, { label: 'Bucket' }] };
const BY_APPROVAL = { text: expect.stringContaining('mkdir -p made') };

/** The open questions, as scripts see them. */
async function questions(): Promise<readonly unknown[]> {
  const { out } = await succeeds(start('status', '--json'));
  const tasks = parseObject(out)?.['tasks'];
  return (Array.isArray(tasks) ? tasks : []).flatMap(({ question }) => (question ? [question] : []));
}

describeWithAgents('Codex under weft', (agents) => {
  const call = JSON.stringify({ question: 'Which limiter?', options: ['Window', 'Bucket'] });
  const cases = [
    { by: 'a tool of weft’s', settings: {}, first: [`@tool mcp__weft__ask_guidance|${call}`] },
    { by: 'an approval', settings: { approvals: 'ask' }, first: [] },
  ];
  for (const { by, settings, first } of cases) {
    it(`asks by ${by} while its engine is killed, and goes on in the same conversation`, async () => {
      await plan('codex', agents, [...first, ...WORK], { settings });
      const running = start('run', 'tracks.yaml', '--stay');
      const run = await journalSays(scene.repo.path, '"type":"question.asked"', running);
      const [asked] = await questions();
      expect(asked).toMatchObject(first.length > 0 ? BY_TOOL : BY_APPROVAL);
      const before = agentsAlive(agents.codex);
      running.child.kill('SIGKILL');
      await running.ended;
      expect(await questions()).toEqual([asked]);
      const resumed = start('resume', run, '--stay');
      await journalSays(scene.repo.path, '"type":"run.resumed"', resumed);
      expect(agentsAlive(agents.codex)).toEqual(before);
      await succeeds(start('answer', 'it', first.length > 0 ? '2' : '1'));
      await succeeds(resumed);
      await expectLanded(run);
      expect(await factsOf(run, 'question.asked')).toHaveLength(1);
      expect(await factsOf(run, 'attempt.exited')).toMatchObject([{ heard: [1], fault: null }]);
      const said = await transcript(run);
      expect(new Set(Array.from(said.matchAll(/"threadId":"([^"]*)"/g), ([, id]) => id)).size).toBe(1);
      if (first.length > 0) expect(said).toMatch(/"status\\?":\\?"answered\\?.*Bucket/);
    });
  }

  it('waits for leave, and what people say meanwhile is no answer, but heard after it', async () => {
    await plan('codex', agents, WORK, { settings: { approvals: 'ask' } });
    const running = start('run', 'tracks.yaml', '--stay');
    const run = await journalSays(scene.repo.path, '"type":"question.asked"', running);
    const guided = await succeeds(start('guide', 'it', 'Yes, and mind the MARK.'));
    expect(guided.out).toContain('it waits for your choice, and will be told after it');
    await journalSays(scene.repo.path, '"type":"guidance.delivered"', running);
    expect(await questions()).toMatchObject([BY_APPROVAL]);
    await succeeds(start('answer', 'it', '1:'));
    await succeeds(running);
    await expectLanded(run);
    expect(await factsOf(run, 'question.answered')).toMatchObject([{ text: 'Allow it.' }]);
    const [exited] = await factsOf(run, 'attempt.exited');
    expect(exited).toMatchObject({ fault: null, heard: expect.arrayContaining([1, 2]) });
    expect(scene.lastTexts()).toContain('Yes, and mind the MARK.');
  });
});

describeWithAgents('Codex without an app server under weft', (agents) => {
  it('does its work turn by turn, and hears in between', async () => {
    const old = join(scene.repo.around, 'codex');
    const refuses = `[ "$1" = app-server ] && { echo "error: unrecognized subcommand 'app-server'" >&2; exit 2; }`;
    await writeFile(old, `#!/bin/sh\n${refuses}\nexec '${agents.codex}' "$@"\n`, { mode: 0o755 });
    await plan('codex', { ...agents, codex: old }, [waits(), ...WORK]);
    const running = start('run', 'tracks.yaml', '--stay');
    await vi.waitFor(() => expect(scene.model.requests).toHaveLength(1), 20_000);
    await succeeds(start('guide', 'it', 'Mind the MARK.'));
    const run = await journalSays(scene.repo.path, '"type":"guidance.delivered"', running);
    await go();
    await succeeds(running);
    await expectLanded(run);
    expect(await factsOf(run, 'attempt.exited')).toMatchObject([{ heard: [1], fault: null }]);
    expect(scene.lastTexts()).toContain('Mind the MARK.');
    const logs = await succeeds(start('logs', 'it'));
    expect(logs.out.split('This Codex has no app server')).toHaveLength(2);
  });
});
