// GitHub's search for issues, as far as qualifiers and words go. Knows the store and no HTTP.
import { fullName, type Issue, permissionOf, type Repository, type Store, type User } from './store.ts';

/** Something that a search found. */
export interface Found {
  readonly repo: Repository;
  readonly issue: Issue;
}

/** A qualifier or a word of a query, with `-` before it or not. */
const TERM = /(?<no>-)?(?:(?<key>[a-z]+):)?(?:"(?<quoted>[^"]*)"|(?<bare>[^\s"]+))/g;

/** Finds what somebody may see, newest first; null: the query is none. */
export function searchIssues(
  store: Store,
  { query, actor }: { readonly query: string; readonly actor: User },
): readonly Found[] | null {
  if (query.trim() === '' || query.length > 256) return null;
  const terms = [...query.matchAll(TERM)].map(({ groups = {} }) => ({
    isWanted: groups['no'] === undefined,
    key: groups['key'] ?? 'text',
    value: groups['quoted'] ?? groups['bare'] ?? '',
  }));
  const found: Found[] = [];
  for (const repo of store.repositories.values()) {
    if (permissionOf(repo, actor) === null) continue;
    for (const issue of repo.issues.values()) {
      const fits = terms.every(({ isWanted, key, value }) => meets({ repo, issue }, key, value) === isWanted);
      if (fits) found.push({ repo, issue });
    }
  }
  return found.sort((a, b) => b.issue.createdAt - a.issue.createdAt || b.issue.number - a.issue.number);
}

function meets({ repo, issue }: Found, key: string, value: string): boolean {
  switch (key) {
    case 'repo':
      return fullName(repo).toLowerCase() === value.toLowerCase();
    case 'is':
    case 'state':
    case 'type':
      return value === (issue.pull === null ? 'issue' : 'pr') || value === issue.state;
    case 'label':
      return issue.labels.includes(value);
    case 'milestone':
      return repo.milestones.some(({ number, title }) => number === issue.milestone && title === value);
    case 'assignee':
      return issue.assignees.includes(value);
    case 'author':
      return issue.user.login === value;
    case 'closed':
      return issue.closedAt !== null && issue.closedAt >= Date.parse(value.replace(/^>=/, ''));
    default:
      return `${issue.title}\n${issue.body ?? ''}`.toLowerCase().includes(value.toLowerCase());
  }
}
