// The command agent: which line is launched with which environment, and whether its program can be found.
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCommandAgent } from '../../../src/adapters/agent/command.ts';
import { attemptFacts } from './facts.ts';

const agent = createCommandAgent();

describe('launch', () => {
  for (const [title, run, command, line] of [
    ["takes the agent's line", 'agent --go', null, 'agent --go'],
    ["prefers the task's line", 'agent --go', 'mine "$WEFT_TASK"', 'mine "$WEFT_TASK"'],
    ["needs no agent's line when the task has one", undefined, 'mine', 'mine'],
  ] as const) {
    it(title, () => {
      const config = { kind: 'command', ...(run === undefined ? {} : { run }) };
      const launch = agent.launch(config, attemptFacts({ command }));
      expect(launch).toMatchObject({ ok: true, value: { argv: ['sh', '-c', line], stdin: 'prompt' } });
    });
  }

  for (const [title, run, command] of [
    ['no line at all', undefined, null],
    ['a blank line', '  ', null],
    ["a blank line of the task's", 'agent', ' '],
    ['a NUL byte', 'agent \0', null],
  ] as const) {
    it(`refuses ${title} and says what to set`, () => {
      const config = { kind: 'command', ...(run === undefined ? {} : { run }) };
      const launch = agent.launch(config, attemptFacts({ command }));
      expect(launch).toMatchObject({ ok: false, failure: { kind: 'usage' } });
      expect(launch.ok ? '' : launch.failure.hint).toContain('`run`');
    });
  }

  it('names the attempt in the environment', () => {
    const launch = agent.launch({ kind: 'command', run: 'x' }, attemptFacts());
    expect(launch.ok && launch.value.env).toEqual({
      WEFT_RUN: 'r1',
      WEFT_TASK: 'api',
      WEFT_ATTEMPT: '2',
      WEFT_ROLE: 'implement',
      WEFT_RESULT_FILE: '/s/result.json',
      WEFT_PROMPT_FILE: '/s/prompt.md',
      WEFT_STATUS_FILE: '/s/status.json',
      WEFT_BASE: 'b'.repeat(40),
      WEFT_TEMP_DIR: '/s/tmp',
      TMPDIR: '/s/tmp',
      WEFT_PORT_BASE: '42000',
      PORT: '42000',
    });
  });

  it('names the target when it is known', () => {
    const launch = agent.launch({ kind: 'command', run: 'x' }, attemptFacts({ target: 'main' }));
    expect(launch.ok && launch.value.env['WEFT_TARGET']).toBe('main');
  });
});

describe('probe', () => {
  let repository = '';
  beforeAll(async () => {
    repository = await mkdtemp(join(tmpdir(), 'weft-probe-'));
    await mkdir(join(repository, 'my tools'));
    for (const name of ['tools.sh', 'my tools/agent', 'plain.txt']) {
      await writeFile(join(repository, name), '#!/bin/sh\ntouch ran\n');
      if (name !== 'plain.txt') await chmod(join(repository, name), 0o755);
    }
  });
  afterAll(() => rm(repository, { recursive: true, force: true }));

  for (const [line, found, says] of [
    ['sh -c true', true, '/sh'],
    ['A=1 B="x y" C= sh run', true, '/sh'],
    ['exec sh run', true, '/sh'],
    ['sh<prompt', true, '/sh'],
    ['"sh" run', true, '/sh'],
    ['cd sub && ./go', true, 'built into the shell'],
    ['[ -f x ] && y', true, 'built into the shell'],
    ['./tools.sh --prompt "$WEFT_PROMPT_FILE"', true, '`./tools.sh` is there.'],
    ["'my tools/agent'", true, 'my tools/agent'],
    ['$AGENT --go', true, 'shell syntax'],
    ['(cd a; b)', true, 'shell syntax'],
    ['no-such-agent-4711 --go', false, '`no-such-agent-4711`'],
    ['X=1 no-such-agent-4711', false, '`no-such-agent-4711` is not on PATH.'],
    ['./absent.sh', false, '`./absent.sh` is no executable file of the repository.'],
    ['/no/such/agent', false, '`/no/such/agent` is no executable file.'],
    ['./plain.txt', false, '`./plain.txt`'],
    ['', false, 'no command line'],
  ] as const) {
    it(`looks at \`${line}\``, async () => {
      const probe = await agent.probe({ kind: 'command', run: line }, repository);
      expect(probe.sentence).toContain(says);
      expect(probe.found).toBe(found);
      expect(probe.hint === undefined).toBe(found);
    });
  }

  it('says so when only tasks bring a line', async () => {
    expect(await agent.probe({ kind: 'command' }, repository)).toMatchObject({ found: false });
  });
});
