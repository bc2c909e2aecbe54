// Deliveries to the webhooks of a repository, signed, in order unless a fault says otherwise. Knows no events by name.
import { createHmac, randomUUID } from 'node:crypto';
import type { Happening, Hub } from './hub.ts';
import { showRepository, showUser } from './shapes.ts';
import type { Hook } from './store.ts';

const TIMEOUT_MS = 10_000;

interface Delivery {
  readonly hook: Hook;
  readonly event: string;
  readonly id: string;
  readonly body: string;
}

/** Sends what happened to every hook that wants it. */
export type Messenger = (hub: Hub, happening: Happening) => void;

/** Makes a messenger, which remembers what it holds back. */
export function createMessenger(): Messenger {
  const lines = new Map<Hook, Promise<void>>();
  const held = new Map<Hook, Delivery[]>();
  const post = (hub: Hub, delivery: Delivery): void => {
    const { hook } = delivery;
    const sent = (lines.get(hook) ?? Promise.resolve()).then(() => send(delivery, hub.closing));
    lines.set(hook, sent);
    hub.inBackground(sent);
  };
  return (hub, happening) => {
    const wanted = happening.repo.hooks.filter(
      ({ events }) => events.includes('*') || events.includes(happening.event),
    );
    for (const hook of wanted) {
      const delivery: Delivery = {
        hook,
        event: happening.event,
        id: randomUUID(),
        body: describe(hub, happening),
      };
      const fault = hub.faults.strikeHook();
      if (fault === 'lost') continue;
      if (fault === 'held') {
        held.set(hook, [...(held.get(hook) ?? []), delivery]);
        continue;
      }
      post(hub, delivery);
      if (fault === 'duplicated') post(hub, delivery);
      for (const late of held.get(hook) ?? []) post(hub, late);
      held.delete(hook);
    }
  };
}

function describe(hub: Hub, { repo, sender, payload }: Happening): string {
  const site = hub.site();
  return JSON.stringify({
    ...payload,
    repository: showRepository(site, repo, 'read'),
    sender: showUser(site, sender),
  });
}

/** Nobody listening is no failure of the forge: GitHub does not deliver again either. */
async function send({ hook, event, id, body }: Delivery, closing: AbortSignal): Promise<void> {
  const signature = createHmac('sha256', hook.secret).update(body).digest('hex');
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    'user-agent': 'GitHub-Hookshot/forge',
    'x-github-event': event,
    'x-github-delivery': id,
    'x-github-hook-id': String(hook.id),
  };
  if (hook.secret !== '') headers['x-hub-signature-256'] = `sha256=${signature}`;
  try {
    const answer = await fetch(hook.url, {
      method: 'POST',
      headers,
      body,
      signal: AbortSignal.any([closing, AbortSignal.timeout(TIMEOUT_MS)]),
    });
    await answer.arrayBuffer();
  } catch {
    // lost
  }
}
