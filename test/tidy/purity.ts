// What the core must not touch, and who else may touch the process. Knows nothing of rooms' order.
import ts from 'typescript';
import { lineOf, type Module, type Violation, walk } from './source.ts';

/** Names whose mere use makes a function depend on time, chance, the machine or the order of things. */
const IMPURE = new Set([
  'Promise',
  'process',
  'console',
  'performance',
  'crypto',
  'fetch',
  'globalThis',
  'Intl',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
  'AbortController',
]);
/** Members that ask the clock, the dice or the user's locale. */
const IMPURE_MEMBERS = new Set(['Date.now', 'Math.random']);
const LOCALE = /^toLocale|^localeCompare$/;

/** Finds what makes a module of the core impure: packages, Node, promises, clocks, chance, locale. */
export function checkPurity(modules: readonly Module[]): readonly Violation[] {
  return modules
    .filter(({ path }) => path.startsWith('src/core/'))
    .flatMap((module) => {
      const found: Violation[] = module.imports
        .filter((one) => one.path === null)
        .map((one) => ({ where: `${module.path}:${one.line}`, sentence: `core imports ${one.specifier}` }));
      walk(module.tree, (node) => {
        const impurity = findImpurity(node);
        if (impurity === null) return;
        found.push({
          where: `${module.path}:${lineOf(module.tree, node)}`,
          sentence: `core uses ${impurity}`,
        });
      });
      return found;
    });
}

function findImpurity(node: ts.Node): string | null {
  if (ts.isAwaitExpression(node)) return 'await';
  if (node.kind === ts.SyntaxKind.AsyncKeyword) return 'async';
  if (ts.isForOfStatement(node) && node.awaitModifier !== undefined) return 'for await';
  if (ts.isNewExpression(node) && node.expression.getText() === 'Date' && !node.arguments?.length) {
    return 'new Date() without an argument';
  }
  if (ts.isCallExpression(node) && node.expression.getText() === 'Date') return 'Date()';
  if (ts.isPropertyAccessExpression(node)) {
    if (IMPURE_MEMBERS.has(node.getText())) return node.getText();
    return LOCALE.test(node.name.text) ? node.name.text : null;
  }
  return ts.isIdentifier(node) && IMPURE.has(node.text) && isReference(node) ? node.text : null;
}

/** Tells whether an identifier is a use of that name, not a property or a declaration of its own. */
function isReference(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent) || ts.isQualifiedName(parent)) return isFirst(parent, node);
  if (ts.isPropertyAssignment(parent) || ts.isBindingElement(parent)) return parent.initializer === node;
  if (ts.isImportSpecifier(parent) || ts.isImportClause(parent) || ts.isExportSpecifier(parent)) return false;
  const declares =
    ts.isPropertySignature(parent) ||
    ts.isPropertyDeclaration(parent) ||
    ts.isMethodSignature(parent) ||
    ts.isMethodDeclaration(parent) ||
    ts.isVariableDeclaration(parent) ||
    ts.isParameter(parent);
  return !declares || parent.name !== node;
}

function isFirst(parent: ts.PropertyAccessExpression | ts.QualifiedName, node: ts.Identifier): boolean {
  return ts.isQualifiedName(parent) ? parent.left === node : parent.expression === node;
}

/** Files beside main.ts that may use a member of the global process, and why. */
export type ProcessUse = Readonly<
  Record<string, { readonly members: readonly string[]; readonly why: string }>
>;

/** Finds uses of the global process outside main.ts that the table does not allow, and entries nobody needs. */
export function checkProcessUse(modules: readonly Module[], allowed: ProcessUse): readonly Violation[] {
  const used = new Map<string, Set<string>>();
  const violations = modules.flatMap((module) => {
    if (!module.path.startsWith('src/') || module.path === 'src/main.ts' || declaresProcess(module))
      return [];
    const members = allowanceOf(module.path, allowed);
    return listProcessMembers(module).flatMap(({ member, line }): readonly Violation[] => {
      if (!members.includes(member)) {
        return [{ where: `${module.path}:${line}`, sentence: `uses process.${member}` }];
      }
      const key = Object.keys(allowed).find((prefix) => module.path.startsWith(prefix)) ?? '';
      used.set(key, (used.get(key) ?? new Set()).add(member));
      return [];
    });
  });
  const idle = Object.entries(allowed).flatMap(([where, { members }]) =>
    members
      .filter((member) => used.get(where)?.has(member) !== true)
      .map((member) => ({ where, sentence: `is allowed process.${member} and does not use it` })),
  );
  return [...violations, ...idle];
}

function allowanceOf(path: string, allowed: ProcessUse): readonly string[] {
  return Object.entries(allowed).find(([prefix]) => path.startsWith(prefix))?.[1].members ?? [];
}

function listProcessMembers(module: Module): readonly { readonly member: string; readonly line: number }[] {
  const found: { member: string; line: number }[] = [];
  walk(module.tree, (node) => {
    if (!ts.isIdentifier(node) || node.text !== 'process' || !isReference(node)) return;
    const { parent } = node;
    const member =
      ts.isPropertyAccessExpression(parent) && parent.expression === node ? parent.name.text : '*';
    found.push({ member, line: lineOf(module.tree, node) });
  });
  return found;
}

/** A module with a `process` of its own (a port, a parameter) does not mean the global one. */
function declaresProcess(module: Module): boolean {
  let declares = false;
  walk(module.tree, (node) => {
    const binds = ts.isBindingElement(node) || ts.isVariableDeclaration(node) || ts.isParameter(node);
    if (binds && ts.isIdentifier(node.name) && node.name.text === 'process') declares = true;
  });
  return declares;
}

/** Calls that only one file may make, by the end of the called expression. */
export type OnlyDoors = Readonly<Record<string, string>>;

/** Finds calls that go past their only door; a door that nobody uses is named too. */
export function checkDoors(modules: readonly Module[], doors: OnlyDoors): readonly Violation[] {
  const used = new Set<string>();
  const violations: Violation[] = [];
  for (const module of modules) {
    walk(module.tree, (node) => {
      if (!ts.isCallExpression(node)) return;
      const called = node.expression.getText();
      const door = Object.keys(doors).find((call) => called === call || called.endsWith(`.${call}`));
      if (door === undefined) return;
      if (doors[door] === module.path) used.add(door);
      else
        violations.push({ where: `${module.path}:${lineOf(module.tree, node)}`, sentence: `calls ${door}` });
    });
  }
  const idle = Object.entries(doors).filter(([call]) => !used.has(call));
  return [
    ...violations,
    ...idle.map(([call, path]) => ({ where: path, sentence: `does not call ${call} any more` })),
  ];
}
