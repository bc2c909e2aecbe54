// The ten courses that the demo's agents write. Plain texts; knows nothing of tasks or of how they are written.

/** One question of a quiz; `correct` counts from 0. */
interface QuizQuestion {
  readonly question: string;
  readonly answers: readonly string[];
  readonly correct: number;
}

/** One course: its folder, its heading, its lesson and its quiz. */
export interface Course {
  readonly id: string;
  readonly title: string;
  readonly minutes: number;
  readonly lesson: readonly string[];
  readonly quiz: readonly QuizQuestion[];
}

/** The courses, in the order of the index. */
export const COURSES: readonly Course[] = [
  {
    id: 'git-basics',
    title: 'Git basics',
    minutes: 12,
    lesson: [
      'A commit is a picture of the whole tree with a pointer to the picture before it. Nothing is ever edited in place.',
      'A branch is a name that points at one commit and moves when you commit on it. Making one costs nothing.',
      'The index is the next commit in the making: `git add` puts a file into it, `git commit` seals it.',
    ],
    quiz: [
      {
        question: 'What is a branch?',
        answers: ['A copy of the files', 'A name for a commit', 'A folder on the server'],
        correct: 1,
      },
      {
        question: 'What does `git add` change?',
        answers: ['The index', 'The last commit', 'The remote'],
        correct: 0,
      },
    ],
  },
  {
    id: 'api-design',
    title: 'API design',
    minutes: 15,
    lesson: [
      'Name things, not actions: `POST /orders` says more than `POST /createOrder`, because the method is the verb.',
      'Make every write safe to repeat. A client that lost the answer will ask again, and must not pay twice.',
      'Errors are part of the interface: a stable code for programs, a sentence for people.',
    ],
    quiz: [
      {
        question: 'Which call may be repeated without harm by its very meaning?',
        answers: ['PUT', 'POST'],
        correct: 0,
      },
      {
        question: 'What should a program look at in an error?',
        answers: ['The sentence', 'A stable code', 'The time of day'],
        correct: 1,
      },
    ],
  },
  {
    id: 'unit-testing',
    title: 'Unit testing',
    minutes: 10,
    lesson: [
      'A test states one thing the code promises. When it fails, its name should tell you which promise was broken.',
      'See every test fail once. A test that cannot fail protects nothing.',
      'Prefer values to mocks: code that takes values and gives values back needs no stage to be tested on.',
    ],
    quiz: [
      {
        question: 'Why should you see a test fail?',
        answers: ['To know that it can', 'To make the report longer'],
        correct: 0,
      },
      {
        question: 'What is easiest to test?',
        answers: ['A function of values', 'A singleton with a timer'],
        correct: 0,
      },
    ],
  },
  {
    id: 'typescript-generics',
    title: 'TypeScript generics',
    minutes: 18,
    lesson: [
      'A type parameter ties types together: `first<T>(list: readonly T[]): T | undefined` gives back what the list holds.',
      'Constrain a parameter to what you use of it: `<T extends { id: string }>` allows `item.id` and nothing more.',
      'A type parameter that appears only once ties nothing together and can go.',
    ],
    quiz: [
      {
        question: 'What does `extends` do in a type parameter list?',
        answers: ['Inherits methods', 'Limits the types allowed', 'Adds a default'],
        correct: 1,
      },
      {
        question: 'When is a type parameter of no use?',
        answers: ['When it appears once', 'When it appears twice'],
        correct: 0,
      },
    ],
  },
  {
    id: 'react-hooks',
    title: 'React hooks',
    minutes: 14,
    lesson: [
      'State belongs to a place in the tree: `useState` remembers by the order of calls, so hooks are never called in a branch.',
      'An effect brings the world in line with what is shown. What can be computed while rendering needs no effect.',
      'Effects clean up after themselves: the function they return undoes what they did.',
    ],
    quiz: [
      {
        question: 'Why may a hook not stand in an `if`?',
        answers: ['It would be slow', 'State is found by call order'],
        correct: 1,
      },
      {
        question: 'What does the function returned by an effect do?',
        answers: ['Undoes the effect', 'Repeats the effect'],
        correct: 0,
      },
    ],
  },
  {
    id: 'css-grid',
    title: 'CSS grid',
    minutes: 9,
    lesson: [
      'Grid lays out in two dimensions at once: the container names rows and columns, the children only say where they go.',
      'One `fr` is a share of the space that is left after everything with a size of its own has taken its place.',
      'Named areas read like the page: `grid-template-areas: "menu text" "menu foot"`.',
    ],
    quiz: [
      {
        question: 'What is an `fr` a share of?',
        answers: ['The viewport', 'The space that is left', 'The font size'],
        correct: 1,
      },
      {
        question: 'Where are rows and columns declared?',
        answers: ['On the container', 'On each child'],
        correct: 0,
      },
    ],
  },
  {
    id: 'sql-joins',
    title: 'SQL joins',
    minutes: 11,
    lesson: [
      'An inner join keeps the pairs that match. A left join keeps every row of the left side, matched or not.',
      'A condition on the right table in `WHERE` turns a left join into an inner one; put it into `ON`.',
      'Before you join, know which side has one row and which has many: it decides how many rows come out.',
    ],
    quiz: [
      {
        question: 'Which join keeps customers without orders?',
        answers: ['Inner join', 'Left join from customers'],
        correct: 1,
      },
      {
        question: 'Where does a condition on the optional table belong?',
        answers: ['In ON', 'In WHERE'],
        correct: 0,
      },
    ],
  },
  {
    id: 'regex-basics',
    title: 'Regular expressions',
    minutes: 8,
    lesson: [
      'A regular expression describes a set of texts. Without anchors it looks for one of them anywhere in yours.',
      'Quantifiers are greedy: `".*"` runs to the last quote of the line; `"[^"]*"` stops at the next one.',
      'Repetition within repetition, as in `(a+)+`, can take exponential time on a text that nearly matches.',
    ],
    quiz: [
      {
        question: 'What does `^` anchor to?',
        answers: ['The start', 'The end', 'A word'],
        correct: 0,
      },
      {
        question: 'What may `(a+)+$` do on a long text?',
        answers: ['Match nothing, quickly', 'Take exponential time'],
        correct: 1,
      },
    ],
  },
  {
    id: 'http-caching',
    title: 'HTTP caching',
    minutes: 13,
    lesson: [
      '`max-age` says how long an answer may be used without asking. Until then the server is not even told.',
      '`no-cache` allows keeping an answer but wants it checked before each use; `no-store` forbids keeping it.',
      'An ETag names one version of an answer. Sent back as `If-None-Match`, it saves the body when nothing changed.',
    ],
    quiz: [
      {
        question: 'What does `no-cache` forbid?',
        answers: ['Keeping the answer', 'Using it unchecked'],
        correct: 1,
      },
      {
        question: 'Which status says that nothing changed?',
        answers: ['304', '404', '204'],
        correct: 0,
      },
    ],
  },
  {
    id: 'shell-pipes',
    title: 'Shell pipes',
    minutes: 7,
    lesson: [
      'A pipe runs two programs at once: what one writes, the other reads, without a file between them.',
      'The exit status of a pipeline is that of its last command, unless the shell is told to look at all of them.',
      'Quote your variables: `"$file"` stays one word, whatever is in the name.',
    ],
    quiz: [
      {
        question: 'When does the second program of a pipe start?',
        answers: ['When the first is done', 'At the same time'],
        correct: 1,
      },
      {
        question: 'Why quote a variable?',
        answers: ['So that it stays one word', 'So that it is faster'],
        correct: 0,
      },
    ],
  },
];
