// The patient person of the landing proof: answers whatever is asked, until nobody asks any more. Knows nothing of the gates.
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createControlPort } from '../../adapters/control/control-port.ts';
import { createFiles } from '../../adapters/system/files.ts';
import type { Event } from '../../core/event.ts';
import type { Question } from '../../core/model.ts';
import { findRun } from '../faulty/life.ts';
import type { Scene } from '../faulty/scene.ts';
import type { Plot } from './plot.ts';

const LOOK_MS = 250;
/** Answers to one task after which even this person gives it up. */
const PATIENCE = 20;

/** Facts of a journal, read as they are written. */
async function* followFacts(path: string): AsyncGenerator<readonly Event[], never> {
  let rest = '';
  const handle = await open(path);
  try {
    for (;;) {
      const { bytesRead, buffer } = await handle.read({ buffer: Buffer.alloc(1024 * 1024) });
      const lines = `${rest}${buffer.toString('utf8', 0, bytesRead)}`.split('\n');
      rest = lines.pop() ?? '';
      yield lines.map((line) => (JSON.parse(line) as { readonly event: Event }).event);
    }
  } finally {
    await handle.close();
  }
}

/** Attends to a run; `stop` gives how many questions were answered, by cause. */
export function attend(scene: Scene, plot: Plot): { stop(): Promise<Readonly<Record<string, number>>> } {
  const answered: Record<string, number> = {};
  let isOver = false;
  const work = async (): Promise<void> => {
    let run = await findRun(scene);
    for (; run === null; run = await findRun(scene)) {
      if (isOver) return;
      await sleep(LOOK_MS);
    }
    const asked = new Map<string, Question>();
    for await (const facts of followFacts(join(scene.repo, '.weft', 'runs', run, 'journal.jsonl'))) {
      for (const fact of facts) noteFact(asked, fact);
      for (const question of asked.values()) {
        if (!(await answer(scene, { run, question, plot }))) continue;
        asked.delete(question.id);
        answered[question.cause ?? 'agent'] = (answered[question.cause ?? 'agent'] ?? 0) + 1;
      }
      if (isOver && facts.length === 0) return;
      await sleep(LOOK_MS);
    }
  };
  const done = work();
  done.catch(() => undefined);
  return {
    stop: async () => {
      isOver = true;
      await done;
      return answered;
    },
  };
}

function noteFact(asked: Map<string, Question>, fact: Event): void {
  if (fact.type === 'question.asked') asked.set(fact.question.id, fact.question);
  if (fact.type === 'attempt.failed' && fact.then.kind === 'ask')
    asked.set(fact.then.question.id, fact.then.question);
  if (fact.type === 'question.answered') asked.delete(fact.id);
}

/** Tells whether the answer was taken: by the engine, or into the inbox when none runs. */
async function answer(
  { repo }: Scene,
  of: { readonly run: string; readonly question: Question; readonly plot: Plot },
): Promise<boolean> {
  const { run, question, plot } = of;
  const part = plot.parts.find(({ task }) => task === question.task);
  const isHopeless = part?.character === 'hopeless' || Number(question.id.split('/').at(-1)) > PATIENCE;
  // what it misses, by its text, is looked for in the end
  const again = question.cause === 'work-vanished' ? 'accept' : 'retry';
  const wish = isHopeless ? 'give-up' : again;
  const at = question.options.findIndex(({ then }) => then === wish);
  const option = at < 0 ? 1 : at + 1;
  const command = { kind: 'answer', task: question.task, option, text: 'Look at the target and adapt.' };
  const stateDir = join(repo, '.weft');
  const told = await createControlPort().call(stateDir, { run, command }, 5_000);
  if (!told.ok) return false;
  if (told.value !== null) return (told.value as { readonly ok?: boolean }).ok === true;
  const files = createFiles();
  const inbox = join(stateDir, 'runs', run, 'inbox');
  await files.makeDir(inbox);
  await files.replace(join(inbox, `${question.id.replace('/', '-')}.json`), `${JSON.stringify(command)}\n`);
  return true;
}
