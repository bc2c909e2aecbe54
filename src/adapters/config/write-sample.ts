// Writes the files of `weft init` into a checkout, and never over one that somebody wrote.
import { accessSync, constants, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fail, ok, type Result } from '../../core/failure.ts';
import { renderSchemas } from './json-schema.ts';
import { CONFIG_FILE } from './load-config.ts';
import { applyPreset, type Preset } from './presets.ts';
import {
  KNOWN_AGENTS,
  type SampleAgent,
  SCHEMA_FOLDER,
  STAND_IN,
  sampleConfig,
  samplePlan,
} from './sample.ts';

/** What was written. */
export interface WrittenSample {
  /** Paths relative to the checkout. */
  readonly written: readonly string[];
  /** The agent that a new configuration names; null: there was a configuration. */
  readonly agent: SampleAgent | null;
}

/** What a sample is to be like. */
export interface SampleWish {
  /** What a new configuration sets; null: what is usual. */
  readonly preset: Preset | null;
  /** Whether a first plan is wanted. */
  readonly withPlan: boolean;
}

/**
 * Writes what is missing: the configuration, a plan where nobody has begun with either, and the schemas that both point
 * to. `path` is the PATH on which agents are looked for. Failure `environment`: the disk refuses.
 */
export function writeSample(
  checkout: string,
  path: string,
  { preset, withPlan }: SampleWish,
): Result<WrittenSample> {
  const isNew = !existsSync(join(checkout, CONFIG_FILE));
  const agent = KNOWN_AGENTS.find(({ program }) => isOnPath(program, path)) ?? STAND_IN;
  const plan = samplePlan();
  // a plan is written whole or not at all: a task that no track names is of no use
  const isBare = withPlan && isNew && !plan.some((file) => existsSync(join(checkout, file.path)));
  const config = sampleConfig({ agent, ...guessCommands(checkout) });
  const files = [
    ...(isNew ? [{ path: CONFIG_FILE, text: preset === null ? config : applyPreset(config, preset) }] : []),
    ...(isBare ? plan : []),
  ];
  try {
    for (const { path: name, text } of files) write(join(checkout, name), text, 'wx');
    // these are weft's own, and follow its version
    for (const [name, text] of Object.entries(renderSchemas())) {
      write(join(checkout, SCHEMA_FOLDER, name), text, 'w');
    }
  } catch (error) {
    const sentence = `The sample files cannot be written: ${error instanceof Error ? error.message : String(error)}.`;
    return fail({ kind: 'environment', sentence });
  }
  return ok({ written: files.map((file) => file.path), agent: isNew ? agent : null });
}

function write(path: string, text: string, flag: 'w' | 'wx'): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text, { flag });
}

function isOnPath(program: string, path: string): boolean {
  return path.split(delimiter).some((folder) => {
    try {
      const file = join(folder, program);
      accessSync(file, constants.X_OK);
      return folder !== '' && statSync(file).isFile();
    } catch {
      return false;
    }
  });
}

/** The commands a Node project is likely to want; none for others. */
function guessCommands(checkout: string): { readonly setup?: string; readonly check?: string } {
  const test = readScripts(checkout)['test'];
  // what npm itself writes into a new package always fails
  const hasTest = typeof test === 'string' && !test.includes('no test specified');
  const hasLock = existsSync(join(checkout, 'package-lock.json'));
  return {
    ...(hasTest ? { check: 'npm test' } : {}),
    ...(hasLock ? { setup: 'npm ci --prefer-offline' } : {}),
  };
}

function readScripts(checkout: string): Readonly<Record<string, unknown>> {
  try {
    const { scripts } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8')) as {
      scripts?: Record<string, unknown>;
    };
    return scripts ?? {};
  } catch {
    return {};
  }
}
