// Conversations with Claude Code as people have them: their words in, what it did and said out. Asserts nothing.
import { onTestFinished } from 'vitest';
import { asObject, asObjects, asText, type JsonObject, parseObject } from '../../src/testing/model/json.ts';
import { type Model, startModel } from '../../src/testing/model/server.ts';
import { type Belongings, type Newcomer, welcome } from '../end-to-end/newcomer.ts';
import { claudeEnv } from './surroundings.ts';

/** Somebody who has Claude Code, and the model behind it. */
export type Owner = Newcomer & { readonly model: Model };

/** What came of one thing that was said. */
export interface Turn {
  /** What it said at last. */
  readonly said: string;
  /** Shell commands that it ran or was not let, and what came back, in turn. */
  readonly commands: readonly string[];
  readonly results: readonly string[];
}

/** A conversation under way. */
export interface Talk {
  /** Says something, and waits until it is done with that. */
  say(text: string): Promise<Turn>;
  /** Ends it. */
  end(): Promise<void>;
}

/** Sets somebody up who has Claude Code and a scripted model. */
export async function welcomeWithClaude(claude: string, of: Belongings = {}): Promise<Owner> {
  const model = await startModel();
  onTestFinished(() => model.close());
  const env = (around: string): Readonly<Record<string, string>> => claudeEnv(around, model.url);
  return { ...(await welcome({ ...of, programs: { claude }, env })), model };
}

const STREAM = '--output-format stream-json --verbose';

/** Says one thing, as `claude -p "…"` does; nothing is allowed beforehand. */
export async function sayOnce({ type }: Newcomer, text: string, args = ''): Promise<Turn> {
  const { out, err, code } = await type(`claude -p ${STREAM} ${args} -- '${text.replaceAll("'", `'\\''`)}'`);
  if (code !== 0) throw new Error(`Claude Code ended with ${code}: ${err}${out.slice(-2_000)}`);
  return readTurn(readEvents(out));
}

/** Begins a conversation in somebody's repository; `args` are further arguments of the program. */
export function beginTalk({ start }: Newcomer, args = ''): Talk {
  const { child, ended } = start(`exec claude -p --input-format stream-json ${STREAM} ${args}`, 'pipe');
  let heard: string[] = [];
  let over: (events: readonly JsonObject[]) => void = () => undefined;
  child.stdout?.on('data', (chunk) => {
    heard.push(String(chunk));
    const events = readEvents(heard.join(''));
    if (events.at(-1)?.['type'] !== 'result') return;
    heard = [];
    over(events);
  });
  const died = ended.then(({ err, code }) => Promise.reject(new Error(`it ended with ${code}: ${err}`)));
  died.catch(() => undefined);
  return {
    say: async (text) => {
      const turn = new Promise<readonly JsonObject[]>((done) => {
        over = done;
      });
      const message = { role: 'user', content: [{ type: 'text', text }] };
      child.stdin?.write(`${JSON.stringify({ type: 'user', message })}\n`);
      return readTurn(await Promise.race([turn, died]));
    },
    end: async () => {
      child.stdin?.end();
      await ended;
    },
  };
}

function readEvents(text: string): readonly JsonObject[] {
  return text
    .split('\n')
    .map(parseObject)
    .filter((event) => event !== null);
}

function readTurn(events: readonly JsonObject[]): Turn {
  const parts = events.flatMap((event) => asObjects(asObject(event['message'])['content']));
  return {
    said: asText(events.at(-1)?.['result']),
    commands: parts
      .filter(({ type }) => type === 'tool_use')
      .map(({ name, input }) => asText(asObject(input)['command']) || asText(name)),
    results: parts.filter(({ type }) => type === 'tool_result').map(({ content }) => writeContent(content)),
  };
}

function writeContent(content: unknown): string {
  return typeof content === 'string'
    ? content
    : asObjects(content)
        .map(({ text }) => asText(text))
        .join('\n');
}
