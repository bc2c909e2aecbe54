// Claude Code and the tools of a worker: it finds them, reports, asks and is answered in the midst of its turn, and submits.
import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { answerAsk, type TakenAsk, takeOpenAsks } from '../../src/adapters/agent/asks.ts';
import { spellToken } from '../../src/adapters/agent/worker-place.ts';
import { asObject, type JsonObject } from '../../src/testing/model/json.ts';
import { describeWithAgents } from './binaries.ts';
import { type Played, type Stage, setStage } from './stage.ts';

const OF = { run: 'r1', task: 'api', attempt: 1 };

describeWithAgents('Claude Code with the tools of a worker', (agents) => {
  let stage: Stage;
  let dir: string;

  beforeEach(async () => {
    stage = await setStage(agents);
    dir = join(stage.repo.around, 'attempt');
    await mkdir(dir);
    await writeFile(join(dir, 'prompt.md'), 'Write the limiter.');
  });
  afterEach(() => stage.remove());

  function play(script: string): Promise<Played> {
    const env = {
      WEFT_RUN: OF.run,
      WEFT_TASK: OF.task,
      WEFT_ATTEMPT: String(OF.attempt),
      WEFT_TOKEN: spellToken({ ...OF, secret: '0123456789abcdef' }),
      WEFT_PROMPT_FILE: join(dir, 'prompt.md'),
      WEFT_STATUS_FILE: join(dir, 'status.json'),
      WEFT_SESSION_DIR: dir,
    };
    const weft = { command: process.execPath, args: [resolve('dist/weft.cjs'), 'mcp', '--worker'], env };
    const config = JSON.stringify({ mcpServers: { weft } });
    // in this order: words after the first are taken for more of its files, until the next option
    return stage.playClaude(script, { args: ['--mcp-config', config, '--strict-mcp-config'] });
  }

  function status(): JsonObject {
    return asObject(JSON.parse(readFileSync(join(dir, 'status.json'), 'utf8'))) ?? {};
  }

  /** What its tool calls came to. */
  function results({ events }: Played): readonly unknown[] {
    return events
      .filter(({ type }) => type === 'user')
      .flatMap(({ message }) => asObject(message)?.['content'] as readonly JsonObject[])
      .filter(({ type }) => type === 'tool_result')
      .map(({ content, is_error }) => [textOf(content), is_error === true]);
  }

  function textOf(content: unknown): unknown {
    return Array.isArray(content) ? content.map((part: JsonObject) => part['text']).join('') : content;
  }

  it('finds them, learns its task, reports and submits', async () => {
    const played = await play(
      [
        '@tool mcp__weft__get_task|{}',
        '@tool mcp__weft__report_progress|{"phase":"working","note":"On it."}',
        '@tool mcp__weft__claim_files|{"globs":["docs/**"],"why":"To explain it."}',
        '@tool mcp__weft__submit|{"summary":"It is there.","nothing_to_change_reason":"It was there."}',
        '@say Done.',
      ].join('\n'),
    );
    expect(played.events.at(-1)).toMatchObject({ is_error: false, result: 'Done.', permission_denials: [] });
    expect(results(played)).toEqual([
      ['Write the limiter.', false],
      ['Noted.', false],
      [expect.stringContaining('"status":"refused"'), false],
      ['Noted. End your turn now.', false],
    ]);
    expect(status()).toMatchObject({ status: 'complete', reason: 'It was there.' });
  });

  it('asks, and is answered in the midst of its turn', async () => {
    const played = play(
      '@tool mcp__weft__ask_guidance|{"question":"Which?","options":["a","b"]}\n@say So be it.',
    );
    const ask = await takeAsk(dir, played);
    expect(ask).toMatchObject({ question: 'Which?', options: ['a', 'b'] });
    expect(await answerAsk(dir, ask.id, 'Take b.')).toBe(true);
    expect(results(await played)).toEqual([['{"status":"answered","answer":"Take b."}', false]]);
    expect(status()).toMatchObject({ status: 'working' });
  });
});

/** The question that is asked while it plays. */
async function takeAsk(dir: string, played: Promise<Played>): Promise<TakenAsk> {
  let over: Played | null = null;
  void played.then((end) => {
    over = end;
  });
  for (;;) {
    const [ask] = await takeOpenAsks(dir);
    if (ask !== undefined) return ask;
    if (over !== null) throw new Error(`nothing was asked: ${JSON.stringify(over)}`);
    await new Promise((go) => setTimeout(go, 20));
  }
}
