// Runs the tests of the core for stryker, inside its worker process. They are synchronous and leave nothing behind, so a
// mutant needs no process and no vitest of its own and costs milliseconds, not seconds.
import { readdirSync } from 'node:fs';
import { basename, relative, resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import { declareFactoryPlugin, PluginKind } from '@stryker-mutator/api/plugin';
import {
  DryRunStatus,
  determineHitLimitReached,
  TestStatus,
  toMutantRunResult,
} from '@stryker-mutator/api/test-runner';
import { loadTests } from './load-tests.mjs';

const FOLDER = 'test/core';
/** Tests that take seconds here, for their size: what they say of being right, smaller ones say as well. */
const LONG = /0,000|ten thousand|bounded by the product|cut at any byte|of another shape has another version/;

/** What the instrumented sources read and write. */
globalThis.__stryker__ ??= {};
const shared = globalThis.__stryker__;

function createRunner() {
  const files = readdirSync(FOLDER, { recursive: true })
    .filter((name) => name.endsWith('.test.ts'))
    .sort()
    .map((name) => resolve(FOLDER, name));
  const suites = new Map();
  /** The tests of a file as they are without a mutant, and the mutants that are met while it is loaded. */
  const suiteOf = (file) => {
    if (!suites.has(file)) suites.set(file, loadPlain(file));
    return suites.get(file);
  };

  return {
    capabilities: () => ({ reloadEnvironment: true }),

    dryRun: async () => {
      const results = [];
      const perTest = {};
      for (const file of files) {
        const { tests, metLoading } = suiteOf(file);
        for (const test of tests) {
          results.push(await runTest(test));
          perTest[test.id] = addCounts(takeCoverage(), metLoading);
        }
      }
      return {
        status: DryRunStatus.Complete,
        tests: results,
        mutantCoverage: { static: {}, perTest },
      };
    },

    mutantRun: async ({ activeMutant: { id }, sandboxFileName, testFilter = [], hitLimit }) => {
      const wanted = new Set(testFilter);
      const concerned = orderFor(sandboxFileName, files).filter((file) =>
        suiteOf(file).tests.some((test) => wanted.has(test.id)),
      );
      Object.assign(shared, { activeMutant: id, hitCount: 0, hitLimit });
      const results = [];
      for (const file of concerned) {
        const { tests, metLoading } = suiteOf(file);
        const own = id in metLoading ? listTests(file) : tests;
        for (const test of own) {
          if (!wanted.has(test.id) && !test.isLoading) continue;
          results.push(await runTest(test));
          if (results.at(-1).status === TestStatus.Failed) break;
        }
        if (results.at(-1)?.status === TestStatus.Failed) break;
      }
      shared.activeMutant = undefined;
      const overrun = determineHitLimitReached(shared.hitCount, hitLimit);
      return toMutantRunResult(overrun ?? { status: DryRunStatus.Complete, tests: results });
    },
  };
}

function loadPlain(file) {
  takeCoverage();
  const tests = listTests(file);
  return { tests, metLoading: takeCoverage() };
}

/** A file that cannot be loaded has one test, which fails. */
function listTests(file) {
  const name = relative('.', file);
  try {
    return loadTests(file)
      .filter((test) => !LONG.test(test.name))
      .map((test, at) => ({ ...test, fileName: file, id: `${name}#${at} ${test.name}` }));
  } catch (error) {
    const body = () => {
      throw error;
    };
    return [{ name: 'loads', fileName: file, id: `${name}#`, body, isLoading: true }];
  }
}

/** Mutants that were met since this was asked last, with how often. */
function takeCoverage() {
  const met = shared.mutantCoverage?.static ?? {};
  // the sources keep hold of the object itself
  if (shared.mutantCoverage !== undefined) shared.mutantCoverage.static = {};
  return met;
}

function addCounts(one, other) {
  const sum = { ...one };
  for (const [id, count] of Object.entries(other)) sum[id] = (sum[id] ?? 0) + count;
  return sum;
}

/** The mirror of the changed file first, the laws, which take long, last. */
function orderFor(changed, files) {
  const mirror = `${basename(changed, '.ts')}.test.ts`;
  const rank = (file) => ['laws.test.ts', mirror].indexOf(basename(file));
  const weight = [1, 2, 0];
  return [...files].sort((one, other) => weight[rank(one) + 1] - weight[rank(other) + 1]);
}

async function runTest({ id, name, fileName, body }) {
  const began = performance.now();
  const result = { id, name, fileName, status: TestStatus.Success };
  try {
    await body();
  } catch (error) {
    Object.assign(result, { status: TestStatus.Failed, failureMessage: String(error?.message ?? error) });
  }
  return { ...result, timeSpentMs: performance.now() - began };
}

export const strykerPlugins = [declareFactoryPlugin(PluginKind.TestRunner, 'in-process', createRunner)];
