// Reads objects that an agent sent, of which nothing is known. Knows no protocol.

/** An object whose fields have to be looked at one by one. */
export type Fields = Readonly<Record<string, unknown>>;

/** A list, or an empty one. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A number, or 0. */
export function numberOf(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}

/** A text, or an empty one. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
