// Which repository is at GitHub, with which token, and what the forge says of it.
import { describe, expect, it, onTestFinished } from 'vitest';
import { openGithub } from '../../../../src/adapters/forge/github/open-github.ts';
import { findToken } from '../../../../src/adapters/forge/github/token.ts';
import type { CommandSpec } from '../../../../src/ports/process.ts';
import { createTempRepo, type TempRepo } from '../../../../src/testing/temp-repo.ts';
import { createVirtualClock, given, openRig, REPO } from './rig.ts';

/** A `gh` that says this, or is not there. */
function createGh(says: string | null) {
  const asked: (readonly string[])[] = [];
  return {
    asked,
    rooms: new Map(),
    run: async ({ argv }: CommandSpec) => {
      asked.push(argv);
      const exit = { code: says === null ? 127 : 0, signal: null };
      return { exit, timedOut: false, elapsedMs: 1, tail: says ?? 'gh: not found' };
    },
  };
}

it.each<[string, Record<string, string>, string | null, object | null]>([
  [
    'github.com',
    { GH_TOKEN: 'token-one', GITHUB_TOKEN: 'token-two' },
    null,
    { token: 'token-one', from: 'GH_TOKEN' },
  ],
  [
    'github.com',
    { GH_TOKEN: '', GITHUB_TOKEN: 'token-two\n' },
    null,
    { token: 'token-two', from: 'GITHUB_TOKEN' },
  ],
  ['github.com', { GH_ENTERPRISE_TOKEN: 'token-three' }, null, null],
  ['acme.ghe.com', { GH_TOKEN: 'token-one' }, null, { token: 'token-one', from: 'GH_TOKEN' }],
  ['ghe.example', { GH_TOKEN: 'token-one' }, null, null],
  [
    'ghe.example',
    { GH_TOKEN: 'x', GH_ENTERPRISE_TOKEN: 'token-three' },
    null,
    { token: 'token-three', from: 'GH_ENTERPRISE_TOKEN' },
  ],
  ['github.com', {}, 'gho_token-four\n', { token: 'gho_token-four', from: '`gh auth token`' }],
  ['github.com', {}, 'a new version of gh is there\ngho_token', null],
  ['github.com', {}, null, null],
])('for %s, of %j and a gh that says %j', async (host, env, says, expected) => {
  const gh = createGh(says);
  expect(await findToken(host, { env, ghEnv: {}, cwd: '/', run: gh.run })).toEqual(expected);
  const isFromEnv = expected !== null && says === null;
  expect(gh.asked).toEqual(isFromEnv ? [] : [['gh', 'auth', 'token', '--hostname', host]]);
});

async function openRepo(remotes: Readonly<Record<string, string>>): Promise<TempRepo> {
  const repo = await createTempRepo();
  onTestFinished(() => repo.remove());
  for (const [name, url] of Object.entries(remotes)) await repo.git('remote', 'add', name, url);
  return repo;
}

function open(repo: TempRepo, env: Readonly<Record<string, string>>) {
  const { run } = createGh(null);
  return openGithub({
    repository: repo.path,
    clock: createVirtualClock(),
    env,
    ghEnv: {},
    run,
    rooms: new Map(),
  });
}

describe('a repository', () => {
  it('without a remote at GitHub has no forge', async () => {
    expect(await open(await openRepo({}), { GH_TOKEN: 'a-token-of-mine' })).toBeNull();
    const elsewhere = await openRepo({ origin: 'https://gitlab.com/acme/shop.git', disk: '/srv/shop.git' });
    expect(await open(elsewhere, { GH_TOKEN: 'a-token-of-mine' })).toBeNull();
  });

  it('belongs to the remote origin, else to the first at GitHub; without a token that is said', async () => {
    const repo = await openRepo({
      fork: 'git@github.com:uma/shop.git',
      origin: 'git@github.com:acme/shop.git',
    });
    expect(await open(repo, {})).toMatchObject({
      name: 'acme/shop on github.com',
      tokenFrom: null,
      forge: { ok: false, failure: { kind: 'unauthorized', hint: expect.stringContaining('GH_TOKEN') } },
    });
    await repo.git('remote', 'set-url', 'origin', '/srv/shop.git');
    expect((await open(repo, { GH_TOKEN: 'a-token-of-mine' }))?.name).toBe('uma/shop on github.com');
  });

  it('is asked who weft is there, also under the paths of Enterprise', async () => {
    const { forge } = await openRig({
      protection: { main: { contexts: ['build'] } },
      mergeQueue: { method: 'squash' },
      settings: { allowRebaseMerge: false },
    });
    const repo = await openRepo({ origin: forge.gitUrl(REPO) });
    const env = { GH_ENTERPRISE_TOKEN: 'forge-token', WEFT_GITHUB_API: `${forge.url}/api/v3` };
    const found = await open(repo, env);
    expect(found?.tokenFrom).toBe('GH_ENTERPRISE_TOKEN');
    const port = found?.forge.ok === true ? found.forge.value : null;
    if (port === null) throw new Error('there is no forge');
    expect(given(await port.readStanding(null))).toEqual({
      login: 'bot',
      mayPush: true,
      mayMerge: true,
      methods: ['merge', 'squash'],
      defaultBranch: 'main',
      branch: { isProtected: true, requiredChecks: ['build'], hasMergeQueue: true },
    });
    expect(given(await port.readStanding('none')).branch).toBeNull();
  });
});
