// The human of the demo: which option is picked for which question, so that the demo runs to its end alone.
import type { Question } from '../../core/model.ts';
import { CHOICES } from './contents.ts';

/** Number of the option to pick, from 1; null: the demo's human has no opinion. */
export function pickDemoOption(question: Pick<Question, 'cause' | 'options'>): number | null {
  const index = question.options.findIndex((option) =>
    question.cause === 'asked' ? option.label === CHOICES[0] : option.then === 'retry',
  );
  return (question.cause === 'asked' || question.cause === 'conflict') && index >= 0 ? index + 1 : null;
}
