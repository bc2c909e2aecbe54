// What a tool takes: one description that the JSON schema, the check and the type of an input are made from. Knows no tool.
import { fail, ok, type Result } from '../../core/failure.ts';

/** One argument of a tool; lengths in characters. */
export type Field =
  | { readonly kind: 'text'; readonly needed: boolean; readonly maxChars: number; readonly about: string }
  | {
      readonly kind: 'word';
      readonly needed: true;
      readonly words: readonly string[];
      readonly about: string;
    }
  | {
      readonly kind: 'texts';
      readonly needed: boolean;
      readonly maxChars: number;
      readonly maxItems: number;
      readonly about: string;
    };

/** The arguments of a tool by name. */
export type Fields = Readonly<Record<string, Field>>;

/** A checked input: lists that were not given are empty, texts that were not given are null. */
export type Input<F extends Fields> = {
  readonly [Name in keyof F]: F[Name] extends { readonly kind: 'texts' }
    ? readonly string[]
    : F[Name] extends { readonly kind: 'word'; readonly words: readonly (infer Word)[] }
      ? Word
      : F[Name] extends { readonly needed: true }
        ? string
        : string | null;
};

/** The fields as a JSON schema. */
export function drawInputSchema(fields: Fields): object {
  const named = Object.entries(fields);
  return {
    type: 'object',
    properties: Object.fromEntries(named.map(([name, field]) => [name, drawField(field)])),
    required: named.filter(([, field]) => field.needed).map(([name]) => name),
    additionalProperties: false,
  };
}

function drawField(field: Field): object {
  const { kind, about: description } = field;
  switch (kind) {
    case 'word':
      return { type: 'string', enum: field.words, description };
    case 'text':
      return { ...drawText(field), description };
    case 'texts': {
      const { maxItems } = field;
      const least = field.needed ? { minItems: 1 } : {};
      return { type: 'array', items: drawText({ ...field, needed: true }), ...least, maxItems, description };
    }
  }
}

function drawText({ needed, maxChars }: { readonly needed: boolean; readonly maxChars: number }): object {
  return { type: 'string', ...(needed ? { minLength: 1 } : {}), maxLength: maxChars };
}

/** Checks an input; the failure is one sentence that says what to give instead. */
export function readInput<F extends Fields>(fields: F, value: unknown): Result<Input<F>, string> {
  const given = value ?? {};
  if (typeof given !== 'object' || Array.isArray(given)) return fail('The arguments have to be an object.');
  const names = Object.keys(fields);
  const unknown = Object.keys(given).find((name) => !names.includes(name));
  if (unknown !== undefined) {
    const known = names.length === 0 ? 'it takes none' : `it takes ${names.join(', ')}`;
    return fail(`There is no argument ${JSON.stringify(unknown.slice(0, 100))}: ${known}.`);
  }
  const input: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(fields)) {
    const read = readField(name, field, (given as Readonly<Record<string, unknown>>)[name] ?? null);
    if (!read.ok) return read;
    input[name] = read.value;
  }
  return ok(input as Input<F>);
}

function readField(name: string, field: Field, value: unknown): Result<unknown, string> {
  switch (field.kind) {
    case 'word':
      return field.words.some((word) => word === value)
        ? ok(value)
        : fail(`\`${name}\` has to be one of: ${field.words.join(', ')}.`);
    case 'text':
      return value === null && !field.needed ? ok(null) : readText(name, field, value);
    case 'texts': {
      const list: unknown = value ?? [];
      if (!Array.isArray(list)) return fail(`\`${name}\` has to be a list of texts.`);
      if (field.needed && list.length === 0) return fail(`\`${name}\` must not be empty.`);
      if (list.length > field.maxItems) return fail(`\`${name}\` takes at most ${field.maxItems} texts.`);
      for (const [place, item] of list.entries()) {
        const read = readText(`${name}[${place}]`, { ...field, needed: true }, item);
        if (!read.ok) return read;
      }
      return ok(list);
    }
  }
}

function readText(
  name: string,
  { needed, maxChars }: { readonly needed: boolean; readonly maxChars: number },
  value: unknown,
): Result<string, string> {
  if (typeof value !== 'string') return fail(`\`${name}\` has to be a text.`);
  if (needed && value.trim() === '') return fail(`\`${name}\` must not be empty.`);
  return value.length > maxChars
    ? fail(`\`${name}\` is longer than ${maxChars} characters: say it in fewer.`)
    : ok(value);
}
