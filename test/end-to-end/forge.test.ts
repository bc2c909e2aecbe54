// `weft doctor` in a repository whose remote is at a forge.
import { expect, it, onTestFinished } from 'vitest';
import { startForge } from '../../src/testing/forge/forge.ts';
import { createTempRepo } from '../../src/testing/temp-repo.ts';
import { startWeft } from './cli.ts';

it('says who weft is at the forge, and never what the token is', async () => {
  const forge = await startForge({ repositories: [{ name: 'acme/shop' }] });
  onTestFinished(() => forge.close());
  const repo = await createTempRepo();
  onTestFinished(() => repo.remove());
  await repo.git('remote', 'add', 'origin', forge.gitUrl('acme/shop'));
  const env = { GH_ENTERPRISE_TOKEN: 'forge-token', WEFT_GITHUB_API: forge.url };
  const { out, err } = await startWeft(repo.path, ['doctor'], env).ended;
  expect(out).toContain('knows the token of GH_ENTERPRISE_TOKEN as bot, who may push and merge');
  expect(out).toContain('branch main is not protected');
  expect(out + err).not.toContain('forge-token');
  forge.expireToken('forge-token');
  const expired = await startWeft(repo.path, ['doctor'], env).ended;
  expect(expired.out).toContain('GitHub does not accept the token: Bad credentials.');
  expect(expired.out).toContain('gh auth login');
});
