// A desk in memory and a client of the server over it: what was said to the desk, and answers at the test's command.
import type { Claimed, Question, Report, Wish, WorkerDesk } from '../../../src/surfaces/mcp/desk.ts';
import { createServer, type Server } from '../../../src/surfaces/mcp/server.ts';
import { createWorkerTools } from '../../../src/surfaces/mcp/worker-tools.ts';

/** A message as the client sees it. */
export interface Received {
  readonly id?: unknown;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly code: number; readonly message: string };
}

/** What a call of a tool came to. */
export interface Said {
  readonly text: string;
  readonly isError: boolean;
}

/** The desk and the strings by which the test pulls it. */
export interface FakeDesk extends WorkerDesk {
  readonly reports: readonly Report[];
  readonly questions: readonly Question[];
  readonly wishes: readonly Wish[];
  /** Ends the ask under way. */
  reply(answer: string | null): void;
  /** Resolves when the desk is asked the next time. */
  asked(): Promise<void>;
}

/** Makes a desk; an ask that is aborted ends without an answer. */
export function createFakeDesk(changes: Partial<WorkerDesk> = {}): FakeDesk {
  const reports: Report[] = [];
  const questions: Question[] = [];
  const wishes: Wish[] = [];
  let reply: (answer: string | null) => void = () => undefined;
  let tellAsked: () => void = () => undefined;
  return {
    reports,
    questions,
    wishes,
    reply: (answer) => reply(answer),
    asked: () =>
      new Promise((resolve) => {
        tellAsked = resolve;
      }),
    readTask: async () => 'Write the limiter.',
    report: async (report) => {
      reports.push(report);
    },
    ask: (question, signal) => {
      questions.push(question);
      const answer = new Promise<string | null>((resolve) => {
        reply = resolve;
        if (signal.aborted) resolve(null);
        signal.addEventListener('abort', () => resolve(null));
      });
      tellAsked();
      return answer;
    },
    readGuidance: async () => ['Mind the gap.'],
    claim: async (wish): Promise<Claimed> => {
      wishes.push(wish);
      const isHeld = wish.patterns.includes('held/**');
      return { granted: wish.patterns.includes('docs/**'), isHeld, sentence: 'So be it.' };
    },
    ...changes,
  };
}

/** A client in the same process. */
export interface FakeClient {
  readonly server: Server;
  /** Everything that was received, in order. */
  readonly received: readonly Received[];
  /** Sends a line as it is. */
  send(line: string): void;
  /** Sends a request; gives its answer. */
  ask(method: string, params?: object): Promise<Received>;
  /** Sends a request without waiting; gives its id and its answer. */
  start(method: string, params?: object): { readonly id: number; readonly answer: Promise<Received> };
  notify(method: string, params: object): void;
  /** Calls a tool. */
  call(name: string, input?: unknown): Promise<Said>;
}

/** Makes a client of a server whose waits are as short as they can be. */
export function createFakeClient(desk: WorkerDesk): FakeClient {
  const received: Received[] = [];
  const waiting = new Map<unknown, (message: Received) => void>();
  const server = createServer({
    tools: createWorkerTools(desk, { reportMs: 0, progressMs: 1 }),
    instructions: 'Ask.',
    version: '1.2.3',
    send: (message: Received) => {
      received.push(JSON.parse(JSON.stringify(message)));
      waiting.get(message.id)?.(message);
    },
  });
  let lastId = 0;
  const send = (text: string): void => server.take({ text, truncated: false });
  const start: FakeClient['start'] = (method, params) => {
    lastId += 1;
    const id = lastId;
    const answer = new Promise<Received>((resolve) => {
      waiting.set(id, resolve);
    });
    send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
    return { id, answer };
  };
  const ask: FakeClient['ask'] = (method, params) => start(method, params).answer;
  return {
    server,
    received,
    send,
    start,
    ask,
    notify: (method, params) => send(JSON.stringify({ jsonrpc: '2.0', method, params })),
    call: async (name, input) => readSaid(await ask('tools/call', { name, arguments: input })),
  };
}

/** The text in the answer to `tools/call`. */
export function readSaid({ result }: Received): Said {
  const content = result?.['content'] as readonly { readonly type: string; readonly text: string }[];
  return { text: content.map(({ text }) => text).join(), isError: result?.['isError'] === true };
}
