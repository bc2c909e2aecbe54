// Draws docs/mutation.md from a mutation report: a table of files, then what survived. Measures nothing.
import { EQUIVALENT } from '../mutate/equivalent.mjs';

const HEAD = `# Mutation testing

\`npm run mutate\` breaks \`src/core/\` in small ways, one at a time, and runs the tests in \`test/core/\` that reach the
broken place. A mutant is *killed* when a test fails or hangs on it. What *survives* is either a gap in the tests or a change
that nothing can notice. Mutants that the type checker refuses are none. The score is killed of killed and survived.

Survivors that change nothing are marked with \`=\` and the reason; they count as survivors all the same.

No mutant is left out: sentences for people count like everything else. Tests are, in part: those that are long for their size do
not run, and a property tries 100 examples at most, the same ones for every mutant.

This page is written by that command. \`npm run mutate -- src/core/heap.ts\` measures one file, or a folder, and prints the
same about it. Results are kept in a file that git ignores, and what has not changed is not run again.
`;

const KILLED = new Set(['Killed', 'Timeout']);
const SURVIVED = new Set(['Survived', 'NoCoverage']);
const WIDTH = 150;

/** The page, from the files of a report in the format of mutation-testing-report-schema. */
export function drawPage(files) {
  return `${HEAD}\n${drawResults(files)}`;
}

/** The table of files and what survives in each. */
export function drawResults(files) {
  const measured = Object.entries(files)
    .map(([path, file]) => ({ path, ...file, ...count(file.mutants) }))
    .filter(({ killed, survived }) => killed + survived > 0)
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  const total = count(measured.flatMap(({ mutants }) => mutants));
  const rows = [...measured, { path: 'all', ...total }].map(
    ({ path, killed, survived, refused }) =>
      `| ${path} | ${score({ killed, survived })} | ${killed + survived} | ${killed} | ${survived} | ${refused} |`,
  );
  const table = [
    '| File | Score | Mutants | Killed | Survived | Not compiling |',
    '|---|--:|--:|--:|--:|--:|',
  ];
  const open = measured.filter(({ survived }) => survived > 0).map(drawSurvivors);
  return [...table, ...rows, '', '## What survives\n', ...open].join('\n');
}

function count(mutants) {
  const among = (statuses) => mutants.filter(({ status }) => statuses.has(status)).length;
  return { killed: among(KILLED), survived: among(SURVIVED), refused: among(new Set(['CompileError'])) };
}

function score({ killed, survived }) {
  return `${((100 * killed) / (killed + survived)).toFixed(1)} %`;
}

function drawSurvivors({ path, source, mutants }) {
  const lines = source.split('\n');
  const reasons = Object.entries(EQUIVALENT[path] ?? {});
  const rows = mutants
    .filter(({ status }) => SURVIVED.has(status))
    .sort((a, b) => a.location.start.line - b.location.start.line)
    .map(({ location: { start, end }, replacement }) => {
      const line = lines[start.line - 1];
      const was = line.slice(start.column - 1, end.line === start.line ? end.column - 1 : undefined);
      const row = flatten(`${was} → ${replacement}`);
      const why = reasons.find(([, rows]) => rows.includes(row))?.[0];
      return `${start.line}: ${shorten(row)}${why === undefined ? '' : `  = ${why}`}`;
    });
  return `### ${path}\n\n\`\`\`text\n${[...new Set(rows)].join('\n')}\n\`\`\`\n`;
}

function flatten(text) {
  return text.replace(/\s+/g, ' ').trim();
}

function shorten(text) {
  return text.length > WIDTH ? `${text.slice(0, WIDTH - 1)}…` : text;
}
