// Pages for who comes from elsewhere: the commands on them, and scenes in which each is typed in a real shell. Knows no page.
import { readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Ended } from './cli.ts';
import { JUST } from './just.ts';
import { type Belongings, type Newcomer, welcome } from './newcomer.ts';

/** A command of a page, typed. */
export interface Step {
  /** As the page has it. */
  readonly line: string;
  /** The command of the page that it calls, in these very words; that is typed where `just` is not there. */
  readonly calls?: string;
  /** What it ends with, if not with 0. */
  readonly code?: number;
  /** What it prints. */
  readonly says: readonly [string | RegExp, ...(string | RegExp)[]];
  /** It goes on for ever: these are waited for, and Ctrl-C is pressed. */
  readonly endless?: true;
  /** What happens before; it may wait for what others do. */
  readonly before?: (someone: Newcomer) => Promise<unknown>;
  /** Looks at what it did. */
  readonly after?: (someone: Newcomer, end: Ended) => unknown;
}

/** Commands of a page, in the order in which they make sense. */
export interface Scene {
  readonly name: string;
  /** Why it cannot be acted out here; null: it can. */
  readonly obstacle?: string | null;
  readonly of?: Belongings;
  /** Sets up what the page takes for granted; gives what its example names are called here. */
  readonly prepare: (someone: Newcomer) => Promise<Readonly<Record<string, string>> | undefined>;
  readonly steps: readonly Step[];
}

/** What people type; words of other programs are what they typed before. */
const OURS = /^(?:just |(?:weft|\.\/watch-status|\/orchestrate|\/plugin)(?: |$))/;

/** All commands of a page, each once: in its tables, in its sentences, in its blocks for a shell. */
export function listCommands(page: string): readonly string[] {
  const text = readFileSync(`docs/from-${page}.md`, 'utf8');
  const blocks = [...text.matchAll(/^```sh\n(.*?)^```$/gms)].flatMap(([, lines = '']) => lines.split('\n'));
  const inline = [...text.replace(/^```.*?^```$/gms, '').matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);
  const lines = [...inline.map((code) => code.replace(/\s+/g, ' ')), ...blocks];
  return [...new Set(lines.filter((line) => OURS.test(line)))];
}

/** Acts out the scenes of a page, and holds it to them: each of its commands is typed in one, and no other. */
export function actOut(
  page: string,
  scenes: readonly Scene[],
  isHere: (line: string) => boolean = () => true,
): void {
  describe(`from-${page}.md`, () => {
    test('each command is typed in a scene', () => {
      const typed = new Set(
        scenes.flatMap(({ steps }) => steps.flatMap(({ line, calls }) => [line, calls ?? line])),
      );
      expect([...typed].sort()).toEqual(listCommands(page).filter(isHere).sort());
    });
    for (const scene of scenes) {
      test.skipIf((scene.obstacle ?? null) !== null)(scene.name, { timeout: 240_000 }, async () => {
        const someone = await welcome(scene.of);
        await recordCalls(someone);
        const names = (await scene.prepare(someone)) ?? {};
        for (const step of scene.steps) await act(someone, step, names);
      });
    }
  });
}

async function act(someone: Newcomer, step: Step, names: Readonly<Record<string, string>>): Promise<void> {
  await step.before?.(someone);
  const line = fill(JUST === undefined ? (step.calls ?? step.line) : step.line, names);
  const end = step.endless === true ? await interrupt(someone, line, step.says) : await someone.type(line);
  if (step.calls !== undefined) expect(lastCall(someone), line).toBe(fill(step.calls, names));
  const said = end.out + end.err;
  expect(end.code, `${line}\n${said}`).toBe(step.code ?? 0);
  for (const words of step.says) {
    if (typeof words === 'string') expect(said, line).toContain(fill(words, names));
    else expect(said, line).toMatch(words);
  }
  await step.after?.(someone, end);
}

/** Types a line that does not end by itself; waits until it has said that, and presses Ctrl-C. */
async function interrupt(
  { start }: Newcomer,
  line: string,
  words: readonly (string | RegExp)[],
): Promise<Ended> {
  // the shell itself would die by the signal, and not say what became of the command
  const { child, ended } = start(`exec ${line}`);
  let out = '';
  const said = new Promise<void>((done) => {
    child.stdout?.on('data', (chunk) => {
      out += String(chunk);
      if (words.every((each) => (typeof each === 'string' ? out.includes(each) : each.test(out)))) done();
    });
  });
  await Promise.race([said, ended]);
  if (child.exitCode === null) process.kill(-(child.pid ?? 0), 'SIGINT');
  return ended;
}

/** Has each `weft` write down how it was called. */
async function recordCalls({ repo }: Newcomer): Promise<void> {
  const program = join(repo.around, 'bin/weft');
  await rename(program, `${program}-itself`);
  const lines = [
    '#!/bin/sh',
    `printf 'weft %s\\n' "$*" >> '${repo.around}/calls'`,
    `exec '${program}-itself' "$@"`,
  ];
  await writeFile(program, `${lines.join('\n')}\n`, { mode: 0o755 });
}

/** How it was called last. */
function lastCall({ repo }: Newcomer): string | undefined {
  return readFileSync(join(repo.around, 'calls'), 'utf8').trimEnd().split('\n').at(-1);
}

/** Puts in what the page's examples are called here. */
function fill(line: string, names: Readonly<Record<string, string>>): string {
  return Object.entries(names).reduce((now, [name, here]) => now.replaceAll(name, here), line);
}
