// What is to be done next, imperative. Decided here as data; performed by the engine; safe to perform again.
import type { Event } from './event.ts';
import type { Oid, TaskId } from './model.ts';

interface OfAttempt {
  /** `task/attempt/kind…`: two effects with one key are one effect. */
  readonly key: string;
  readonly task: TaskId;
  readonly attempt: number;
}

/** A choice that becomes a fact before anything acts on it. */
export interface RecordEffect {
  readonly kind: 'record';
  readonly event: Event;
}

/** Work in the world on behalf of one attempt. */
export type WorkEffect =
  | (OfAttempt & { readonly kind: 'start-attempt' })
  | (OfAttempt & { readonly kind: 'watch-attempt' })
  | (OfAttempt & { readonly kind: 'stop-attempt' })
  | (OfAttempt & { readonly kind: 'deliver-guidance' })
  | (OfAttempt & { readonly kind: 'inspect-attempt' })
  | (OfAttempt & { readonly kind: 'verify-attempt'; readonly commit: Oid; readonly tree: Oid })
  | (OfAttempt & { readonly kind: 'open-pull'; readonly head: Oid })
  | (OfAttempt & { readonly kind: 'watch-pull' })
  | (OfAttempt & { readonly kind: 'adopt-push' })
  | (OfAttempt & { readonly kind: 'shelve-pull' })
  | (OfAttempt & { readonly kind: 'enqueue-pull'; readonly head: Oid })
  | (OfAttempt & {
      readonly kind: 'build-candidate';
      /** The one before it in the batch, and its candidate; null: it is built on the target. */
      readonly behind: { readonly task: TaskId; readonly commit: Oid } | null;
    })
  | (OfAttempt & { readonly kind: 'verify-candidate'; readonly commit: Oid; readonly tree: Oid })
  | (OfAttempt & {
      readonly kind: 'land-candidate';
      readonly commit: Oid;
      /** What the target is at. */
      readonly base: Oid;
      /** All that land with it, itself the last. */
      readonly tasks: readonly TaskId[];
    })
  | (OfAttempt & { readonly kind: 'sweep-task' });

/** One effect. */
export type Effect = RecordEffect | WorkEffect;

/** Names of the effects that act on the world. */
export type EffectKind = WorkEffect['kind'];
