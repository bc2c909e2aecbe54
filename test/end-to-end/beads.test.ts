// Issues of a real Beads database as tasks of the real command line: the guide's commands, what people do to issues while a
// run goes on, and two orchestrators on one database.
import { execFile } from 'node:child_process';
import { appendFileSync, chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createTempRepo, testGitEnv } from '../../src/testing/temp-repo.ts';
import { countFacts, findLeft, obstacle, openYard, shellAgent, WORK, type Yard } from './beads-rig.ts';
import { journalSays } from './cli.ts';
import { JUST } from './just.ts';

/** Runs a recipe of the repository's justfile with the real `just`, or the command that the recipe has. */
async function recipe(yard: Yard, name: string, ...args: readonly string[]): Promise<string> {
  const commands: Readonly<Record<string, readonly string[]>> = {
    orchestrate: ['run', 'beads'],
    'orchestrate-preview': ['run', 'beads', '--dry-run'],
    'orchestrate-status': ['status'],
    worker: ['run', 'beads'],
    merger: ['merge'],
    'worktree-clean': ['worktree', 'clean'],
  };
  if (JUST === undefined) {
    const { code, out, err } = await yard.weft(...(commands[name] ?? []), ...args);
    expect(code, out + err).toBe(0);
    return out;
  }
  const bin = join(yard.repo.around, 'weft');
  writeFileSync(bin, `#!/bin/sh\nexec '${process.execPath}' '${resolve('dist/weft.cjs')}' "$@"\n`);
  chmodSync(bin, 0o755);
  const env = {
    ...testGitEnv(),
    NO_COLOR: '1',
    PATH: `${yard.repo.around}${delimiter}${process.env['PATH']}`,
  };
  return (await promisify(execFile)(JUST, [name, ...args], { cwd: yard.repo.path, env })).stdout;
}

/** An agent that works when a file is there, and leaves when its folder is not. */
function heldBy(file: string): Readonly<Record<string, unknown>> {
  return shellAgent(`while [ -d '${dirname(file)}' ] && [ ! -e '${file}' ]; do sleep 0.1; done; ${WORK}`);
}

describe.skipIf(obstacle !== null)(
  `Beads on the command line${obstacle === null ? '' : `: ${obstacle}`}`,
  () => {
    test('the quick start of the guide, command by command', { timeout: 240_000 }, async () => {
      const yard = await openYard();
      const init = await yard.weft('init', '--just');
      expect(init.code, init.err).toBe(0);
      await yard.repo.commit('recipes');
      const epic = yard.create('Epic: Feature X', '-p', '0');
      const a = yard.create('Implement component A', '-p', '1', '--parent', epic);
      const b = yard.create('Write integration tests', '-p', '1', '--parent', epic, '--deps', a);
      expect([a, b]).toEqual([`${epic}.1`, `${epic}.2`]);

      const preview = await recipe(yard, 'orchestrate-preview', '--epic', epic);
      expect(preview).toContain('2 tasks in 2 waves');
      expect(existsSync(join(yard.repo.path, '.weft', 'runs'))).toBe(false);
      expect(await recipe(yard, 'worker', a)).toContain('(1 merged)');
      expect(yard.look().get(a)).toMatchObject({ status: 'closed', labels: ['phase:merged'] });
      expect(yard.look().get(epic)?.status).toBe('open');
      const out = await recipe(yard, 'orchestrate', '--epic', epic, '--max-agents', '2');
      expect(out).toContain('1 task · 1 track · 2 agents at once');
      expect(out).toContain('(1 merged)');
      expect(findLeft(yard.look())).toEqual([]);
      expect(yard.look().get(b)?.closeReason).toMatch(/^Landed by weft as [0-9a-f]{40} on main$/);
      expect(await recipe(yard, 'orchestrate-status')).toContain(`${b}`);
      expect(await recipe(yard, 'worktree-clean')).not.toContain('kept');
      // what is left of a quick start: nothing but what Beads itself notes
      expect(await yard.repo.git('worktree', 'list')).not.toContain('\n');
      expect(await yard.repo.git('status', '--porcelain')).toBe(' M .beads/interactions.jsonl');
      const again = await recipe(yard, 'orchestrate', '--epic', epic);
      expect(again).toContain('There is nothing to do');
      // agents find the one database, whatever .beads folder their worktree has [B15]
      expect(await yard.repo.git('show', `main:${a}.txt`)).toBe(join(yard.repo.path, '.beads'));
    });

    test('what people add, close, put off or take while a run goes on counts', {
      timeout: 240_000,
    }, async () => {
      const repo = await createTempRepo();
      onTestFinished(() => repo.remove());
      const go = join(repo.around, 'go');
      const yard = await openYard({ repo, config: heldBy(go) });
      const epic = yard.create('Epic', '-t', 'epic');
      const first = yard.create('First', '--parent', epic);
      const [closed, later, taken] = ['Closed', 'Later', 'Taken'].map((title) =>
        yard.create(title, '--parent', epic, '--deps', first),
      ) as [string, string, string];
      const after = yard.create('After what ada does', '--parent', epic, '--deps', taken);
      const running = yard.start('run', 'beads', '--epic', epic);
      await journalSays(yard.repo.path, '"type":"attempt.started"', running);
      yard.bd('close', closed, '--force', '--reason', 'not needed after all');
      yard.bd('update', later, '--defer', '+30d');
      yard.bd('update', taken, '--claim');
      await journalSays(yard.repo.path, `"task":"${taken}","why":"taken by ada"`, running);
      writeFileSync(go, '');
      await journalSays(yard.repo.path, '"type":"task.landed"', running);
      const added = yard.create('Added while it runs', '--parent', epic);
      await journalSays(yard.repo.path, `"type":"task.landed","task":"${added}"`, running);
      // what waits for somebody else's issue goes on when that is closed
      expect(yard.look().get(after)?.status).toBe('open');
      yard.bd('close', taken, '--reason', 'done by hand');
      const { code, out, err } = await running.ended;
      expect(code, out + err).toBe(0);
      const issues = yard.look();
      expect([first, added, after].map((id) => issues.get(id)?.labels)).toEqual(
        Array(3).fill(['phase:merged']),
      );
      expect(issues.get(closed)).toMatchObject({ closeReason: 'not needed after all', labels: [] });
      expect(issues.get(taken)).toMatchObject({ assignee: 'ada', labels: [], closeReason: 'done by hand' });
      expect(issues.get(later)).toMatchObject({ assignee: '', labels: [] });
      expect(issues.get(later)?.status).not.toBe('closed');
      expect(issues.get(epic)?.status).toBe('open');
      for (const id of [closed, later, taken])
        expect(countFacts(yard.journal(), 'attempt.started', id)).toBe(0);
    });

    test('of two orchestrators on one database each issue has one [B3]', { timeout: 240_000 }, async () => {
      const one = await openYard();
      const other = await openYard({ like: one });
      const ids = Array.from({ length: 6 }, (_, at) => one.create(`Part ${at}`));
      const ends = await Promise.all([one, other].map((yard) => yard.weft('run', 'beads')));
      for (const { code, out, err } of ends) expect(code, out + err).toBe(0);
      const journals = one.journal() + other.journal();
      const attempts = ids.map((id) => countFacts(journals, 'attempt.started', id));
      expect(attempts).toEqual(ids.map(() => 1));
      expect(findLeft(one.look())).toEqual([]);
      const landed = await Promise.all([one, other].map(({ repo }) => repo.git('ls-files', '*.txt')));
      expect(landed.flatMap((text) => text.split('\n').filter((line) => line !== '')).sort()).toEqual(
        ids.map((id) => `${id}.txt`).sort(),
      );
    });

    test('records that agents commit are in nobody’s way', { timeout: 240_000 }, async () => {
      const noted = `echo '{"id":"'$WEFT_TASK'"}' >> .beads/interactions.jsonl; ${WORK}`;
      const yard = await openYard({ config: shellAgent(noted) });
      const ids = [1, 2, 3].map((at) => yard.create(`Part ${at}`));
      const own = join(yard.repo.path, '.beads', 'interactions.jsonl');
      appendFileSync(own, '{"id":"own"}\n');
      const { code, out, err } = await yard.weft('run', 'beads');
      expect(code, out + err).toBe(0);
      expect(findLeft(yard.look())).toEqual([]);
      const view = await yard.view();
      expect(view.counts).toMatchObject({ merged: 3 });
      const tip = view.aside === undefined ? 'main' : view.aside.ref;
      const log = await yard.repo.git('show', `${tip}:.beads/interactions.jsonl`);
      for (const id of ids) expect(log).toContain(`{"id":"${id}"}`);
      expect(readFileSync(own, 'utf8')).toContain('{"id":"own"}');
    });
  },
);
