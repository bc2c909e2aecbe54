// Commands by which people look at work and decide about it: their part of the command table. Runs nothing.
import type { CommandGroup } from './command-spec.ts';
import { ANY_TASK, JSON_OPTION, OF_RUN, TASK } from './common-words.ts';

/** What people tell a run. */
export const DECIDE_GROUP: CommandGroup = {
  title: 'Decide',
  commands: [
    {
      name: 'answer',
      summary: 'Answer the open question of a task',
      detail: ['A number chooses, alone or before `:` `,` `.` `)` or a dash and words of yours.'],
      arguments: [TASK, { name: 'ANSWER', rest: true, summary: 'Number of an option, or a text' }],
      options: [OF_RUN, JSON_OPTION],
      examples: [
        { line: 'weft answer api-auth 2', note: 'the second option' },
        { line: 'weft answer api-auth "2: for a week"', note: 'the second option, with words' },
        { line: 'weft answer api-auth "Use a sliding window"', note: 'in your own words' },
      ],
    },
    {
      name: 'guide',
      summary: 'Tell a task something it should heed',
      detail: ['Who waits for a choice is told after your answer; any other question is answered by it.'],
      arguments: [TASK, { name: 'TEXT', rest: true, summary: 'What to tell; - reads standard input' }],
      options: [OF_RUN, JSON_OPTION],
      examples: [
        { line: 'weft guide api-auth "Keep the old header"', note: 'heard at once, or at the next attempt' },
      ],
    },
    {
      name: 'review',
      summary: 'Show finished work: what speaks for it, and its diff',
      detail: [
        'Without a task: what waits for your word. With one: what would land, as it is in git; your checkout is left alone.',
        "On a terminal it goes through git's pager, with what you commented beside its lines.",
      ],
      arguments: [{ ...TASK, optional: true }],
      options: [
        { name: 'stat', summary: 'Every changed file with its lines, and no diff' },
        { name: 'tool', summary: 'Open the diff in your `git difftool`' },
        { name: 'no-pager', summary: 'Print at once' },
        OF_RUN,
        JSON_OPTION,
      ],
      examples: [
        { line: 'weft review', note: 'what waits' },
        { line: 'weft review api-auth', note: 'checks, files and diff' },
        { line: 'weft review api-auth --tool', note: 'side by side, in your own tool' },
      ],
    },
    {
      name: 'comment',
      summary: 'Say something about lines of finished work',
      detail: ['Its agent is told with the next attempt: `weft reject TASK` begins one.'],
      arguments: [
        TASK,
        { name: 'FILE:LINE', summary: 'A line as the work has it, or lines: src/a.ts:12-20' },
        { name: 'TEXT', rest: true, summary: 'What to say; - reads standard input' },
      ],
      options: [OF_RUN, JSON_OPTION],
      examples: [{ line: 'weft comment api-auth src/auth.ts:12 "Use the clock"', note: 'one line' }],
    },
    {
      name: 'reject',
      summary: 'Send finished work back to its agent',
      detail: ['It goes on with your words and all comments. That is no failed attempt and counts as none.'],
      arguments: [
        TASK,
        {
          name: 'TEXT',
          optional: true,
          rest: true,
          summary: 'What is wrong; - reads standard input; the comments do without',
        },
      ],
      options: [OF_RUN, JSON_OPTION],
      examples: [
        { line: 'weft reject api-auth "Keep the old header"', note: 'in words' },
        { line: 'weft reject api-auth', note: 'with the comments alone' },
      ],
    },
    {
      name: 'approve',
      summary: 'Let verified work land',
      arguments: [{ ...TASK, optional: true }],
      options: [{ name: 'all', summary: 'Everything that is verified now' }, OF_RUN, JSON_OPTION],
      examples: [
        { line: 'weft approve api-auth', note: 'one task' },
        { line: 'weft approve --all', note: 'all of them' },
      ],
    },
    {
      name: 'merge',
      summary: 'Merge the open pull requests that weft made',
      detail: [
        'Oldest first, each judged by its checks, its reviews and whether it merges. What fails, conflicts or is objected to gets a comment; drafts, and what waits for checks or reviews, are left.',
        'Branches and worktrees of what was merged go, if nothing is lost with them.',
        'Ends with 0 when nothing is left to merge, 1 when something was refused or a call failed, 2 without a forge or a token that may merge, 3 when something waits.',
      ],
      arguments: [
        {
          name: 'TASK',
          optional: true,
          rest: true,
          summary: 'Tasks, or the beginnings of their ids; all by default',
        },
      ],
      options: [
        { name: 'dry-run', summary: 'Say what would become of each, and change nothing' },
        JSON_OPTION,
      ],
      examples: [
        { line: 'weft merge --dry-run', note: 'look first' },
        { line: 'weft merge api-auth api-docs', note: 'the pull requests of two tasks' },
      ],
    },
    {
      name: 'pause',
      summary: 'Start nothing more, let agents finish',
      arguments: [ANY_TASK],
      options: [OF_RUN, JSON_OPTION],
      examples: [{ line: 'weft pause', note: '`weft resume` goes on' }],
    },
    {
      name: 'stop',
      summary: 'Stop agents; their work is kept',
      arguments: [ANY_TASK],
      options: [OF_RUN, JSON_OPTION],
      examples: [{ line: 'weft stop api-auth', note: '`weft resume api-auth` goes on' }],
    },
    {
      name: 'restart',
      summary: 'Begin a task anew; what it had done is kept under a rescue ref',
      arguments: [TASK],
      options: [OF_RUN, JSON_OPTION],
      examples: [{ line: 'weft restart api-auth', note: 'from the target as it is now' }],
    },
    {
      name: 'cancel',
      summary: 'Give a task up',
      arguments: [TASK],
      options: [OF_RUN, JSON_OPTION],
      examples: [{ line: 'weft cancel api-auth', note: 'tasks that depend on it cannot start' }],
    },
    {
      name: 'done',
      summary: 'Say that a task of yours is done',
      detail: [
        'For manual tasks, and for tasks whose worktree you took over; the checks still have to pass.',
      ],
      arguments: [TASK],
      options: [OF_RUN, JSON_OPTION],
      examples: [{ line: 'weft done write-changelog', note: 'tasks that waited for it go on' }],
    },
  ],
};
