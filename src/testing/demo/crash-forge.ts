// The forge of crashes: a stand-in for GitHub with real git, which lets no pull request be made, or no check end, until it is
// told to go on. Kills nobody.
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { FaultPlan } from '../forge/faults.ts';
import { startForge } from '../forge/forge.ts';
import { runTestGit } from '../temp-repo.ts';

/** See the file's first line. */
export interface CrashForge {
  /** What a weft needs in its environment to work with it. */
  readonly env: Readonly<Record<string, string>>;
  /** From now on, until it may go on: a pull request is asked for in vain, or checks do not end. */
  hold(what: 'pulls' | 'checks'): void;
  /** Resolves when somebody has asked in vain, or, false, after the signal. */
  wasAsked(signal: AbortSignal): Promise<boolean>;
  goOn(): void;
  /** What is wrong with its pull requests, of which there have to be so many. */
  judge(pulls: number): readonly string[];
  close(): Promise<void>;
}

const REPO = 'demo/crashes';
const TOKEN = 'demo-token';
const LOOK_MS = 10;
/** However often it is tried. */
const REFUSAL: FaultPlan = {
  fault: { kind: 'drop-before' },
  method: 'POST',
  path: /\/pulls$/,
  times: Number.MAX_SAFE_INTEGER,
};

/** Starts it, as the remote of a repository; what it keeps lies in the folder. */
export async function openCrashForge(repository: string, folder: string): Promise<CrashForge> {
  let held: Promise<void> | null = null;
  let release: () => void = () => undefined;
  const forge = await startForge({
    root: join(folder, 'forge'),
    tokens: { [TOKEN]: 'bot' },
    repositories: [{ name: REPO }],
    ci: async () => {
      await held;
      return [{ name: 'test', conclusion: 'success' }];
    },
  });
  await runTestGit(forge.gitDir(REPO), ['fetch', '--quiet', repository, '+main:main']);
  await runTestGit(repository, ['remote', 'add', 'origin', forge.gitUrl(REPO)]);
  const goOn = (): void => {
    forge.faults.clear();
    release();
    held = null;
  };
  return {
    env: { GH_ENTERPRISE_TOKEN: TOKEN, WEFT_GITHUB_API: forge.url, no_proxy: '127.0.0.1' },
    hold: (what) => {
      if (what === 'checks')
        held = new Promise((resolve) => {
          release = resolve;
        });
      else forge.faults.plan(REFUSAL);
    },
    wasAsked: async (signal) => {
      const isAsked = (): boolean => forge.calls().some(({ fault }) => fault === REFUSAL.fault.kind);
      while (!(signal.aborted || isAsked())) await delay(LOOK_MS);
      return isAsked();
    },
    goOn,
    judge: (pulls) => {
      const made = forge.pulls(REPO).length;
      return [
        ...(made === pulls ? [] : [`There are ${made} pull requests and not ${pulls}.`]),
        ...forge.duplicates(),
      ];
    },
    close: async () => {
      goOn();
      await forge.close();
    },
  };
}
