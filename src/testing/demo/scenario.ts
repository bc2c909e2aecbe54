// What the demo's agents do: ten courses written side by side, with the mishaps of a real day. Knows no engine.
import { COURSES, type Course } from './courses.ts';

/** Shared by every course; api-design and unit-testing both rewrite its second line. */
export const INDEX_PATH = 'courses/index.md';
/** Shared by sql-joins and regex-basics, which both claim it. */
export const GLOSSARY_PATH = 'courses/glossary.md';

type ScenarioStep = Readonly<Record<string, unknown>>;
type ScenarioPart = Readonly<Record<string, readonly ScenarioStep[]>>;

/** Text of the index with its choice of a first course. */
export function writeIndex(start: string): string {
  const rows = COURSES.map(({ id, title, minutes }) => `| [${title}](${id}/lesson.md) | ${minutes} |`);
  return [
    '# Courses',
    '',
    `Start here: ${start}`,
    '',
    '| Course | Minutes |',
    '| --- | --- |',
    ...rows,
    '',
  ].join('\n');
}

/** The parts of all tasks, by task id and attempt, as the scenario file has them. */
export function demoParts(): ReadonlyMap<string, ScenarioPart> {
  const parts = new Map<string, ScenarioPart>();
  for (const course of COURSES) {
    parts.set(course.id, SPECIAL[course.id]?.(course) ?? { default: writeCourse(course, 350) });
  }
  return parts.set('git-basics-exercises', { default: writeExercises() });
}

const SPECIAL: Readonly<Record<string, (course: Course) => ScenarioPart>> = {
  'git-basics': (course) => ({ default: writeCourse(course, 200) }),
  'api-design': (course) => chooseStart(course, { pauseMs: 200, start: 'API design' }),
  'unit-testing': (course) => chooseStart(course, { pauseMs: 500, start: 'Unit testing' }),
  'typescript-generics': breakQuiz,
  'react-hooks': askFirst,
  'css-grid': crashOnce,
  'sql-joins': (course) => addTerm(course, '- **Join** — rows of two tables, paired by a condition.\n'),
  'regex-basics': (course) => addTerm(course, '- **Anchor** — a place in a text, such as its start.\n'),
};

function lessonOf({ title, lesson }: Course): string {
  return `# ${title}\n\n${lesson.join('\n\n')}\n`;
}

function writeLesson(course: Course): ScenarioStep {
  return { write: { path: `courses/${course.id}/lesson.md`, text: lessonOf(course) } };
}

function writeQuiz(course: Course): ScenarioStep {
  return {
    write: { path: `courses/${course.id}/quiz.json`, text: `${JSON.stringify(course.quiz, null, 2)}\n` },
  };
}

/** Lesson and quiz without a commit; what an agent leaves uncommitted is committed for it. */
function writeCourse(course: Course, pauseMs: number): readonly ScenarioStep[] {
  return [
    { say: `Reading the task of "${course.title}"` },
    { sleep: pauseMs },
    { say: 'Writing the lesson' },
    writeLesson(course),
    { sleep: pauseMs },
    { say: 'Writing the quiz' },
    writeQuiz(course),
    { run: 'node check.mjs' },
  ];
}

function writeExercises(): readonly ScenarioStep[] {
  const text =
    '# Exercises\n\n- [ ] Make a commit, then find it with `git log`.\n- [ ] Make a branch and switch to it.\n';
  return [
    { say: 'Reading the lesson of the step before' },
    { run: 'test -f courses/git-basics/lesson.md' },
    { sleep: 400 },
    { write: { path: 'courses/git-basics/exercises.md', text } },
    { commit: 'Exercises for Git basics' },
  ];
}

/** Two tasks choose the first course on the same line; the second to land meets a conflict and merges both wishes. */
function chooseStart(
  course: Course,
  how: { readonly pauseMs: number; readonly start: string },
): ScenarioPart {
  const both = writeIndex('API design, then Unit testing');
  return {
    1: [
      ...writeCourse(course, how.pauseMs),
      { say: `Putting "${course.title}" first` },
      { write: { path: INDEX_PATH, text: writeIndex(how.start) } },
      { commit: `Course ${course.title}` },
    ],
    default: [
      { say: 'Merging the target in' },
      { merge: { resolve: { [INDEX_PATH]: both } } },
      { sleep: 300 },
      writeLesson(course),
      writeQuiz(course),
      { write: { path: INDEX_PATH, text: both } },
    ],
  };
}

/** The first quiz ends in a comma too many; the gate's words bring the second attempt on the right way. */
function breakQuiz(course: Course): ScenarioPart {
  const broken = JSON.stringify(course.quiz, null, 2).replace(/\n\]$/, ',\n]\n');
  return {
    1: [
      { say: 'Writing lesson and quiz' },
      { sleep: 300 },
      writeLesson(course),
      { write: { path: `courses/${course.id}/quiz.json`, text: broken } },
      { commit: `Course ${course.title}` },
    ],
    default: [
      { 'expect-guidance': 'not well-formed JSON' },
      { say: 'The gate says the quiz is not well-formed' },
      { sleep: 300 },
      ...writeCourse(course, 50),
      { commit: 'A comma too many in the quiz' },
    ],
  };
}

function askFirst(course: Course): ScenarioPart {
  return {
    1: [
      { say: 'Reading the task' },
      { sleep: 300 },
      {
        ask: {
          question: 'Should the lesson explain class components before it comes to hooks?',
          options: ['Hooks only', 'Classes first'],
          tried: 'the other lessons, which do not mention classes',
        },
      },
    ],
    default: [{ 'expect-guidance': 'Hooks only|Classes first' }, ...writeCourse(course, 300)],
  };
}

function crashOnce(course: Course): ScenarioPart {
  return {
    1: [
      { say: 'Writing the lesson' },
      { write: { path: `courses/${course.id}/lesson.md`, text: `# ${course.title}\n\nGrid lays o` } },
      { sleep: 300 },
      { crash: 'SIGSEGV' },
    ],
    default: writeCourse(course, 300),
  };
}

function addTerm(course: Course, line: string): ScenarioPart {
  return {
    default: [
      ...writeCourse(course, 250),
      { append: { path: GLOSSARY_PATH, text: line } },
      { commit: course.title },
    ],
  };
}
