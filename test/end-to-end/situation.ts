// A situation in which things go wrong for somebody who knows one of the guides: provoked, looked at, mended with what it says.
import { expect } from 'vitest';
import { type Belongings, type Newcomer, welcome } from './newcomer.ts';

/** One situation. */
export interface Situation {
  /** As the guide calls it. */
  readonly name: string;
  readonly of?: Belongings;
  readonly prepare?: (someone: Newcomer) => Promise<unknown>;
  readonly line: string;
  readonly code: number;
  /** What names it, and what to do. */
  readonly says: readonly (string | RegExp)[];
  /** What mends it: a part of what was said, typed as it stands, or what somebody does. */
  readonly mend?: RegExp | ((someone: Newcomer) => Promise<unknown>);
  /** What is typed when it is mended, and ends well; absent: the same line. */
  readonly then?: string;
}

/** Plain agents that write a file named after their task. */
export const AGENT =
  'agents: { sh: { kind: command, run: "echo x > $WEFT_TASK.txt" } }\nagent: sh\nintegrate: auto\ngates: { tier0: ["true"] }\n';

/** Types the line, looks at what is said, does it, and goes on. */
export async function provoke({ of, prepare, line, code, says, mend, then }: Situation): Promise<void> {
  const someone = await welcome(of);
  await prepare?.(someone);
  const said = await typeAndExpect(someone, line, code);
  for (const words of says)
    if (typeof words === 'string') expect(said).toContain(words);
    else expect(said).toMatch(words);
  if (mend === undefined) return;
  if (typeof mend === 'function') await mend(someone);
  else {
    const named = mend.exec(said)?.[1];
    expect(named, said).toBeDefined();
    await typeAndExpect(someone, named ?? '', 0);
  }
  await typeAndExpect(someone, then ?? line, 0);
}

/** Types a line that ends with a code; gives all it said. */
export async function typeAndExpect(someone: Newcomer, line: string, code: number): Promise<string> {
  const end = await someone.type(line);
  const said = end.out + end.err;
  expect(end.code, `${line}\n${said}`).toBe(code);
  return said;
}

/** Writes a track file with a track for each of these tasks, by name with their text, and commits all. */
export async function plan(
  { repo }: Pick<Newcomer, 'repo'>,
  tasks: Readonly<Record<string, string>>,
  config = '',
): Promise<void> {
  await repo.write('.weft/config.yaml', `${AGENT}${config}`);
  const names = Object.keys(tasks);
  const tracks = names.map((name) => `  - { name: ${name}, steps: [{ task: ${name}.md }] }`);
  await repo.write('tracks.yaml', `tracks:\n${tracks.join('\n')}\n`);
  for (const [name, text] of Object.entries(tasks)) await repo.write(`${name}.md`, text);
  await repo.commit('plan');
}
