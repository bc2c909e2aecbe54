// What people are told when something could not be done: the effects in words. Knows neither causes nor remedies.
import type { EffectKind } from './effect.ts';

const FAILED: Readonly<Record<EffectKind, string>> = {
  'start-attempt': 'its agent could not be started',
  'watch-attempt': 'its agent could not be watched',
  'stop-attempt': 'its agent could not be stopped',
  'deliver-guidance': 'its agent could not be told what people said',
  'inspect-attempt': 'its work could not be looked at',
  'verify-attempt': 'its gates could not be run',
  'open-pull': 'its work could not be put into a pull request',
  'watch-pull': 'its pull request could not be looked at',
  'adopt-push': 'what somebody pushed onto its branch could not be brought here',
  'shelve-pull': 'its pull request could not be called a draft',
  'enqueue-pull': 'its pull request could not be put into the merge queue',
  'build-candidate': 'the tree that would land could not be built',
  'verify-candidate': 'the gates could not be run on the tree that would land',
  'land-candidate': 'it could not be landed',
  'sweep-task': 'what it left could not be cleared away',
};

/** Says in words that an effect failed; one of another version of weft is not named. */
export function describeFailed(effect: string): string {
  return (FAILED as Readonly<Record<string, string>>)[effect] ?? 'something could not be done for it';
}
