// Gives an agent one small turn, to see whether it works: under the same host as in earnest, in a folder that is thrown away.
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { AgentConfig } from '../../core/model.ts';
import type { AgentPort, AttemptFacts, Launch, ProbeMeans, Trial } from '../../ports/agent.ts';
import type { CommandEnd } from '../../ports/process.ts';
import { cleanText } from './agent-text.ts';
import type { KnownProgram } from './programs.ts';
import { readSessionReport } from './session-report.ts';

const PROMPT = 'Answer with OK.\n';
const AS_ASKED = /\bok(?:ay)?\b/i;
/** Time for the turn, with starting and leaving. */
const TRIAL_MS = 60_000;
const OUTPUT_BYTES = 65_536;
const TEXT_CHARS = 300;

/** Gives the agent one turn; afterwards no process of it and no file of ours is left. */
export async function tryAgent(
  launch: AgentPort['launch'],
  of: {
    readonly config: AgentConfig;
    readonly repository: string;
    readonly means: ProbeMeans;
    readonly known: KnownProgram | null;
  },
): Promise<Trial> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'weft-trial-')));
  try {
    const facts = await prepare(root, of.repository);
    const launched = launch(placeProgram(of.config, of.repository), facts);
    if (!launched.ok) throw new Error(`Internal error: ${launched.failure.sentence}`);
    const end = await run(launched.value, facts, of);
    const came = await judge(end, facts.dir);
    const isAsAsked = came.fault === null && AS_ASKED.test(came.text);
    return { ...came, isAsAsked, elapsedMs: Math.round(end.elapsedMs) };
  } finally {
    // what the agent still wrote while it was ended may come in between
    await rm(root, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function prepare(root: string, repository: string): Promise<AttemptFacts> {
  const worktree = join(root, 'work');
  const tempDir = join(root, 'tmp');
  for (const folder of [worktree, tempDir]) await mkdir(folder);
  const promptFile = join(root, 'prompt.md');
  await writeFile(promptFile, PROMPT);
  return {
    run: `trial-${randomUUID()}`,
    task: 'trial',
    attempt: 1,
    role: 'implement',
    base: '',
    worktree,
    promptFile,
    statusFile: join(root, 'status.json'),
    resultFile: join(root, 'result.json'),
    tempDir,
    portBase: 0,
    command: null,
    repository,
    dir: root,
    owns: [],
    model: null,
    effort: null,
    resume: null,
    told: [],
    token: null,
    checks: null,
    retryMs: TRIAL_MS,
    outputBytes: OUTPUT_BYTES,
  };
}

/** A program that is named by its place is meant from the repository on; nobody is there to be asked. */
function placeProgram(config: AgentConfig, repository: string): AgentConfig {
  const place = (word: string): string => (word.includes('/') ? resolve(repository, word) : word);
  const [first, ...rest] = config.command ?? [];
  return {
    ...config,
    approvals: 'auto',
    ...(config.program === undefined ? {} : { program: place(config.program) }),
    ...(first === undefined ? {} : { command: [place(first), ...rest] }),
  };
}

async function run(
  { argv, env, pass = [], files = [] }: Launch,
  { worktree }: AttemptFacts,
  of: { readonly means: ProbeMeans; readonly known: KnownProgram | null },
): Promise<CommandEnd> {
  for (const { path, text } of files) await writeFile(path, text);
  return of.means.run({
    argv,
    cwd: worktree,
    env: of.means.environment({ pass, set: { ...env, ...of.known?.hurry } }),
    timeoutMs: TRIAL_MS,
    outputBytes: OUTPUT_BYTES,
    tag: `weft-trial-${randomUUID()}`,
  });
}

/** What came of it, by the host's report. */
async function judge({ timedOut, tail }: CommandEnd, dir: string): Promise<Pick<Trial, 'fault' | 'text'>> {
  const report = await readSessionReport(dir);
  const say = (text: string | null | undefined): string => cleanText(text, TEXT_CHARS) ?? '';
  if (timedOut) return { fault: 'late', text: say(report?.ask?.text ?? report?.waits ?? report?.doing) };
  if (report?.end == null) return { fault: 'protocol', text: say(tail) };
  return { fault: report.end.fault, text: say(report.end.text) };
}
