// Git LFS: files that git keeps as pointers, filled in by a program of its own. Decides how a checkout treats them.
import type { Place } from './exec.ts';
import { askSettings } from './repository.ts';

/** Without the program: pointers stay pointers, where git would otherwise refuse the whole checkout. */
const OFF: Readonly<Record<string, string>> = {
  'filter.lfs.process': '',
  'filter.lfs.smudge': '',
  'filter.lfs.clean': '',
  'filter.lfs.required': 'false',
};

/** The place as a checkout is to run there: what cannot be downloaded stays a pointer, and nothing asks or hangs. */
export async function forCheckout(place: Place): Promise<Place> {
  const configured = await askSettings(place, ['config', '--get-regexp', String.raw`^filter\.lfs\.`]);
  if (configured === null) return place;
  const isInstalled = (await askSettings(place, ['lfs', 'version'])) !== null;
  if (!isInstalled) return withSettings(place, OFF);
  return { ...place, env: { ...place.env, GIT_LFS_SKIP_DOWNLOAD_ERRORS: '1' } };
}

/** The place with settings that win over all others. */
export function withSettings(place: Place, settings: Readonly<Record<string, string>>): Place {
  const said = Object.entries(settings).map(([key, value]) => `'${key}'='${value}'`);
  const before = place.env['GIT_CONFIG_PARAMETERS'];
  const all = [...(before === undefined ? [] : [before]), ...said].join(' ');
  return { ...place, env: { ...place.env, GIT_CONFIG_PARAMETERS: all } };
}
