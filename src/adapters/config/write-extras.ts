// Writes what `weft init` is asked for beside the sample: recipes, files for Claude Code, a preset. Overwrites nobody's file.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fail, ok, type Result } from '../../core/failure.ts';
import { claudeFiles } from './claude-plugin.ts';
import { CONFIG_FILE } from './load-config.ts';
import { type OwnFile, placeFiles } from './own-file.ts';
import { drawMissing, PRESETS, type PresetName } from './presets.ts';
import { writeJust } from './write-just.ts';

/** What somebody asked for. */
export interface Extras {
  readonly just: boolean;
  readonly claude: boolean;
  readonly preset: PresetName | null;
}

/** What was written for it. */
export interface WrittenExtras {
  /** Paths relative to the checkout. */
  readonly written: readonly string[];
  /** What people should know, a sentence each. */
  readonly notes: readonly string[];
}

/**
 * Writes what is missing. `isNewConfig`: the configuration was made just now, so the preset is in it. `version` of weft.
 * Failure `environment`: the disk refuses.
 */
export function writeExtras(
  checkout: string,
  extras: Extras,
  of: { readonly isNewConfig: boolean; readonly version: string },
): Result<WrittenExtras> {
  const written: string[] = [];
  const notes: string[] = [];
  const place = (files: readonly OwnFile[]): void => {
    const placed = placeFiles(checkout, files);
    written.push(...placed.written);
    notes.push(...placed.kept.map((path) => `${path} is there and not weft's, so it stays as it is.`));
  };
  try {
    if (extras.preset !== null) {
      const preset = PRESETS[extras.preset];
      const missing = of.isNewConfig ? '' : drawMissing(readConfig(checkout), preset);
      if (missing !== '')
        notes.push(`${CONFIG_FILE} stays as it is; for the preset ${extras.preset} it lacks: ${missing}`);
      if (preset.folder !== null)
        place([{ path: `${preset.folder}/.gitignore`, text: '*\n', comment: 'hash' }]);
      notes.push(`To begin: \`${preset.next}\`, with \`--dry-run\` to look first.`);
    }
    if (extras.just) {
      const just = writeJust(checkout);
      if (just.written !== null) written.push(just.written);
      notes.push(...just.notes);
    }
    if (extras.claude) {
      place(claudeFiles(of.version));
      notes.push('In Claude Code: `/orchestrate start`; in another terminal: `./watch-status`.');
    }
    return ok({ written, notes });
  } catch (error) {
    const sentence = `The files cannot be written: ${error instanceof Error ? error.message : String(error)}.`;
    return fail({ kind: 'environment', sentence });
  }
}

function readConfig(checkout: string): string {
  const path = join(checkout, CONFIG_FILE);
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}
