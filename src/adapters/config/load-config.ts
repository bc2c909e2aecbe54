// Loads `.weft/config.yaml` and lays the flags over it. Knows nothing of git, of agents' programs or of the terminal.
import { basename, join } from 'node:path';
import { fail, ok, type Result } from '../../core/failure.ts';
import type { Limits } from '../../core/limits.ts';
import {
  type AgentConfig,
  type Budget,
  DEFAULT_POLICY,
  type Gates,
  type Policy,
  type Role,
} from '../../core/model.ts';
import { BUILT_IN_AGENTS } from '../../core/plan/compile.ts';
import type { Diagnostic, Position, Rejection } from '../../core/plan/diagnostic.ts';
import { findNearest } from '../../core/plan/nearest.ts';
import { quote, quoteList } from '../../core/plan/quote.ts';
import { DEFAULT_PULLS } from '../../core/pull.ts';
import { findUnknownPlace, PART_NAMES, placesTask } from '../../core/template.ts';
import { locate, readDocument } from './document.ts';
import { checkDocument, checkFlags } from './issue.ts';
import { type AgentInput, type ConfigInput, configSchema, type GatesInput } from './schema.ts';
import { listFiles, readTextFile } from './text-file.ts';

/** Path of the configuration, relative to the repository. */
export const CONFIG_FILE = '.weft/config.yaml';

/** Why a configuration was refused, with the texts for code frames. */
export interface ConfigRejection extends Rejection {
  readonly texts: ReadonlyMap<string, string>;
}

/**
 * Loads the policy of a repository: the defaults, over them the file (which may be missing), over it the flags. The
 * caller's `defaults` may name what it found out by itself, such as the branch that is checked out.
 */
export function loadConfig(options: {
  readonly repository: string;
  readonly flags?: ConfigInput;
  readonly defaults?: Policy;
}): Result<Policy, ConfigRejection> {
  const { repository, flags = {}, defaults = DEFAULT_POLICY } = options;
  const read = readTextFile(join(repository, CONFIG_FILE));
  const missing = !read.ok && read.failure.kind === 'missing';
  const text = read.ok ? read.value : '';
  const refuse = (diagnostics: readonly Diagnostic[]): Result<Policy, ConfigRejection> =>
    fail({ kind: 'usage', diagnostics, texts: new Map([[CONFIG_FILE, text]]) });
  if (!read.ok && !missing)
    return refuse([{ position: null, sentence: `${CONFIG_FILE} ${read.failure.sentence}.` }]);
  const document = readDocument({ file: CONFIG_FILE, text });
  if (!document.ok) return refuse([document.failure]);
  const file = document.value.value === null ? NOTHING_WRITTEN : checkDocument(document.value, configSchema);
  const given = checkFlags(flags, configSchema, FLAG_NAMES);
  if (file.value === null || given.value === null) return refuse([...file.diagnostics, ...given.diagnostics]);
  const policy = overlay(overlay(withBuiltIns(defaults), file.value), given.value);
  if (policy.isolation === 'shared' && policy.pullRequests !== undefined) {
    const position = isSet(given.value, ['isolation']) ? null : locate(document.value, ['isolation']);
    return refuse([{ position, ...NO_BRANCHES }]);
  }
  const unknown = findUnknownAgent(policy);
  if (unknown === null) return addTemplates(repository, policy);
  const position = isSet(given.value, unknown.key) ? null : locate(document.value, unknown.key);
  return refuse([describeAgent(policy, unknown.name, position)]);
}

const NO_BRANCHES = {
  sentence: 'Tasks that share one worktree have no branches that could become pull requests.',
  fix: 'Leave `isolation` as it is, or `pullRequests` off.',
};

const TEMPLATE_FOLDER = '.weft/agents';

/** Where the templates of prompts are, relative to the repository. */
const TEMPLATES: Readonly<Record<Role, string>> = {
  implement: `${TEMPLATE_FOLDER}/worker.md`,
  plan: `${TEMPLATE_FOLDER}/planner.md`,
  review: `${TEMPLATE_FOLDER}/reviewer.md`,
};

/** Takes in the templates that are there; each place in them has to be of a part that its prompt has. */
function addTemplates(repository: string, policy: Policy): Result<Policy, ConfigRejection> {
  const prompts: Partial<Record<Role, string>> = {};
  for (const [role, file] of Object.entries(TEMPLATES) as [Role, string][]) {
    const read = readTextFile(join(repository, file));
    if (!read.ok && read.failure.kind === 'missing') continue;
    const texts = new Map([[file, read.ok ? read.value : '']]);
    const refuse = (diagnostic: Diagnostic): Result<Policy, ConfigRejection> =>
      fail({ kind: 'usage', diagnostics: [diagnostic], texts });
    if (!read.ok) return refuse({ position: null, sentence: `${file} ${read.failure.sentence}.` });
    const unknown = findUnknownPlace(read.value, role);
    if (unknown !== null) return refuse(describePlace({ file, text: read.value, role, ...unknown }));
    if (!placesTask(read.value)) return refuse(describeTaskless(file));
    prompts[role] = read.value;
  }
  return findStray(repository) ?? ok({ ...policy, prompts });
}

function describeTaskless(file: string): Diagnostic {
  return {
    position: { file, line: 1, column: 1, length: 1 },
    sentence: 'The template has no place for the task: its agent would not know what to do.',
    fix: 'Write `{{ task }}` where the text of the task belongs.',
  };
}

/** Refuses a file whose name is nearly that of a template; null: there is none. */
function findStray(repository: string): Result<Policy, ConfigRejection> | null {
  const names = Object.values(TEMPLATES).map((file) => basename(file));
  for (const name of listFiles(join(repository, TEMPLATE_FOLDER))) {
    const nearest = names.includes(name) ? null : findNearest(name, names);
    if (nearest === null) continue;
    const sentence = `${TEMPLATE_FOLDER}/${name} is the template of no agent.`;
    const diagnostics = [{ position: null, sentence, fix: `Did you mean ${quote(nearest)}?` }];
    return fail({ kind: 'usage', diagnostics, texts: new Map() });
  }
  return null;
}

function describePlace(of: {
  readonly file: string;
  readonly text: string;
  readonly role: Role;
  readonly name: string;
  readonly offset: number;
  readonly length: number;
}): Diagnostic {
  const before = of.text.slice(0, of.offset).split('\n');
  const column = (before.at(-1)?.length ?? 0) + 1;
  const position = { file: of.file, line: before.length, column, length: of.length };
  const nearest = findNearest(of.name, PART_NAMES[of.role]);
  return {
    position,
    sentence: `There is no part ${quote(of.name)}.`,
    fix:
      nearest === null
        ? `Known parts: ${quoteList(PART_NAMES[of.role])}.`
        : `Did you mean ${quote(nearest)}?`,
  };
}

/** Tells whether there is a value at the end of a path of keys. */
function isSet(values: object, key: readonly string[]): boolean {
  let value: unknown = values;
  for (const name of key) value = (value as Record<string, unknown> | undefined)?.[name];
  return value !== undefined;
}

/** Lays flags over the policy of an earlier run. */
export function overridePolicy(policy: Policy, flags: ConfigInput): Result<Policy, Rejection> {
  const given = checkFlags(flags, configSchema, FLAG_NAMES);
  if (given.value === null) return fail({ kind: 'usage', diagnostics: given.diagnostics });
  const { agent } = given.value;
  const overlaid = overlay(policy, given.value);
  if (agent === undefined || Object.hasOwn(policy.agents, agent)) return ok(overlaid);
  const known = withBuiltIns(overlaid);
  const entry = known.agents[agent];
  if (entry === undefined) return fail({ kind: 'usage', diagnostics: [describeAgent(known, agent, null)] });
  return ok({ ...overlaid, agents: { ...overlaid.agents, [agent]: entry } });
}

/** Flags whose names are shorter than the path of what they override. */
const FLAG_NAMES = {
  'budget.minutes': '--time',
  'merge.strategy': '--strategy',
  'gates.tier0': '--gate',
};

const NOTHING_WRITTEN: { readonly value: ConfigInput; readonly diagnostics: readonly Diagnostic[] } = {
  value: {},
  diagnostics: [],
};

/** Fills in the tiers that were left out. */
export function completeGates({ tier0 = [], tier1 = [], tier2 = [], triggers = [] }: GatesInput): Gates {
  return { tier0, tier1, tier2, triggers };
}

function withBuiltIns(defaults: Policy): Policy {
  const builtIn = Object.fromEntries(BUILT_IN_AGENTS.map((name) => [name, { kind: name }]));
  return { ...defaults, agents: { ...builtIn, ...defaults.agents } };
}

/** Lays what is written over a policy, key by key; a section that holds only some keys leaves the others alone. */
function overlay(policy: Policy, written: ConfigInput): Policy {
  const {
    $schema: _,
    agents = {},
    gates = {},
    merge = {},
    budget = {},
    worktrees = {},
    phases = {},
    radar = {},
    pullRequests,
    notify,
    limits = {},
    ...flat
  } = written;
  return {
    ...overlayPulls(policy, pullRequests),
    ...dropAbsent(flat),
    agents: { ...policy.agents, ...mapAgents(agents) },
    gates: { ...policy.gates, ...dropAbsent(gates) },
    merge: { ...policy.merge, ...dropAbsent(merge) },
    budget: overlayBudget(policy.budget, budget),
    worktrees: { ...policy.worktrees, ...dropAbsent(worktrees) },
    phases: { ...policy.phases, ...dropAbsent(phases) },
    radar: { ...policy.radar, ...dropAbsent(radar) },
    ...(notify === undefined ? {} : { notify: { ...policy.notify, ...dropAbsent(notify) } }),
    limits: { ...policy.limits, ...(dropAbsent(limits) as Partial<Limits>) },
  };
}

/** Whoever says how wants it. */
function overlayPulls(policy: Policy, written: ConfigInput['pullRequests']): Policy {
  if (written === undefined) return policy;
  const { pullRequests: before, ...rest } = policy;
  if (written === false) return rest;
  return {
    ...rest,
    pullRequests: { ...DEFAULT_PULLS, ...before, ...(written === true ? {} : dropAbsent(written)) },
  };
}

function overlayBudget(
  before: Policy['budget'],
  { run, ...task }: NonNullable<ConfigInput['budget']>,
): Policy['budget'] {
  const whole = run === undefined ? {} : { run: { ...UNLIMITED, ...before.run, ...dropAbsent(run) } };
  return { ...before, ...dropAbsent(task), ...whole };
}

const UNLIMITED: Budget = { minutes: null, tokens: null, usd: null };

type Present<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function dropAbsent<T extends object>(written: T): Present<T> {
  return Object.fromEntries(Object.entries(written).filter(([, value]) => value !== undefined)) as Present<T>;
}

function mapAgents(agents: Readonly<Record<string, AgentInput>>): Record<string, AgentConfig> {
  return Object.fromEntries(
    Object.entries(agents).map(([name, { kind, ...rest }]) => [name, { kind, ...dropAbsent(rest) }]),
  );
}

/** The first agent that is named and not configured, and the key that names it. */
function findUnknownAgent({ agent, agents, phases }: Policy): {
  readonly name: string;
  readonly key: readonly string[];
} | null {
  const named = [
    { name: agent, key: ['agent'] },
    { name: phases.plan, key: ['phases', 'plan'] },
    { name: phases.review, key: ['phases', 'review'] },
  ];
  for (const { name, key } of named) {
    if (typeof name === 'string' && !Object.hasOwn(agents, name)) return { name, key };
  }
  return null;
}

function describeAgent({ agents }: Policy, agent: string, position: Position | null): Diagnostic {
  const names = Object.keys(agents);
  const nearest = findNearest(agent, names);
  return {
    position,
    sentence: `The agent ${quote(agent)} is not configured.`,
    fix: nearest === null ? `Known agents: ${quoteList(names)}.` : `Did you mean ${quote(nearest)}?`,
  };
}
