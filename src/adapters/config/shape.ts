// Pieces that schemas are made of. Knows none of them in particular.
import { z } from 'zod';

/** Text that says something. */
export const text: z.ZodString = z.string().min(1);

/**
 * Makes an object without other keys than these. The message of the issue about another key lists the known ones, for
 * suggestions.
 */
export function closed<S extends z.core.$ZodLooseShape>(shape: S): z.ZodObject<S, z.core.$strict> {
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? Object.keys(shape).join(' ') : undefined),
  });
}
