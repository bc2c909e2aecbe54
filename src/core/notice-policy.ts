// What people are called for, and how. Knows no run.

/** Kinds of notices, as configuration names them. */
export const NOTICE_KINDS = ['stuck', 'ready', 'failed', 'finished'] as const;
export type NoticeKind = (typeof NOTICE_KINDS)[number];

/** How, and of what, people are called. */
export interface NoticePolicy {
  /** Absent: of everything. */
  readonly on?: readonly NoticeKind[];
  /** Shell command line that is run for each; absent: none. */
  readonly command?: string;
  /** Names of variables that the command gets beside the usual ones. */
  readonly env?: readonly string[];
  /** Address that each is posted to, or the name of the variable that has it; absent: none. */
  readonly webhook?: string;
  readonly desktop?: boolean;
  /** Terminals that show the run ring; absent: so. */
  readonly bell?: boolean;
}
