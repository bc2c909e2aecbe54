// The tools of an agent at work on one attempt: when to use each, what it takes, what it answers. Knows no protocol.
import { fail, ok } from '../../core/failure.ts';
import type { Claimed, WorkerDesk } from './desk.ts';
import { createReporter, type Reporter } from './reporter.ts';
import { defineTool, type Tool, type ToolCall } from './tool.ts';

/** How often what is said goes on. */
export interface Pace {
  /** Least time between two reports. */
  readonly reportMs: number;
  /** Time between two signs of life of a call that waits. */
  readonly progressMs: number;
}

const PACE: Pace = { reportMs: 1_000, progressMs: 5_000 };

/** What an agent should know before its first call. */
export const INSTRUCTIONS: string = [
  'weft runs you on one task, beside other agents on other tasks of the same repository.',
  'Nobody watches your screen: people see what you report and what you ask with these tools.',
  'When a decision is not yours, ask instead of guessing. Change only files of your task, or claim others first.',
  'Submit when the work is done; weft checks it then.',
].join(' ');

const WAITING = { status: 'waiting', say: 'End your turn now; you will be resumed with the answer.' };

/** Makes the tools over a desk. */
export function createWorkerTools(desk: WorkerDesk, pace: Pace = PACE): readonly Tool[] {
  const reporter = createReporter(desk, pace.reportMs);
  return [
    makeGetTask(desk),
    makeReportProgress(reporter),
    makeAskGuidance(reporter, pace),
    makeCheckGuidance(desk),
    makeClaimFiles(desk, reporter, pace),
    makeSubmit(reporter),
  ];
}

function makeGetTask(desk: WorkerDesk): Tool {
  return defineTool({
    name: 'get_task',
    description:
      'The full text of your task: what to do, which files are yours, what is checked. Call it when you begin, and when you are no longer sure what was asked for.',
    fields: {},
    readOnly: true,
    run: async () => {
      const text = await desk.readTask();
      return text === null ? fail('The text of the task cannot be read.') : ok(text);
    },
  });
}

function makeReportProgress(reporter: Reporter): Tool {
  return defineTool({
    name: 'report_progress',
    description:
      'Tells people what you are doing, in a sentence. Call it when you begin, when a step is done, and every few minutes of longer work: people see it beside your task.',
    fields: {
      phase: {
        kind: 'word',
        needed: true,
        words: ['planning', 'working'],
        about: 'planning: you read and think; working: you change files',
      },
      note: { kind: 'text', needed: true, maxChars: 500, about: 'What you are doing now' },
      finished: {
        kind: 'texts',
        needed: false,
        maxItems: 1_000,
        maxChars: 200,
        about: 'Where the task has parts with ids: the ids of all that are finished and committed so far',
      },
    },
    readOnly: false,
    run: async ({ phase, note, finished }, { signal }) =>
      (await reporter.report({ status: phase, note, ...(finished.length === 0 ? {} : { finished }) }, signal))
        ? ok('Noted.')
        : ok('Your question is still open, so people are shown that.'),
  });
}

function makeAskGuidance(reporter: Reporter, { progressMs }: Pace): Tool {
  return defineTool({
    name: 'ask_guidance',
    description:
      'Asks people for a decision that is not yours: requirements that are unclear or contradict each other, a choice with lasting consequences, missing access. Waits up to a minute. On status "answered" go on; on status "waiting" do as it says. Do not ask what the task or the repository answers.',
    fields: {
      question: {
        kind: 'text',
        needed: true,
        maxChars: 4_000,
        about: 'The question, with all that is needed to answer it without seeing your screen',
      },
      options: {
        kind: 'texts',
        needed: false,
        maxItems: 9,
        maxChars: 200,
        about: 'Answers to choose from, your favourite first',
      },
      tried: { kind: 'texts', needed: false, maxItems: 9, maxChars: 400, about: 'What you tried already' },
    },
    readOnly: false,
    run: async (question, call) => {
      if (reporter.isAsking()) return fail('Your question before this one is still open: ask one at a time.');
      const stop = keepTelling(call, progressMs);
      try {
        const answer = await reporter.ask(question, call.signal);
        return ok(JSON.stringify(answer === null ? WAITING : { status: 'answered', answer }));
      } finally {
        stop();
      }
    },
  });
}

/** Tells now and then that a call still waits; returns how to stop. */
function keepTelling(call: ToolCall, everyMs: number): () => void {
  const tell = (): void => call.progress('Waiting for an answer.');
  tell();
  const timer = setInterval(tell, everyMs);
  return () => clearInterval(timer);
}

function makeCheckGuidance(desk: WorkerDesk): Tool {
  return defineTool({
    name: 'check_guidance',
    description:
      'What people told you since you last looked. Call it between two steps of longer work, and heed what it says.',
    fields: {},
    readOnly: true,
    run: async () => ok(JSON.stringify({ guidance: await desk.readGuidance() })),
  });
}

/** What people may choose from when files that an agent wants are another task's. */
const GIVE = 'Give it the files';
const KEEP = 'It has to do without';

function makeClaimFiles(desk: WorkerDesk, reporter: Reporter, { progressMs }: Pace): Tool {
  return defineTool({
    name: 'claim_files',
    description:
      'Asks for files outside your task. Call it before you change them, as another agent may be at work there; change them only when it says "granted". Where another task holds them your people are asked: on "asked" do as it says.',
    fields: {
      globs: {
        kind: 'texts',
        needed: true,
        maxItems: 20,
        maxChars: 500,
        about: 'Path patterns from the root of the repository, such as src/api/*.ts',
      },
      why: { kind: 'text', needed: true, maxChars: 500, about: 'Why the task cannot be done without them' },
    },
    readOnly: false,
    run: async ({ globs, why }, call) => {
      const wish = { patterns: globs, why };
      const first = await desk.claim(wish);
      if (first.granted || !first.isHeld) return ok(drawClaimed(first));
      if (reporter.isAsking()) return fail('Your question before this one is still open: ask one at a time.');
      const stop = keepTelling(call, progressMs);
      try {
        const question = `May it change ${globs.join(', ')} as well? ${first.sentence} Why it wants to: ${why}`;
        const answer = await reporter.ask({ question, options: [GIVE, KEEP], tried: [] }, call.signal);
        if (answer === null) return ok(JSON.stringify(ASKED));
        const then = answer.includes(GIVE) ? await desk.claim(wish) : first;
        return ok(drawClaimed({ ...then, sentence: `Your people say: ${answer} ${then.sentence}` }));
      } finally {
        stop();
      }
    },
  });
}

const ASKED = {
  status: 'asked',
  say: 'Your people are asked. Do what does not need these files, or end your turn; when you hear that they are yours, call claim_files again.',
};

function drawClaimed({ granted, sentence }: Claimed): string {
  return JSON.stringify({ status: granted ? 'granted' : 'refused', say: sentence });
}

function makeSubmit(reporter: Reporter): Tool {
  return defineTool({
    name: 'submit',
    description:
      'Says that the task is done. Call it once, when all changes are made and your own checks pass; then end your turn. weft looks at the changes and runs the checks itself.',
    fields: {
      summary: { kind: 'text', needed: true, maxChars: 4_000, about: 'What was done and why, for review' },
      nothing_to_change_reason: {
        kind: 'text',
        needed: false,
        maxChars: 1_000,
        about: 'Only when the task needs no change at all: why not',
      },
    },
    readOnly: false,
    run: async ({ summary, nothing_to_change_reason: reason }, { signal }) =>
      (await reporter.report({ status: 'complete', summary, reason }, signal))
        ? ok('Noted. End your turn now.')
        : fail('Your question is still open: wait for its answer first.'),
  });
}
