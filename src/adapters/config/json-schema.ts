// Derives the JSON Schemas that editors read from the definitions that check. Knows nothing of where they are written.
import { z } from 'zod';
import { frontmatterSchema, trackFileSchema } from '../source/track-schema.ts';
import { configSchema } from './schema.ts';

/** Gives the text of every schema by its file name under `schemas/`. */
export function renderSchemas(): Readonly<Record<string, string>> {
  return {
    'weft.config.schema.json': render(configSchema, 'Configuration of weft'),
    'weft.tracks.schema.json': render(trackFileSchema, 'Track file of weft'),
    'weft.task.schema.json': render(frontmatterSchema, 'Frontmatter of a task file of weft'),
  };
}

function render(schema: z.ZodType, title: string): string {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io: 'input' });
  return `${JSON.stringify({ $schema, title, ...rest }, null, 2)}\n`;
}
