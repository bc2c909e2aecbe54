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
      worktrees: '{ root: ".runr-worktrees", branch: "runr/{run}/{task}" }',
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
      worktrees: '{ root: "../worktrees", branch: "agent/{task}" }',
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
      worktrees: '{ root: "../{repo}-issues", branch: "issue-{task}" }',
    },
    folder: null,
    next: 'weft run github 123',
  },
  streams: {
    settings: {
      maxAgents: '16',
      integrate: 'auto',
      merge: '{ strategy: merge }',
      limits: '{ attempts: 10 }',
      worktrees: '{ root: ".claude/worktrees", branch: "stream/{task}" }',
    },
    folder: '.claude/worktrees',
    next: 'weft run task-copilot',
  },
};

/** Sets a preset's keys in the text of a new configuration: in the line that has the key, used or not, else at the end. */
export function applyPreset(text: string, preset: Preset): string {
  return Object.entries(preset.settings).reduce((now, [key, value]) => {
    const line = new RegExp(`^(?:# )?${key}:[^\\n]*$`, 'm');
    const there = line.exec(now)?.[0];
    const comment = /(?<=\s)# (?!.*\{).*$/.exec(there ?? '')?.[0] ?? '';
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
