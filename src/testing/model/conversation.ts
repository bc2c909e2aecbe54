// What every dialect's request and answer come down to, and which message holds the script. Knows no dialect.
import { ok, type Result } from '../../core/failure.ts';
import type { OfferedTool, ToolCall } from './choose-tool.ts';
import { type Directive, hasDirectives, parseDirectives, type Usage } from './directives.ts';
import { asObjects, asText, type JsonObject } from './json.ts';

/** One message, or one turn of the model. */
export interface Message {
  readonly by: 'user' | 'model' | 'other';
  /** Its texts, one a part; empty for what is not the user's. */
  readonly texts: readonly string[];
}

/** What a request says. */
export interface Conversation {
  readonly model: string;
  readonly wants: 'stream' | 'whole';
  readonly tools: readonly OfferedTool[];
  readonly messages: readonly Message[];
}

/** What the model does in one turn. */
export type Move =
  | { readonly kind: 'say'; readonly text: string }
  | { readonly kind: 'call'; readonly call: ToolCall };

/** An answer, before it is put into a dialect. */
export interface Answer {
  /** Unique among all answers of this server. */
  readonly id: string;
  readonly model: string;
  readonly move: Move;
  readonly usage: Usage;
}

/** An error that is answered on purpose, or because the script is wrong. */
export interface Refusal {
  readonly status: number;
  readonly sentence: string;
  /** When the limit is said to end, in Unix seconds. */
  readonly resetAt: number | null;
}

/** One event of a stream; `name` null leaves out the line `event:`. */
export interface StreamEvent {
  readonly name: string | null;
  readonly data: JsonObject | '[DONE]';
}

/** How one vendor's protocol says all this. */
export interface Dialect {
  readonly name: 'anthropic' | 'responses' | 'chat' | 'gemini';
  /** `path` is the request's, which says more than its body in some protocols. */
  read(body: JsonObject, path: string): Conversation;
  /** The answer as one document. */
  write(answer: Answer): JsonObject;
  /** The same answer as events. */
  stream(answer: Answer): readonly StreamEvent[];
  refuse(refusal: Refusal): { readonly headers: Readonly<Record<string, string>>; readonly body: JsonObject };
}

/** A script, and how many turns the model has had since. */
export interface Scene {
  readonly script: readonly Directive[];
  readonly turns: number;
}

/**
 * Finds the last message of the user that has a directive, and counts the model's turns after it. A conversation without
 * any has an empty script. Fails when a directive is wrong.
 */
export function findScene(messages: readonly Message[]): Result<Scene> {
  const at = messages.findLastIndex(({ by, texts }) => by === 'user' && texts.some(hasDirectives));
  const script: Directive[] = [];
  for (const text of messages[at]?.texts ?? []) {
    const parsed = parseDirectives(text);
    if (!parsed.ok) return parsed;
    script.push(...parsed.value);
  }
  return ok({ script, turns: messages.slice(at + 1).filter(({ by }) => by === 'model').length });
}

/** The texts of content that is a text, or a list of parts some of which have a `text`. */
export function readTexts(content: unknown): readonly string[] {
  if (typeof content === 'string') return [content];
  return asObjects(content)
    .map((part) => asText(part['text']))
    .filter((text) => text !== '');
}
