// The system's own checksum, where there is one: it is several times as quick as the journal codec's. Knows no journals.
import * as zlib from 'node:zlib';
import type { Checksum } from '../../core/journal-codec.ts';

/** CRC-32; undefined before Node 20.15. */
export const checksum: Checksum | undefined = 'crc32' in zlib ? zlib.crc32 : undefined;
