// A source file as text and as a syntax tree, and what it imports. Knows no rules and no disk.
import { posix } from 'node:path';
import ts from 'typescript';

/** One file, by its path relative to the repository, with `/`. */
export interface TextFile {
  readonly path: string;
  readonly text: string;
}

/** One rule broken in one place. */
export interface Violation {
  /** `path` or `path:line`. */
  readonly where: string;
  readonly sentence: string;
}

/** How a module names another one. */
export interface Import {
  readonly specifier: string;
  /** Path in the repository; null: a package or a module of Node. */
  readonly path: string | null;
  readonly line: number;
  /** `type`: gone when compiled · `static`: loaded with the module · `lazy`: loaded when asked for. */
  readonly kind: 'type' | 'static' | 'lazy';
}

/** A parsed file. */
export interface Module extends TextFile {
  readonly tree: ts.SourceFile;
  readonly imports: readonly Import[];
}

/** Parses files; the tree has parents. */
export function parseModules(files: readonly TextFile[]): readonly Module[] {
  return files.map((file) => {
    const tree = ts.createSourceFile(file.path, file.text, ts.ScriptTarget.ES2022, true);
    return { ...file, tree, imports: listImports(file.path, tree) };
  });
}

/** Calls back for every node of a tree, parents first. */
export function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  ts.forEachChild(node, (child) => walk(child, visit));
}

/** Line of a node, from 1. */
export function lineOf(tree: ts.SourceFile, node: ts.Node): number {
  return tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1;
}

function listImports(path: string, tree: ts.SourceFile): readonly Import[] {
  const imports: Import[] = [];
  const add = (specifier: ts.Expression | undefined, node: ts.Node, kind: Import['kind']): void => {
    if (specifier === undefined || !ts.isStringLiteralLike(specifier)) return;
    const { text } = specifier;
    const isOwn = text.startsWith('./') || text.startsWith('../');
    const target = isOwn ? posix.join(posix.dirname(path), text) : null;
    imports.push({ specifier: text, path: target, line: lineOf(tree, node), kind });
  };
  walk(tree, (node) => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, node, isTypeImport(node) ? 'type' : 'static');
    else if (ts.isExportDeclaration(node))
      add(node.moduleSpecifier, node, node.isTypeOnly ? 'type' : 'static');
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      add(node.arguments[0], node, 'lazy');
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      add(node.argument.literal as ts.Expression, node, 'type');
    }
  });
  return imports;
}

function isTypeImport(node: ts.ImportDeclaration): boolean {
  const clause = node.importClause;
  if (clause === undefined) return false;
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true;
  const named = clause.namedBindings;
  if (clause.name !== undefined || named === undefined || !ts.isNamedImports(named)) return false;
  return named.elements.length > 0 && named.elements.every((element) => element.isTypeOnly);
}
