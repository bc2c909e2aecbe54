// Calls a person: by the desktop's own program, by a request to an address, by a command of theirs. Decides nothing.
import type { Notice } from '../../core/notice.ts';
import type { NotifyPort } from '../../ports/notify.ts';
import type { CommandEnd, CommandSpec } from '../../ports/process.ts';

/** How long one call may take, in ms. */
const TIMEOUT_MS = 10_000;
/** Requests of one notice, and the pause before another, in ms; it doubles. */
const TRIES = 3;
const PAUSE_MS = 500;
const OUTPUT_BYTES = 4_096;
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** What leads to the desktop of the session. */
const SESSION = ['DISPLAY', 'WAYLAND_DISPLAY', 'DBUS_SESSION_BUS_ADDRESS', 'XDG_RUNTIME_DIR', 'XAUTHORITY'];

interface Means {
  readonly cwd: string;
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly isMac: boolean;
  readonly run: (spec: CommandSpec) => Promise<CommandEnd>;
  readonly environment: (wish: {
    readonly pass: readonly string[];
    readonly set: Readonly<Record<string, string>>;
  }) => Readonly<Record<string, string>>;
}

/** See the file's first line. */
export function createNotify(means: Means): NotifyPort {
  const call = async (
    argv: readonly [string, ...string[]],
    of: { readonly notice: Notice; readonly pass: readonly string[] },
  ): Promise<string | null> => {
    const env = means.environment({ pass: of.pass, set: variablesOf(of.notice) });
    const end = await means.run({
      ...{ argv, cwd: means.cwd, env, timeoutMs: TIMEOUT_MS, outputBytes: OUTPUT_BYTES },
      tag: `notice/${of.notice.id}`,
    });
    if (end.timedOut) return `${argv[0]} took longer than ${TIMEOUT_MS / 1000} s`;
    if (end.exit.code === 0) return null;
    const [said = ''] = end.tail.trim().split('\n').slice(-1);
    return `${argv[0]} ended with ${end.exit.code ?? end.exit.signal ?? 'an error'}${said === '' ? '' : `: ${said}`}`;
  };
  return {
    show: (notice) => call(means.isMac ? askMac(notice) : askLinux(notice), { notice, pass: SESSION }),
    post: (webhook, notice) => post(means, webhook, notice),
    run: (line, { notice, env }) => call(['/bin/sh', '-c', line], { notice, pass: [...SESSION, ...env] }),
  };
}

function variablesOf(notice: Notice): Readonly<Record<string, string>> {
  return {
    WEFT_NOTICE: JSON.stringify(bodyOf(notice)),
    WEFT_NOTICE_KIND: notice.kind,
    WEFT_NOTICE_TITLE: notice.title,
    WEFT_NOTICE_TEXT: notice.text,
    WEFT_NOTICE_URL: notice.url ?? '',
    WEFT_RUN: notice.run,
    WEFT_TASK: notice.task ?? '',
  };
}

/** `text` is what chat services show of such a request. */
function bodyOf({ title, text, ...rest }: Notice): Readonly<Record<string, unknown>> {
  return { schemaVersion: 1, ...rest, title, detail: text, text: `${title}\n${text}`.trim() };
}

/** The body of such a message may be read as markup. */
function askLinux({ kind, title, text }: Notice): readonly [string, ...string[]] {
  const safe = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const urgency = kind === 'stuck' || kind === 'failed' ? 'critical' : 'normal';
  return ['notify-send', '--app-name=weft', `--urgency=${urgency}`, '--', title, safe];
}

function askMac({ title, text }: Notice): readonly [string, ...string[]] {
  const script = [
    'on run argv',
    'display notification (item 2 of argv) with title "weft" subtitle (item 1 of argv)',
    'end run',
  ];
  return ['osascript', ...script.flatMap((line) => ['-e', line]), title, text];
}

/** An address that is a secret stays out of what is said about it. */
async function post(means: Means, webhook: string, notice: Notice): Promise<string | null> {
  const address = VARIABLE.test(webhook) ? means.variables[webhook] : webhook;
  if (address === undefined || address === '') return `the variable ${webhook} is not set`;
  let trouble: string | null = null;
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    if (attempt > 0) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS * 2 ** (attempt - 1)));
    try {
      const answer = await fetch(address, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'user-agent': 'weft' },
        body: JSON.stringify(bodyOf(notice)),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      await answer.body?.cancel();
      if (answer.ok) return null;
      trouble = `the webhook answered ${answer.status}`;
      // what is refused is refused the next time, too
      if (answer.status < 500 && answer.status !== 429) return trouble;
    } catch (error) {
      const why =
        error instanceof Error && error.name === 'TimeoutError' ? 'does not answer' : 'cannot be reached';
      // whether it was heard is not known: it is not said twice
      if (why === 'does not answer') return `the webhook ${why}`;
      trouble = `the webhook ${why}`;
    }
  }
  return trouble;
}
