// The real Codex without its app server: a turn for each process, the same thread, and what is told of it.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, it } from 'vitest';
import { createCodex } from '../../src/adapters/agent/session/codex.ts';
import { createCodexExec } from '../../src/adapters/agent/session/codex-exec.ts';
import type { Opening } from '../../src/adapters/agent/session/conversation.ts';
import { bundleHost } from '../adapters/agent/session/fixtures/host.ts';
import type { Pump } from '../adapters/agent/session/fixtures/pump.ts';
import { describeWithAgents } from './binaries.ts';
import { itTellsFaults } from './codex-faults.ts';
import { openScene, type Scene } from './scene.ts';
import { codexEnv } from './surroundings.ts';

const root = mkdtempSync(join(tmpdir(), 'weft-turns-'));
const entry = bundleHost(root);
afterAll(() => rmSync(root, { recursive: true, force: true }));

let scene: Scene;
let env: Readonly<Record<string, string>>;

beforeEach(async () => {
  scene = await openScene();
  env = codexEnv(scene.repo.around, scene.model.url);
});

afterEach(() => scene.remove());

describeWithAgents('Codex turn by turn', ({ codex }) => {
  const start = (prompt: string, opening: Partial<Opening> = {}): Pump => {
    const protocol = createCodexExec({ program: codex, turns: [process.execPath, entry, '--turns'] });
    return scene.converse(protocol, { prompt, ...opening }, env);
  };

  it('writes, runs and commits, and leaves when it is let go', async () => {
    const script = [
      '@write made.txt|It is made.',
      '@bash git add -A && git commit -qm Made',
      '@bash exit 3',
      '@say Made.',
    ];
    const pump = start(script.join('\n'));
    expect(await pump.next('turn-over')).toEqual({ kind: 'turn-over', fault: null, text: 'Made.' });
    expect(await scene.repo.git('show', 'HEAD:made.txt')).toBe('It is made.');
    expect(pump.news).toContainEqual(
      expect.objectContaining({ kind: 'doing', files: [join(scene.repo.path, 'made.txt')] }),
    );
    expect((await pump.next('failed-call')).text).toContain('exit code 3');
    expect(await pump.next('spent')).toMatchObject({ spending: { input: 4000, output: 200, usd: null } });
    expect(await pump.close()).toEqual({ code: 0, signal: null });
  });

  it('hears what was said meanwhile with its next turn, in the same thread, once', async () => {
    const pump = start('@bash until [ -e go ]; do sleep 0.05; done\n@say First.');
    await pump.next('doing');
    pump.conversation.say({ number: 1, text: 'Mind the MARK.' });
    pump.conversation.say({ number: 2, text: '@say Second.' });
    expect(pump.news.some(({ kind }) => kind === 'heard')).toBe(false);
    await writeFile(join(scene.repo.path, 'go'), '');
    expect(await pump.next('turn-over')).toMatchObject({ fault: null, text: 'Second.' });
    expect(pump.news.filter(({ kind }) => kind === 'heard')).toEqual([
      { kind: 'heard', number: 1 },
      { kind: 'heard', number: 2 },
    ]);
    expect(scene.lastTexts().split('MARK')).toHaveLength(2);
    pump.conversation.say({ number: 3, text: '@say Third.' });
    expect((await pump.next('turn-over')).text).toBe('Third.');
    const ids = pump.news.flatMap((news) => (news.kind === 'session' ? [news.id] : []));
    expect(ids).toHaveLength(3);
    expect(new Set(ids).size).toBe(1);
    expect(pump.news.filter(({ kind }) => kind === 'spent').at(-1)).toMatchObject({
      spending: { input: 4000 },
    });
  });

  it('stops when it is interrupted, with the command that it runs', async () => {
    const pump = start('@bash touch begun; sleep 30; touch late\n@say Never said.');
    await pump.next('doing');
    pump.conversation.interrupt();
    expect(await pump.next('turn-over')).toMatchObject({ fault: 'interrupted' });
    expect(existsSync(join(scene.repo.path, 'late'))).toBe(false);
  });

  it('goes on with what the app server began, and says when there is nothing', async () => {
    const opening = { prompt: '@say I remember.\nThe word is MARK.' };
    const first = scene.converse(createCodex({ program: codex }), opening, env);
    const { id } = await first.next('session');
    await first.next('turn-over');
    await first.close();
    const second = start('@say Still there.', { resume: id });
    expect((await second.next('turn-over')).text).toBe('Still there.');
    expect(scene.lastTexts()).toContain('The word is MARK.');
    const third = start('@say Never said.', { resume: '00000000-0000-7000-8000-000000000000' });
    expect(await third.next('turn-over')).toMatchObject({ fault: 'no-session' });
  });

  it('uses tools that are told who they are by variables, not by the command line', async () => {
    const script =
      'require("readline").createInterface({input:process.stdin}).on("line",(l)=>{const{id,method}=JSON.parse(l);if(id===undefined)return;const r=method==="initialize"?{protocolVersion:"2025-06-18",capabilities:{tools:{}},serverInfo:{name:"t",version:"1"}}:method==="tools/list"?{tools:[{name:"who",description:"Who",inputSchema:{type:"object",properties:{}}}]}:{content:[{type:"text",text:"I am "+process.env.WEFT_TOKEN}]};console.log(JSON.stringify({jsonrpc:"2.0",id,result:r}))})';
    const tools = {
      name: 'weft',
      command: process.execPath,
      args: ['-e', script],
      env: { WEFT_TOKEN: 'sesame' },
    };
    const pump = start('@tool mcp__weft__who|{}\n@say Asked.', { tools });
    expect(await pump.next('turn-over')).toMatchObject({ fault: null, text: 'Asked.' });
    expect(pump.lines.join('\n')).toContain('I am sesame');
    expect(pump.lines.find((line) => line.startsWith('> '))).not.toContain('sesame');
  });

  it('is not started where people want to be asked', async () => {
    const pump = start('@write made.txt|x', { approvals: 'ask' });
    expect(await pump.next('turn-over')).toMatchObject({ fault: 'protocol' });
    expect(scene.model.requests).toHaveLength(0);
  });

  itTellsFaults(start);
});
