// Loads test files into this process and gives their tests. Knows as much of vitest as the tests of the core use: what they
// do not use is not here, and a test that needs it fails at once.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { format } from 'node:util';
import { compileFunction } from 'node:vm';
import {
  ASYMMETRIC_MATCHERS_OBJECT,
  JestAsymmetricMatchers,
  JestChaiExpect,
  JestExtend,
} from '@vitest/expect';
import { format as print } from '@vitest/pretty-format';
import * as chai from 'chai';
import { transformSync } from 'esbuild';
import * as fastCheck from 'fast-check';

/** Examples that a property tries, at most; the same ones for every mutant. */
const MAX_EXAMPLES = 100;

/** Compiled modules by path; their text stays the same as long as the process lives. */
const compiled = new Map();

/** Loads a test file and all that it imports anew, and gives its tests as `{ name, body }`. */
export function loadTests(file) {
  const modules = new Map();
  const vitest = createVitest();
  const outside = createRequire(resolve('package.json'));
  const load = (path) => {
    const known = modules.get(path);
    if (known !== undefined) return known.exports;
    const module = { exports: {} };
    modules.set(path, module);
    const need = (name) => {
      if (name === 'vitest') return vitest;
      if (name === 'fast-check') return quickCheck;
      return name.startsWith('.') ? load(join(dirname(path), name)) : outside(name);
    };
    compile(path)(module, module.exports, need);
    return module.exports;
  };
  load(file);
  return vitest.declared;
}

function compile(path) {
  const known = compiled.get(path);
  if (known !== undefined) return known;
  const { code } = transformSync(readFileSync(path, 'utf8'), {
    loader: 'ts',
    format: 'cjs',
    target: 'node20',
    define: {
      'import.meta.url': JSON.stringify(pathToFileURL(path).href),
      'import.meta.dirname': JSON.stringify(dirname(path)),
    },
  });
  const run = compileFunction(code, ['module', 'exports', 'require'], { filename: path });
  compiled.set(path, run);
  return run;
}

/** The words that tests are written in. */
function createVitest() {
  const declared = [];
  const above = [];
  const describe = (name, body) => {
    above.push(name);
    body();
    above.pop();
  };
  const test = (name, body) => {
    declared.push({ name: [...above, name].join(' '), body });
  };
  const each = (declare) => (rows) => (name, body) => {
    for (const row of rows) {
      const values = Array.isArray(row) ? row : [row];
      declare(format(name, ...values), () => body(...values));
    }
  };
  describe.each = each(describe);
  test.each = each(test);
  return { declared, describe, expect, it: test, test };
}

fastCheck.configureGlobal({ seed: 1, endOnFailure: true });

/** Properties that stop at the first example against them; nobody reads the smallest one. */
const quickCheck = {
  ...fastCheck,
  assert: (property, options) =>
    fastCheck.assert(property, { ...options, numRuns: Math.min(options?.numRuns ?? 100, MAX_EXAMPLES) }),
};
quickCheck.default = quickCheck;

chai.use(JestExtend);
chai.use(JestChaiExpect);
chai.use(JestAsymmetricMatchers);
chai.use(({ Assertion }) => {
  Assertion.addMethod('toMatchInlineSnapshot', function match(snapshot) {
    const printed = print(this._obj, { escapeString: false, escapeRegex: true, printBasicPrototype: false });
    this.assert(printed === unindent(snapshot), `expected ${printed} to be ${snapshot}`);
  });
});
const expect = (value, message) => chai.expect(value, message);
Object.assign(expect, chai.expect, globalThis[ASYMMETRIC_MATCHERS_OBJECT]);

/** A snapshot without the indentation that it has in the source. */
function unindent(snapshot) {
  const lines = snapshot.split('\n');
  if (lines.length < 3) return snapshot;
  const indent = /^\s*/.exec(lines[1])[0].length;
  return lines
    .slice(1, -1)
    .map((line) => line.slice(indent))
    .join('\n');
}
