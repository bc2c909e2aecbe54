// The real agents and the scripted model understand each other: work is done, errors are passed over, limits are understood.
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { asObject } from '../../src/testing/model/json.ts';
import { type Agents, describeWithAgents } from './binaries.ts';
import { type Played, type Stage, setStage } from './stage.ts';

const SCRIPT = `# Make a file

@usage 100|7
@write notes/made.txt|It's made.\\nBy an agent.
@bash git add -A && git commit -qm Made
@usage 200|9
@say All is made.

## Rules
\`\`\`
@bash false
\`\`\`
`;

const WAIT = { timeout: 30_000, interval: 20 };

let stage: Stage;

function prepare(agents: Agents): void {
  beforeEach(async () => {
    stage = await setStage(agents);
  });
  afterEach(() => stage.remove());
}

function last({ events }: Played): unknown {
  return events.at(-1);
}

async function checkWork(): Promise<void> {
  expect(await stage.repo.git('show', 'HEAD:notes/made.txt')).toBe("It's made.\nBy an agent.");
  expect(await stage.repo.git('log', '-1', '--format=%s')).toBe('Made');
  expect(await stage.repo.git('status', '--porcelain')).toBe('');
}

describeWithAgents('Claude Code', (agents) => {
  prepare(agents);

  it('writes, commits and says so', async () => {
    const played = await stage.playClaude(SCRIPT);
    expect(played).toMatchObject({ code: 0, err: '' });
    expect(last(played)).toMatchObject({
      type: 'result',
      subtype: 'success',
      is_error: false,
      result: 'All is made.',
      num_turns: 3,
      usage: { input_tokens: 400, output_tokens: 23 },
    });
    await checkWork();
    expect(stage.model.requests.map(({ dialect, path }) => [dialect, path])).toEqual(
      Array.from({ length: 3 }, () => ['anthropic', '/v1/messages']),
    );
  });

  for (const hurdle of ['@error 529 x2|0', '@drop x2']) {
    it(`goes on after ${hurdle}`, async () => {
      const played = await stage.playClaude(`${hurdle}\n@say Here.`);
      expect(last(played)).toMatchObject({ is_error: false, result: 'Here.' });
      const retries = played.events.filter(({ subtype }) => subtype === 'api_retry');
      expect(retries.map(({ attempt }) => attempt)).toEqual([1, 2]);
    });
  }

  it('gives up at a limit that is far away', async () => {
    const played = await stage.playClaude('@error 429|3600');
    expect(stage.model.requests.length).toBe(1);
    expect(played.code).toBe(1);
    expect(last(played)).toMatchObject({ type: 'result', is_error: true, api_error_status: 429 });
  });

  it('goes on where it was cut off', async () => {
    const session = randomUUID();
    const waits = vi.waitFor(() => expect(stage.model.requests.length).toBe(2), WAIT);
    const script = '@bash touch first\n@error 529 x1|600\n@bash touch second\n@say All.';
    await stage.playClaude(script, { args: ['--session-id', session], until: waits });
    const played = await stage.playClaude('Go on.', { args: ['--resume', session] });
    expect(last(played)).toMatchObject({ is_error: false, result: 'All.' });
    expect(await stage.repo.git('status', '--porcelain')).toBe('?? first\n?? second');
  });

  it('hears when the limit of a subscription ends', async () => {
    const played = await stage.playClaude('@reset 4000000000\n@error 429', { pays: 'subscription' });
    const [limit] = played.events.filter(({ type }) => type === 'rate_limit_event');
    expect(limit?.['rate_limit_info']).toMatchObject({ status: 'rejected', resetsAt: 4_000_000_000 });
    expect(last(played)).toMatchObject({ is_error: true, api_error: 'usage_limit_reached' });
  });
});

describeWithAgents('Codex', (agents) => {
  prepare(agents);

  it('writes, commits and says so', async () => {
    const played = await stage.playCodex(SCRIPT);
    expect(played.code).toBe(0);
    expect(last(played)).toMatchObject({
      type: 'turn.completed',
      usage: { input_tokens: 400, output_tokens: 23 },
    });
    expect(asObject(played.events.at(-2)?.['item'])).toMatchObject({
      type: 'agent_message',
      text: 'All is made.',
    });
    await checkWork();
    expect(stage.model.requests.map(({ dialect, path, model }) => [dialect, path, model])).toEqual(
      Array.from({ length: 3 }, () => ['responses', '/v1/responses', 'gpt-5.5']),
    );
  });

  for (const hurdle of ['@error 529 x2|0', '@drop x2']) {
    it(`goes on after ${hurdle}`, async () => {
      const played = await stage.playCodex(`${hurdle}\n@say Here.`);
      expect(last(played)).toMatchObject({ type: 'turn.completed' });
      expect(asObject(played.events.at(-2)?.['item'])).toMatchObject({ text: 'Here.' });
      expect(stage.model.requests.length).toBe(3);
    });
  }

  it('gives up at a limit', async () => {
    const played = await stage.playCodex('@reset +3600\n@error 429');
    expect(played.code).toBe(1);
    expect(last(played)).toMatchObject({
      type: 'turn.failed',
      error: { message: expect.stringContaining('usage limit') },
    });
  });
});
