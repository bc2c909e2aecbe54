// The agent of who tries what a page says: it plans, works and reviews as a test teaches it. And what the journal has of that.
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import { parse, stringify } from 'yaml';
import type { Newcomer } from './newcomer.ts';

/** Whoever was taught nothing writes a file of the task's name, another text in each run. */
const AGENT = `#!/bin/sh
set -e
aside="$1"
case $WEFT_ROLE in
  plan) echo '{"milestones":[{"goal":"it is done","done_checks":["look"],"risk_level":"low"}]}' > "$WEFT_RESULT_FILE" ;;
  review) echo '{"status":"approve"}' > "$WEFT_RESULT_FILE" ;;
  *) if [ -e "$aside/$WEFT_TASK.sh" ]; then . "$aside/$WEFT_TASK.sh"; else echo "$WEFT_RUN" > "$WEFT_TASK.txt"; fi ;;
esac
`;

/** Puts the agent into the configuration that \`weft init\` wrote, with keys of the test's own, and commits all there is. */
export async function employ(
  { repo }: Newcomer,
  more: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  await teachAll(repo.around);
  const path = join(repo.path, '.weft/config.yaml');
  const config = parse(readFileSync(path, 'utf8')) as Readonly<Record<string, unknown>>;
  const agents = {
    sh: { kind: 'command', run: `sh '${repo.around}/aside/agent.sh' '${repo.around}/aside'` },
  };
  const own = { agent: 'sh', agents, gates: { tier0: ['true'] } };
  await writeFile(path, stringify({ ...config, ...own, ...more }));
  await repo.commit('weft');
}

async function teachAll(around: string): Promise<void> {
  await mkdir(join(around, 'aside'), { recursive: true });
  await writeFile(join(around, 'aside/agent.sh'), AGENT);
}

/** Teaches the agent what to do for a task, in lines of a shell. */
export async function teach({ repo }: Newcomer, task: string, lines: string): Promise<void> {
  await mkdir(join(repo.around, 'aside'), { recursive: true });
  await writeFile(join(repo.around, 'aside', `${task}.sh`), `${lines}\n`);
}

/** Lines in which the agent waits until it is let go by that name. */
export function waits(name = 'go'): string {
  return `until [ -e "$aside/${name}" ]; do sleep 0.05; done`;
}

/** Lets agents go that wait. */
export async function letGo({ repo }: Newcomer, name = 'go'): Promise<void> {
  await writeFile(join(repo.around, 'aside', name), '');
}

/** Lines in which the agent asks, and ends. */
export function asks(question: string, ...options: readonly string[]): string {
  const status = { status: 'stuck', stuckReason: question, options };
  return `printf '%s' '${JSON.stringify(status)}' > "$WEFT_STATUS_FILE"; exit 0`;
}

/** Facts of the latest run, oldest first. */
export function facts({ repo }: Newcomer): readonly Fact[] {
  const runs = join(repo.path, '.weft/runs');
  const latest = readdirSync(runs).sort().at(-1) ?? '';
  const lines = readFileSync(join(runs, latest, 'journal.jsonl'), 'utf8')
    .trimEnd()
    .split('\n');
  return lines.map((line) => JSON.parse(line) as Fact);
}

/** A fact of a journal. */
export interface Fact {
  readonly type: string;
  readonly task?: string;
}

/** Waits until the journal of the latest run has the text. */
export async function untilJournal(someone: Newcomer, text: string): Promise<void> {
  await vi.waitFor(
    () =>
      expect(
        facts(someone)
          .map((fact) => JSON.stringify(fact))
          .join('\n'),
      ).toContain(text),
    30_000,
  );
}

/** Waits until a line that is typed again and again shows that: what people see follows the journal. */
export async function untilShown({ type }: Newcomer, words: RegExp, line = 'weft status'): Promise<void> {
  await vi.waitFor(async () => expect((await type(line)).out).toMatch(words), 30_000);
}
