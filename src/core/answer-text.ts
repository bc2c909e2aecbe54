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

function head(question: string): string {
  return `Question: ${question.slice(0, QUESTION_CHARS)}\nAnswer: `;
}
