// A process of its own that wants to lead. Obeys lines on stdin: `lead` tries and says how it went; the end of input ends it.
import { createInterface } from 'node:readline';
import { createControlPort } from '../../../src/adapters/control/control-port.ts';

const stateDir = process.argv[2] as string;
const control = createControlPort();

async function tryToLead(): Promise<string> {
  const led = await control.lead(stateDir);
  if (!led.ok) return `${led.failure.kind}: ${led.failure.sentence}`;
  led.value.serve(async (request) => ({ pid: process.pid, request }));
  return `led ${led.value.leadership.epoch}`;
}

console.log('ready');
for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'lead') console.log(await tryToLead());
}
process.exit(0);
