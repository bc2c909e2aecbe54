// The scenario file: what each task's agent does in each attempt. Pure text in, steps or a located sentence out.
import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { fail, ok, type Result } from '../../core/failure.ts';
import { readStep, type Step } from './step.ts';

const FILE_CHARS = 1024 * 1024;
const HINT = 'A scenario is `tasks: { ID: { 1: [steps], default: [steps] } }`, a step is `name: value`.';

/** Steps by attempt; `default` is for attempts that are not named. */
type Part = ReadonlyMap<number | 'default', readonly Step[]>;

/** Parts by task id; `others` is for tasks that are not named. */
export interface Scenario {
  readonly tasks: ReadonlyMap<string, Part>;
  readonly others: Part;
}

/** Carries a located sentence out of the reading functions; never leaves this file. */
class Mistake {
  readonly node: unknown;
  readonly sentence: string;
  constructor(node: unknown, sentence: string) {
    this.node = node;
    this.sentence = sentence;
  }
}

/** Reads a scenario; a mistake is a `usage` failure whose sentence begins with `file:line:column`. */
export function parseScenario(text: string, file: string): Result<Scenario> {
  const lines = new LineCounter();
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  const refuse = (place: string, sentence: string): Result<Scenario> =>
    fail({ kind: 'usage', sentence: `${place}: ${sentence}`, hint: HINT });
  if (text.length > FILE_CHARS) return refuse(file, `The file is longer than ${FILE_CHARS} characters.`);
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const error = document.errors[0];
  if (error !== undefined) return refuse(at(error.pos[0]), error.message);
  try {
    return ok(readRoot(document.contents));
  } catch (thrown) {
    if (!(thrown instanceof Mistake)) throw thrown;
    return refuse(at((thrown.node as Node | null)?.range?.[0] ?? 0), thrown.sentence);
  }
}

/** The steps of one attempt, or null when the scenario has none for it. */
export function findSteps(
  scenario: Scenario,
  who: { readonly task: string; readonly attempt: number },
): readonly Step[] | null {
  const part = scenario.tasks.get(who.task) ?? scenario.others;
  return part.get(who.attempt) ?? part.get('default') ?? null;
}

function readRoot(root: unknown): Scenario {
  const fields = entriesOf(root, 'The file');
  const unknown = fields.find(({ name }) => name !== 'tasks' && name !== 'default');
  if (unknown !== undefined)
    throw new Mistake(unknown.key, `There is no key \`${unknown.name}\`; there are tasks and default.`);
  const others = fields.find(({ name }) => name === 'default');
  const tasks = fields.find(({ name }) => name === 'tasks');
  return {
    tasks: new Map(
      tasks === undefined
        ? []
        : entriesOf(tasks.value, '`tasks`').map(({ name, value }) => [name, readPart(value)]),
    ),
    others: others === undefined ? new Map() : readPart(others.value),
  };
}

function readPart(node: unknown): Part {
  if (isSeq(node)) return new Map([['default', readSteps(node)]]);
  return new Map(
    entriesOf(node, 'A task').map(({ name, key, value }) => {
      if (name !== 'default' && !/^[1-9]\d*$/.test(name))
        throw new Mistake(key, `\`${name}\` is not the number of an attempt.`);
      return [name === 'default' ? name : Number(name), readSteps(value)];
    }),
  );
}

function readSteps(node: unknown): readonly Step[] {
  if (!isSeq(node)) throw new Mistake(node, 'An attempt is a list of steps.');
  return node.items.map((item) => {
    const [entry, more] = entriesOf(item, 'A step');
    if (entry === undefined || more !== undefined) throw new Mistake(item, 'A step is one `name: value`.');
    const step = readStep(entry.name, isNode(entry.value) ? entry.value.toJSON() : null);
    if (typeof step === 'string') throw new Mistake(entry.key, step);
    return step;
  });
}

interface Entry {
  readonly name: string;
  readonly key: unknown;
  readonly value: unknown;
}

function entriesOf(node: unknown, what: string): readonly Entry[] {
  if (!isMap(node)) throw new Mistake(node, `${what} is a mapping.`);
  return node.items.map(({ key, value }) => ({ name: isScalar(key) ? String(key.value) : '', key, value }));
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'toJSON' in value;
}
