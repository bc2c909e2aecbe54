// What a commit says of itself, and what is left to git.
import { expect, test } from 'vitest';
import { parseCommit } from '../../../src/adapters/git/commit-text.ts';

const TREE = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';
const PARENT = 'a'.repeat(40);

function write(
  over: { readonly author?: string; readonly more?: string; readonly message?: string } = {},
): Buffer {
  const { author = 'Jo Ön <jo@x.org> 1700000000 +0130', more = '', message = 'title\n\nbody\n' } = over;
  const text = `tree ${TREE}\nparent ${PARENT}\nparent ${TREE}\nauthor ${author}\ncommitter C <c@x> 1700000001 -0800\n${more}\n${message}`;
  return Buffer.from(text);
}

test('a commit says who made it, when, of what and on what', () => {
  expect(parseCommit(write())).toEqual({
    tree: TREE,
    parents: [PARENT, TREE],
    author: { name: 'Jo Ön', email: 'jo@x.org' },
    date: { author: '@1700000000 +0130', committer: '@1700000001 -0800' },
    message: 'title\n\nbody\n',
  });
});

test.each([
  ['a name that is empty', { author: ' <e@x> 1 +0000' }, { author: { name: 'unknown', email: 'e@x' } }],
  ['no name at all', { author: '<e@x> 1 +0000' }, { author: { name: 'unknown', email: 'e@x' } }],
  ['an address that is empty', { author: 'n <> 1 +0000' }, { author: { name: 'n', email: '' } }],
  ['a signature', { more: 'gpgsig -----BEGIN\n parent x\n\n encoding y\n' }, null],
  [
    'a signature of lines',
    { more: 'gpgsig -----BEGIN\n parent x\n encoding y\n' },
    { parents: [PARENT, TREE] },
  ],
  ['no message', { message: '' }, { message: '' }],
  ['a message that begins with an empty line', { message: '\ntext' }, { message: '\ntext' }],
])('%s', (_, over, expected) => {
  const read = parseCommit(write(over));
  if (expected !== null) expect(read).toMatchObject(expected);
  else expect(read?.message).toContain('encoding y');
});

test.each([
  ['in another encoding', write({ more: 'encoding ISO-8859-1\n' })],
  ['that is not UTF-8', Buffer.concat([write(), Buffer.from([0xff])])],
  ['with a date that no git writes', write({ author: 'n <e> yesterday' })],
  ['without an author', Buffer.from(`tree ${TREE}\ncommitter C <c@x> 1 +0000\n\nm`)],
  ['without an end of its fields', Buffer.from(`tree ${TREE}`)],
  ['that is empty', Buffer.alloc(0)],
])('one %s is left to git', (_, bytes) => {
  expect(parseCommit(bytes)).toBeNull();
});
