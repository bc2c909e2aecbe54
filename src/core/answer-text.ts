// How the answer to a question is put into words for an agent, and read out of them again. Knows no agent.

/** Most of a question that is repeated with its answer. */
const QUESTION_CHARS = 4_000;

/** The answer to a question, as guidance. */
export function writeAnswer(question: string, answer: string): string {
  return `${head(question)}${answer}`;
}

/** What was answered to exactly this question; null: the guidance is about something else. */
export function readAnswer(guidance: string, question: string): string | null {
  const start = head(question);
  return guidance.startsWith(start) ? guidance.slice(start.length) : null;
}

/**
 * The number of an option, from 1, that the words of a person begin with, and what is said beside it; null: words only. The
 * number stands alone or before `:` `,` `.` `)` or a dash, in one line: "2 files are enough" chooses nothing.
 */
export function readChoice(words: string): { readonly option: number; readonly text: string } | null {
  const [, number, text = ''] = /^(\d{1,3})(?:\s*[:,.)–—-](?:\s+(?!\d)(.*))?)?$/.exec(words.trim()) ?? [];
  return number === undefined ? null : { option: Number(number), text };
}

/** What a person said beside the label of an option, or in words of their own; an option alone is none. */
export function ownWords(answer: string, labels: readonly string[]): string {
  const label = labels.find((each) => answer === each || answer.startsWith(`${each} `)) ?? '';
  return answer.slice(label.length).trim();
}

function head(question: string): string {
  return `Question: ${question.slice(0, QUESTION_CHARS)}\nAnswer: `;
}
