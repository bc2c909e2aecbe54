// Holds the repository to the rules of the house. Each check is also shown a seeded violation, so that it can fail.
import { describe, expect, it } from 'vitest';
import { checkLinks, checkMachinePaths, checkNamedPaths } from './tidy/prose.ts';
import { checkDoors, checkProcessUse, checkPurity, type OnlyDoors, type ProcessUse } from './tidy/purity.ts';
import { listPaths, readFiles } from './tidy/repository.ts';
import { checkCycles, checkRooms, checkSurfaces } from './tidy/rooms.ts';
import {
  checkFileSizes,
  checkFirstLines,
  checkFunctionSizes,
  checkNames,
  listFunctions,
  MAX_FILE_LINES,
  MAX_FUNCTION_LINES,
} from './tidy/shape.ts';
import { type Module, parseModules, type TextFile, type Violation } from './tidy/source.ts';

const paths = new Set(listPaths());
const code = readFiles(
  [...paths].filter((path) => /^(?:src|test|bench|scripts)\/.*\.(?:ts|mjs)$/.test(path)),
);
const docs = readFiles([...paths].filter((path) => /^[^/]+\.md$|^docs\/.*\.md$/.test(path)));
const modules = parseModules(code);
const house = modules.filter(({ path }) => path.startsWith('src/'));

/** Who beside main.ts looks at the global process, and why. */
const PROCESS_USE: ProcessUse = {
  'src/adapters/journal/atomic-file.ts': {
    members: ['pid', 'kill'],
    why: 'a temporary file carries the pid of its writer, so that those of the dead can be told',
  },
  'src/adapters/process/': {
    members: ['pid', 'kill', 'platform', 'getuid'],
    why: 'processes are its subject: its own, their owners, and signals to them',
  },
  'src/adapters/agent/session/main.ts': {
    members: ['argv', 'env', 'exit', 'on', 'stderr', 'stdin', 'stdout'],
    why: 'a program of its own, started for an attempt',
  },
  'src/adapters/git/': {
    members: ['env', 'kill', 'pid', 'platform'],
    why: "git gets the user's environment without what would steer it, and is ended as a group",
  },
  'src/adapters/control/': {
    members: ['pid', 'getuid', 'umask'],
    why: 'a leader says who it is, and its socket belongs to its user alone',
  },
  'src/testing/': {
    members:
      'argv cwd env exit exitCode hrtime kill on pid removeAllListeners removeListener stderr stdin stdout'.split(
        ' ',
      ),
    why: 'acting agents, gates and the simulation are programs of their own',
  },
};

/** What only one file may do. */
const DOORS: OnlyDoors = {
  'journal.append': 'src/engine/ledger.ts',
  'git.land': 'src/engine/effects/land-candidate.ts',
};

interface Rule {
  readonly rule: string;
  readonly violations: readonly Violation[];
  /** The same check over files that break the rule, and what it has to say. */
  readonly seeded: readonly Violation[];
  readonly says: readonly string[];
}

function seed(files: Readonly<Record<string, string>>): readonly TextFile[] {
  return Object.entries(files).map(([path, text]) => ({ path, text }));
}

function seedModules(files: Readonly<Record<string, string>>): readonly Module[] {
  return parseModules(seed(files));
}

function lines(count: number): string {
  return '  f();\n'.repeat(count);
}

const RULES: readonly Rule[] = [
  {
    rule: 'rooms: main → surfaces → engine → ports → core; only compose names adapters',
    violations: checkRooms(house),
    seeded: checkRooms(
      seedModules({
        'src/core/a.ts': "import { x } from '../engine/x.ts';",
        'src/engine/b.ts': "import type { X } from '../adapters/git/x.ts';",
        'src/surfaces/cli/c.ts': "const x = await import('../../adapters/git/x.ts');",
        'src/adapters/git/d.ts': "export { x } from '../../surfaces/x.ts';",
        'src/surfaces/cli/e.ts': "let x: import('../../compose.ts').X;",
        'src/cellar/f.ts': '',
        'src/compose.ts': "import { x } from './adapters/git/x.ts';",
      }),
    ),
    says: [
      'core must not import src/engine/x.ts',
      'engine must not import src/adapters/git/x.ts',
      'surfaces must not import src/adapters/git/x.ts',
      'adapters must not import src/surfaces/x.ts',
      'surfaces must not import src/compose.ts',
      'is in no room of the house',
    ],
  },
  {
    rule: 'surfaces see views, never the state of a run or its journal',
    violations: checkSurfaces(house),
    seeded: checkSurfaces(
      seedModules({
        'src/surfaces/cli/a.ts': "import type { RunState } from '../../core/state.ts';",
        'src/surfaces/web/b.ts': "import type { JournalPort } from '../../ports/journal.ts';",
        'src/surfaces/cli/c.ts': "import type { RunView } from '../../core/view.ts';",
      }),
    ),
    says: ['a surface must not see src/core/state.ts', 'a surface must not see src/ports/journal.ts'],
  },
  {
    rule: 'no circles of imports',
    violations: checkCycles(house),
    seeded: checkCycles(
      seedModules({
        'src/core/a.ts': "import { b } from './b.ts';",
        'src/core/b.ts': "export * from './c.ts';",
        'src/core/c.ts': "import { a } from './a.ts';",
        'src/core/d.ts': "import type { E } from './e.ts';",
        'src/core/e.ts': "import { d } from './d.ts';",
      }),
    ),
    says: ['is imported in a circle: src/core/a.ts → src/core/b.ts → src/core/c.ts → src/core/a.ts'],
  },
  {
    rule: 'core is pure: no packages, no Node, no promises, no clock, no chance, no locale',
    violations: checkPurity(house),
    seeded: checkPurity(
      seedModules({
        'src/core/a.ts': "import { z } from 'zod';\nimport { join } from 'node:path';",
        'src/core/b.ts': 'export async function f(p: unknown) { await p; return Promise.resolve(1); }',
        'src/core/c.ts': 'f(Date.now(), new Date(), Date(), Math.random(), performance.now());',
        'src/core/d.ts': 'setTimeout(f, 1); console.log(process.env); "a".localeCompare("b");',
        'src/core/e.ts': 'f(new Date(0), ts.process, { console: 1 }, Math.max(1, 2)); // Promise, await',
        'src/engine/f.ts': "import { join } from 'node:path'; setTimeout(f, Date.now());",
      }),
    ),
    says: [
      'core imports zod',
      'core imports node:path',
      'core uses async',
      'core uses await',
      'core uses Promise',
      'core uses Date.now',
      'core uses new Date() without an argument',
      'core uses Date()',
      'core uses Math.random',
      'core uses performance',
      'core uses setTimeout',
      'core uses console',
      'core uses process',
      'core uses localeCompare',
    ],
  },
  {
    rule: 'only main.ts touches the process, but for what is listed with its reason',
    violations: checkProcessUse(house, PROCESS_USE),
    seeded: checkProcessUse(
      seedModules({
        'src/engine/a.ts': 'process.exit(1);',
        'src/surfaces/b.ts': "import { env } from 'x';\nconst p = process;",
        'src/adapters/git/c.ts': 'f(process.pid, process.cwd());',
        'src/engine/d.ts': 'function f(process: Port) { process.kill(); }\nparts.process.run();',
        'src/main.ts': 'process.exit(0);',
      }),
      { 'src/adapters/git/': { members: ['pid', 'umask'], why: '' } },
    ),
    says: [
      'uses process.exit',
      'uses process.*',
      'uses process.cwd',
      'is allowed process.umask and does not use it',
    ],
  },
  {
    rule: 'one place appends to the journal, one place moves the target',
    violations: checkDoors(
      house.filter(({ path }) => !path.startsWith('src/testing/')),
      DOORS,
    ),
    seeded: checkDoors(
      seedModules({
        'src/engine/ledger.ts': 'await journal.append(batch);',
        'src/engine/publish.ts': 'void parts.journal.append([]);',
      }),
      DOORS,
    ),
    says: ['calls journal.append', 'does not call git.land any more'],
  },
  {
    rule: `files have at most ${MAX_FILE_LINES} lines`,
    violations: checkFileSizes(code),
    seeded: checkFileSizes(seed({ 'src/a.ts': lines(401), 'src/b.ts': lines(400) })),
    says: ['has 401 lines'],
  },
  {
    rule: `functions have at most ${MAX_FUNCTION_LINES} lines`,
    violations: checkFunctionSizes(house),
    seeded: checkFunctionSizes(
      seedModules({
        'src/a.ts': `const f = () => {\n${lines(69)}};`,
        'src/b.ts': `class A {\n  m() {\n${lines(68)}\n\n\n  }\n}`,
      }),
    ),
    says: ['is a function of 71 lines'],
  },
  {
    rule: 'every file opens by saying what it is',
    violations: checkFirstLines(code),
    seeded: checkFirstLines(
      seed({
        'src/a.ts': "import 'x';",
        'src/b.ts': '// Short.\n',
        'src/c.ts': '#!/usr/bin/env node\n// Says what it is and what it must not know.\n',
      }),
    ),
    says: [
      'does not open with a comment that says what it is',
      'does not open with a comment that says what it is',
    ],
  },
  {
    rule: 'no names under which anything could hide',
    violations: checkNames(modules),
    seeded: checkNames(
      seedModules({
        'src/core/utils.ts': '',
        'src/core/types.ts': '',
        'test/helpers/a.test.ts': '',
        'src/engine/runLoop.ts': '',
        'src/engine/a.ts': 'class RunManager {}\nexport const gitService = 1;\nconst manager = 2;',
      }),
    ),
    says: [
      'is called utils.ts',
      'is called types.ts',
      'is called helpers',
      'is not kebab-case',
      'declares RunManager',
      'declares gitService',
    ],
  },
  {
    rule: 'links in the documents lead somewhere',
    violations: checkLinks(docs, paths),
    seeded: checkLinks(
      seed({
        'README.md':
          '# A b\n[x](docs/gone.md) ![y](gone.svg)\n[z](docs/a.md#no)\n[ok](docs/a.md#c-d)\n`[c](d)`',
        'docs/a.md': '## C `d`\n[up](../README.md#a-b) [web](https://example.org/x) <img src="gone.png">',
      }),
      new Set(['README.md', 'docs', 'docs/a.md']),
    ),
    says: [
      'links to docs/gone.md, which is not there',
      'links to gone.svg, which is not there',
      'links to docs/a.md#no, but there is no such heading',
      'links to gone.png, which is not there',
    ],
  },
  {
    rule: 'files that the documents name are there',
    violations: checkNamedPaths(docs, paths),
    seeded: checkNamedPaths(
      seed({
        'README.md':
          'see `src/gone.ts`, `test/`, `src/a b.ts`, `src/a.ts`\n```\n`src/code.ts`\n```\n`docs/x/`',
      }),
      new Set(['src', 'src/a.ts', 'test']),
    ),
    says: ['names src/gone.ts, which is not there', 'names docs/x/, which is not there'],
  },
  {
    rule: 'documents name no paths of one machine',
    violations: checkMachinePaths(docs),
    seeded: checkMachinePaths(
      seed({ 'README.md': 'see /home/me/x\nand `/work/y`\nbut not src/work/z or ../home/' }),
    ),
    says: ['names a path of one machine', 'names a path of one machine'],
  },
];

describe('tidy', () => {
  it('sees the whole house', () => {
    const rooms = ['core', 'ports', 'engine', 'adapters', 'surfaces', 'testing'];
    const seen = rooms.filter((room) => house.some(({ path }) => path.startsWith(`src/${room}/`)));
    expect(seen).toEqual(rooms);
    expect(house.length).toBeGreaterThanOrEqual(100);
    const inside = house.flatMap(({ imports }) => imports.filter((one) => one.path !== null));
    expect(inside.length).toBeGreaterThan(house.length);
    expect(inside.filter(({ path }) => !paths.has(path ?? ''))).toEqual([]);
    expect(listFunctions(house).length).toBeGreaterThan(house.length);
    expect(docs.length).toBeGreaterThanOrEqual(10);
  });

  describe.each(RULES)('$rule', ({ violations, seeded, says }) => {
    it('holds', () => {
      expect(violations).toEqual([]);
    });
    it('is noticed when broken', () => {
      expect(seeded.map(({ sentence }) => sentence)).toEqual(says);
    });
  });
});
