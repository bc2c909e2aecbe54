// `weft migrate beads`: tasks of plan folders that become issues, one line each.
import { ok } from '../../../core/failure.ts';
import type { MigrationRow } from '../../app.ts';
import { type Handler, isAsked } from '../call.ts';
import { cleanLine } from '../clean.ts';
import type { Paint, Tone } from '../paint.ts';
import { printJson, printLine, printLines } from '../report.ts';

/** `weft migrate beads`. */
export const migrateBeads: Handler = async (call) => {
  const app = await call.openApp(call.io.cwd);
  if (!app.ok) return app;
  const dryRun = isAsked(call, 'dry-run');
  const words = call.parsed.arguments.get('PATH') ?? '';
  const paths = words.split(/\s+/).filter((word) => word !== '');
  // an issue takes a moment to be made: each is shown when it is
  const show = (row: MigrationRow): void => {
    if (!call.json) printLines(call.io, drawRow(row, { dryRun, paint: call.paint }));
  };
  const migrated = await app.value.migrate({ paths, dryRun }, show);
  if (!migrated.ok) return migrated;
  if (call.json) printJson(call.io, { dryRun, rows: migrated.value });
  else printLine(call.io, sumUp(migrated.value, { dryRun }));
  return ok(0);
};

const LOOKS: Readonly<Record<MigrationRow['did'], readonly [done: string, foreseen: string, tone: Tone]>> = {
  created: ['created', 'would create', 'green'],
  linked: ['linked', 'would link', 'green'],
  found: ['there', 'there', 'dim'],
  skipped: ['skipped', 'skipped', 'dim'],
};

function drawRow(
  { kind, file, title, issue, did, why, waitsFor }: MigrationRow,
  { dryRun, paint }: { readonly dryRun: boolean; readonly paint: Paint },
): readonly string[] {
  const [done, foreseen, tone] = LOOKS[did];
  const word = paint(tone, (dryRun ? foreseen : done).padEnd(dryRun ? 13 : 8));
  const place = cleanLine(issue ?? '').padEnd(14);
  const reason = why === '' ? '' : `  (${cleanLine(why)})`;
  const waits = waitsFor.length === 0 ? '' : `  after ${waitsFor.map(cleanLine).join(', ')}`;
  const name = kind === 'epic' ? `epic ${cleanLine(title)}` : cleanLine(title);
  return [`${word} ${place} ${name}  ${paint('dim', `${cleanLine(file)}${waits}`)}${reason}`];
}

function sumUp(rows: readonly MigrationRow[], { dryRun }: { readonly dryRun: boolean }): string {
  const count = (did: MigrationRow['did']): number => rows.filter((row) => row.did === did).length;
  const [created, linked] = [count('created'), count('linked')];
  if (created + linked === 0) return 'Everything is in Beads already.';
  const parts = [
    `${created} ${dryRun ? 'to create' : 'created'}`,
    ...(linked === 0 ? [] : [`${linked} linked`]),
  ];
  const next = dryRun ? '' : ' Next: `weft run beads`.';
  return `${parts.join(', ')}, ${count('found')} there already, ${count('skipped')} skipped.${next}`;
}
