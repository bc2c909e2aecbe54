// The throw-away repository of the demo as texts by path. Writes nothing itself.
import { dump } from 'js-yaml';
import { GLOSSARY_PATH, INDEX_PATH, writeIndex } from './contents.ts';
import { COURSES, type Course } from './courses.ts';
import { CHECK_TEXT } from './gate.ts';
import { demoParts } from './scenario.ts';
import { type DemoAgent, writeExercisesScript, writeScript } from './script.ts';

const SCENARIO_PATH = '.weft/demo-scenario.yaml';

/** A real agent that plays in the demo. */
export interface DemoProgram {
  readonly kind: DemoAgent;
  /** Absolute path of its program. */
  readonly path: string;
}

/**
 * Files of the demo's repository, ready to be committed; `plan.yaml` is the track file to run. Played by actors, or by a
 * program whose model finds its script in the task files.
 */
export function demoFiles(program: DemoProgram | null): ReadonlyMap<string, string> {
  return new Map([
    ['README.md', README],
    ['package.json', `${JSON.stringify(PACKAGE, null, 2)}\n`],
    ['check.mjs', CHECK_TEXT],
    [INDEX_PATH, writeIndex('not chosen yet')],
    [GLOSSARY_PATH, '# Glossary\n\n- **Course** — a lesson and a quiz.\n'],
    ['plan.yaml', PLAN],
    ...(program === null ? filesOfActors() : filesOfProgram(program)),
  ]);
}

type Files = readonly (readonly [path: string, text: string])[];

function filesOfActors(): Files {
  const scenario = dump({ tasks: Object.fromEntries(demoParts()) }, { lineWidth: -1 });
  return [
    ...COURSES.map((course) => [`tasks/${course.id}.md`, writeTask(course)] as const),
    [EXERCISES_PATH, EXERCISES],
    ['.weft/config.yaml', CONFIG_OF_ACTORS],
    [SCENARIO_PATH, `# What the acting agents of the demo do, by task and attempt.\n${scenario}`],
  ];
}

function filesOfProgram(program: DemoProgram): Files {
  const { kind } = program;
  return [
    ...COURSES.map(
      (course) => [`tasks/${course.id}.md`, `${writeTask(course)}\n${writeScript(course, kind)}`] as const,
    ),
    [EXERCISES_PATH, `${EXERCISES}\n${writeExercisesScript()}`],
    ['.weft/config.yaml', writeConfig(program)],
  ];
}

const README = `# Micro-courses

A small collection of courses, each one lesson and one quiz under \`courses/\`.
\`node check.mjs\` checks them all; it is the gate that every change has to pass.

\`plan.yaml\` lists ten courses to be written. \`weft run plan.yaml\` has them written side by side.
`;

const PACKAGE = {
  name: 'micro-courses',
  private: true,
  type: 'module',
  scripts: { check: 'node check.mjs' },
};

const CONFIG_OF_ACTORS = `# The demo's agents are actors: they follow ${SCENARIO_PATH} and need no model.
integrate: auto
maxAgents: 4
agent: actor
agents:
  actor: { kind: script, scenario: ${SCENARIO_PATH} }
gates:
  tier0: ["node check.mjs"]
`;

function writeConfig({ kind, path }: DemoProgram): string {
  return `# The demo's agents are real; their model is a script, which stands in the task files.
integrate: auto
maxAgents: 4
agent: ${kind}
agents:
  ${kind}: { kind: ${kind}, program: ${JSON.stringify(path)} }
gates:
  tier0: ["node check.mjs"]
`;
}

const PLAN = `# Ten courses, written in parallel. A track's steps follow one another.
tracks:
  - name: git-basics
    steps:
      - task: tasks/git-basics.md
      - task: tasks/git-basics-exercises.md # starts on top of the lesson as soon as that is verified

  # These two choose the same "Start here" line; the one that lands second has to merge.
  - name: api-design
    steps: [{ task: tasks/api-design.md }]
  - name: unit-testing
    steps: [{ task: tasks/unit-testing.md }]

  - name: typescript-generics
    steps: [{ task: tasks/typescript-generics.md }]
  - name: react-hooks
    steps: [{ task: tasks/react-hooks.md }]
  - name: css-grid
    steps: [{ task: tasks/css-grid.md }]

  # Both claim the glossary, so they never run at the same time.
  - name: sql-joins
    steps: [{ task: tasks/sql-joins.md }]
  - name: regex-basics
    steps: [{ task: tasks/regex-basics.md }]

  - name: http-caching
    steps: [{ task: tasks/http-caching.md }]
  - name: shell-pipes
    steps: [{ task: tasks/shell-pipes.md }]
`;

const EXERCISES_PATH = 'tasks/git-basics-exercises.md';
const EXERCISES = `---
owns: [courses/git-basics/exercises.md]
---
# Add exercises to "Git basics"

Write \`courses/git-basics/exercises.md\`: a list of things to try after the lesson, as check boxes.
`;

/** Patterns a course may touch beside or instead of its folder; null: nothing is declared. */
const OWNS: Readonly<Record<string, readonly string[] | null>> = {
  'git-basics': ['courses/git-basics/lesson.md', 'courses/git-basics/quiz.json'],
  'api-design': ['courses/api-design/', INDEX_PATH],
  'unit-testing': null,
  'sql-joins': ['courses/sql-joins/', GLOSSARY_PATH],
  'regex-basics': ['courses/regex-basics/', GLOSSARY_PATH],
};

const EXTRA: Readonly<Record<string, string>> = {
  'api-design': `Put this course first in the "Start here" line of \`${INDEX_PATH}\`.\n`,
  'unit-testing': `Put this course first in the "Start here" line of \`${INDEX_PATH}\`.\n`,
  'sql-joins': `Add the term "Join" to \`${GLOSSARY_PATH}\`.\n`,
  'regex-basics': `Add the term "Anchor" to \`${GLOSSARY_PATH}\`.\n`,
};

function writeTask({ id, title }: Course): string {
  const owns = OWNS[id] === undefined ? [`courses/${id}/`] : OWNS[id];
  const front = owns === null ? '' : `---\nowns: [${owns.join(', ')}]\n---\n`;
  return `${front}# Write the course "${title}"

Write \`courses/${id}/lesson.md\`, three short paragraphs under the title "${title}", and \`courses/${id}/quiz.json\`,
two questions with answers. Run \`node check.mjs\` before you are done.
${EXTRA[id] ?? ''}`;
}
