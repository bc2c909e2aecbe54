// `weft demo`: ten tasks in a throw-away repository, with acting agents or a program of the user's, and somebody who answers
// their questions.
import { existsSync } from 'node:fs';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Result } from '../../../core/failure.ts';
import type { RunView } from '../../../core/view.ts';
import type { App } from '../../app.ts';
import { type Call, type DemoAgent, type DemoStage, type Handler, isAsked } from '../call.ts';
import { cleanLine, cleanText } from '../clean.ts';
import { textOption } from '../parse.ts';
import { printJson, printLine } from '../report.ts';
import { playCrashes } from './demo-crash.ts';
import { makeRepository } from './demo-repository.ts';
import { leadRun } from './lead.ts';

/** `weft demo [--agent claude|codex | --crash] [--keep]`. */
export const demo: Handler = async (call) => {
  const around = await realpath(await mkdtemp(join(tmpdir(), 'weft-demo-')));
  const repository = join(around, 'micro-courses');
  // what is made here is cleared away, too, when nobody reads any more
  const stop = call.io.onSignal('SIGPIPE', () => undefined);
  try {
    if (isAsked(call, 'crash')) {
      const made = await makeRepository(call, call.demo.crashes, repository);
      return made.ok ? await playCrashes(call, repository) : made;
    }
    // the command table lets nothing else through
    const agent = (textOption(call.parsed, 'agent') ?? null) as DemoAgent | null;
    const staged = await call.demo.stage(agent, around);
    if (!staged.ok) return staged;
    try {
      return await playOn(call, staged.value, repository);
    } finally {
      await staged.value.close();
    }
  } finally {
    if (isAsked(call, 'keep') && existsSync(repository))
      call.io.stderr.write(`The repository is at ${repository}.\n`);
    else await rm(around, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    stop();
  }
};

async function playOn(call: Call, stage: DemoStage, repository: string): Promise<Result<number>> {
  const made = await makeRepository(call, stage, repository);
  return made.ok ? play(call, stage, repository) : made;
}

async function play(
  call: Call,
  { openApp, sentence }: DemoStage,
  repository: string,
): Promise<Result<number>> {
  const opened = await openApp(repository);
  if (!opened.ok) return opened;
  const app = opened.value;
  const planned = await app.plan([{ kind: 'file', path: 'plan.yaml' }], {});
  if (!planned.ok) throw new Error(`Internal error: the demo's plan is refused: ${planned.failure.text}`);
  const started = await app.start(planned.value, { stay: true });
  if (!started.ok) return started;
  const { run } = started.value;
  if (call.json) printJson(call.io, { type: 'started', run });
  else {
    printLine(call.io, `Ten courses, four agents at once, in ${repository}`);
    if (sentence !== null) printLine(call.io, cleanLine(sentence));
  }
  const led = await leadRun(call, started.value, { also: createHuman(call, app), close: () => [] });
  if (!led.ok) return led;
  const receipt = await app.receipt(run, { write: true });
  if (receipt.ok && !call.json) call.io.stdout.write(`\n${cleanText(receipt.value.markdown).trimEnd()}\n`);
  return led;
}

/** Answers each question once, as the demo has it. */
function createHuman(call: Call, app: App): (view: RunView) => void {
  const answered = new Set<string>();
  return (view) => {
    for (const { id, question } of view.tasks) {
      if (question === undefined || answered.has(question.id)) continue;
      const option = call.demo.pick(question);
      if (option === null) continue;
      answered.add(question.id);
      const command = { kind: 'answer', task: id, option, text: '' } as const;
      void app.command(view.run, command).then((said) => {
        if (!said.ok) call.io.stderr.write(`${cleanLine(said.failure.sentence)}\n`);
      });
    }
  };
}
