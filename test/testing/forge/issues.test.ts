// Issues as GitHub has them: who edited and labelled them, who may do what, how they are searched.
import { expect, it } from 'vitest';
import { ask, call, openForge, REPO } from './client.ts';

const TOKENS = { 'forge-token': 'bot', mine: 'mallory' };

it('remember who edited their texts and who put what on them', async () => {
  let now = Date.UTC(2026, 0, 5);
  const forge = await openForge({ tokens: TOKENS, now: () => now });
  const by = { token: 'mine' };
  await call(forge, 'POST', '/milestones', { body: { title: 'v1' } });
  await call(forge, 'POST', '/issues', { body: { title: 'a', body: 'b', labels: ['x'] }, ...by });
  const look = async () => {
    const shown = await ask(
      forge,
      `{ repository(owner: "acme", name: "shop") { issue(number: 1) {
        title includesCreatedEdit lastEditedAt editor { login }
        userContentEdits(first: 9) { nodes { editedAt editor { login } } }
        timelineItems(last: 9, itemTypes: [LABELED_EVENT, RENAMED_TITLE_EVENT, MILESTONED_EVENT, ASSIGNED_EVENT]) { nodes {
          __typename
          ... on LabeledEvent { label { name } actor { login } }
          ... on RenamedTitleEvent { previousTitle actor { login } }
          ... on MilestonedEvent { milestoneTitle actor { login } }
          ... on AssignedEvent { assignee { ... on User { login } } actor { login } }
        } }
      } } }`,
    );
    expect(shown.errors).toBeUndefined();
    return shown.data.repository.issue;
  };
  // who may only read is not refused, and puts no label on it
  expect(await look()).toMatchObject({
    includesCreatedEdit: false,
    lastEditedAt: null,
    userContentEdits: { nodes: [] },
    timelineItems: { nodes: [] },
  });
  now += 5_000;
  await call(forge, 'PATCH', '/issues/1', { body: { body: 'c', labels: ['x'] }, ...by });
  now += 5_000;
  const rest = { title: 'A', labels: ['y'], milestone: 1, assignees: ['human'] };
  await call(forge, 'PATCH', '/issues/1', { body: rest });
  const seen = await look();
  expect(seen).toMatchObject({ title: 'A', includesCreatedEdit: true, editor: { login: 'mallory' } });
  expect(seen.userContentEdits.nodes).toEqual([
    { editedAt: '2026-01-05T00:00:05Z', editor: { login: 'mallory' } },
    { editedAt: '2026-01-05T00:00:00Z', editor: { login: 'mallory' } },
  ]);
  expect(seen.timelineItems.nodes).toEqual([
    { __typename: 'RenamedTitleEvent', previousTitle: 'a', actor: { login: 'bot' } },
    { __typename: 'MilestonedEvent', milestoneTitle: 'v1', actor: { login: 'bot' } },
    { __typename: 'AssignedEvent', assignee: { login: 'human' }, actor: { login: 'bot' } },
    { __typename: 'LabeledEvent', label: { name: 'y' }, actor: { login: 'bot' } },
  ]);
});

it('belong to their authors, and to who may write', async () => {
  const forge = await openForge({ tokens: TOKENS });
  await forge.human.openIssue(REPO, { title: 'a' });
  const edit = (token: string) => call(forge, 'PATCH', '/issues/1', { body: { body: token }, token });
  expect((await edit('mine')).status).toBe(403);
  expect((await edit('forge-token')).status).toBe(200);
  const said = await forge.human.comment({ repo: REPO, number: 1 }, 'hello');
  const path = `/issues/comments/${said.id}`;
  expect((await call(forge, 'PATCH', path, { body: { body: 'x' }, token: 'mine' })).status).toBe(403);
  const may = (login: string, token = 'forge-token') =>
    call(forge, 'GET', `/collaborators/${login}/permission`, { token });
  expect((await may('human')).body).toMatchObject({ permission: 'write', user: { login: 'human' } });
  expect((await may('mallory')).body.permission).toBe('read');
  expect((await may('nobody')).status).toBe(404);
  expect((await may('human', 'mine')).status).toBe(403);
});

it('are searched by qualifiers and words, a page at a time', async () => {
  const forge = await openForge();
  for (const [title, label] of [
    ['Export a list', 'ui'],
    ['Import', 'ui'],
    ['Export it all', 'core'],
  ] as const)
    await forge.human.openIssue(REPO, { title, labels: [label] });
  await forge.human.close({ repo: REPO, number: 2 });
  const find = async (q: string, more = '') =>
    (await call(forge, 'GET', `//search/issues?q=${encodeURIComponent(q)}${more}`)).body;
  const numbers = async (q: string) =>
    (await find(`repo:${REPO} ${q}`)).items.map((issue: { number: number }) => issue.number).sort();
  expect(await numbers('is:issue is:open')).toEqual([1, 3]);
  expect(await numbers('label:"ui" is:closed')).toEqual([2]);
  expect(await numbers('export -label:ui')).toEqual([3]);
  expect(await numbers('"export a"')).toEqual([1]);
  expect(await numbers('is:pr')).toEqual([]);
  expect(await find('repo:acme/other')).toMatchObject({ total_count: 0, items: [] });
  expect(await find('is:issue', '&per_page=2&page=2')).toMatchObject({
    total_count: 3,
    items: [{ score: 1 }],
  });
  expect((await call(forge, 'GET', '//search/issues?q=')).status).toBe(422);
});
