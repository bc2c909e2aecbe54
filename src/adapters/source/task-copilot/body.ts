// What an agent is told to do: the tasks of a stream as one ordered list. Knows nothing of databases.
import { isEnded } from './owner.ts';
import type { Item } from './rows.ts';
import type { Stream } from './stream.ts';

const MAX_BODY = 256 * 1024;

/** Writes the tasks that are open, in order, after the names of those that are over. */
export function writeBody({ items }: Stream): string {
  const open = items.filter((item) => !isEnded(item));
  const completed = items.filter(({ status }) => status === 'completed');
  const cancelled = items.filter(({ status }) => status === 'cancelled');
  const parts = [
    open.length > 1
      ? `These ${open.length} tasks belong together. Do them one after another, in this order, and commit after each.`
      : '',
    list('Done before you came', completed),
    list('Cancelled, not to be done', cancelled),
    ...open.map((item, at) => writeItem(item, at + 1)),
  ];
  const text = parts.filter((part) => part !== '').join('\n\n');
  const shown =
    text.length > MAX_BODY ? `${text.slice(0, MAX_BODY)}\n\n(The text is cut here: it is too long.)` : text;
  return open.length === 0 ? `${shown}\n` : `${shown}\n\n${writeRule(open)}\n`;
}

function list(heading: string, items: readonly Item[]): string {
  if (items.length === 0) return '';
  return [`${heading}:`, '', ...items.map(({ id, title }) => `- ${title} (\`${id}\`)`)].join('\n');
}

function writeItem(item: Item, number: number): string {
  const lists: readonly (readonly [string, readonly string[]])[] = [
    ['It is done when', item.criteria],
    ['Files', item.files.map((file) => `\`${file}\``)],
  ];
  const parts = [
    `## ${number}. ${item.title} (\`${item.id}\`)`,
    item.description.trim(),
    item.status === 'blocked' && item.blockedReason !== null
      ? `It was blocked: ${item.blockedReason.trim()}`
      : '',
    ...lists.map(([heading, lines]) =>
      lines.length === 0 ? '' : [`${heading}:`, '', ...lines.map((line) => `- ${line}`)].join('\n'),
    ),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

function writeRule(open: readonly Item[]): string {
  const [first] = open;
  return [
    '## As you go',
    '',
    'When one of these is finished and committed, say so with the tool `report_progress`, or by a line in the status file:',
    `its \`finished\` holds the ids of all that are finished so far, as in \`"finished": ["${first?.id}"]\`. The database of`,
    'Task Copilot is kept up to date for you: do not change it yourself.',
  ].join('\n');
}
