// Takes secrets out of what is written down. Knows no files.
import { listOf, textOf } from './fields.ts';

/** Shorter values are found everywhere. */
const MIN_CHARS = 8;
const HIDDEN = '[secret]';
/** Keys by the looks of them: those of model providers, of GitHub, and bearer tokens. */
const SHAPES =
  /\b(?:sk-[A-Za-z0-9_-]{16,}|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|xox[abp]-[A-Za-z0-9-]{10,}|AKIA[0-9A-Z]{16}|AIza[0-9A-Za-z_-]{30,})/g;

/** Variables whose values are secrets, by the looks of their names. */
const SECRET = /KEY|TOKEN|SECRET|PASSWORD|CREDENTIAL/i;

/** Tells whether a variable holds a secret, by its name. */
export function isSecret(name: string): boolean {
  return SECRET.test(name);
}

/** Makes what hides the secrets of an environment. */
export function hideSecretsOf(env: Readonly<Record<string, string | undefined>>): (text: string) => string {
  return createRedactor(Object.entries(env).map(([name, value = '']) => (isSecret(name) ? value : '')));
}

/** Writes values as one that can be handed on in a variable. */
export function packSecrets(values: readonly string[]): string {
  return Buffer.from(JSON.stringify(values)).toString('base64');
}

/** The values in such a variable; none when it holds something else. */
export function unpackSecrets(packed: string): readonly string[] {
  try {
    return listOf(JSON.parse(Buffer.from(packed, 'base64').toString('utf8'))).map(textOf);
  } catch {
    return [];
  }
}

/** Makes what hides these values, as they are and as JSON would write them, and whatever looks like a key. */
export function createRedactor(values: readonly string[]): (text: string) => string {
  // those of several lines are also met line by line
  const written = values
    .flatMap((value) => [value, ...value.split(/\r?\n/)])
    .filter((value) => value.length >= MIN_CHARS)
    .flatMap((value) => [value, JSON.stringify(value).slice(1, -1)]);
  const known = [...new Set(written)].sort((one, other) => other.length - one.length);
  return (text) => {
    let out = text;
    for (const value of known) out = out.replaceAll(value, HIDDEN);
    return out.replace(SHAPES, HIDDEN);
  };
}
