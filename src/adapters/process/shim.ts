// The few lines of sh between weft and an agent: they outlive the engine, keep what the agent prints, pass on what it is
// told and write down how it ended. Must not know what an agent is.
import type { StartSpec } from '../../ports/process.ts';
import type { ProcessTable } from './process-table.ts';

/** Name under which the shim shows in process lists. */
export const SHIM_NAME = 'weft-shim';

const BLOCK_BYTES = 512;

/**
 * Arguments: folder, stdin (`fifo` or a path), cap in blocks, boot id, pid namespace, name for the starter, then the
 * command.
 *
 * - The pid file is created exclusively: a second shim for the folder stops there, before it starts anything.
 * - What the command prints goes through FIFOs to one `tee` each, under a size limit that holds for the `tee` alone. At
 *   the limit, or when the disk is full, `tee` goes on reading and drops the rest: the command never blocks, gets no
 *   SIGPIPE, and may write files of any size. For 500-byte lines this takes as much CPU time as writing to the file
 *   itself (1.8 ms/MB both), for 64 KiB writes 1.1 instead of 0.2 ms/MB; at rest it takes none, and 0.25 MB of memory.
 * - `feed` passes messages on. A word in the bell is the number of a file in `in/`; only a number above all before is
 *   copied, so a bell rung twice gives the message once. `in/fed` then holds the number. `end` lets go of the input.
 *   It blocks while the command does not read, and ends with its first write to nobody.
 * - Those helpers ignore what is meant for the command, so that its last words are kept; `tee` ends with its last writer.
 * - `trap :` keeps the shim alive through signals to its group while the command, for which traps fall back to
 *   the default, gets them; the exit is written down even then.
 * - Descriptor 3 is the starter's pipe: the name and a word in it say that signals to the group reach the command from
 *   now on, or that there will be none. A starter that has died meanwhile changes nothing, hence the ignored PIPE.
 * - The kernel should end agents before engines when memory runs out, hence the OOM score.
 * - `exit.new` says how the command ended, though its output may not be kept yet: something it left behind may still
 *   print, or keep the feeder from being let go. `exit` says that all is done.
 * - The last touch of the pid file, the quiet file, wakes watchers of the exit.
 */
const SHIM = `
dir=$1 input=$2 blocks=$3 boot=$4 namespace=$5 name=$6
shift 6
umask 077
give_up() {
  echo "$name ended" >&3
  exit 73
}
trap '' HUP INT TERM
nth_field() { started=\${20}; }
if [ -r "/proc/$$/stat" ]; then
  read -r stat <"/proc/$$/stat"
  nth_field \${stat##*) }
else
  started=$(LC_ALL=C command -p ps -o lstart= -p "$$")
fi
set -C
printf '%s %s %s %s\\n' "$$" "$boot" "$namespace" "$started" >"$dir/pid" || give_up
set +C
keep() {
  trap '' XFSZ
  ulimit -f "$blocks"
  PATH=/usr/bin:/bin:$PATH
  exec tee -a "$dir/$1" <"$dir/$2" >/dev/null
}
own_up() {
  [ "$1" = 0 ] || printf '\\nweft: output beyond %s bytes, or beyond what the disk had room for, was dropped\\n' "$((blocks * ${BLOCK_BYTES}))" >>"$dir/$2"
}
feed() {
  trap - TERM
  exec 4<>"$dir/bell.fifo" 5>"$dir/in.fifo"
  last=-1
  while read -r word <&4; do
    case $word in
      end) return ;;
      '' | *[!0-9]*) continue ;;
    esac
    if [ "$word" -gt "$last" ] && [ -f "$dir/in/$word" ]; then
      command -p cat "$dir/in/$word" >&5 || return
      last=$word
    fi
    echo "$last" >>"$dir/in/fed"
  done
}
if [ "$input" = fifo ]; then
  input=$dir/in.fifo
  command -p mkfifo "$dir/out.fifo" "$dir/err.fifo" "$input" "$dir/bell.fifo"
else
  command -p mkfifo "$dir/out.fifo" "$dir/err.fifo"
fi || {
  command -p rm -f "$dir/out.fifo" "$dir/err.fifo" "$dir/in.fifo" "$dir/bell.fifo" "$dir/pid"
  give_up
}
keep out.jsonl out.fifo 3>&- &
out=$!
keep err.log err.fifo 3>&- &
err=$!
if [ "$input" = "$dir/in.fifo" ]; then feed 3>&- & fi
trap : HUP INT TERM
(
  trap '' PIPE
  { echo "$name started" >&3; } 2>/dev/null
  trap - PIPE
  exec 3>&-
  { echo 500 >/proc/self/oom_score_adj; } 2>/dev/null
  exec "$@"
) >"$dir/out.fifo" 2>"$dir/err.fifo" <"$input"
printf '%s\\n' "$?" >"$dir/exit.new"
trap '' HUP INT TERM
[ "$input" != "$dir/in.fifo" ] || echo end 1<>"$dir/bell.fifo"
wait "$out"
own_up "$?" out.jsonl
wait "$err"
own_up "$?" err.log
command -p mv -f "$dir/exit.new" "$dir/exit"
echo ended >>"$dir/pid"
`;
/** The command line that runs an attempt's process under the shim; `dir` is absolute. */
export function shimArguments(
  table: ProcessTable,
  spec: Pick<StartSpec, 'dir' | 'argv' | 'stdin' | 'outputBytes'> & { readonly name: string },
): readonly [string, ...string[]] {
  const blocks = String(Math.max(1, Math.ceil(spec.outputBytes / BLOCK_BYTES)));
  const words = [spec.dir, inputWord(spec.stdin), blocks, table.bootId, table.pidNs, spec.name];
  return ['/bin/sh', '-c', SHIM, SHIM_NAME, ...words, ...spec.argv];
}

/** Tells whether a command line is that of the shim of the folder, or of a part of it that is still sh. */
export function isShimOf(commandLine: string, dir: string): boolean {
  return commandLine.includes(`${SHIM_NAME}\0${dir}\0`) || commandLine.includes(`${SHIM_NAME} ${dir} `);
}

/** Tells whether a command line is that of the shim of the folder or of a helper of it: of all but the command's. */
export function isPartOfShim(commandLine: string, dir: string): boolean {
  const words = commandLine.replaceAll('\0', ' ');
  return (
    isShimOf(commandLine, dir) || words.startsWith(`tee -a ${dir}/`) || words.startsWith(`cat ${dir}/in/`)
  );
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
