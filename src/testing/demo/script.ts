// What the scripted model lets a real agent do in the demo, as directives for the task files. Knows no agent's protocol.
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
} from './contents.ts';
import type { Course } from './courses.ts';

/** Agent kinds that can play in the demo. */
export type DemoAgent = 'claude' | 'codex';

/** How often an agent has to ask the model again before it gives up. */
export const MODEL_RETRIES = 2;

/** The script of a course, and what comes after each turn that ends too early: agents go on with their conversation. */
export function writeScript(course: Course, agent: DemoAgent): string {
  const lines = SPECIAL[course.id]?.(course, agent) ?? [...writeCourse(course), SAY_DONE];
  return `${INTRODUCTION}\n\n${lines.join('\n')}\n`;
}

/** The script of the step after "Git basics". */
export function writeExercisesScript(): string {
  const lines = [
    '@bash test -f courses/git-basics/lesson.md',
    writeFile('courses/git-basics/exercises.md', EXERCISES),
    commit('Exercises for Git basics'),
    '@say There is something to try after the lesson.',
  ];
  return `${INTRODUCTION}\n\n${lines.join('\n')}\n`;
}

const INTRODUCTION =
  'The model of this demo follows a script. These are its turns; `@say` ends the work, until there is more to be done:';

const PAUSE = '@sleep 300';
const CHECK = '@bash node check.mjs';
const SAY_DONE = '@say The course is written, and the check passes.';

const SPECIAL: Readonly<Record<string, (course: Course, agent: DemoAgent) => readonly string[]>> = {
  'api-design': chooseStart,
  'unit-testing': chooseStart,
  'typescript-generics': mendQuiz,
  'react-hooks': askFirst,
  'css-grid': meetOverload,
  'sql-joins': addTerm,
  'regex-basics': addTerm,
};

function writeCourse(course: Course): readonly string[] {
  return [PAUSE, writeLesson(course), PAUSE, writeQuiz(course, quizOf(course)), CHECK];
}

function writeLesson(course: Course): string {
  return writeFile(`courses/${course.id}/lesson.md`, lessonOf(course));
}

function writeQuiz({ id }: Course, text: string): string {
  return writeFile(`courses/${id}/quiz.json`, text);
}

function writeFile(path: string, text: string): string {
  return `@write ${path}\n\`\`\`\n${text}\`\`\``;
}

function commit(message: string): string {
  return `@bash git add -A && git commit -qm "${message}"`;
}

/** The second of the two to land meets a conflict; what it does then stands after its first last word. */
function chooseStart(course: Course): readonly string[] {
  return [
    ...writeCourse(course),
    `@bash sed 's/^Start here:.*/Start here: ${course.title}/' ${INDEX_PATH} > index && mv index ${INDEX_PATH}`,
    commit(`Course ${course.title}`),
    `@say The course is written, and first in the index.`,
    '@bash git merge main',
    `@bash git show main:${INDEX_PATH} | sed 's/^Start here:.*/Start here: ${BOTH_FIRST}/' > ${INDEX_PATH}`,
    commit('Merge main: both courses are first'),
    '@say Both wishes are kept.',
  ];
}

/** The first quiz ends in a comma too many, which the gate finds. */
function mendQuiz(course: Course): readonly string[] {
  return [
    PAUSE,
    writeLesson(course),
    writeQuiz(course, breakQuiz(course)),
    commit(`Course ${course.title}`),
    '@say Lesson and quiz are written.',
    // agents want to read a file before they write over it
    `@bash rm courses/${course.id}/quiz.json`,
    writeQuiz(course, quizOf(course)),
    CHECK,
    commit('A comma too many in the quiz'),
    '@say The check was right: there was a comma too many.',
  ];
}

function askFirst(course: Course, agent: DemoAgent): readonly string[] {
  return [`@tool ${ASKING[agent]}`, ...writeCourse(course), SAY_DONE];
}

/** A question by the agent's own tool where it has one, else by weft's. */
const ASKING: Readonly<Record<DemoAgent, string>> = {
  claude: `AskUserQuestion|${JSON.stringify({
    questions: [
      {
        question: QUESTION,
        header: 'Scope',
        multiSelect: false,
        options: CHOICES.map((label) => ({ label, description: '' })),
      },
    ],
  })}`,
  codex: `mcp__weft__ask_guidance|${JSON.stringify({ question: QUESTION, options: CHOICES })}`,
};

/** The model is overloaded for so long that the agent gives up; another attempt goes on where it was. */
function meetOverload(course: Course): readonly string[] {
  return [
    PAUSE,
    writeLesson(course),
    `@error 529 x${1 + MODEL_RETRIES}|0`,
    writeQuiz(course, quizOf(course)),
    CHECK,
    SAY_DONE,
  ];
}

function addTerm(course: Course): readonly string[] {
  return [
    ...writeCourse(course),
    `@bash echo '${TERMS[course.id] ?? ''}' >> ${GLOSSARY_PATH}`,
    commit(course.title),
    '@say The course is written, and its term explained.',
  ];
}
