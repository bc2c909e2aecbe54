// What the agents of the demo write and ask, whoever plays them. Knows nothing of how they do it.
import { COURSES, type Course } from './courses.ts';

/** Shared by every course; api-design and unit-testing both rewrite its second line. */
export const INDEX_PATH = 'courses/index.md';
/** Shared by sql-joins and regex-basics, which both claim it. */
export const GLOSSARY_PATH = 'courses/glossary.md';

/** Text of the exercises of "Git basics". */
export const EXERCISES =
  '# Exercises\n\n- [ ] Make a commit, then find it with `git log`.\n- [ ] Make a branch and switch to it.\n';
/** Terms for the glossary, by course. */
export const TERMS: Readonly<Record<string, string>> = {
  'sql-joins': '- **Join** — rows of two tables, paired by a condition.',
  'regex-basics': '- **Anchor** — a place in a text, such as its start.',
};
/** What both courses that want to be first can live with. */
export const BOTH_FIRST = 'API design, then Unit testing';
/** What the agent of "React hooks" wants to know before it begins. */
export const QUESTION = 'Should the lesson explain class components before it comes to hooks?';
/** What it offers to choose from. */
export const CHOICES: readonly string[] = ['Hooks only', 'Classes first'];

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

/** Text of a course's lesson. */
export function lessonOf({ title, lesson }: Course): string {
  return `# ${title}\n\n${lesson.join('\n\n')}\n`;
}

/** Text of a course's quiz. */
export function quizOf({ quiz }: Course): string {
  return `${JSON.stringify(quiz, null, 2)}\n`;
}

/** The same quiz with a comma too many, which a gate notices. */
export function breakQuiz(course: Course): string {
  return quizOf(course).replace(/\n\]\n$/, ',\n]\n');
}
