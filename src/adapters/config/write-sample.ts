// Writes the files of `weft init` into a repository, and never over one that is there.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fail, ok, type Result } from '../../core/failure.ts';
import { CONFIG_FILE } from './load-config.ts';
import { sampleConfig, samplePlan } from './sample.ts';

/** Writes what is missing; gives the paths written, relative to the repository. Failure `environment`: the disk refuses. */
export function writeSample(repository: string): Result<readonly string[]> {
  const files = [{ path: CONFIG_FILE, text: sampleConfig(guessCommands(repository)) }, ...samplePlan()];
  const written: string[] = [];
  try {
    for (const { path, text } of files) {
      const target = join(repository, path);
      if (existsSync(target)) continue;
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, text, { flag: 'wx' });
      written.push(path);
    }
  } catch (error) {
    const sentence = `The sample files cannot be written: ${error instanceof Error ? error.message : String(error)}.`;
    return fail({ kind: 'environment', sentence });
  }
  return ok(written);
}

/** The commands a Node project is likely to want; none for others. */
function guessCommands(repository: string): { readonly setup?: string; readonly check?: string } {
  const hasTest = readScripts(repository).includes('test');
  const hasLock = existsSync(join(repository, 'package-lock.json'));
  return {
    ...(hasTest ? { check: 'npm test' } : {}),
    ...(hasLock ? { setup: 'npm ci --prefer-offline' } : {}),
  };
}

function readScripts(repository: string): readonly string[] {
  try {
    const { scripts } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as {
      scripts?: object;
    };
    return Object.keys(scripts ?? {});
  } catch {
    return [];
  }
}
