// Answers a GraphQL operation from objects whose members are values or functions. Knows nothing of forges.
import type { Field, Operation } from './graphql-document.ts';

/** An object of the schema; a member is a value, or a function of the field's arguments that makes one. */
export interface Node {
  readonly __typename: string;
  readonly [field: string]: unknown;
}

/** Arguments of a field. */
export type Args = Readonly<Record<string, unknown>>;

/** A field that cannot be answered, as GitHub tells it; the rest of the answer is given. */
export class FieldFailure extends Error {
  readonly type: string;

  /** `type` as in GitHub's `errors[].type`. */
  constructor(type: string, message: string) {
    super(message);
    this.type = type;
  }
}

/** A field that the schema does not have; nothing is answered. */
class UnknownField extends Error {}

interface Failure {
  readonly type?: string;
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** Answers an operation, beginning at a root. */
export async function answerOperation(
  operation: Operation,
  root: Node,
): Promise<{ readonly data?: unknown; readonly errors?: readonly Failure[] }> {
  const errors: Failure[] = [];
  try {
    const data = await project(root, { fields: operation.fields, path: [], errors });
    return errors.length === 0 ? { data } : { data, errors };
  } catch (error) {
    if (error instanceof UnknownField) return { errors: [{ path: [], message: error.message }] };
    throw error;
  }
}

interface Place {
  readonly fields: readonly Field[];
  readonly path: readonly (string | number)[];
  readonly errors: Failure[];
}

async function project(node: Node, place: Place): Promise<Record<string, unknown>> {
  const shown: Record<string, unknown> = {};
  for (const field of place.fields) {
    if (field.on !== null && field.on !== node.__typename && !isInterface(field.on)) continue;
    const path = [...place.path, field.alias];
    if (!(field.name in node)) {
      throw new UnknownField(`Field '${field.name}' doesn't exist on type '${node.__typename}'`);
    }
    try {
      const member = node[field.name];
      const value: unknown = await (typeof member === 'function' ? member(field.args) : member);
      const seen = await show(value, { ...place, fields: field.fields, path });
      // two selections of one field belong together
      const before = shown[field.alias];
      shown[field.alias] = isPlain(before) && isPlain(seen) ? { ...before, ...seen } : seen;
    } catch (error) {
      if (!(error instanceof FieldFailure)) throw error;
      place.errors.push({ type: error.type, path, message: error.message });
      shown[field.alias] = null;
    }
  }
  return shown;
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isInterface(name: string): boolean {
  return name === 'Node' || name === 'Actor' || name === 'GitObject';
}

async function show(value: unknown, place: Place): Promise<unknown> {
  if (Array.isArray(value)) {
    const items: unknown[] = [];
    for (const [at, item] of value.entries()) {
      items.push(await show(item, { ...place, path: [...place.path, at] }));
    }
    return items;
  }
  if (!isPlain(value)) return value ?? null;
  return project(value as Node, place);
}

/** A list as GraphQL pages it, by `first` and `after` or by `last` and `before`; cursors are places in the list. */
export function connect(type: string, items: readonly unknown[], args: Args): Node {
  const first = typeof args['first'] === 'number' ? args['first'] : null;
  const last = typeof args['last'] === 'number' ? args['last'] : null;
  if (first === null && last === null) {
    throw new FieldFailure(
      'MISSING_PAGINATION_BOUNDARIES',
      `You must provide a \`first\` or \`last\` value.`,
    );
  }
  const from = args['after'] === undefined || args['after'] === null ? 0 : Number(args['after']) + 1;
  const to = args['before'] === undefined || args['before'] === null ? items.length : Number(args['before']);
  const start = first === null ? Math.max(from, to - (last ?? 0)) : from;
  const end = first === null ? to : Math.min(to, from + first);
  const nodes = items.slice(start, end);
  return {
    __typename: `${type}Connection`,
    totalCount: items.length,
    nodes,
    edges: nodes.map((node, at) => ({ __typename: `${type}Edge`, cursor: String(start + at), node })),
    pageInfo: {
      __typename: 'PageInfo',
      hasNextPage: end < items.length,
      hasPreviousPage: start > 0,
      startCursor: nodes.length === 0 ? null : String(start),
      endCursor: nodes.length === 0 ? null : String(end - 1),
    },
  };
}
