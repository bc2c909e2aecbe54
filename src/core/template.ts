// A prompt from named parts, in their usual order or as people arrange them. Knows nothing of what the parts say.
import type { Role } from './model.ts';

/** One part of a prompt; empty: there is nothing to say. */
export interface PromptPart {
  readonly name: string;
  readonly text: string;
  /** It is said even where the template has no place for it. */
  readonly always?: true;
}

/** Names of the parts of each role's prompt. */
export const PART_NAMES: Readonly<Record<Role, readonly string[]>> = {
  implement: [
    'title',
    'task',
    'context',
    'files',
    'checks',
    'plan',
    'rules',
    'feedback',
    'changes',
    'guidance',
  ],
  plan: ['title', 'role', 'task', 'context', 'files', 'checks', 'answer', 'feedback', 'guidance'],
  review: [
    'title',
    'role',
    'task',
    'context',
    'files',
    'plan',
    'results',
    'changes',
    'change',
    'answer',
    'feedback',
    'guidance',
  ],
};

/** `{{ name }}` */
const PLACE = /\{\{\s*([A-Za-z][\w-]*)\s*\}\}/g;

/** Writes a prompt: the parts one below the other, or where the template has them; what must be said comes last otherwise. */
export function composePrompt(template: string | undefined, parts: readonly PromptPart[]): string {
  if (template === undefined) return join(parts.map(({ text }) => text));
  const texts = new Map(parts.map(({ name, text }) => [name, text]));
  const placed = new Set<string>();
  // in one pass: what looks like a place in a task's own text is none
  const body = template.replace(PLACE, (whole, name: string) => {
    placed.add(name);
    return texts.get(name) ?? whole;
  });
  const rest = parts.filter(({ name, always }) => always === true && !placed.has(name));
  return join([body.replace(/\n{3,}/g, '\n\n').trim(), ...rest.map(({ text }) => text)]);
}

/** Tells whether a template has a place for the task; without one its agent would not know what to do. */
export function placesTask(template: string): boolean {
  return [...template.matchAll(PLACE)].some(([, name]) => name === 'task');
}

/** The first place in a template that no part is for, or null. */
export function findUnknownPlace(
  template: string,
  role: Role,
): { readonly name: string; readonly offset: number; readonly length: number } | null {
  for (const match of template.matchAll(PLACE)) {
    const [place, name = ''] = match;
    if (!PART_NAMES[role].includes(name)) return { name, offset: match.index, length: place.length };
  }
  return null;
}

function join(texts: readonly string[]): string {
  return `${texts.filter((text) => text !== '').join('\n\n')}\n`;
}
