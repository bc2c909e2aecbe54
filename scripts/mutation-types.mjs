// Asks the type checker about mutants: one language service, one changed file at a time. Knows nothing of tests.
import { join } from 'node:path';
import ts from 'typescript';

/** Gives a function that says whether a mutant would not compile. What is merely unused counts as compiling. */
export function createTypeCheck(root) {
  const config = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile).config;
  const parsed = ts.parseJsonConfigFileContent({ ...config, include: ['src/core'] }, ts.sys, root);
  const lenient = { noUnusedLocals: false, noUnusedParameters: false, allowUnreachableCode: true };
  const changed = { path: '', text: '', version: 0 };
  const read = (path) => (path === changed.path ? changed.text : ts.sys.readFile(path));
  const service = ts.createLanguageService({
    ...ts.sys,
    useCaseSensitiveFileNames: () => ts.sys.useCaseSensitiveFileNames,
    getCompilationSettings: () => ({ ...parsed.options, ...lenient }),
    getScriptFileNames: () => parsed.fileNames,
    getScriptVersion: (path) => (path === changed.path ? `changed ${changed.version}` : 'as it is'),
    getScriptSnapshot: (path) => {
      const text = read(path);
      return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
    },
    getCurrentDirectory: () => root,
    getDefaultLibFileName: ts.getDefaultLibFilePath,
  });
  return ({ path, source, mutant }) => {
    Object.assign(changed, { path: join(root, path), text: applyMutant(source, mutant) });
    changed.version += 1;
    const { path: now } = changed;
    return service.getSyntacticDiagnostics(now).length + service.getSemanticDiagnostics(now).length > 0;
  };
}

/** A source with one mutant in it. */
function applyMutant(source, { location, replacement }) {
  const lines = source.split('\n');
  const offset = ({ line, column }) =>
    lines.slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0) + column - 1;
  return source.slice(0, offset(location.start)) + replacement + source.slice(offset(location.end));
}
