// Looks at the program of an agent that converses: where it is, which version, what would let it in. Knows no protocol.
import { randomUUID } from 'node:crypto';
import { access, constants } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { AgentConfig } from '../../core/model.ts';
import type { AgentPort, Probe, ProbeDetails, ProbeMeans, Trial } from '../../ports/agent.ts';
import { cleanText } from './agent-text.ts';
import { describeAbsence, locateProgram } from './locate.ts';
import { type ChosenProgram, chooseProgram, type KnownProgram } from './programs.ts';
import { tryAgent } from './trial.ts';

const VERSION_MS = 15_000;
const VERSION_BYTES = 16_384;
/** A version as nearly all programs write it. */
const VERSION = /(?<![\d.])\d+\.\d+(?:\.\d+)?(?:[-+.][0-9A-Za-z.-]+)?/;
const VERSION_CHARS = 40;

const PROTOCOLS = { claude: 'stream-json', codex: 'app-server', acp: 'ACP' } as const;

/** Probes an agent that is hosted; `launch` says how it is started for a trial. */
export async function probeHosted(
  launch: AgentPort['launch'],
  of: { readonly config: AgentConfig; readonly repository: string; readonly means: ProbeMeans | undefined },
): Promise<Probe> {
  const { config, repository, means } = of;
  const chosen = chooseProgram(config);
  if (!chosen.ok) {
    const { sentence, hint } = chosen.failure;
    return { found: false, sentence, ...(hint === undefined ? {} : { hint }) };
  }
  const { program, known } = chosen.value;
  const place = await locateProgram(program, repository);
  if (place === null) {
    return { found: false, sentence: describeAbsence(program), hint: adviseProgram(known) };
  }
  const found: Probe = { found: true, sentence: `\`${program}\` is ${place}.` };
  if (means === undefined) return found;
  const details = await findDetails(chosen.value, { ...of, means });
  const trial = means.trial ? await tryAgent(launch, { config, repository, means, known }) : null;
  const hint = trial === null || trial.isAsAsked ? {} : { hint: adviseTrial(trial.fault, known) };
  return { ...found, ...hint, details: { ...details, trial } };
}

function adviseProgram(known: KnownProgram | null): string {
  if (known === null) return 'Correct `command` of the agent in .weft/config.yaml.';
  return `Install ${known.title} (${known.install}), or name its program: \`program\` of the agent in .weft/config.yaml.`;
}

function adviseTrial(fault: Trial['fault'], known: KnownProgram | null): string {
  switch (fault) {
    case 'login':
      return `Log in: ${known?.enter ?? 'as its program wants it, or name its key under `env` of the agent'}.`;
    case 'limit':
      return 'Its account has nothing left: wait, or use another one.';
    case 'own-limit':
      return 'A limit of its own configuration ended the turn.';
    case null:
    case 'api-error':
    case 'late':
      return 'Look whether its model can be reached from here: proxies, addresses, the login.';
    case 'protocol':
    case 'no-session':
      return `Start its program by hand to see what it says${known === null ? '' : `, or update it (${known.install})`}.`;
    case 'interrupted':
      return 'Somebody or something stopped it: try again.';
    case 'missing':
      return adviseProgram(known);
  }
}

async function findDetails(
  { kind, program, known }: ChosenProgram,
  of: { readonly config: AgentConfig; readonly repository: string; readonly means: ProbeMeans },
): Promise<Omit<ProbeDetails, 'trial'>> {
  const protocol = PROTOCOLS[kind];
  // what a command line of the user's own makes of an argument that it does not expect, nobody knows
  if (known === null) return { protocol, version: null, login: null };
  const env = of.means.environment({ pass: [...known.pass, ...(of.config.env ?? [])], set: {} });
  const word = program.includes('/') ? resolve(of.repository, program) : program;
  const { exit, timedOut, tail } = await of.means.run({
    argv: [word, '--version'],
    cwd: of.repository,
    env,
    timeoutMs: VERSION_MS,
    outputBytes: VERSION_BYTES,
    tag: `weft-doctor-${randomUUID()}`,
  });
  const version = timedOut || exit.code !== 0 ? null : readVersion(tail);
  return { protocol, version, login: await findLogin(known, env) };
}

/** The first thing in a text that looks like a version. */
function readVersion(text: string): string | null {
  return cleanText(VERSION.exec(cleanText(text) ?? '')?.[0], VERSION_CHARS);
}

/** What seems to let a program in, by its environment. */
async function findLogin(
  { keys, login }: KnownProgram,
  env: Readonly<Record<string, string>>,
): Promise<string | null> {
  const key = keys.find((name) => (env[name] ?? '') !== '');
  if (key !== undefined || login === null) return key ?? null;
  const folder = env[login.variable] || join(env['HOME'] ?? '/', login.folder);
  const file = join(folder, login.file);
  return access(file, constants.R_OK).then(
    () => file,
    () => null,
  );
}
