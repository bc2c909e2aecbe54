// The part of the git contract about unfinished work: what a snapshot holds, and what would not merge.
import { expect, test } from 'vitest';
import type { Oid } from '../../../src/core/model.ts';
import { type GitBench, startTask, tipOf } from './bench.ts';
import { sentence, value } from './rig.ts';

const REF = 'refs/weft/radar/run-1/a';

/** How unfinished work is seen, and tried against other work. */
export function unfinished(at: () => GitBench): void {
  test('a snapshot holds what lies there, is kept, is the same for the same files, and changes nothing', async () => {
    const bench = at();
    const { port } = bench;
    const task = await startTask(bench, 'a');
    const look = async (known: Oid | null): Promise<Oid | null> =>
      value(await port.snapshot({ worktree: task.path, base: task.base, ref: REF, known }));
    expect(await look(null)).toBe(task.base);
    await task.write('new.txt', 'new\n');
    const first = await look(task.base);
    expect(first).not.toBe(task.base);
    expect(await port.resolve(REF)).toBe(first);
    expect(await bench.textAt(REF, 'new.txt')).toBe('new\n');
    expect(await look(first)).toBe(first);
    expect(await tipOf(bench, task.branch)).toBe(task.base);
    await port.unpin('refs/weft/radar/run-1');
    expect(await port.resolve(REF)).toBeNull();
    const gone = { worktree: `${task.path}-gone`, base: task.base, ref: REF, known: null };
    expect(sentence(await port.snapshot(gone))).not.toBe('');
  });

  test('two changes of one file do not merge, others do; nothing is kept of it', async () => {
    const bench = at();
    const base = await tipOf(bench);
    const one = { base, head: await bench.commitOn([base], { 'a.txt': 'one\n', 'b.txt': 'b\n' }) };
    const two = { base, head: await bench.commitOn([base], { 'a.txt': 'two\n' }) };
    const three = { base, head: await bench.commitOn([base], { 'c.txt': 'c\n' }) };
    const refs = await bench.refs();
    const tried = async (work: typeof one, onto: typeof one): Promise<readonly string[]> =>
      value(await bench.port.tryMerge({ work, onto }));
    expect(await tried(one, two)).toEqual(['a.txt']);
    expect(await tried(two, one)).toEqual(['a.txt']);
    expect(await tried(one, three)).toEqual([]);
    expect(await tried(one, { base: two.head, head: two.head })).toEqual(['a.txt']);
    expect(await bench.refs()).toEqual(refs);
  });
}
