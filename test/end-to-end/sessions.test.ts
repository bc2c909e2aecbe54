// Agents that converse, under the whole of weft: an end is not what an exit code says, and people are asked and heard.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Command } from '../../src/core/decide/command.ts';
import type { TaskView } from '../../src/core/view.ts';
import type { LedRun } from '../../src/surfaces/app.ts';
import { writeAgent } from '../adapters/agent/session/fixtures/host.ts';
import { readJournal } from './cli.ts';
import { openStage, type Stage } from './rig.ts';

let stage: Stage;
let led: LedRun | null = null;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(async () => {
  // first nothing more is started, then agents are stopped
  led?.interrupt();
  led?.interrupt();
  await led?.outcome;
  led = null;
  await stage.remove();
});

type Fields = Readonly<Record<string, unknown>>;

/** Writes a plan of one task, `a`, whose agent does these acts; with gates, it is held to them. */
async function plan(acts: readonly string[], limits: Fields = {}, config: Fields = {}): Promise<void> {
  const program = await writeAgent(stage.repo.around);
  await stage.script([[{ id: 'a', acts: [] }]], {
    agent: 'claude',
    agents: { claude: { kind: 'claude', program, checks: 'gates' in config } },
    limits: { attempts: 1, ...limits },
    ...config,
  });
  const lines = acts.map((act) => `@${act}`).join('\n');
  await stage.repo.write('tasks/a.md', `---\nowns: ['made/**', made.txt]\n---\n\n# A\n\n${lines}\n`);
  await stage.repo.commit('acts');
}

/** Starts the run, which waits for people. */
async function start(): Promise<LedRun> {
  const planned = await stage.app.plan([{ kind: 'file', path: 'tracks.yaml' }], {});
  if (!planned.ok) throw new Error(planned.failure.text);
  const started = await stage.app.start(planned.value, { stay: true });
  if (!started.ok) throw new Error(started.failure.sentence);
  led = started.value;
  return led;
}

/** Resolves with the task once it fits. */
function shows(led: LedRun, fits: (task: TaskView) => boolean): Promise<TaskView> {
  return new Promise((resolve) => {
    const stop = led.onView((view) => {
      const task = stage.task(view, 'a');
      if (!fits(task)) return;
      stop();
      resolve(task);
    });
  });
}

async function tell(led: LedRun, command: Command): Promise<void> {
  const said = await stage.app.command(led.run, command);
  if (!said.ok) throw new Error(said.failure.sentence);
}

/** Facts of a type in the journal of the run. */
async function factsOf(led: LedRun, type: string): Promise<readonly string[]> {
  const journal = await readJournal(join(stage.app.stateDir, 'runs', led.run));
  return journal.split('\n').filter((line) => line.includes(`"type":"${type}"`));
}

/** Where its attempts are kept. */
function folderOf(led: LedRun): string {
  return join(stage.app.stateDir, 'runs', led.run, 'attempts/a');
}

const go = (): Promise<void> => writeFile(join(stage.repo.around, 'go'), '');
const waits = (): string => `until ${stage.repo.around}/go`;

describe('what an agent leaves is judged by what happened', () => {
  const rows: readonly [string, readonly string[], string][] = [
    ['gone in the midst of its turn, with 0', ['write made.txt', 'exit 0'], 'agent-crashed'],
    ['gone, and what it said was no protocol', ['garbage', 'exit 0'], 'agent-crashed'],
    ['killed in the midst of its turn', ['write made.txt', 'kill SIGKILL'], 'out-of-memory'],
    ['a failure of the model that is called a success', ['write made.txt', 'fault 529'], 'model-failed'],
    ['nothing changed', ['end Done.', 'hang'], 'no-changes'],
    ['only calls that were denied', ['write README.md', 'end Done.', 'hang'], 'no-changes'],
  ];
  test.each(rows)('%s', async (_, acts, cause) => {
    await plan(acts);
    const { view } = await stage.run();
    expect(stage.task(view, 'a').ended).toMatchObject({ attempt: 1, cause });
    expect(await stage.repo.git('show', 'main:README.md')).toBe('start');
  });

  test('done, and it crashes afterwards', async () => {
    await plan(['write made.txt', 'end Done.', 'exit 7']);
    expect((await stage.run()).outcome).toBe('complete');
    expect(await stage.repo.git('show', 'main:made.txt')).toBe('written');
  });
});

describe('people and an agent at work', () => {
  test('it asks, hears the answer and what is said then, each once, and lands its work', async () => {
    await plan(['ask Go on?', 'hear', 'write made.txt', 'end Done.', 'hang']);
    const run = await start();
    const { question } = await shows(run, (task) => task.question != null);
    expect(question).toMatchObject({ from: 'agent', text: 'Go on?' });
    expect(question?.options.map(({ label }) => label)).toEqual(['Yes', 'No']);
    await tell(run, { kind: 'answer', task: 'a', option: 2, text: 'but do' });
    await tell(run, { kind: 'guide', task: 'a', text: 'A word.' });
    expect(await run.outcome).toBe('complete');
    const out = await readFile(join(folderOf(run), '1', 'out.jsonl'), 'utf8');
    expect(out.match(/^(?:Answered|Heard) .*/gm)).toEqual(['Answered No: but do', 'Heard A word.']);
    expect(await factsOf(run, 'attempt.spawned')).toHaveLength(1);
  });

  test('what it did not hear before it was gone is said to the next attempt, once', async () => {
    await plan([waits(), 'exit 3'], { attempts: 2 });
    const run = await start();
    await shows(run, (task) => task.phase === 'working');
    await tell(run, { kind: 'guide', task: 'a', text: 'MARK' });
    await vi.waitFor(async () => expect(await factsOf(run, 'guidance.delivered')).toHaveLength(1), 10_000);
    await go();
    await vi.waitFor(async () => expect(await factsOf(run, 'attempt.exited')).toHaveLength(2), 10_000);
    expect((await factsOf(run, 'attempt.exited'))[0]).toContain('"heard":[]');
    const prompts = [1, 2].map((attempt) => readFile(join(folderOf(run), `${attempt}`, 'prompt.md'), 'utf8'));
    const counts = (await Promise.all(prompts)).map((text) => text.split('MARK').length - 1);
    expect(counts).toEqual([0, 1]);
  });

  test('people are asked about a model that does not answer, in weft’s name, and what they choose is done', async () => {
    await plan(['retry', 'hang'], { quietMs: 100 });
    const run = await start();
    const { question } = await shows(run, (task) => task.question != null);
    expect(question).toMatchObject({ from: 'weft', text: expect.stringContaining('has not answered') });
    expect(question?.options.map(({ then }) => then)).toEqual(['retry', 'hold', 'give-up']);
    await tell(run, { kind: 'answer', task: 'a', option: 2, text: '' });
    expect(await shows(run, ({ ended }) => ended != null)).toMatchObject({
      paused: true,
      ended: { cause: 'stopped' },
    });
  });

  test('a question that its agent does not wait for any more is closed, and the work goes on', async () => {
    await plan(['retry', waits(), 'write made.txt', 'say On.', 'end Done.', 'hang'], { quietMs: 100 });
    const run = await start();
    await shows(run, (task) => task.question !== undefined);
    await go();
    await shows(run, (task) => task.phase === 'merged');
    expect(await factsOf(run, 'question.withdrawn')).toHaveLength(1);
    expect(await factsOf(run, 'attempt.spawned')).toHaveLength(1);
  });
});

describe('the checks of a turn', () => {
  const gates = { tier0: ['test -e made.txt'], tier1: ['test -e made.txt'] };
  const read = (run: string, name: string): Promise<string> =>
    readFile(join(stage.app.stateDir, 'runs', run, 'attempts/a/1', name), 'utf8');

  test('are those of tier 0, and what fails is mended in the same attempt', async () => {
    await plan(['end First.', 'hear', 'write made.txt', 'end Done.', 'hang'], {}, { gates });
    const { run, outcome } = await stage.run();
    expect(outcome).toBe('complete');
    const { checks } = JSON.parse(await read(run, 'session-plan.json'));
    expect(checks.commands).toEqual(gates.tier0);
    expect(await read(run, 'out.jsonl')).toContain('Check: `test -e made.txt` ended with exit code 1.');
  });

  test('are given up after some rounds: what fails is found when the work is verified', async () => {
    const rounds = [1, 2, 3].flatMap((round) => [`end Try ${round}.`, 'hear']);
    await plan(['write made.txt', ...rounds, 'end Enough.', 'hang'], {}, { gates: { tier0: ['false'] } });
    const { view } = await stage.run();
    expect(stage.task(view, 'a').ended).toMatchObject({ attempt: 1, cause: 'gate-failed' });
  });

  test('are none where others work beside it', async () => {
    await plan(['write made.txt', 'end Done.', 'hang'], {}, { gates, isolation: 'shared' });
    const { run, outcome } = await stage.run();
    expect(outcome).toBe('complete');
    expect(JSON.parse(await read(run, 'session-plan.json'))).toMatchObject({ checks: null });
  });
});
