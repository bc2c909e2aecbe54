// The few lines of sh between weft and an agent: they outlive the engine and write down how the agent ended.
// Must not know what an agent is.
import type { StartSpec } from '../../ports/process.ts';
import type { ProcessTable } from './process-table.ts';

/** Name under which the shim shows in process lists. */
export const SHIM_NAME = 'weft-shim';

const BLOCK_BYTES = 512;

/**
 * Arguments: folder, stdin (`fifo` or a path), cap in blocks, boot id, pid namespace, then the command.
 *
 * - `trap :` keeps the shim alive through signals to its group while the command, for which traps fall back to
 *   the default, gets them; the exit is written down even then.
 * - The pid file is created exclusively: a second shim for the folder stops there, before it starts anything.
 * - Descriptor 3 is the starter's pipe: a word in it says that signals to the group reach the command from now
 *   on, its end that there is none. A starter that has died meanwhile changes nothing, hence the ignored PIPE.
 * - Descriptor 4 holds the FIFO open so that no writer's end closes the agent's input.
 * - The size limit holds for the command alone; the shim's own stderr is another file.
 * - The kernel should end agents before engines when memory runs out, hence the OOM score.
 * - The last line touches the pid file, the quiet file that watchers of the exit look at.
 */
const SHIM = `
dir=$1 input=$2 blocks=$3 boot=$4 namespace=$5
shift 5
umask 077
trap : HUP INT TERM
nth_field() { started=\${20}; }
if [ -r "/proc/$$/stat" ]; then
  read -r stat <"/proc/$$/stat"
  nth_field \${stat##*) }
else
  started=$(LC_ALL=C command -p ps -o lstart= -p "$$")
fi
set -C
printf '%s %s %s %s\\n' "$$" "$boot" "$namespace" "$started" >"$dir/pid" || exit 73
set +C
if [ "$input" = fifo ]; then
  input=$dir/in.fifo
  [ -p "$input" ] || command -p mkfifo "$input"
  exec 4<>"$input"
fi
(
  exec 4>&-
  trap '' PIPE
  { echo started >&3; } 2>/dev/null
  trap - PIPE
  exec 3>&-
  { echo 500 >/proc/self/oom_score_adj; } 2>/dev/null
  ulimit -f "$blocks"
  exec "$@"
) <"$input" >>"$dir/out.jsonl" 2>>"$dir/err.log"
printf '%s\\n' "$?" >"$dir/exit.new" && command -p mv -f "$dir/exit.new" "$dir/exit"
echo ended >>"$dir/pid"
`;

/** The command line that runs an attempt's process under the shim; `dir` is absolute. */
export function shimArguments(
  table: ProcessTable,
  spec: Pick<StartSpec, 'dir' | 'argv' | 'stdin' | 'outputBytes'>,
): readonly [string, ...string[]] {
  const blocks = String(Math.max(1, Math.ceil(spec.outputBytes / BLOCK_BYTES)));
  const words = [spec.dir, inputWord(spec.stdin), blocks, table.bootId, table.pidNs];
  return ['/bin/sh', '-c', SHIM, SHIM_NAME, ...words, ...spec.argv];
}

/** Tells whether a command line is that of the shim of the folder. */
export function isShimOf(commandLine: string, dir: string): boolean {
  return commandLine.includes(`${SHIM_NAME}\0${dir}\0`) || commandLine.includes(`${SHIM_NAME} ${dir} `);
}

function inputWord(stdin: StartSpec['stdin']): string {
  switch (stdin.kind) {
    case 'none':
      return '/dev/null';
    case 'file':
      return stdin.path;
    case 'fifo':
      return 'fifo';
  }
}
