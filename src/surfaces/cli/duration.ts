// Times and spans as people read them. Knows no clock.

/** `42s`, `3m 5s`, `2h 10m`, `3d 4h`; `0s` below a second. */
export function writeSpan(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m ${seconds % 60}s`;
  const hours = Math.floor(minutes / 60);
  return hours < 24 ? `${hours}h ${minutes % 60}m` : `${Math.floor(hours / 24)}d ${hours % 24}h`;
}

/** Local time of day, `12:04:05`. */
export function writeTimeOfDay(wallMs: number): string {
  const date = new Date(wallMs);
  return [date.getHours(), date.getMinutes(), date.getSeconds()]
    .map((part) => String(part).padStart(2, '0'))
    .join(':');
}

/** Span between two ISO times, or up to now; null before it began. */
export function spanOf(
  of: { readonly startedAt: string | null; readonly endedAt: string | null },
  nowMs: number,
): number | null {
  if (of.startedAt === null) return null;
  const end = of.endedAt === null ? nowMs : Date.parse(of.endedAt);
  return Math.max(0, end - Date.parse(of.startedAt));
}
