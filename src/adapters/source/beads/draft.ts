// An issue as a task draft: its texts as one markdown, its metadata as what agents are chosen by. Judges nothing.
import type { Placed, TaskDraft } from '../../../core/plan/draft.ts';
import { type BeadsIssue, parseJson } from './issue.ts';

/** Makes the draft of an issue. */
export function draftIssue(
  issue: BeadsIssue,
  of: { readonly track: string | null; readonly tasks: readonly string[] },
): TaskDraft {
  const agent = readWord(issue, 'execution_agent_type');
  const model = readWord(issue, 'execution_suggested_model');
  const effort = readWord(issue, 'execution_reasoning_effort');
  return {
    id: place(issue.id),
    title: issue.title || issue.id,
    body: writeBody(issue),
    ref: issue.id,
    source: 'beads',
    track: of.track,
    owns: readOwns(issue),
    dependencies: of.tasks.map((task) => ({ task, position: null })),
    priority: issue.priority,
    agent: agent === null ? null : place(agent),
    ...(model === null ? {} : { model }),
    ...(effort === null ? {} : { effort }),
    run: null,
    type: 'automated',
    gates: null,
    tier: 0,
  };
}

function writeBody(issue: BeadsIssue): string {
  const parts: readonly (readonly [heading: string | null, text: string])[] = [
    [`# ${issue.title || issue.id}`, issue.description],
    ['## Design', issue.design],
    ['## Acceptance criteria', issue.acceptance],
    ['## Notes', issue.notes],
  ];
  return parts
    .filter(([, text], at) => at === 0 || text.trim() !== '')
    .map(([heading, text]) => `${heading}\n\n${text.trim()}`.trim())
    .join('\n\n')
    .concat('\n');
}

/** A list, or a text with one pattern a line or between commas: `bd update --set-metadata` can only write texts. */
function readOwns({ metadata }: BeadsIssue): readonly Placed<string>[] | null {
  const written = metadata['owns'];
  const inner = typeof written === 'string' && written.trim().startsWith('[') ? parseJson(written) : written;
  if (Array.isArray(inner)) {
    return inner.filter((one): one is string => typeof one === 'string' && one !== '').map(place);
  }
  if (typeof inner !== 'string') return null;
  return inner
    .split(/[\n,]/)
    .map((one) => one.trim())
    .filter((one) => one !== '')
    .map(place);
}

function readWord({ metadata }: BeadsIssue, key: string): string | null {
  const value = metadata[key];
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : null;
}

function place(value: string): Placed<string> {
  return { value, position: null };
}
