// Settings that make weft behave as four other ways of working do. Knows the lines of a new configuration, and no disk.

/** Names of the presets, each after what its tasks come from. */
export const PRESET_NAMES = ['tracks', 'beads', 'issues', 'streams'] as const;

/** One of the presets. */
export type PresetName = (typeof PRESET_NAMES)[number];

/** A preset. */
export interface Preset {
  /** Lines of the configuration, by key; each is YAML on one line. */
  readonly settings: Readonly<Record<string, string>>;
  /** Folder for worktrees inside of the repository, which git is to ignore; null: it is outside. */
  readonly folder: string | null;
  /** How to start there. */
  readonly next: string;
}

/** The presets by name. */
export const PRESETS: Readonly<Record<PresetName, Preset>> = {
  tracks: {
    settings: {
      maxAgents: '16',
      integrate: 'human',
      merge: '{ strategy: rebase }',
      phases: '{ plan: true, review: true }',
      worktrees: '{ path: ".runr-worktrees/{run}/{id}", branch: "runr/{run}/{id}" }',
    },
    folder: '.runr-worktrees',
    next: 'weft run tracks.yaml',
  },
  beads: {
    settings: {
      maxAgents: '4',
      integrate: 'auto',
      pullRequests: 'true',
      merge: '{ strategy: squash }',
      phases: '{ review: true }',
      budget: '{ minutes: null }',
      worktrees: '{ path: "../worktrees/{id}", branch: "agent/{id}" }',
    },
    folder: null,
    next: 'weft run beads',
  },
  issues: {
    settings: {
      maxAgents: '3',
      integrate: 'human',
      pullRequests: 'true',
      merge: '{ strategy: squash }',
      budget: '{ minutes: null }',
      worktrees: '{ path: "../{repo}-issue-{id}", branch: "issue-{id}" }',
      statusFiles: '[issues]',
    },
    folder: null,
    next: 'weft run github 123',
  },
  streams: {
    settings: {
      maxAgents: '16',
      integrate: 'auto',
      merge: '{ strategy: merge }',
      budget: '{ minutes: null }',
      limits: '{ attempts: 10 }',
      worktrees: '{ path: ".claude/worktrees/{id}", branch: "stream/{id}" }',
      statusFiles: '[streams]',
    },
    folder: '.claude/worktrees',
    next: 'weft run task-copilot',
  },
};

/** Sets a preset's keys in the text of a new configuration: in the line that has the key, used or not, else at the end. */
export function applyPreset(text: string, preset: Preset): string {
  return Object.entries(preset.settings).reduce((now, [key, value]) => {
    // what is below a key that is not used goes with it
    const line = new RegExp(`^(?:${key}:[^\\n]*|# ${key}:[^\\n]*(?:\\n# {3}[^\\n]*)*)$`, 'm');
    const there = line.exec(now)?.[0];
    const comment = /(?<=\s)# (?!.*\{).*$/m.exec(there ?? '')?.[0] ?? '';
    const set = `${`${key}: ${value}`.padEnd(28)} ${comment}`.trimEnd();
    return there === undefined ? `${now}${set}\n` : now.replace(line, () => set);
  }, text);
}

/** The lines that a configuration lacks which is there; empty: it has them all. */
export function drawMissing(text: string, { settings }: Preset): string {
  const lines = text.split(/\r?\n/).map((line) => line.replace(/\s+#.*$/, ''));
  return Object.entries(settings)
    .map(([key, value]) => `${key}: ${value}`)
    .filter((line) => !lines.includes(line))
    .join(' · ');
}

/** How to start in the preset whose places and branches a configuration has; null: in none, or it takes a track file. */
export function findUsual(text: string): string | null {
  const presets = PRESET_NAMES.filter((name) => name !== 'tracks').map((name) => PRESETS[name]);
  const found = presets.find(({ settings }) =>
    [...(settings['worktrees'] ?? '').matchAll(/"([^"]+)"/g)].every(([, place = '']) => text.includes(place)),
  );
  return found?.next ?? null;
}
