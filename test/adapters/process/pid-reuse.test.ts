// Pids that are really given to somebody else: in a pid namespace of its own the kernel is told which one comes next.
import { execFile, spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { bundleProgram } from '../git/struck.ts';
import { breakGround } from './ground.ts';

const ROUNDS = 50;
const ALONE = ['-Ur', '--pid', '--fork', '--mount-proc', '--kill-child', 'sh', '-c'];
const MAY_CHOOSE = spawnSync('unshare', [...ALONE, 'echo 500 >/proc/sys/kernel/ns_last_pid']).status === 0;

/**
 * Starts an agent, kills it with all that belongs to it, and has a bystander start under each of its pid in turn; says what
 * weft makes of it. Each round is a line of JSON.
 */
const PROGRAM = `
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createProcessPort } from './src/adapters/process/process-port.ts';

const [, , root, cwd, rounds] = process.argv;
const tag = 'test/reuse/1';
const env = { PATH: process.env.PATH };
const until = async (look) => {
  while (!look()) await new Promise((settle) => setTimeout(settle, 2));
};
const kill = (pid) => {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // ended already
  }
};
const statOf = (pid) => readFileSync('/proc/' + pid + '/stat', 'utf8').split(') ')[1].split(' ');
/** Another process or thread may be quicker: then once more. */
const reuse = async (pid) => {
  for (let times = 0; ; times += 1) {
    writeFileSync('/proc/sys/kernel/ns_last_pid', String(pid - 1));
    const bystander = spawn('sleep', ['1000'], { cwd: '/', detached: true, stdio: 'ignore' });
    await once(bystander, 'spawn');
    if (bystander.pid === pid || times === 10) return bystander;
    bystander.kill('SIGKILL');
    await once(bystander, 'exit');
  }
};

const port = createProcessPort();
const dir = root + '/attempt';
const argv = ['/bin/sh', '-c', 'exec sleep 1000'];
const started = await port.start({ dir, argv, cwd, env, stdin: { kind: 'none' }, tag, outputBytes: 1000 });
const { identity } = started.value;
const aliveBefore = port.isAlive(identity);
process.kill(-identity.pid, 'SIGKILL');
await until(() => !existsSync('/proc/' + identity.pid));
// start times count in hundredths of a second
await until(() => Number.parseFloat(readFileSync('/proc/uptime', 'utf8')) * 100 > identity.startTicks + 1);

for (let round = 0; round < Number(rounds); round += 1) {
  const bystander = await reuse(identity.pid);
  const exited = once(bystander, 'exit');
  const survivors = await port.killTree({ identity, tag, cwd, graceMs: 0 });
  console.log(JSON.stringify({
    reused: bystander.pid === identity.pid,
    taken: port.isAlive(identity),
    seen: (await port.inspect({ dir, tag })).kind,
    survivors: survivors.length,
    lives: existsSync('/proc/' + bystander.pid) && statOf(bystander.pid)[0] !== 'Z' && bystander.signalCode === null,
    aliveBefore,
  }));
  kill(bystander.pid);
  await exited;
}
process.exit(0);
`;

test('a bystander under the pid of a dead agent is not taken for it, and survives, 50 times [F5]', async (context) => {
  if (!MAY_CHOOSE) context.skip('this machine allows nobody to choose pids in a user namespace');
  const ground = breakGround();
  onTestFinished(() => rmSync(ground.root, { recursive: true, force: true }));
  const program = await bundleProgram(ground.root, PROGRAM);
  // the first process of the namespace has to collect orphans: a pid is free only then
  const script = '"$@"; exit $?';
  const words = [process.execPath, program, ground.root, ground.cwd, String(ROUNDS)];
  const { stdout } = await promisify(execFile)('unshare', [...ALONE, script, 'sh', ...words]);
  const rounds = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(rounds).toHaveLength(ROUNDS);
  for (const round of rounds) {
    expect(round).toEqual({
      reused: true,
      aliveBefore: true,
      taken: false,
      seen: 'ended',
      survivors: 0,
      lives: true,
    });
  }
});
