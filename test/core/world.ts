// A small world for laws: answers what is decided with plausible facts, good and bad, led by a tape of numbers.
import type { Command } from '../../src/core/decide/command.ts';
import { judgeCommand } from '../../src/core/decide/command.ts';
import { decide, nextDeadline } from '../../src/core/decide/decide.ts';
import type { WorkEffect } from '../../src/core/effect.ts';
import type { Event } from '../../src/core/event.ts';
import { evolve, type Fact, replay } from '../../src/core/evolve/evolve.ts';
import {
  type AgentFault,
  type Exit,
  type Oid,
  type Option,
  type RunMs,
  runMs,
} from '../../src/core/model.ts';
import { judgePair, pairsOf } from '../../src/core/radar.ts';
import type { RunState } from '../../src/core/state.ts';
import { facts, find, hash, milestone } from './build.ts';
import { answerAtForge } from './forge-answers.ts';

/** One history in the making. */
export interface World {
  readonly state: RunState;
  readonly facts: Fact[];
  now: RunMs;
  /** Effects under way, as an engine would have them; an obsolete one may still answer. */
  readonly underWay: Map<string, WorkEffect>;
  /** Looks at a fact before and after it is applied. */
  readonly watch: Watch;
}

/** Called around every fact. */
export interface Watch {
  before?(world: World, event: Event): void;
  after?(world: World, event: Event): void;
}

/** Gives one number after the other; 0 when the tape is over, which is the good way of things. */
export type Tape = (below: number) => number;

/** A tape of that many pseudo-random numbers (mulberry32): shorter tapes of one seed are beginnings of longer ones. */
export function createTape(seed: number, length: number): Tape & { readonly left: () => number } {
  let state = seed >>> 0;
  let left = length;
  const read = (below: number): number => {
    if (left === 0) return 0;
    left -= 1;
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
  return Object.assign(read, { left: () => left });
}

/** A world at the beginning of a run. */
export function createWorld(first: Fact, watch: Watch = {}): World {
  return { state: replay([first]), facts: [first], now: first.ms, underWay: new Map(), watch };
}

/** Makes a fact of an event. */
export function tell(world: World, event: Event): void {
  const fact: Fact = { at: 1_800_000_000_000 + world.now, ms: world.now, event };
  world.watch.before?.(world, event);
  evolve(world.state, fact);
  world.facts.push(fact);
  world.watch.after?.(world, event);
}

/** Records the choices that are due and brings the effects under way in line, as the engine does. */
export function settleWorld(world: World): void {
  for (let choices = 0; choices < 1_000; choices += 1) {
    const effects = decide(world.state, world.now);
    const first = effects[0];
    if (first?.kind === 'record') {
      tell(world, first.event);
      continue;
    }
    for (const effect of effects) if (effect.kind !== 'record') world.underWay.set(effect.key, effect);
    const wanted = new Set(effects.map((effect) => (effect.kind === 'record' ? '' : effect.key)));
    for (const key of world.underWay.keys()) if (!wanted.has(key)) obsolete(world, key);
    return;
  }
  throw new Error('the decision does not come to an end');
}

// an aborted effect may have happened already: half of them still answer
function obsolete(world: World, key: string): void {
  if (key.length % 2 === 0) world.underWay.delete(key);
}

/** Lets time go on to the next moment that matters; false: there is none. */
export function passTime(world: World): boolean {
  const next = nextDeadline(world.state, world.now);
  if (next === null) return false;
  world.now = runMs(Math.max(world.now + 1, next));
  return true;
}

/** One step: an effect answers, a human speaks, or time goes on. False: nothing is left that could happen by itself. */
export function stepWorld(world: World, tape: Tape): boolean {
  const turn = tape(12);
  if (turn >= 10) {
    speak(world, tape);
    return true;
  }
  const effects = [...world.underWay.values()];
  if (turn < 9 && effects.length > 0) {
    const effect = effects[tape(effects.length)] as WorkEffect;
    world.underWay.delete(effect.key);
    for (const event of answer(world, effect, tape)) tell(world, event);
    return true;
  }
  return passTime(world) || effects.length > 0;
}

/** What a look at unfinished work would tell, right or wrong. */
function watchWork(world: World, tape: Tape): void {
  const works = [...world.state.tasks.keys()];
  const changed = works[tape(works.length)] ?? null;
  const pairs = pairsOf(world.state, { changed, works });
  const pair = pairs[tape(pairs.length)];
  if (pair === undefined) return;
  const event = judgePair(world.state, pair, ['b.ts', 'a.ts'].slice(tape(3)));
  if (event !== null) tell(world, event);
}

function commentOn({ state }: World, task: string): Command {
  const head = find(state, task).attempt?.inspected?.head ?? hash('none');
  const text = `why at ${state.ms}?`;
  return { kind: 'comment', task, comment: { head, path: 'a.ts', line: 1, to: 1, quote: 'a', text } };
}

function speak(world: World, tape: Tape): void {
  if (tape(4) === 3) return watchWork(world, tape);
  const all = [...world.state.tasks.values()];
  const asking = all.filter((ts) => ts.question !== null);
  // who asks is heard more often
  const ids = (tape(2) === 0 && asking.length > 0 ? asking : all).map((ts) => ts.task.id);
  const task = ids[tape(ids.length)] as string;
  const options: readonly Command[] = [
    { kind: 'guide', task, text: 'do it well' },
    { kind: 'reject', task, text: tape(2) === 0 ? 'not like this' : '' },
    commentOn(world, task),
    { kind: 'answer', task, option: 1, text: '' },
    { kind: 'answer', task, option: 2, text: '' },
    { kind: 'answer', task, option: null, text: 'the first' },
    { kind: 'answer', task, option: 3, text: '' },
    { kind: 'approve', task: null },
    { kind: 'approve', task },
    { kind: 'pause', task },
    { kind: 'unpause', task },
    { kind: 'stop', task },
    { kind: 'restart', task },
    { kind: 'cancel', task },
    { kind: 'done', task },
    { kind: 'pause', task: null },
    { kind: 'unpause', task: null },
  ];
  const judged = judgeCommand(world.state, options[tape(options.length)] as Command);
  if (judged.ok) for (const event of judged.value.events) tell(world, event);
}

function answer(world: World, effect: WorkEffect, tape: Tape): readonly Event[] {
  const { state } = world;
  const id = effect.task;
  const of = { task: effect.task, attempt: effect.attempt };
  if (tape(16) === 15) {
    const isForge = state.policy.pullRequests !== undefined && tape(2) === 1;
    const forge = { kind: 'rate-limited', waitMs: 1_000 * tape(90) } as const;
    const detail = { effect: effect.kind, detail: 'no luck' };
    return [{ type: 'effect.failed', ...of, ...detail, ...(isForge ? { forge } : {}) }];
  }
  const way = tape(8);
  switch (effect.kind) {
    case 'start-attempt':
      if (way === 7)
        return [{ type: 'attempt.start-failed', ...of, cause: 'setup-failed', detail: 'npm ci' }];
      return [{ ...facts.started(state, id, way % 2 === 1), ...of } as Event];
    case 'watch-attempt':
      return watchEnd(world, effect, tape);
    case 'stop-attempt':
      return [{ type: 'attempt.stopped', ...of, survivors: [] }];
    case 'deliver-guidance':
      return [{ type: 'guidance.delivered', ...of, count: find(state, id).guidance.length }];
    case 'inspect-attempt':
      if (find(state, id).attempt?.role !== 'implement')
        return [{ ...answerOf(world, effect, way), ...of } as Event];
      return [{ ...inspection(world, effect, tape), ...of } as Event];
    case 'verify-attempt': {
      const event = way > 5 ? facts.rejected(state, id, way === 6 ? 1 : null) : facts.verified(state, id);
      return [{ ...event, ...of, tree: effect.tree } as Event];
    }
    case 'open-pull':
    case 'watch-pull':
    case 'adopt-push':
    case 'shelve-pull':
    case 'enqueue-pull':
      return answerAtForge(state, effect, tape);
    case 'build-candidate':
      if (way === 4) {
        const from = find(state, id).attempt?.inspected?.head ?? hash('unknown');
        const to = [null, hash('elsewhere'), hash('ahead')][tape(3)] ?? null;
        return [{ type: 'branch.moved', task: id, from, to, ahead: to === hash('ahead') }];
      }
      if (way === 3 && tape(4) === 0)
        return [{ type: 'target.rewritten', task: id, from: hash('x'), to: hash('y'), gone: [] }];
      if (way > 5) return [{ type: 'candidate.conflicted', task: id, base: hash('x'), files: ['a.ts'] }];
      return [facts.built(id, { empty: way === 5, ...(way === 0 ? { tree: verifiedTree(world, id) } : {}) })];
    case 'verify-candidate':
      return way > 5
        ? [{ type: 'candidate.rejected', task: id, commit: effect.commit, gates: [], excerpt: 'red' }]
        : [{ type: 'candidate.verified', task: id, commit: effect.commit, tree: effect.tree, gates: [] }];
    case 'land-candidate':
      return way > 5 ? [{ type: 'landing.stale', task: id, actual: hash('other') }] : [facts.landed(id)];
    case 'sweep-task':
      return [facts.swept(id, way === 7 ? 'refs/weft/rescue/x' : null)];
  }
}

function answerOf({ state }: World, effect: WorkEffect, way: number): Event {
  const id = effect.task;
  if (way === 7) return facts.unanswered(state, id);
  if (find(state, id).attempt?.role === 'plan') {
    return way === 6
      ? facts.planned(state, id, {}, ['elsewhere.ts'])
      : facts.planned(state, id, { milestones: [milestone({ risk: way === 5 ? 'high' : 'low' })] });
  }
  if (way === 6) return facts.reviewed(state, id, 'reject');
  return way > 3 ? facts.reviewed(state, id, 'request_changes', [`Mend ${way}.`]) : facts.reviewed(state, id);
}

function verifiedTree(world: World, id: string): Oid {
  return find(world.state, id).attempt?.verified?.tree ?? hash('unknown');
}

const OPTIONS: readonly Option[] = [
  { label: 'Go on.', then: 'retry' },
  { label: 'I do it.', then: 'hold' },
  { label: 'Leave it.', then: 'give-up' },
];

function watchEnd(world: World, effect: WorkEffect, tape: Tape): readonly Event[] {
  const { state } = world;
  const of = { task: effect.task, attempt: effect.attempt };
  const asked = { ...facts.asked(state, effect.task, `Question ${tape(3)}?`, OPTIONS), ...of } as Event;
  const end = (exit: Exit, reason: string | null = null, fault: AgentFault | null = null): Event => ({
    ...of,
    type: 'attempt.exited',
    exit,
    reason,
    ...(fault === null ? {} : { fault, heard: [] }),
  });
  const fail = (kind: AgentFault['kind'], untilMs: number | null = null): Event =>
    end({ code: 1, signal: null }, null, { kind, text: 'It did not work.', untilMs });
  switch (tape(15)) {
    case 14:
      return [fail('limit', tape(2) === 0 ? null : state.updatedAt + 5_000)];
    case 13:
      return [fail('login')];
    case 12:
      return [fail(tape(2) === 0 ? 'missing' : 'api-error')];
    case 11:
      return [asked];
    case 10:
      return [asked, end({ code: 0, signal: null })];
    case 9:
      return [end({ code: 1, signal: null })];
    case 8:
      return [end({ code: null, signal: 'SIGKILL' })];
    case 7:
      return [end({ code: null, signal: null })];
    case 6:
      return [end({ code: 0, signal: null }, 'nothing had to be changed')];
    default:
      return [end({ code: 0, signal: null })];
  }
}

function inspection(world: World, effect: WorkEffect, tape: Tape): Event {
  const { state } = world;
  const tree = hash(`${effect.task} tree ${tape(3)}`);
  switch (tape(10)) {
    case 9:
      return facts.inspected(state, effect.task, { tree, files: [], fileCount: 0 });
    case 8:
      return facts.inspected(state, effect.task, { tree, outside: ['elsewhere.ts'] });
    case 7:
      return facts.inspected(state, effect.task, { tree, odd: 'a rebase was left open' });
    default:
      return facts.inspected(state, effect.task, { tree });
  }
}
