// Survivors that nobody can kill, by file and reason: the changed program does the same. Written as docs/mutation.md does.

export const EQUIVALENT = {
  'src/core/heap.ts': {
    'an empty heap has neither a top nor a last item': [
      'top === undefined || last === undefined → false',
      'top === undefined || last === undefined → top === undefined && last === undefined',
      'top === undefined → false',
      'last === undefined → false',
    ],
  },
  'src/core/plan/nearest.ts': {
    'only gives up earlier': [
      'least >= limit → false',
      'least >= limit → least > limit',
      'distance === 0 → false',
      'Math.abs(candidate.length - wanted.length) >= limit → Math.abs(candidate.length - wanted.length) > limit',
      'Math.abs(candidate.length - wanted.length) >= limit → false',
    ],
  },
  'src/core/plan/cycle.ts': {
    'only searches less': [
      'best !== null && search.steps > MAX_STEPS → false',
      'search.steps > MAX_STEPS → search.steps >= MAX_STEPS',
      'best !== null && best.length === 1 → false',
      'layer.length > 0 → true',
      'layer.length > 0 → layer.length >= 0',
      'settled[root] === 1 → false',
    ],
    'a stamp only has to differ from all others': ['head + 1 → head - 1'],
  },
  'src/core/plan/collision.ts': {
    'only looks at less': [
      '(order.ranks[dependency] as number) < floor → false',
      '(order.ranks[dependency] as number) < floor → order.ranks[dependency] as number <= floor',
    ],
    'a stamp only has to differ from the last one': ['order.questions += 1 → order.questions -= 1'],
  },
  'src/core/plan/dry-run.ts': {
    'two tasks never have one number': ['a < b → a <= b'],
    'never thrown': ['wave.length === 0 → false'],
  },
  'src/core/plan/code-frame.ts': {
    'at exactly the width both ways show all of it': [
      'source.length <= MAX_WIDTH → source.length < MAX_WIDTH',
    ],
  },
  'src/core/plan/reference.ts': {
    'one task was answered before': ['tasks.length > 1 → tasks.length >= 1'],
  },
  'src/core/explain.ts': {
    'a phase that nothing leads to yet': [
      "case 'pr_created': → case 'pr_created':",
      '\'its pull request is open\' → ""',
    ],
  },
  'src/core/documents/receipt.ts': {
    'no agent tells its cost yet': ['all + cost → all - cost', 'costs.length === 0 → true'],
  },
  'src/core/documents/summary.ts': {
    'cut again at the end': [
      'found.length >= MAX_COLLISIONS → false',
      'found.length >= MAX_COLLISIONS → found.length > MAX_COLLISIONS',
    ],
  },
};
