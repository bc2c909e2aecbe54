// What the demo's agents do: ten courses written side by side, with the mishaps of a real day. Knows no engine.
import {
  BOTH_FIRST,
  breakQuiz,
  CHOICES,
  EXERCISES,
  GLOSSARY_PATH,
  INDEX_PATH,
  lessonOf,
  QUESTION,
  quizOf,
  TERMS,
  writeIndex,
} from './contents.ts';
import { COURSES, type Course } from './courses.ts';

type ScenarioStep = Readonly<Record<string, unknown>>;
type ScenarioPart = Readonly<Record<string, readonly ScenarioStep[]>>;

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
  'typescript-generics': mendQuiz,
  'react-hooks': askFirst,
  'css-grid': crashOnce,
  'sql-joins': addTerm,
  'regex-basics': addTerm,
};

function writeLesson(course: Course): ScenarioStep {
  return { write: { path: `courses/${course.id}/lesson.md`, text: lessonOf(course) } };
}

function writeQuiz(course: Course): ScenarioStep {
  return {
    write: { path: `courses/${course.id}/quiz.json`, text: quizOf(course) },
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
  return [
    { say: 'Reading the lesson of the step before' },
    { run: 'test -f courses/git-basics/lesson.md' },
    { sleep: 400 },
    { write: { path: 'courses/git-basics/exercises.md', text: EXERCISES } },
    { commit: 'Exercises for Git basics' },
  ];
}

/** Two tasks choose the first course on the same line; the second to land meets a conflict and merges both wishes. */
function chooseStart(
  course: Course,
  how: { readonly pauseMs: number; readonly start: string },
): ScenarioPart {
  const both = writeIndex(BOTH_FIRST);
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
function mendQuiz(course: Course): ScenarioPart {
  return {
    1: [
      { say: 'Writing lesson and quiz' },
      { sleep: 300 },
      writeLesson(course),
      { write: { path: `courses/${course.id}/quiz.json`, text: breakQuiz(course) } },
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
          question: QUESTION,
          options: CHOICES,
          tried: 'the other lessons, which do not mention classes',
        },
      },
    ],
    default: [{ 'expect-guidance': CHOICES.join('|') }, ...writeCourse(course, 300)],
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

function addTerm(course: Course): ScenarioPart {
  return {
    default: [
      ...writeCourse(course, 250),
      { append: { path: GLOSSARY_PATH, text: `${TERMS[course.id] ?? ''}\n` } },
      { commit: course.title },
    ],
  };
}
