// Where the real `just` is that tests run recipes with. Knows no recipe.
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Path of it; `WEFT_TEST_JUST` names it where it is not on PATH, and `pip install rust-just` is one way to it. */
export const JUST: string | undefined = process.env['WEFT_TEST_JUST'] ?? findOnPath('just');

/** Where the shell would find a program; undefined: nowhere. */
export function findOnPath(name: string): string | undefined {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find(existsSync);
}
