// The GraphQL subset: many pull requests in one query, fragments, variables, what is not there.
import { describe, expect, it } from 'vitest';
import { readOperation } from '../../../src/testing/forge/graphql-document.ts';
import { ask, call, openForge, openPull, REPO } from './client.ts';

const FIELDS = `fragment Facts on PullRequest {
  number headRefOid mergeable isDraft state reviewDecision
  statusCheckRollup {
    state
    contexts(first: 10) {
      nodes { __typename ... on CheckRun { name conclusion } ... on StatusContext { context state } }
      pageInfo { hasNextPage endCursor }
    }
  }
  mergeQueueEntry { state }
}`;

describe('GraphQL', () => {
  it('reads many pull requests by number at once', async () => {
    const forge = await openForge();
    const one = await openPull(forge, 'one');
    const two = await openPull(forge, 'two', { draft: true });
    await forge.ci.check({ repo: REPO, ref: 'one' }, { name: 'test', conclusion: 'failure' });
    await call(forge, 'POST', `/statuses/${one.head.sha}`, { body: { state: 'success', context: 'ci/x' } });
    const text = `query Many($owner: String!, $name: String!) {
      repository(owner: $owner, name: $name) {
        p1: pullRequest(number: ${one.number}) { ...Facts }
        p2: pullRequest(number: ${two.number}) { ...Facts }
      }
    }\n${FIELDS}`;
    const variables = { owner: 'acme', name: 'shop' };
    const read = async () => (await ask(forge, text, variables)).data.repository;
    expect((await read()).p1.mergeable).toBe('MERGEABLE');
    expect(await read()).toEqual({
      p1: {
        number: one.number,
        headRefOid: one.head.sha,
        mergeable: 'MERGEABLE',
        isDraft: false,
        state: 'OPEN',
        reviewDecision: null,
        statusCheckRollup: {
          state: 'FAILURE',
          contexts: {
            nodes: [
              { __typename: 'CheckRun', name: 'test', conclusion: 'FAILURE' },
              { __typename: 'StatusContext', context: 'ci/x', state: 'SUCCESS' },
            ],
            pageInfo: { hasNextPage: false, endCursor: '1' },
          },
        },
        mergeQueueEntry: null,
      },
      p2: {
        number: two.number,
        headRefOid: two.head.sha,
        mergeable: 'MERGEABLE',
        isDraft: true,
        state: 'OPEN',
        reviewDecision: null,
        statusCheckRollup: null,
        mergeQueueEntry: null,
      },
    });
  });

  it('answers beside what is not there, and nothing for fields that do not exist', async () => {
    const forge = await openForge();
    const missing = await ask(
      forge,
      '{ viewer { login } repository(owner: "acme", name: "shop") { name pullRequest(number: 9) { id } } }',
    );
    expect(missing).toEqual({
      data: { viewer: { login: 'bot' }, repository: { name: 'shop', pullRequest: null } },
      errors: [
        {
          type: 'NOT_FOUND',
          path: ['repository', 'pullRequest'],
          message: 'Could not resolve to a PullRequest with the number of 9.',
        },
      ],
    });
    const unknown = await ask(forge, '{ viewer { shoeSize } }');
    expect(unknown.data).toBe(undefined);
    expect(unknown.errors[0].message).toBe("Field 'shoeSize' doesn't exist on type 'User'");
    expect((await ask(forge, '{ viewer { login ')).errors).toHaveLength(1);
  });

  it('turns pull requests into drafts and back, and pages lists', async () => {
    const forge = await openForge();
    const { node_id } = await openPull(forge, 'one');
    await openPull(forge, 'two');
    const convert = `mutation($input: ConvertPullRequestToDraftInput!) {
      convertPullRequestToDraft(input: $input) { clientMutationId pullRequest { isDraft } }
    }`;
    const input = { pullRequestId: node_id, clientMutationId: 'x' };
    expect((await ask(forge, convert, { input })).data.convertPullRequestToDraft).toEqual({
      clientMutationId: 'x',
      pullRequest: { isDraft: true },
    });
    expect((await ask(forge, convert, { input })).errors[0].type).toBe('UNPROCESSABLE');
    const page = `query($after: String) { repository(owner: "acme", name: "shop") {
      pullRequests(first: 1, after: $after, states: [OPEN]) { totalCount nodes { title } pageInfo { hasNextPage endCursor } }
    } }`;
    const first = (await ask(forge, page)).data.repository.pullRequests;
    expect(first).toMatchObject({
      totalCount: 2,
      nodes: [{ title: 'Add one' }],
      pageInfo: { hasNextPage: true },
    });
    const { endCursor } = first.pageInfo;
    const second = (await ask(forge, page, { after: endCursor })).data.repository.pullRequests;
    expect(second).toMatchObject({ nodes: [{ title: 'Add two' }], pageInfo: { hasNextPage: false } });
  });
});

describe('reading a document', () => {
  const names = (text: string, variables = {}, wanted: string | null = null): unknown =>
    readOperation(text, variables, wanted).fields.map(({ alias, name, args }) => [alias, name, args]);
  it.each<[string, object, unknown]>([
    ['{ a }', {}, [['a', 'a', {}]]],
    [
      'query Q { x: a(n: -1.5, s: "q\\"", e: OPEN, l: [1, 2], o: {b: true, c: null}) }',
      {},
      [['x', 'a', { n: -1.5, s: 'q"', e: 'OPEN', l: [1, 2], o: { b: true, c: null } }]],
    ],
    ['query($v: Int = 3, $w: [Int!]!) { a(v: $v, w: $w) }', { w: [1] }, [['a', 'a', { v: 3, w: [1] }]]],
    ['query($v: In = {a: 1}) { a(v: $v) }', {}, [['a', 'a', { v: { a: 1 } }]]],
    [
      'query($y: Boolean!) { a @include(if: $y) b @skip(if: $y) ... @include(if: $y) { c } }',
      { y: false },
      [['b', 'b', {}]],
    ],
    ['# note\nquery { ...F } fragment F on T { a }', {}, [['a', 'a', {}]]],
    ['{ a(t: """ block "quoted" """) }', {}, [['a', 'a', { t: 'block "quoted"' }]]],
  ])('%s', (text, variables, expected) => {
    expect(names(text, variables)).toEqual(expected);
  });

  it('takes the operation that is named', () => {
    expect(names('query A { a } query B { b }', {}, 'B')).toEqual([['b', 'b', {}]]);
  });
});
