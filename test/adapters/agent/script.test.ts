// The script agent's adapter: what it starts, and what it finds missing beforehand.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createScriptAgent } from '../../../src/adapters/agent/script.ts';
import { attemptFacts } from './facts.ts';

const agent = createScriptAgent({ node: '/bin/node', entry: '/dist/script-agent.cjs' });

describe('launch', () => {
  it('starts the program on the scenario of the checkout, with stdin left open', () => {
    const launch = agent.launch({ kind: 'script', scenario: '.weft/play.yaml' }, attemptFacts());
    expect(launch).toMatchObject({
      ok: true,
      value: { argv: ['/bin/node', '/dist/script-agent.cjs', '/repo/.weft/play.yaml'], stdin: 'fifo' },
    });
    expect(launch.ok && launch.value.env['WEFT_TASK']).toBe('api');
  });

  it('refuses to start without a scenario', () => {
    expect(agent.launch({ kind: 'script' }, attemptFacts())).toMatchObject({
      ok: false,
      failure: { kind: 'usage' },
    });
  });
});

describe('probe', () => {
  let repository = '';
  beforeAll(async () => {
    repository = await mkdtemp(join(tmpdir(), 'weft-script-probe-'));
    await writeFile(join(repository, 'play.yaml'), 'tasks: {}\n');
    await writeFile(join(repository, 'entry.cjs'), '');
  });
  afterAll(() => rm(repository, { recursive: true, force: true }));

  it('finds the program and the scenario', async () => {
    const built = createScriptAgent({ node: '/bin/node', entry: join(repository, 'entry.cjs') });
    expect(await built.probe({ kind: 'script', scenario: 'play.yaml' }, repository)).toMatchObject({
      found: true,
    });
    expect(await built.probe({ kind: 'script', scenario: 'none.yaml' }, repository)).toMatchObject({
      found: false,
    });
    expect(await built.probe({ kind: 'script' }, repository)).toMatchObject({ found: false });
  });

  it('says how to build a program that is not there', async () => {
    const probe = await agent.probe({ kind: 'script', scenario: 'play.yaml' }, repository);
    expect(probe).toMatchObject({ found: false, hint: 'Build it with `npm run build`.' });
  });
});
