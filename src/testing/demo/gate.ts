// The gate of the demo's repository: a check that a real project could have. Text only; it runs in the demo's worktrees.

/** Text of `check.mjs`: exits 1 and says what is wrong when a course is not well-formed or shared files disagree. */
export const CHECK_TEXT = `// Checks the courses: lesson, quiz, index and glossary. Plain Node, no dependencies.
import { existsSync, readdirSync, readFileSync } from 'node:fs';

const faults = [];
const read = (path) => readFileSync(path, 'utf8');
const index = read('courses/index.md');
const folders = readdirSync('courses', { withFileTypes: true });
const courses = folders.filter((entry) => entry.isDirectory()).map((entry) => entry.name);

for (const course of courses) {
  const folder = 'courses/' + course;
  checkLesson(folder, course);
  checkQuiz(folder + '/quiz.json');
  checkExercises(folder + '/exercises.md');
}
if ((index.match(/^Start here: .+$/gm) ?? []).length !== 1) faults.push('courses/index.md needs one line "Start here: …"');
const terms = [...read('courses/glossary.md').matchAll(/^- \\*\\*(.+?)\\*\\*/gm)].map((match) => match[1]);
if (new Set(terms).size < terms.length) faults.push('courses/glossary.md has a term twice');
for (const path of ['courses/index.md', 'courses/glossary.md']) {
  if (/^(<<<<<<<|>>>>>>>)/m.test(read(path))) faults.push(path + ' has conflict markers');
}

for (const fault of faults) console.error(fault);
console.log(courses.length + ' courses checked, ' + faults.length + ' faults');
process.exitCode = faults.length === 0 ? 0 : 1;

function checkLesson(folder, course) {
  const path = folder + '/lesson.md';
  if (!existsSync(path)) return faults.push(path + ' is missing');
  const text = read(path);
  const title = /^# (.+)$/m.exec(text)?.[1];
  if (title === undefined) return faults.push(path + ' has no title');
  if (!index.includes('[' + title + '](' + course + '/lesson.md)')) faults.push(path + ' is not in the index as "' + title + '"');
  if (text.split(/\\n\\n+/).length < 4) faults.push(path + ' is shorter than three paragraphs');
}

function checkQuiz(path) {
  if (!existsSync(path)) return faults.push(path + ' is missing');
  let quiz;
  try {
    quiz = JSON.parse(read(path));
  } catch (error) {
    return faults.push(path + ' is not well-formed JSON: ' + error.message);
  }
  if (!Array.isArray(quiz) || quiz.length < 2) return faults.push(path + ' needs two questions');
  for (const { question, answers, correct } of quiz) {
    if (!question || answers?.[correct] === undefined) faults.push(path + ': no correct answer to "' + question + '"');
  }
}

function checkExercises(path) {
  if (existsSync(path) && !/^- \\[ \\] /m.test(read(path))) faults.push(path + ' has nothing to do in it');
}
`;
