// What a child may see of the engine's environment.
import { expect, it } from 'vitest';
import { buildEnvironment } from '../../../src/adapters/process/env.ts';

const nothing = { pass: [], set: {} };

it.each([
  'PATH',
  'HOME',
  'USER',
  'SHELL',
  'LANG',
  'LC_ALL',
  'TZ',
  'TERM',
  'XDG_CONFIG_HOME',
  'HTTPS_PROXY',
  'no_proxy',
  'SSL_CERT_FILE',
  'NODE_EXTRA_CA_CERTS',
  'GIT_AUTHOR_EMAIL',
])('passes %s', (name) => {
  expect(buildEnvironment({ [name]: 'value' }, nothing)).toEqual({ [name]: 'value' });
});

it.each([
  'GITHUB_TOKEN',
  'GH_TOKEN',
  'GH_ENTERPRISE_TOKEN',
  'GITHUB_ENTERPRISE_TOKEN',
  'GITLAB_TOKEN',
  'ANTHROPIC_API_KEY',
  'OPENAI_API_KEY',
  'AWS_SECRET_ACCESS_KEY',
  'NPM_TOKEN',
  'DATABASE_URL',
  'SSH_AUTH_SOCK',
  'XDG_RUNTIME_DIR',
  'DBUS_SESSION_BUS_ADDRESS',
  'GIT_DIR',
  'GIT_INDEX_FILE',
  'GIT_CONFIG_GLOBAL',
  'NODE_OPTIONS',
  'LD_PRELOAD',
  'WEFT_TAG',
  'MY_PATH',
])('keeps %s unless it is named', (name) => {
  expect(buildEnvironment({ [name]: 'canary' }, nothing)).toEqual({});
  expect(buildEnvironment({ [name]: 'canary' }, { pass: [name], set: {} })).toEqual({ [name]: 'canary' });
});

it('sets over what was passed, and invents nothing', () => {
  const parent = { TMPDIR: '/tmp', PATH: '/bin', EMPTY: undefined };
  expect(
    buildEnvironment(parent, { pass: ['MISSING', 'EMPTY'], set: { TMPDIR: '/attempt/tmp', EXTRA: '' } }),
  ).toEqual({
    PATH: '/bin',
    TMPDIR: '/attempt/tmp',
    EXTRA: '',
  });
});
