// Says in plain words what is wrong with values, and where. Knows the schema's issues, not what the values are for.
import type { z } from 'zod';
import type { Diagnostic } from '../../core/plan/diagnostic.ts';
import { findNearest } from '../../core/plan/nearest.ts';
import { quote } from '../../core/plan/quote.ts';
import { type Document, locate, type Path } from './document.ts';

type Issue = z.core.$ZodIssue;
type Words = Pick<Diagnostic, 'sentence' | 'fix'>;

/** Checks the values of a document; gives them typed, or what is wrong with them, 100 mistakes at most. */
export function checkDocument<T>(
  document: Document,
  schema: z.ZodType<T>,
): { readonly value: T | null; readonly diagnostics: readonly Diagnostic[] } {
  const checked = schema.safeParse(document.value);
  if (checked.success) return { value: checked.data, diagnostics: [] };
  const diagnostics = flattenIssues(checked.error.issues, document.value, []).map(
    ({ path, onKey, words }) => ({
      position: locate(document, path, onKey ? 'key' : 'value'),
      ...words,
    }),
  );
  return { value: null, diagnostics };
}

/** Checks values that were given as flags; what is wrong is said of `names`, or of `--kebab-case` ones. */
export function checkFlags<T>(
  value: unknown,
  schema: z.ZodType<T>,
  names: Readonly<Record<string, string>>,
): { readonly value: T | null; readonly diagnostics: readonly Diagnostic[] } {
  const checked = schema.safeParse(value);
  if (checked.success) return { value: checked.data, diagnostics: [] };
  const diagnostics = flattenIssues(checked.error.issues, value, []).map(({ path, words }) => {
    const kebab = path.join('-').replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    const flag = names[path.join('.')] ?? `--${kebab}`;
    return { ...words, position: null, sentence: words.sentence.replace(nameOf(path), flag) };
  });
  return { value: null, diagnostics };
}

interface Found {
  readonly path: Path;
  readonly onKey: boolean;
  readonly words: Words;
}

const MAX_FOUND = 100;

function flattenIssues(issues: readonly Issue[], root: unknown, base: Path): readonly Found[] {
  return issues
    .slice(0, MAX_FOUND)
    .flatMap((issue) => explainIssue(issue, root, [...base, ...(issue.path as Path)]))
    .slice(0, MAX_FOUND);
}

function explainIssue(issue: Issue, root: unknown, path: Path): readonly Found[] {
  const onValue = (words: Words): readonly Found[] => [{ path, onKey: false, words }];
  const name = nameOf(path);
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({
        path: [...path, key],
        onKey: true,
        words: explainKey(key, issue.message.split(' ')),
      }));
    case 'invalid_type':
      return onValue(explainType(name, issue.expected, valueAt(root, path)));
    case 'invalid_value':
      return onValue(explainChoice(name, issue.values, valueAt(root, path)));
    case 'too_small':
      return onValue({ sentence: `${name} ${tooSmall(issue)}.` });
    case 'too_big':
      return onValue({ sentence: `${name} must be at most ${issue.maximum}${unitOf(issue.origin)}.` });
    case 'invalid_union':
      return explainUnion(issue, root, path);
    case 'invalid_key':
      return [
        {
          path,
          onKey: true,
          words: { sentence: `The key ${name} ${issue.issues[0]?.message ?? 'is wrong'}.` },
        },
      ];
    case 'invalid_format':
    case 'invalid_element':
    case 'not_multiple_of':
      return onValue({ sentence: `${name} ${issue.message}.` });
    case 'custom': {
      const fix: unknown = issue.params?.['fix'];
      return onValue({
        sentence: `${name} ${issue.message}.`,
        ...(typeof fix === 'string' ? { fix } : {}),
      });
    }
  }
}

/** Names a value by its key; an entry of a list by the list's. */
function nameOf(path: Path): string {
  const last = path.at(-1);
  if (last === undefined) return 'The file';
  if (typeof last === 'string') return quote(last);
  const list = path.findLast((part) => typeof part === 'string');
  return `Entry ${last + 1} of ${list === undefined ? 'the list' : quote(String(list))}`;
}

function explainKey(key: string, known: readonly string[]): Words {
  const nearest = findNearest(key, known);
  return {
    sentence: `Unknown key ${quote(key)}.`,
    fix:
      nearest === null
        ? `Known here: ${known.filter((one) => one !== '$schema').join(', ')}.`
        : `Did you mean ${quote(nearest)}?`,
  };
}

function explainType(name: string, expected: string, value: unknown): Words {
  if (value === undefined) return { sentence: `The key ${name} is missing.` };
  if (value === null) return { sentence: `${name} ${name === 'The file' ? 'is empty' : 'has no value'}.` };
  const sentence = `${name} must be ${KINDS[expected] ?? expected}, but it is ${describeValue(value)}.`;
  const isScalar = typeof value === 'number' || typeof value === 'boolean';
  return expected === 'string' && isScalar
    ? { sentence, fix: `Put it in quotes: "${value}".` }
    : { sentence };
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping of keys to values',
  record: 'a mapping of keys to values',
};

function describeValue(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'string') return `the text ${quote(value)}`;
  if (typeof value === 'number') return `the number ${value}`;
  return typeof value === 'boolean' ? String(value) : 'a mapping';
}

function explainChoice(name: string, choices: readonly unknown[], value: unknown): Words {
  if (value === undefined) return { sentence: `The key ${name} is missing.` };
  const sentence = `${name} must be ${choices.slice(0, -1).join(', ')} or ${String(choices.at(-1))}, but it is ${describeValue(value)}.`;
  const nearest = typeof value === 'string' ? findNearest(value, choices.map(String)) : null;
  return nearest === null ? { sentence } : { sentence, fix: `Did you mean ${nearest}?` };
}

function tooSmall(issue: Extract<Issue, { code: 'too_small' }>): string {
  if (issue.origin === 'string') return 'is empty';
  if (issue.origin === 'array') return 'is an empty list';
  return issue.inclusive === false
    ? `must be more than ${issue.minimum}`
    : `must be at least ${issue.minimum}`;
}

function unitOf(origin: string): string {
  if (origin === 'string') return ' characters long';
  return origin === 'array' ? ' entries long' : '';
}

/** Of the forms a value may have, explains the one that was meant; if none was, says which there are. */
function explainUnion(
  issue: Extract<Issue, { code: 'invalid_union' }>,
  root: unknown,
  path: Path,
): readonly Found[] {
  const value = valueAt(root, path);
  if ('options' in issue && Array.isArray(issue.options)) {
    return [{ path, onKey: false, words: explainChoice(nameOf(path), issue.options, value) }];
  }
  const meant = issue.errors.find(
    (issues) => !issues.some((one) => one.code === 'invalid_type' && one.path.length === 0),
  );
  if (meant !== undefined) return flattenIssues(meant, root, path);
  const words = value === null ? 'has no value' : `${issue.message}, but it is ${describeValue(value)}`;
  return [{ path, onKey: false, words: { sentence: `${nameOf(path)} ${words}.` } }];
}

function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const name of path) value = (value as Record<string | number, unknown> | null | undefined)?.[name];
  return value;
}
