// Ways to reach a person who does not look. Knows nothing of what happened.
import type { Notice } from '../core/notice.ts';

/** Each tries once and never rejects; resolves with what was in the way, as half a sentence, or null. */
export interface NotifyPort {
  /** Shows it on the desktop. */
  show(notice: Notice): Promise<string | null>;
  /** Posts it as JSON to an address, or to that in the variable of this name. */
  post(webhook: string, notice: Notice): Promise<string | null>;
  /** Runs a shell command line; the notice is in its environment, never in the line. */
  run(line: string, of: { readonly notice: Notice; readonly env: readonly string[] }): Promise<string | null>;
}
