// What every files port keeps to, on a disk or in memory. Run with `filesContract(name, make)`.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { FilesPort } from '../../../src/ports/files.ts';

/** A port and a folder that is there and empty. */
export interface FilesBench {
  readonly port: FilesPort;
  readonly root: string;
  close(): Promise<void>;
}

const ALL = 1_000_000;

/** Runs the contract against a port. */
export function filesContract(name: string, make: () => Promise<FilesBench>): void {
  describe(`files port: ${name}`, () => {
    let bench: FilesBench;
    beforeEach(async () => {
      bench = await make();
    });
    afterEach(() => bench.close());
    texts(() => bench);
    folders(() => bench);
    watching(() => bench);
  });
}

function texts(at: () => FilesBench): void {
  test('a text is read as it was written last, at most so much of it', async () => {
    const { port, root } = at();
    const path = `${root}/a.txt`;
    for (const text of ['one', 'two, and longer', '']) {
      await port.replace(path, text);
      expect(await port.readText(path, ALL)).toBe(text);
      expect(await port.readText(path, 3)).toBe(text.slice(0, 3));
      expect(await port.list(root)).toEqual(['a.txt']);
    }
  });

  test('what is not there reads as null', async () => {
    const { port, root } = at();
    expect(await port.readText(`${root}/none`, ALL)).toBeNull();
    expect(await port.readText(`${root}/none/below`, ALL)).toBeNull();
    expect(await port.exists(`${root}/none`)).toBe(false);
  });

  test('a folder cannot be read, and nothing is written where there is no folder', async () => {
    const { port, root } = at();
    await expect(port.readText(root, ALL)).rejects.toThrow();
    await expect(port.replace(`${root}/none/a.txt`, 'a')).rejects.toThrow();
    expect(await port.list(root)).toEqual([]);
  });
}

function folders(at: () => FilesBench): void {
  test('a folder is made with those above it, and may be there already', async () => {
    const { port, root } = at();
    for (const _ of [1, 2]) {
      await port.makeDir(`${root}/a/b`);
      expect(await port.exists(`${root}/a/b`)).toBe(true);
      expect(await port.list(`${root}/a`)).toEqual(['b']);
    }
    await port.replace(`${root}/a/b/c.txt`, 'c');
    await port.makeDir(`${root}/a/b`);
    expect(await port.readText(`${root}/a/b/c.txt`, ALL)).toBe('c');
  });

  test('names are listed sorted; of what is no folder there are none', async () => {
    const { port, root } = at();
    await port.makeDir(`${root}/b`);
    for (const name of ['c', 'a', 'B', 'a10', 'a2']) await port.replace(`${root}/${name}`, name);
    expect(await port.list(root)).toEqual(['B', 'a', 'a10', 'a2', 'b', 'c']);
    expect(await port.list(`${root}/a`)).toEqual([]);
    expect(await port.list(`${root}/none`)).toEqual([]);
  });

  test('removing takes all that is inside, nothing beside it, and may be repeated', async () => {
    const { port, root } = at();
    await port.makeDir(`${root}/a/deep`);
    await port.replace(`${root}/a/deep/x`, 'x');
    await port.replace(`${root}/ab`, 'beside');
    for (const _ of [1, 2]) {
      await port.remove(`${root}/a`);
      expect(await port.exists(`${root}/a/deep`)).toBe(false);
      expect(await port.list(root)).toEqual(['ab']);
    }
    await port.remove(`${root}/ab`);
    expect(await port.list(root)).toEqual([]);
    expect(await port.exists(root)).toBe(true);
  });

  test('a folder is removed as empty only when it is', async () => {
    const { port, root } = at();
    await port.makeDir(`${root}/full/inner`);
    await port.removeEmpty(`${root}/full`);
    expect(await port.exists(`${root}/full/inner`)).toBe(true);
    for (const _ of [1, 2]) await port.removeEmpty(`${root}/full/inner`);
    expect(await port.exists(`${root}/full/inner`)).toBe(false);
    await port.removeEmpty(`${root}/full`);
    expect(await port.list(root)).toEqual([]);
  });

  test('there is room, and it can be written to', async () => {
    const { port, root } = at();
    expect(await port.findObstacle(`${root}/not/yet/there`)).toBeNull();
    expect(await port.list(root)).toEqual([]);
    const free = await port.freeBytes(root);
    expect(free === null || free > 0).toBe(true);
  });
}

function watching(at: () => FilesBench): void {
  test('who watches a folder is told of changes in it until they stop', async () => {
    const { port, root } = at();
    const [changed, other] = [vi.fn(), vi.fn()];
    const stop = port.watchDir(root, changed);
    const stopOther = port.watchDir(root, other);
    await port.replace(`${root}/a`, 'a');
    await vi.waitFor(() => expect(changed).toHaveBeenCalled(), { timeout: 10_000 });
    await vi.waitFor(() => expect(other).toHaveBeenCalled(), { timeout: 10_000 });
    await vi.waitFor(() =>
      expect(other.mock.calls.some(([name]) => name === null || name === 'a')).toBe(true),
    );
    stop();
    const heard = [changed.mock.calls.length, other.mock.calls.length];
    await port.remove(`${root}/a`);
    await vi.waitFor(() => expect(other.mock.calls.length).toBeGreaterThan(heard[1] ?? 0), {
      timeout: 10_000,
    });
    expect(changed).toHaveBeenCalledTimes(heard[0] ?? 0);
    stopOther();
  });

  test('watching what is not there does no harm', async () => {
    const { port, root } = at();
    const changed = vi.fn();
    const stop = port.watchDir(`${root}/none`, changed);
    await port.makeDir(`${root}/none`);
    await port.replace(`${root}/none/a`, 'a');
    expect(await port.readText(`${root}/none/a`, ALL)).toBe('a');
    expect(changed).not.toHaveBeenCalled();
    stop();
    stop();
  });
}
