// Reads GraphQL documents: operations, fields, arguments, fragments. Knows no schema.

/** One thing selected from an object. */
export interface Field {
  readonly name: string;
  /** Under which name it is answered. */
  readonly alias: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly fields: readonly Field[];
  /** Type the object must have; null: any. */
  readonly on: string | null;
}

/** What a document asks for. */
export interface Operation {
  readonly kind: 'query' | 'mutation';
  readonly name: string | null;
  readonly fields: readonly Field[];
}

interface Reader {
  readonly tokens: readonly string[];
  readonly variables: Readonly<Record<string, unknown>>;
  readonly fragments: Map<string, number>;
  at: number;
}

const TOKEN =
  /\s+|,|#[^\n]*|"""[\s\S]*?"""|"(?:[^"\\]|\\.)*"|\.\.\.|[A-Za-z_]\w*|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|[!$()[\]{}:=@|&]/y;

/** Reads the operation of a document; throws a SyntaxError when it is none. */
export function readOperation(
  text: string,
  variables: Readonly<Record<string, unknown>>,
  wanted: string | null = null,
): Operation {
  const tokens = tokenize(text);
  const reader: Reader = { tokens, variables: { ...variables }, fragments: new Map(), at: 0 };
  const starts: { name: string | null; at: number }[] = [];
  while (reader.at < tokens.length) {
    const at = reader.at;
    if (peek(reader) === 'fragment') reader.fragments.set(tokens[at + 1] ?? '', at + 2);
    else
      starts.push({
        name: /^\w/.test(tokens[at + 1] ?? '') && peek(reader) !== '{' ? (tokens[at + 1] ?? '') : null,
        at,
      });
    skipDefinition(reader);
  }
  const start = wanted === null ? starts[0] : starts.find(({ name }) => name === wanted);
  if (start === undefined) throw new SyntaxError('No operation found');
  reader.at = start.at;
  return { ...readHeader(reader), fields: readFields(reader, null) };
}

function tokenize(text: string): readonly string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const [token] = TOKEN.exec(text) ?? [];
    if (token === undefined) throw new SyntaxError('Expected a token');
    if (!/^[\s,#]/.test(token)) tokens.push(token);
  }
  return tokens;
}

function peek(reader: Reader): string {
  return reader.tokens[reader.at] ?? '';
}

function take(reader: Reader): string {
  const token = reader.tokens[reader.at];
  if (token === undefined) throw new SyntaxError('Unexpected end of document');
  reader.at += 1;
  return token;
}

function expect(reader: Reader, wanted: string): void {
  const token = take(reader);
  if (token !== wanted) throw new SyntaxError(`Expected ${wanted}, actual: ${token}`);
}

function accept(reader: Reader, wanted: string): boolean {
  if (peek(reader) !== wanted) return false;
  reader.at += 1;
  return true;
}

/** Goes behind the selection of a definition; braces in its head, of defaults, are in parentheses. */
function skipDefinition(reader: Reader): void {
  let depth = 0;
  let round = 0;
  for (;;) {
    const token = take(reader);
    if (token === '(') round += 1;
    if (token === ')') round -= 1;
    if (token === '{') depth += 1;
    if (token === '}') depth -= 1;
    if (token === '}' && depth === 0 && round === 0) return;
  }
}

function readHeader(reader: Reader): Pick<Operation, 'kind' | 'name'> {
  if (peek(reader) === '{') return { kind: 'query', name: null };
  const kind = take(reader);
  if (kind !== 'query' && kind !== 'mutation') throw new SyntaxError(`Unexpected ${kind}`);
  const name = /^[A-Za-z_]/.test(peek(reader)) ? take(reader) : null;
  if (accept(reader, '(')) {
    while (!accept(reader, ')')) readVariable(reader);
  }
  return { kind, name };
}

function readVariable(reader: Reader): void {
  expect(reader, '$');
  const name = take(reader);
  expect(reader, ':');
  while (/^[[\]!\w]/.test(peek(reader))) reader.at += 1;
  const fallback = accept(reader, '=') ? readValue(reader) : undefined;
  if (!(name in reader.variables)) Object.assign(reader.variables, { [name]: fallback });
}

function readFields(reader: Reader, on: string | null): readonly Field[] {
  const fields: Field[] = [];
  expect(reader, '{');
  while (!accept(reader, '}')) {
    if (accept(reader, '...')) fields.push(...readSpread(reader, on));
    else fields.push(...readField(reader, on));
  }
  return fields;
}

function readSpread(reader: Reader, outer: string | null): readonly Field[] {
  const isInline = peek(reader) === 'on' || peek(reader) === '{' || peek(reader) === '@';
  if (isInline) {
    const on = accept(reader, 'on') ? take(reader) : outer;
    const isWanted = readDirectives(reader);
    const fields = readFields(reader, on);
    return isWanted ? fields : [];
  }
  const name = take(reader);
  const isWanted = readDirectives(reader);
  const start = reader.fragments.get(name);
  if (start === undefined) throw new SyntaxError(`Fragment ${name} was used, but not defined`);
  const inner: Reader = { ...reader, at: start };
  expect(inner, 'on');
  const fields = readFields(inner, take(inner));
  return isWanted ? fields : [];
}

function readField(reader: Reader, on: string | null): readonly Field[] {
  const first = take(reader);
  const name = accept(reader, ':') ? take(reader) : first;
  const args = accept(reader, '(') ? readMembers(reader, ')') : {};
  const isWanted = readDirectives(reader);
  const fields = peek(reader) === '{' ? readFields(reader, null) : [];
  return isWanted ? [{ name, alias: first, args, fields, on }] : [];
}

/** Reads `@include` and `@skip`; false: the field is not wanted. */
function readDirectives(reader: Reader): boolean {
  let isWanted = true;
  while (accept(reader, '@')) {
    const name = take(reader);
    const args = accept(reader, '(') ? readMembers(reader, ')') : {};
    if (name === 'include' && args['if'] === false) isWanted = false;
    if (name === 'skip' && args['if'] === true) isWanted = false;
  }
  return isWanted;
}

function readMembers(reader: Reader, end: string): Readonly<Record<string, unknown>> {
  const members: Record<string, unknown> = {};
  while (!accept(reader, end)) {
    const name = take(reader);
    expect(reader, ':');
    const value = readValue(reader);
    if (value !== undefined) members[name] = value;
  }
  return members;
}

function readValue(reader: Reader): unknown {
  const token = take(reader);
  if (token === '$') return reader.variables[take(reader)];
  if (token === '{') return readMembers(reader, '}');
  if (token === '[') {
    const items: unknown[] = [];
    while (!accept(reader, ']')) items.push(readValue(reader));
    return items;
  }
  if (token.startsWith('"""')) return token.slice(3, -3).trim();
  if (token.startsWith('"')) return JSON.parse(token);
  if (/^-?\d/.test(token)) return Number(token);
  const words: Readonly<Record<string, unknown>> = { true: true, false: false, null: null };
  return token in words ? words[token] : token;
}
