// Which repository of which host an address means, and where the interface of that host is.
import { expect, it } from 'vitest';
import { findApi } from '../../../../src/adapters/forge/github/open-github.ts';
import { parseRemote } from '../../../../src/adapters/forge/github/remote.ts';

const shop = { host: 'github.com', owner: 'acme', name: 'shop', scheme: 'https' };

it.each<[string, object | null]>([
  ['https://github.com/acme/shop.git', shop],
  ['https://github.com/acme/shop', shop],
  ['https://github.com/acme/shop/', shop],
  ['  https://GitHub.com/acme/shop.git\n', shop],
  ['https://uma:secret@github.com/acme/shop.git', shop],
  ['https://github.com:443/acme/shop.git', shop],
  ['http://127.0.0.1:8080/acme/shop.git', { ...shop, host: '127.0.0.1:8080', scheme: 'http' }],
  ['https://ghe.example:8443/acme/shop', { ...shop, host: 'ghe.example:8443' }],
  ['git@github.com:acme/shop.git', shop],
  ['github.com:acme/shop', shop],
  ['git@github.com:/acme/shop.git', shop],
  ['org-123@github.com:acme/shop.git', shop],
  ['ssh://git@github.com/acme/shop.git', shop],
  ['ssh://git@github.com:22/acme/shop.git', shop],
  ['ssh://git@ssh.github.com:443/acme/shop.git', shop],
  ['git+ssh://git@github.com/acme/shop.git', shop],
  ['git://github.com/acme/shop.git', shop],
  ['https://github.com/acme/shop.js.git', { ...shop, name: 'shop.js' }],
  ['https://github.com/acme/.github', { ...shop, name: '.github' }],
  ['https://github.com/acme/sh%6Fp.git', shop],
  ['https://github.com/acme', null],
  ['https://github.com/acme/shop/tree/main', null],
  ['https://github.com/acme/..', null],
  ['https://github.com/acme/sh op', null],
  ['https://github.com/acme/%E0%A4%A', null],
  ['/srv/git/acme/shop.git', null],
  ['../shop.git', null],
  ['./a:b/shop', null],
  ['file:///srv/acme/shop.git', null],
  ['C:/acme/shop.git', null],
  ['C:\\acme\\shop.git', null],
  ['ext::sh -c acme/shop', null],
  ['', null],
])('%s', (address, expected) => {
  expect(parseRemote(address)).toEqual(expected);
});

it.each<[string, Readonly<Record<string, string>>, string | null]>([
  ['github.com', {}, 'https://api.github.com'],
  ['github.com', { WEFT_GITHUB_API: 'http://127.0.0.1:1/' }, 'http://127.0.0.1:1'],
  ['acme.ghe.com', {}, 'https://api.acme.ghe.com'],
  ['ghe.example', {}, null],
  ['gitlab.com', { GH_HOST: 'ghe.example' }, null],
  ['ghe.example', { GH_HOST: 'GHE.example' }, 'https://ghe.example/api/v3'],
  ['ghe.example', { WEFT_GITHUB_API: 'https://ghe.example/api/v3' }, 'https://ghe.example/api/v3'],
])('the interface of %s with %j is at %s', (host, env, expected) => {
  expect(findApi({ ...shop, scheme: 'https', host }, env)).toBe(expected);
});
