// A home for Codex in tests, in which it asks the scripted model and nobody else. Asserts nothing.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { testGitEnv } from '../../src/testing/temp-repo.ts';

/** Makes the home in a folder and gives the whole environment. */
export async function makeCodexHome(
  around: string,
  modelUrl: string,
): Promise<Readonly<Record<string, string>>> {
  const home = join(around, 'home');
  await mkdir(home, { recursive: true });
  await writeFile(join(home, 'config.toml'), configAt(modelUrl));
  return { ...testGitEnv(), HOME: home, CODEX_HOME: home, SCRIPT_KEY: 'no-key-is-needed' };
}

function configAt(url: string): string {
  return `model = "gpt-5.5"
model_provider = "script"
[model_providers.script]
name = "script"
base_url = "${url}/v1"
env_key = "SCRIPT_KEY"
wire_api = "responses"
request_max_retries = 1
stream_max_retries = 1
`;
}
