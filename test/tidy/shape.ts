// Sizes, names and first lines of source files. Knows nothing of what is in the functions.
import { basename } from 'node:path';
import ts from 'typescript';
import { lineOf, type Module, type TextFile, type Violation, walk } from './source.ts';

/** Lines a file may have. */
export const MAX_FILE_LINES = 400;
/** Lines with something on them that a function may have. */
export const MAX_FUNCTION_LINES = 70;

/** Finds files that are too long. */
export function checkFileSizes(files: readonly TextFile[]): readonly Violation[] {
  return files.flatMap(({ path, text }) => {
    const lines = countLines(text);
    return lines > MAX_FILE_LINES ? [{ where: path, sentence: `has ${lines} lines` }] : [];
  });
}

/** Finds functions that are too long; blank lines do not count. */
export function checkFunctionSizes(modules: readonly Module[]): readonly Violation[] {
  return listFunctions(modules)
    .filter(({ lines }) => lines > MAX_FUNCTION_LINES)
    .map(({ where, lines }) => ({ where, sentence: `is a function of ${lines} lines` }));
}

/** Functions with their lengths, longest first. */
export function listFunctions(
  modules: readonly Module[],
): readonly { readonly where: string; readonly lines: number }[] {
  const found: { where: string; lines: number }[] = [];
  for (const { path, tree } of modules) {
    walk(tree, (node) => {
      if (!ts.isFunctionLike(node) || !('body' in node) || node.body === undefined) return;
      const written = node.getText(tree).split('\n');
      const lines = written.filter((line) => line.trim() !== '').length;
      found.push({ where: `${path}:${lineOf(tree, node)}`, lines });
    });
  }
  return found.sort((a, b) => b.lines - a.lines);
}

/** Finds files that do not say on their first line what they are. */
export function checkFirstLines(files: readonly TextFile[]): readonly Violation[] {
  return files.flatMap(({ path, text }) => {
    const [first = '', second = ''] = text.split('\n', 2);
    const line = first.startsWith('#!') ? second : first;
    const says = /^\/\/ \S.{10,}/.test(line) || /^\/\*\*? \S.{10,}/.test(line);
    return says ? [] : [{ where: path, sentence: 'does not open with a comment that says what it is' }];
  });
}

const VAGUE_FILES = /^(?:utils?|helpers?|types|common|misc|index|shared)$/;
const VAGUE_NAMES = /(?:Manager|Service|Helper|Util)s?$/;
const KEBAB = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;

/** Finds names under which anything could hide, and files that are not kebab-case. */
export function checkNames(modules: readonly Module[]): readonly Violation[] {
  return modules.flatMap(({ path, tree }) => {
    const violations: Violation[] = [];
    for (const segment of path.split('/')) {
      const stem = basename(segment).replace(/(?:\.test)?\.[a-z]+$/, '');
      if (VAGUE_FILES.test(stem)) violations.push({ where: path, sentence: `is called ${segment}` });
      else if (!KEBAB.test(stem)) violations.push({ where: path, sentence: 'is not kebab-case' });
    }
    walk(tree, (node) => {
      const name = declaredName(node);
      if (name === null || !VAGUE_NAMES.test(name)) return;
      violations.push({ where: `${path}:${lineOf(tree, node)}`, sentence: `declares ${name}` });
    });
    return violations;
  });
}

function declaredName(node: ts.Node): string | null {
  const declares =
    ts.isClassDeclaration(node) ||
    ts.isInterfaceDeclaration(node) ||
    ts.isTypeAliasDeclaration(node) ||
    ts.isFunctionDeclaration(node) ||
    ts.isVariableDeclaration(node);
  return declares && node.name !== undefined && ts.isIdentifier(node.name) ? node.name.text : null;
}

function countLines(text: string): number {
  return text.endsWith('\n') ? text.split('\n').length - 1 : text.split('\n').length;
}
