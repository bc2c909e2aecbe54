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
import { createTestLoader, reaches } from './load-tests.mjs';

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
  // modules as they are without a mutant; those of a mutant that is met while they are evaluated are thrown away
  const plain = createSuite();

  return {
    capabilities: () => ({ reloadEnvironment: true }),

    dryRun: async () => {
      const tests = [];
      for (const file of files) {
        for (const test of plain(file)) {
          shared.currentTestId = test.id;
          tests.push(await runTest(test));
          shared.currentTestId = undefined;
        }
      }
      return { status: DryRunStatus.Complete, tests, mutantCoverage: shared.mutantCoverage };
    },

    mutantRun: async ({ activeMutant, mutantActivation, sandboxFileName, testFilter, hitLimit }) => {
      const isStatic = mutantActivation === 'static';
      const suite = isStatic ? createSuite() : plain;
      const wanted = testFilter && new Set(testFilter);
      const wantedFiles = wanted && new Set(testFilter.map((id) => id.split('#', 1)[0]));
      const mayMeet = (file) =>
        wantedFiles ? wantedFiles.has(nameOf(file)) : plain(file) && reaches(file, sandboxFileName);
      const concerned = orderFor(sandboxFileName, files).filter(mayMeet);
      Object.assign(shared, { hitCount: 0, hitLimit });
      const tests = [];
      for (const file of concerned) {
        shared.activeMutant = isStatic ? activeMutant.id : undefined;
        const own = suite(file).filter(({ id, always }) => !wanted || wanted.has(id) || always);
        shared.activeMutant = activeMutant.id;
        for (const test of own) {
          tests.push(await runTest(test));
          if (tests.at(-1).status === TestStatus.Failed) break;
        }
        if (tests.at(-1)?.status === TestStatus.Failed) break;
      }
      shared.activeMutant = undefined;
      const overrun = determineHitLimitReached(shared.hitCount, hitLimit);
      return toMutantRunResult(overrun ?? { status: DryRunStatus.Complete, tests });
    },
  };
}

/** Gives a function that lists the tests of a file, loaded when first asked for. */
function createSuite() {
  const load = createTestLoader();
  const known = new Map();
  return (file) => {
    if (!known.has(file)) known.set(file, listTests(load, file));
    return known.get(file);
  };
}

function listTests(load, file) {
  const about = { fileName: file };
  try {
    return load(file)
      .filter(({ name }) => !LONG.test(name))
      .map((test, at) => ({ ...test, ...about, id: `${nameOf(file)}#${at} ${test.name}` }));
  } catch (error) {
    const fail = () => {
      throw error;
    };
    return [{ ...about, id: `${nameOf(file)}#`, name: 'loads', body: fail, always: true }];
  }
}

function nameOf(file) {
  return relative('.', file);
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
