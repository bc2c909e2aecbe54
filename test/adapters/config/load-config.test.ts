// The configuration: what wins over what, and every mistake with its place.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { loadConfig, overridePolicy } from '../../../src/adapters/config/load-config.ts';
import type { ConfigInput } from '../../../src/adapters/config/schema.ts';
import { DEFAULT_LIMITS } from '../../../src/core/limits.ts';
import { DEFAULT_POLICY, type Policy } from '../../../src/core/model.ts';
import { renderDiagnostics } from '../../../src/core/plan/code-frame.ts';
import { withFiles } from '../source/scene.ts';

const BUILT_IN = { claude: { kind: 'claude' }, codex: { kind: 'codex' } };

async function load(
  text: string | null,
  flags: ConfigInput = {},
  defaults: Policy = DEFAULT_POLICY,
): Promise<Policy | string> {
  return withFiles(text === null ? {} : { '.weft/config.yaml': text }, (repository) => {
    const loaded = loadConfig({ repository, flags, defaults });
    return loaded.ok ? loaded.value : renderDiagnostics(loaded.failure.diagnostics, loaded.failure.texts);
  });
}

describe('what wins', () => {
  test.each([
    ['no file', null],
    ['an empty file', ''],
    ['only comments', '# nothing\n'],
    ['an empty mapping', '{}'],
  ])('%s gives the defaults', async (_, text) => {
    expect(await load(text)).toEqual({ ...DEFAULT_POLICY, agents: BUILT_IN });
    expect(await load('phases: { review: codex }\n')).toMatchObject({
      phases: { plan: false, review: 'codex' },
    });
  });

  test('the file over the defaults, the flags over the file, key by key', async () => {
    const text =
      'target: dev\nmaxAgents: 8\nmaxPerTrack: 2\nagent: mine\nagents:\n  mine: { kind: command, run: make, max: 3 }\n' +
      'gates: { tier0: [npm test] }\nbudget: { minutes: null, usd: 2.5 }\nsetup: npm ci\noutside: ask\n' +
      'limits: { attempts: 3 }\nworktrees: { branch: "w/{task}" }\n';
    const flags = { maxAgents: 2, budget: { minutes: 30 }, isolation: 'shared', fast: true } as const;
    expect(await load(text, flags)).toEqual({
      ...DEFAULT_POLICY,
      target: 'dev',
      maxAgents: 2,
      maxPerTrack: 2,
      outside: 'ask',
      isolation: 'shared',
      fast: true,
      agent: 'mine',
      agents: { ...BUILT_IN, mine: { kind: 'command', run: 'make', max: 3 } },
      gates: { tier0: ['npm test'], tier1: [], tier2: [], triggers: [] },
      budget: { minutes: 30, tokens: null, usd: 2.5 },
      setup: 'npm ci',
      limits: { ...DEFAULT_LIMITS, attempts: 3 },
      worktrees: { root: '../{repo}.weft', branch: 'w/{task}' },
    });
  });

  test('a policy that was printed is a configuration, key by key', async () => {
    // templates are files of their own
    const { target, prompts, ...rest } = DEFAULT_POLICY;
    const changed = { ...rest, maxAgents: 7, limits: { ...DEFAULT_LIMITS, gateSlots: 3 } };
    expect(await load(JSON.stringify(changed))).toEqual({ ...changed, target, prompts, agents: BUILT_IN });
  });

  test("the caller's defaults under the file", async () => {
    const defaults = { ...DEFAULT_POLICY, target: 'trunk' };
    expect(await load(null, {}, defaults)).toMatchObject({ target: 'trunk' });
    expect(await load('target: dev', {}, defaults)).toMatchObject({ target: 'dev' });
    expect(await load('target: dev', { target: 'flag' }, defaults)).toMatchObject({ target: 'flag' });
  });
});

describe('templates of prompts', () => {
  const loadBeside = (files: Readonly<Record<string, string>>): Promise<Policy | string> =>
    withFiles(files, (repository) => {
      const loaded = loadConfig({ repository });
      return loaded.ok ? loaded.value : renderDiagnostics(loaded.failure.diagnostics, loaded.failure.texts);
    });

  test('are taken in where they are', async () => {
    const files = {
      '.weft/agents/worker.md': '{{ task }}\n',
      '.weft/agents/reviewer.md': '{{task}} Mind {{ change }}.\n',
    };
    expect(await loadBeside(files)).toMatchObject({
      prompts: { implement: '{{ task }}\n', review: '{{task}} Mind {{ change }}.\n' },
    });
  });

  test.each(['', 'Work hard on {{ title }}.\n'])(
    'one without a place for the task is refused: %j',
    async (text) => {
      const said = await loadBeside({ '.weft/agents/worker.md': text });
      expect(said).toContain('.weft/agents/worker.md:1:1: The template has no place for the task');
      expect(said).toContain('Fix: Write `{{ task }}` where the text of the task belongs.');
    },
  );

  test('a misspelt one is pointed at, another file is not', async () => {
    const said = await loadBeside({ '.weft/agents/wroker.md': '{{ task }}' });
    expect(said).toContain('.weft/agents/wroker.md is the template of no agent.');
    expect(said).toContain('Did you mean "worker.md"?');
    expect(await loadBeside({ '.weft/agents/README.md': 'Ours.' })).toMatchObject({ prompts: {} });
  });

  test('a place that no part is for is pointed at', async () => {
    expect(await loadBeside({ '.weft/agents/planner.md': '# Plan\n\nSo: {{ anwser }}\n' })).toBe(
      '.weft/agents/planner.md:3:5: There is no part "anwser".\n' +
        '  3 | So: {{ anwser }}\n    |     ~~~~~~~~~~~~\n  Fix: Did you mean "answer"?',
    );
  });
});

describe('mistakes', () => {
  function check(text: string, expected: string, flags: ConfigInput = {}): void {
    test(expected.split('\n')[0] ?? '', async () => expect(await load(text, flags)).toBe(expected));
  }

  check(
    'maxagents: 4\n',
    '.weft/config.yaml:1:1: Unknown key "maxagents".\n  1 | maxagents: 4\n    | ~~~~~~~~~\n  Fix: Did you mean "maxAgents"?',
  );
  check(
    'merge:\n  stratgy: squash\n',
    '.weft/config.yaml:2:3: Unknown key "stratgy".\n  2 |   stratgy: squash\n    |   ~~~~~~~\n  Fix: Did you mean "strategy"?',
  );
  check(
    'isolation: worktre\n',
    '.weft/config.yaml:1:12: "isolation" must be worktree or shared, but it is the text "worktre".\n' +
      '  1 | isolation: worktre\n    |            ~~~~~~~\n  Fix: Did you mean worktree?',
  );
  check(
    'maxAgents: 0\n',
    '.weft/config.yaml:1:12: "maxAgents" must be at least 1.\n  1 | maxAgents: 0\n    |            ~',
  );
  check(
    'gates:\n  triggers:\n    - { name: api, patterns: ["../x"], tier: 1 }\n',
    '.weft/config.yaml:3:31: Entry 1 of "patterns" leaves its directory with ...\n' +
      '  3 |     - { name: api, patterns: ["../x"], tier: 1 }\n    |                               ~~~~~~\n' +
      '  Fix: Write it from the root of the repository. For example: src/api/**',
  );
  check(
    'gates:\n  triggers:\n    - { name: api, patterns: [ok/**, "src/[a"], tier: 1 }\n',
    '.weft/config.yaml:3:38: Entry 2 of "patterns" has a [ that is not closed.\n' +
      '  3 |     - { name: api, patterns: [ok/**, "src/[a"], tier: 1 }\n    |                                      ~~~~~~~~\n' +
      '  Fix: Close it with ].',
  );
  check(
    'maxAgents: 1.5\n',
    '.weft/config.yaml:1:12: "maxAgents" must be a whole number, but it is the number 1.5.\n  1 | maxAgents: 1.5\n    |            ~~~',
  );
  check(
    'budget: { minutes: -1 }\n',
    '.weft/config.yaml:1:20: "minutes" must be more than 0.\n  1 | budget: { minutes: -1 }\n    |                    ~~',
  );
  check(
    'agents:\n  mine: { kind: comand, run: x }\n',
    '.weft/config.yaml:2:17: "kind" must be command, script, claude, codex or acp, but it is the text "comand".\n' +
      '  2 |   mine: { kind: comand, run: x }\n    |                 ~~~~~~\n  Fix: Did you mean command?',
  );
  check(
    'agents:\n  mine: { run: x }\n',
    '.weft/config.yaml:2:9: The key "kind" is missing.\n  2 |   mine: { run: x }\n    |         ~',
  );
  check(
    'agents:\n  mine: { kind: command }\n',
    '.weft/config.yaml:2:9: The key "run" is missing.\n  2 |   mine: { kind: command }\n    |         ~',
  );
  check(
    'agents:\n  mine: { kind: acp, preset: gemeni }\n',
    '.weft/config.yaml:2:30: "preset" must be gemini, qwen, opencode, copilot, claude-agent-acp or codex-acp, but it is the text "gemeni".\n' +
      '  2 |   mine: { kind: acp, preset: gemeni }\n    |                              ~~~~~~\n  Fix: Did you mean gemini?',
  );
  check(
    'agents:\n  mine: { kind: acp, command: my-agent --acp }\n',
    '.weft/config.yaml:2:31: "command" must be a list, but it is the text "my-agent --acp".\n' +
      '  2 |   mine: { kind: acp, command: my-agent --acp }\n    |                               ~~~~~~~~~~~~~~',
  );
  check(
    'agents:\n  mine: { kind: codex, maxTurns: 9 }\n',
    '.weft/config.yaml:2:24: Unknown key "maxTurns".\n' +
      '  2 |   mine: { kind: codex, maxTurns: 9 }\n    |                        ~~~~~~~~\n' +
      '  Fix: Known here: kind, program, model, effort, mode, approvals, checks, env, max, coAuthor.',
  );
  check(
    'agents:\n  mine: { kind: acp }\n',
    '.weft/config.yaml:2:9: "mine" does not say what to start.\n  2 |   mine: { kind: acp }\n    |         ~\n' +
      '  Fix: Set preset (gemini, qwen, opencode, copilot, claude-agent-acp, codex-acp), or command: [PROGRAM, ARGUMENTS].',
  );
  check(
    'agents:\n  mine: { kind: acp, preset: qwen, command: [a] }\n',
    '.weft/config.yaml:2:9: "mine" says twice what to start.\n  2 |   mine: { kind: acp, preset: qwen, command: [a] }\n    |         ~\n' +
      '  Fix: With command it needs neither preset nor program.',
  );
  check(
    'agents:\n  "a b": { kind: claude }\n',
    '.weft/config.yaml:2:3: The key "a b" must be a name of letters, digits, dots and dashes.\n  2 |   "a b": { kind: claude }\n    |   ~~~~~',
  );
  check(
    'agent: clawde\n',
    '.weft/config.yaml:1:8: The agent "clawde" is not configured.\n  1 | agent: clawde\n    |        ~~~~~~\n  Fix: Did you mean "claude"?',
  );
  check(
    'gates:\n  tier0: npm test\n',
    '.weft/config.yaml:2:10: "tier0" must be a list, but it is the text "npm test".\n  2 |   tier0: npm test\n    |          ~~~~~~~~',
  );
  check(
    'gates: { triggers: [{ name: api, patterns: [], tier: 3 }] }\n',
    '.weft/config.yaml:1:44: "patterns" is an empty list.\n  1 | gates: { triggers: [{ name: api, patterns: [], tier: 3 }] }\n' +
      '    |                                            ~\n\n' +
      '.weft/config.yaml:1:54: "tier" must be 1 or 2, but it is the number 3.\n  1 | gates: { triggers: [{ name: api, patterns: [], tier: 3 }] }\n' +
      '    |                                                      ~',
  );
  check(
    'worktrees: { branch: "weft/{run}" }\n',
    '.weft/config.yaml:1:22: "branch" must be a branch name with {task} or {id} in it, and no other placeholder but {run} and {repo}.\n' +
      '  1 | worktrees: { branch: "weft/{run}" }\n    |                      ~~~~~~~~~~~~',
  );
  check(
    'worktrees:\n  path: "../{track}/{id}"\n',
    '.weft/config.yaml:2:9: "path" has "{track}" in it.\n  2 |   path: "../{track}/{id}"\n    |         ~~~~~~~~~~~~~~~~~\n' +
      '  Fix: Its places are {root}, {repo}, {run}, {task}, {id}.',
  );
  check(
    'worktrees: { path: ../worktrees }\n',
    '.weft/config.yaml:1:20: "path" has neither {task} nor {id} in it.\n  1 | worktrees: { path: ../worktrees }\n' +
      '    |                    ~~~~~~~~~~~~\n  Fix: Every task works in a folder of its own.',
  );
  check(
    'phases: { review: crtic }\nagents: { critic: { kind: claude } }\n',
    '.weft/config.yaml:1:19: The agent "crtic" is not configured.\n  1 | phases: { review: crtic }\n' +
      '    |                   ~~~~~\n  Fix: Did you mean "critic"?',
  );
  check(
    'phases: { plan: 7 }\n',
    '.weft/config.yaml:1:17: "plan" must be the name of an agent, true or false, but it is the number 7.\n  1 | phases: { plan: 7 }\n' +
      '    |                 ~',
  );
  check('setup: ""\n', '.weft/config.yaml:1:8: "setup" is empty.\n  1 | setup: ""\n    |        ~~');
  check(
    'limits: { attempts: 11 }\n',
    '.weft/config.yaml:1:21: "attempts" must be at most 10.\n  1 | limits: { attempts: 11 }\n    |                     ~~',
  );
  check('', '--max-agents must be at least 1.', { maxAgents: 0 });
  check('', '--time must be more than 0.', { budget: { minutes: 0 } });
  check('agent: codex', 'The agent "foo" is not configured.\n  Fix: Known agents: "claude" and "codex".', {
    agent: 'foo',
  });
});

describe('branch patterns', () => {
  test.each(['weft/{run}/{task}/work', '{task}', 'a.b/{repo}-{task}', 'agent/{id}'])(
    '%s is taken',
    async (branch) => {
      expect(await load(`worktrees: { branch: "${branch}" }`)).toMatchObject({ worktrees: { branch } });
    },
  );
  test.each([
    'x/{task}/',
    '-{task}',
    'a..b/{task}',
    'a b/{task}',
    '{task}.lock',
    '{task}/{x}',
    '/{task}',
    'x//{task}',
    '{task',
  ])('%s is refused', async (branch) => {
    expect(await load(`worktrees: { branch: "${branch}" }`)).toMatch(/must be a branch name/);
  });
});

describe('overridePolicy', () => {
  const recorded = { ...DEFAULT_POLICY, agents: { mine: { kind: 'command', run: 'make' } }, agent: 'mine' };

  test('lays flags over a recorded policy and leaves the rest alone', () => {
    expect(overridePolicy(recorded, { maxAgents: 9, merge: { strategy: 'rebase' } })).toEqual({
      ok: true,
      value: { ...recorded, maxAgents: 9, merge: { strategy: 'rebase' } },
    });
  });
  test('adds a built-in agent that is asked for, and refuses unknown ones', () => {
    expect(overridePolicy(recorded, { agent: 'codex' })).toMatchObject({
      value: { agent: 'codex', agents: { codex: { kind: 'codex' }, mine: { kind: 'command' } } },
    });
    expect(overridePolicy(recorded, { agent: 'min' })).toMatchObject({
      failure: { diagnostics: [{ position: null, fix: 'Did you mean "mine"?' }] },
    });
    expect(overridePolicy(recorded, { maxAgents: -1 })).toMatchObject({ ok: false });
  });
});

test('whatever is in the file, loading never throws [F38]', async () => {
  const word = fc.constantFrom(
    'agents:',
    'mine:',
    'kind: command',
    'gates:',
    '- ',
    '  ',
    '\n',
    '\n  ',
    '[',
    '{',
    '}',
    ':',
    '"',
    '*a',
    '&a',
    '1',
    '~',
  );
  const texts = fc.oneof(
    fc.array(word, { maxLength: 30 }).map((words) => words.join('')),
    fc.string({ unit: 'binary' }),
  );
  await withFiles({ '.weft/config.yaml': '' }, (repository) => {
    fc.assert(
      fc.property(texts, (text) => {
        writeFileSync(join(repository, '.weft/config.yaml'), text);
        const loaded = loadConfig({ repository });
        expect(loaded.ok || loaded.failure.diagnostics.length).toBeTruthy();
      }),
      { numRuns: 300 },
    );
  });
});
