// A copy whose work becomes pull requests: a stand-in for GitHub with real git beside it, which outlives every engine, with
// people who look after the pull requests, and what has to be true there in the end. Knows no engine.
import { join } from 'node:path';
import type { TaskReceipt } from '../../core/documents/receipt.ts';
import { type Forge, type ForgeOptions, type RepositoryOptions, startForge } from '../forge/forge.ts';
import type { CheckInput } from '../forge/hub.ts';
import type { PullIssue } from '../forge/store.ts';
import { runTestGit } from '../temp-repo.ts';
import type { Beyond, Script } from './script.ts';

/** The repository at the forge, and who acts there. */
const REPO = 'acme/shop';
const TOKEN = 'forge-token';
const PERSON = 'human';

/** How often people look. */
const LOOK_MS = 250;

/** An open pull request, as people see it. */
export interface Looked {
  readonly forge: Forge;
  readonly pull: PullIssue;
  readonly at: { readonly repo: string; readonly number: number };
  /** Text of a file at its head; empty: it is not there. */
  read(path: string): Promise<string>;
}

/** What happens at a forge. */
export interface Plot {
  readonly rules: Omit<RepositoryOptions, 'name'>;
  /** Checks what came to a branch, by its files. */
  ci(build: { readonly ref: string; read(path: string): Promise<string> }): Promise<readonly CheckInput[]>;
  /** What a person does about an open pull request of a task, whenever they look at it. */
  readonly deeds: Readonly<Record<string, (looked: Looked) => Promise<unknown>>>;
  /** Tasks whose pull requests people close. */
  readonly closed: readonly string[];
}

/** Opens the forge of a copy. */
export async function openForge(
  copy: { readonly dir: string; readonly repo: string },
  { plot, lands }: { readonly plot: Plot } & Pick<Script, 'lands'>,
): Promise<Beyond> {
  const { repo, dir } = copy;
  const ci: ForgeOptions['ci'] = ({ ref, sha }) => plot.ci({ ref, read: (path) => read(`${sha}:${path}`) });
  const forge = await startForge({
    root: join(dir, 'forge'),
    tokens: { [TOKEN]: 'bot' },
    repositories: [{ name: REPO, ...plot.rules }],
    ci,
  });
  const read = remember((what) => runTestGit(forge.gitDir(REPO), ['show', what]).catch(() => ''));
  const target = forge.gitDir(REPO);
  await runTestGit(target, ['fetch', '--quiet', repo, '+main:main']);
  await runTestGit(repo, ['remote', 'add', 'origin', forge.gitUrl(REPO)]);
  const before = await runTestGit(repo, ['rev-parse', 'main']);
  const people = startPeople({ forge, read }, plot);
  return {
    target,
    env: { GH_ENTERPRISE_TOKEN: TOKEN, WEFT_GITHUB_API: forge.url },
    refs: ['refs/weft/forge/main'],
    heed: people.heed,
    judge: async (receipts) => {
      await people.stop();
      const now = await runTestGit(repo, ['rev-parse', 'main']);
      const moved = now === before ? [] : ["I14: the user's own branch was moved"];
      const pulls = judgePulls(forge.pulls(REPO), { lands, closed: plot.closed });
      return [...moved, ...people.troubles, ...pulls, ...(await judgeForge(forge, receipts))];
    },
    close: async () => {
      await people.stop();
      await forge.close();
    },
  };
}

/** Asks once for each, as a file of a commit never changes. */
function remember(ask: (what: string) => Promise<string>): (what: string) => Promise<string> {
  const known = new Map<string, Promise<string>>();
  return (what) => {
    const answer = known.get(what) ?? ask(what);
    known.set(what, answer);
    return answer;
  };
}

/** People who look at all open pull requests again and again, one after the other. */
function startPeople(
  { forge, read }: { readonly forge: Forge; read(what: string): Promise<string> },
  { deeds }: Plot,
): Pick<Beyond, 'heed'> & { stop(): Promise<void>; readonly troubles: readonly string[] } {
  const troubles: string[] = [];
  let busy: Promise<void> = Promise.resolve();
  const look = async (): Promise<void> => {
    for (const pull of forge.pulls(REPO)) {
      if (pull.state !== 'open') continue;
      const { headSha } = pull.pull;
      const at = { repo: REPO, number: pull.number };
      await deeds[taskOf(pull)]?.({ forge, pull, at, read: (path) => read(`${headSha}:${path}`) });
    }
  };
  const heed = (): Promise<void> => {
    busy = busy.then(look).catch((error: unknown) => void troubles.push(String(error)));
    return busy;
  };
  let timer: NodeJS.Timeout | undefined;
  const goOn = (): void => {
    timer = setTimeout(() => void heed().then(() => timer !== undefined && goOn()), LOOK_MS);
  };
  goOn();
  return {
    heed,
    troubles,
    stop: () => {
      clearTimeout(timer);
      timer = undefined;
      return busy;
    },
  };
}

/** The task of a branch of weft's: `weft/RUN/TASK/work`. */
function taskOf({ pull }: PullIssue): string {
  return pull.headRef.split('/').at(-2) ?? '';
}

/** Each task has one pull request, which ended as it had to, and what people said there was answered once. */
function judgePulls(
  pulls: readonly PullIssue[],
  { lands, closed }: Pick<Script, 'lands'> & Pick<Plot, 'closed'>,
): readonly string[] {
  const wrongs: string[] = [];
  for (const task of [...lands, ...closed]) {
    const own = pulls.filter((each) => taskOf(each) === task);
    if (own.length !== 1) wrongs.push(`${task} has ${own.length} pull requests`);
    for (const { number, state, pull } of own) {
      const end = pull.merged === null ? state : 'merged';
      const wanted = closed.includes(task) ? 'closed' : 'merged';
      if (end !== wanted) wrongs.push(`#${number} of ${task} is ${end}, not ${wanted}`);
      if (end === 'merged' && pull.draft) wrongs.push(`#${number} of ${task} landed as a draft`);
    }
  }
  return [...wrongs, ...pulls.flatMap(judgeAnswers)];
}

const ANSWERED = /<!-- weft remark=(\d+) -->/;

function judgeAnswers({ number, comments, pull, state }: PullIssue): readonly string[] {
  const all = [...comments, ...pull.comments];
  const answered = all.flatMap(({ body }) => ANSWERED.exec(body)?.[1] ?? []).map(Number);
  const remarks = all.filter(({ user }) => user.login === PERSON);
  return remarks.flatMap(({ id }) => {
    const times = answered.filter((each) => each === id).length;
    return times === 1 || state === 'open' ? [] : [`a remark on #${number} was answered ${times} times`];
  });
}

/** Nothing is there twice, nothing is left, nobody asked while they were told to wait, and the receipts tell it as it is. */
async function judgeForge(forge: Forge, receipts: readonly TaskReceipt[]): Promise<readonly string[]> {
  const wrongs = forge.duplicates().map((what) => `at the forge there are ${what}`);
  const heads = await runTestGit(forge.gitDir(REPO), ['for-each-ref', '--format=%(refname)', 'refs/heads']);
  for (const ref of heads.split('\n'))
    if (ref !== 'refs/heads/main') wrongs.push(`the forge still has ${ref}`);
  if (forge.calls().some(({ early }) => early)) wrongs.push('the forge was asked before it wanted to be');
  for (const pull of forge.pulls(REPO)) {
    const row = receipts.find(({ task_id }) => task_id === taskOf(pull));
    const phase = pull.pull.merged === null ? 'cancelled' : 'merged';
    if (row?.pr !== pull.number || row.phase !== phase)
      wrongs.push(`the receipt has #${row?.pr} ${row?.phase} for #${pull.number}, which is ${phase}`);
  }
  return wrongs;
}
