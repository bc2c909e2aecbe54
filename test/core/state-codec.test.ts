// Snapshots of the state: their version goes with its shape. That they lead to the same state is among the laws.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import ts from 'typescript';
import { expect, test } from 'vitest';
import { createState } from '../../src/core/state.ts';
import {
  decodeSnapshot,
  encodeSnapshot,
  restoreState,
  SNAPSHOT_VERSION,
  type StateData,
  snapshotOf,
} from '../../src/core/state-codec.ts';
import { buildState, buildTask } from './build.ts';

/** Shapes of the state by version. A new shape gets a new version and a new row: old rows are on people's disks. */
const SHAPES: Readonly<Record<number, string>> = {
  1: 'ebf292732907e718',
  2: 'a8f9faeee865b32b',
  3: '5d8ef5dab0c7b1fc',
  4: '551d054b7eab3cdf',
  5: 'b908a4970df1e0a5',
  6: '7a3eaa86987ba9f1',
  7: '4c1032077f504a42',
  8: '4a0a860b0390ee85',
  9: '7136e41bc4dc4d51',
  10: '4a0a860b0390ee85',
  11: '0f00991cc5725d36',
  12: '3b92a043371c5a31',
  13: '25665faf00f7f4f6',
  14: 'e23b9ab549dec448',
  15: '1f0e8ff3763a1c62',
  16: 'c764edb24f20fedc',
  17: '2a2d2ecfda0bb57f',
};

/** Types declared in the core, by name, without comments. Two of one name that differ are told apart by neither. */
function declaredTypes(): ReadonlyMap<string, ts.Node> {
  const core = new URL('../../src/core/', import.meta.url);
  const found = new Map<string, ts.Node>();
  for (const name of readdirSync(core).filter((each) => each.endsWith('.ts'))) {
    const text = readFileSync(new URL(name, core), 'utf8');
    const tree = ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true);
    for (const node of tree.statements) {
      if (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) found.set(node.name.text, node);
    }
  }
  return found;
}

/** All that a value of the type is made of, as one text: every declaration that it leads to. */
function shapeOf(root: string): string {
  const types = declaredTypes();
  const printer = ts.createPrinter({ removeComments: true });
  const seen = new Map<string, string>();
  const visit = (name: string): void => {
    const node = types.get(name);
    // the index is not kept
    if (node === undefined || seen.has(name) || name === 'ScheduleIndex') return;
    seen.set(
      name,
      printer.printNode(ts.EmitHint.Unspecified, node, node.getSourceFile()).replace(/\s+/g, ' '),
    );
    const walk = (child: ts.Node): void => {
      if (ts.isTypeReferenceNode(child)) visit(child.typeName.getText());
      if (ts.isExpressionWithTypeArguments(child)) visit(child.expression.getText());
      ts.forEachChild(child, walk);
    };
    walk(node);
  };
  visit(root);
  return [...seen.values()].sort().join('\n');
}

test('a state of another shape has another version', () => {
  const shape = shapeOf('RunState');
  expect(shape).toContain('interface TaskState');
  expect(shape).toContain('type Cause');
  const hash = createHash('sha256').update(shape).digest('hex').slice(0, 16);
  expect(
    SHAPES[SNAPSHOT_VERSION],
    `The state has a new shape: raise SNAPSHOT_VERSION and give it a row with ${hash}.`,
  ).toBe(hash);
});

test('a snapshot is the state as it was, whatever becomes of it later', () => {
  const state = buildState([buildTask('a'), buildTask('b')]);
  const text = encodeSnapshot({ seq: 7, epoch: 2 }, snapshotOf(state));
  state.paused = true;
  const snapshot = decodeSnapshot(Buffer.from(text));
  expect(snapshot).toMatchObject({ seq: 7, epoch: 2 });
  const restored = restoreState(snapshot?.state as StateData);
  expect([...restored.tasks.keys()]).toEqual(['a', 'b']);
  expect(restored.paused).toBe(false);
  expect(restored.index.phases.get('waiting')).toBe(2);
});

test('a state before the first fact is one too', () => {
  expect(restoreState(JSON.parse(snapshotOf(createState())) as StateData)).toMatchObject({
    run: null,
    tasks: new Map(),
  });
});
