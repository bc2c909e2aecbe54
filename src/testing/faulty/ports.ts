// The ports of this machine, each call that changes something counted and struck on demand. The build puts them in the
// place of the real ones; the rest of the program is the same, and does not know.
import { basename } from 'node:path';
import { createControlPort as controlReally } from '../../adapters/control/control-port.ts';
import { openGithub as openReally } from '../../adapters/forge/github/open-github.ts';
import { createGitPort as gitReally } from '../../adapters/git/git-port.ts';
import { createJournalStore as journalsReally } from '../../adapters/journal/file-journal.ts';
import { FILE_OPS, type FileOps } from '../../adapters/journal/file-ops.ts';
import { createProcessPort as processReally } from '../../adapters/process/process-port.ts';
import { createFiles as filesReally } from '../../adapters/system/files.ts';
import type { ControlPort } from '../../ports/control.ts';
import type { FilesPort } from '../../ports/files.ts';
import type { ForgePort } from '../../ports/forge.ts';
import type { GitPort } from '../../ports/git.ts';
import type { JournalStore } from '../../ports/journal.ts';
import type { ProcessPort } from '../../ports/process.ts';
import type { Lane } from './point.ts';
import './calls.ts';
import { close, die, type Operation, open, operate, refuse } from './strike.ts';

/** How a call's arguments are told apart: kind of the operation (the method's name when null) and what it is done to. */
type Teller<A extends readonly unknown[]> = (...args: A) => { readonly kind?: string; readonly to: string };

type Tellers<P> = {
  readonly [K in keyof P]?: P[K] extends (...args: infer A) => Promise<unknown> ? Teller<A> : never;
};

const PICTURES = new Set(['view.json', 'state.json']);
const RADAR = /^(?:radar|snapshot|tryMerge)\b/;

/** The port with the named methods counted. */
function watched<P extends object>(lane: Lane, port: P, tellers: Tellers<P>): P {
  const methods = Object.entries(tellers as Record<string, Teller<unknown[]>>).map(([name, tell]) => {
    const act = (port as Record<string, (...args: unknown[]) => Promise<unknown>>)[name];
    if (act === undefined) throw new Error(`Internal error: no method ${name}`);
    const call = (...args: unknown[]): Promise<unknown> => {
      const { kind = name, to } = tell(...args);
      // how often these are drawn, or looked at, depends on the time: among the others they would blur every number
      const seen = RADAR.test(kind) ? 'radar' : lane;
      const at = PICTURES.has(to) ? 'pictures' : seen;
      return operate({ lane: at, kind, to }, () => act(...args));
    };
    return [name, call];
  });
  return { ...port, ...Object.fromEntries(methods) };
}

const GIT: Tellers<GitPort> = {
  ensureWorktree: ({ path }) => ({ to: basename(path) }),
  noteSettings: (worktree) => ({ to: basename(worktree) }),
  furnish: (worktree) => ({ to: basename(worktree) }),
  ensureCheckout: ({ path }) => ({ to: basename(path) }),
  noteSetUp: ({ path }) => ({ to: basename(path) }),
  commitLeftovers: ({ worktree }) => ({ to: basename(worktree) }),
  commitPaths: ({ worktree }) => ({ to: basename(worktree) }),
  buildCandidate: ({ pin }) => ({ to: basename(pin) }),
  land: ({ note }) => ({ to: note }),
  removeWorktree: ({ path }) => ({ to: basename(path) }),
  removeCheckout: (path) => ({ to: basename(path) }),
  repair: () => ({ to: 'the repository' }),
  pin: (ref) => ({ to: basename(ref) }),
  unpin: (prefix) => ({
    ...(prefix.startsWith('refs/weft/radar/') ? { kind: 'radar unpin' } : {}),
    to: basename(prefix),
  }),
  snapshot: ({ worktree }) => ({ to: basename(worktree) }),
  tryMerge: ({ work, onto }) => ({ to: `${work.head.slice(0, 8)} onto ${onto.head.slice(0, 8)}` }),
};

/** The git port of a repository, watched. */
export async function createGitPort(folder: string): ReturnType<typeof gitReally> {
  const git = await gitReally(folder);
  return git.ok ? { ok: true, value: watched('git', git.value, GIT as Tellers<typeof git.value>) } : git;
}

const FORGE: Tellers<ForgePort> = {
  push: ({ branch }) => ({ kind: branch.startsWith('weft/') ? 'push' : 'push of the target', to: branch }),
  deleteBranch: ({ branch }) => ({ to: branch }),
  ensurePull: ({ branch }) => ({ to: branch }),
  updatePull: ({ number, isDraft }) => ({ kind: `updatePull${tellDraft(isDraft)}`, to: `#${number}` }),
  reply: ({ number }) => ({ to: `#${number}` }),
  comment: ({ number }) => ({ to: `#${number}` }),
  merge: ({ number }) => ({ to: `#${number}` }),
  enqueue: ({ number }) => ({ to: `#${number}` }),
  close: (number) => ({ to: `#${number}` }),
};

function tellDraft(isDraft: boolean | undefined): string {
  if (isDraft === undefined) return '';
  return isDraft ? ' to a draft' : ' to ready';
}

const LOOKS: Tellers<ForgePort> = {
  readStanding: (branch) => ({ to: branch ?? 'the default branch' }),
  fetch: ({ branch }) => ({ to: branch }),
  listOpen: () => ({ to: 'all' }),
  observe: (numbers) => ({ to: numbers.map((number) => `#${number}`).join(' ') }),
  readLog: ({ check }) => ({ to: `${check}` }),
};

export { GH_VARIABLES, openIssues } from '../../adapters/forge/github/open-github.ts';

/** Finds the forge of a repository, watched. */
export async function openGithub(...[means]: Parameters<typeof openReally>): ReturnType<typeof openReally> {
  const found = await openReally(means);
  if (found === null || !found.forge.ok) return found;
  const forge = watched('looks', watched('forge', found.forge.value, FORGE), LOOKS);
  return { ...found, forge: { ok: true, value: forge } };
}

const FILES: Tellers<FilesPort> = {
  makeDir: (path) => ({ to: basename(path) }),
  replace: (path) => ({ kind: `replace ${basename(path)}`, to: basename(path) }),
  remove: (path) => ({ to: basename(path) }),
  removeEmpty: (path) => ({ to: basename(path) }),
};

/** The files port, watched. */
export function createFiles(): FilesPort {
  return watched('files', filesReally(), FILES);
}

const PROCESS: Tellers<ProcessPort> = {
  start: ({ tag }) => ({ to: tag }),
  killTree: ({ tag }) => ({ kind: tag.includes('/.gates/') ? 'killTree of gates' : 'killTree', to: tag }),
  writeInput: (dir) => ({ to: dir }),
  run: ({ tag }) => ({ to: tag }),
};

/** The process port, watched. */
export function createProcessPort(): ProcessPort {
  return watched('process', processReally(), PROCESS);
}

/** The control port, watched where it makes a leader. */
export function createControlPort(): ControlPort {
  return watched('control', controlReally(), { lead: (stateDir) => ({ to: basename(stateDir) }) });
}

/** Journals whose every write can be torn, and whose every sync can fail. */
export function createJournalStore(): JournalStore {
  const store = journalsReally(createFileOps());
  return {
    ...store,
    open: async (runDir, leadership) => {
      const opened = await store.open(runDir, leadership);
      if (!opened.ok) return opened;
      const journal = watched('files', opened.value.journal, {
        saveSnapshot: () => ({ to: 'snapshot.json' }),
      });
      return { ok: true, value: { ...opened.value, journal } };
    },
  };
}

function createFileOps(): FileOps {
  let writing: Operation | null = null;
  return {
    write: async (file, bytes) => {
      // the rest of a write that was cut short
      if (writing?.mode === 'ENOSPC') {
        const struck = writing;
        writing = null;
        return refuse(struck, 'ENOSPC');
      }
      writing = open({
        lane: 'journal',
        kind: `append ${tellTypes(bytes)[0]?.split(' ')[0]}`,
        to: tellTypes(bytes).join('+'),
      });
      const half = bytes.subarray(0, Math.ceil(bytes.length / 2));
      switch (writing.mode) {
        case 'before':
          return die(writing);
        case 'torn':
          await FILE_OPS.write(file, half);
          return die(writing);
        case 'EIO':
          return refuse(writing, 'EIO');
        case 'ENOSPC':
          return FILE_OPS.write(file, half);
        default:
          return FILE_OPS.write(file, bytes);
      }
    },
    datasync: async (file) => {
      if (writing?.mode === 'EIO-sync') refuse(writing, 'EIO');
      await FILE_OPS.datasync(file);
      if (writing?.mode === 'after') die(writing);
      if (writing !== null) close(writing);
      writing = null;
    },
    truncate: (file, length) => FILE_OPS.truncate(file, length),
  };
}

/** The facts of a batch. */
function tellTypes(bytes: Uint8Array): readonly string[] {
  const facts = /"event":\{"type":"([a-z.-]+)"(?:,"task":"([^"]*)")?/g;
  const found = [...Buffer.from(bytes).toString('utf8').matchAll(facts)];
  return found.map(([, type = '', task]) => (task === undefined ? type : `${type} ${task}`));
}
