// Help texts, the reference page and the table behind them.
import { describe, expect, it } from 'vitest';
import { COMMANDS, FRONT_COMMAND, GROUPS } from '../../../src/surfaces/cli/command-table.ts';
import { HANDLERS } from '../../../src/surfaces/cli/commands.ts';
import { drawHelp, drawReference } from '../../../src/surfaces/cli/help.ts';
import { plainPaint } from '../../../src/surfaces/cli/paint.ts';
import { findCommand, parseWords } from '../../../src/surfaces/cli/parse.ts';
import { measureWidth } from '../../../src/surfaces/cli/width.ts';
import { createFakeApp, type, viewRun } from './fake-app.ts';

const nobody = createFakeApp(viewRun([]));

describe('help', () => {
  it('of weft', async () => {
    const typed = type('--help', nobody);
    expect(await typed.code).toBe(0);
    expect(typed.out()).toMatchInlineSnapshot(`
      "weft runs many coding agents on one git repository and weaves their work into
      one green branch.

      Usage
        weft                    Show where the latest run stands and the one best next
                                command
        weft COMMAND [options]

      Start
        init                 Write a sample configuration and a sample plan
        migrate beads        Make issues of Beads of the tasks of plan folders
        demo                 Run ten tasks with acting agents in a throw-away
                             repository
        run                  Run tasks: of a track file, of Beads, GitHub, Task
                             Copilot or a plan
        resume               Go on with a run, or let a paused task go on

      Watch
        status               Show the tasks of a run
        watch-status         Show how far the streams are, each in a line, again and
                             again
        explain              Say why a task is where it is
        logs                 Show the output of a task's agent
        wait                 Wait until a run ends
        receipt              Show what a run did: attempts, checks, files, commits

      Decide
        answer               Answer the open question of a task
        guide                Tell a task something it should heed
        review               Show finished work: what speaks for it, and its diff
        comment              Say something about lines of finished work
        reject               Send finished work back to its agent
        approve              Let verified work land
        merge                Merge the open pull requests that weft made
        pause                Start nothing more, let agents finish
        stop                 Stop agents; their work is kept
        restart              Begin a task anew; what it had done is kept under a
                             rescue ref
        cancel               Give a task up
        done                 Say that a task of yours is done

      Keep tidy
        doctor               Check git, the configuration, the agents and the disk
        worktree list        List the worktrees that weft made
        worktree clean       Remove worktrees that nothing needs any more
        worktree remove      Remove the worktree of one task
        prune                Drop stale locks and metadata, and worktrees of runs that
                             are gone
        completion           Print the completion script of a shell, or the names that
                             it completes

      For agents
        mcp                  Serve tools to an agent, over the Model Context Protocol

      Compatible names
        orchestrate run      Same as \`weft run FILE\`
        orchestrate resume   Same as \`weft resume RUN\`
        orchestrate wait     Same as \`weft wait RUN\`
        orchestrate receipt  Same as \`weft receipt RUN\`

      Options
            --json           Print JSON with schemaVersion 1
        -V, --version        Print the version
        -h, --help           Say how the command is used

      weft COMMAND --help says more about a command, with examples.
      "
    `);
  });

  it('of a command', async () => {
    const typed = type('orchestrate wait --help', nobody);
    expect(await typed.code).toBe(0);
    expect(typed.out()).toMatchInlineSnapshot(`
      "Same as \`weft wait RUN\`.

      Usage
        weft orchestrate wait RUN [options]

      Ends with 0 when everything landed, 1 when the run ended otherwise or its engine
      is gone, 124 after the time-out.

      Arguments
        RUN                               A run, the beginning of its id, or latest

      Options
            --for terminal|complete|stop  What to wait for: any end (default),
                                          everything landed, or the end of the engine
            --timeout SECONDS             Give up after so long, with exit code 124
            --json                        Print JSON with schemaVersion 1
        -h, --help                        Say how the command is used

      Examples
        weft orchestrate wait latest --for complete --timeout 600
            at most ten minutes
      "
    `);
  });

  it('of a family', async () => {
    const typed = type('help worktree', nobody);
    expect(await typed.code).toBe(0);
    expect(typed.out()).toMatchInlineSnapshot(`
      "Usage
        weft worktree COMMAND [options]

      Commands
        worktree list    List the worktrees that weft made
        worktree clean   Remove worktrees that nothing needs any more
        worktree remove  Remove the worktree of one task
      "
    `);
  });

  it('of an unknown command is an error', async () => {
    const typed = type('help stauts', nobody);
    expect(await typed.code).toBe(2);
    expect(typed.err()).toContain('Did you mean `weft status`?');
  });

  it.each([40, 60, 80, 200])('fits %i columns', (columns) => {
    for (const command of COMMANDS) {
      const lines = drawHelp(command, { columns, paint: plainPaint }).split('\n');
      const widest = Math.max(...lines.filter((line) => !isTyped(line)).map(measureWidth));
      expect(widest, command.name).toBeLessThanOrEqual(columns);
    }
  });

  /** What is to be typed is never broken. */
  function isTyped(line: string): boolean {
    return /^ {2}(?:weft|source|(?:-\w, | {4})--)/.test(line);
  }

  it('prints the version', async () => {
    for (const line of ['--version', '-V']) {
      const typed = type(line, nobody);
      expect(await typed.code).toBe(0);
      expect(typed.out()).toBe('weft 1.2.3\n');
    }
  });
});

describe('the table', () => {
  it('has an example for every command, and each of them parses', () => {
    for (const command of COMMANDS) {
      expect(command.examples.length, command.name).toBeGreaterThan(0);
      for (const { line } of command.examples) {
        const words = [
          ...line
            .replace(/^.*?weft ?/, '')
            .replace(/[)>].*$/, '')
            .matchAll(/"([^"]*)"|(\S+)/g),
        ];
        const argv = words.map((match) => match[1] ?? match[2] ?? '');
        const found = findCommand(COMMANDS, argv);
        expect(found, line).toMatchObject({ ok: true, value: { command: { name: command.name } } });
        if (found.ok)
          expect(parseWords(found.value.command, found.value.rest), line).toMatchObject({ ok: true });
      }
    }
  });

  it('has a handler for every command, but for those answered before', () => {
    const before = ['completion', 'mcp'];
    const named = COMMANDS.map((command) => command.name).filter((name) => !before.includes(name));
    expect(Object.keys(HANDLERS).sort()).toEqual(named.sort());
  });

  it('makes the reference page', async () => {
    const page = drawReference(FRONT_COMMAND, GROUPS, { columns: 100, paint: plainPaint });
    await expect(page).toMatchFileSnapshot('../../../docs/cli.md');
  });
});
