/** Shell scripts that make namespaces into what the supervisor and the nodes need. Values come as arguments, never as text. */

/** Folder of the supervisor, on the private /run of its mount namespace. */
export const SUPERVISOR_FOLDER = '/run/devnet';

/** Namespaces of a supervisor. The kernel ends all that is in them when `unshare` ends, or the supervisor does. */
export const SUPERVISOR_NAMESPACES = [
  '--user',
  '--map-root-user',
  '--net',
  '--mount',
  '--pid',
  '--uts',
  '--ipc',
  '--fork',
  '--kill-child',
  '--mount-proc',
];

/**
 * Makes /run private, since `ip netns` keeps its files there, and starts the supervisor. The folder of control sockets stays
 * where it is, also below /run. Arguments: that folder, then the supervisor's command.
 */
export const SUPERVISOR_SCRIPT = `set -eu
sockets=$1
shift
exec 9<"$sockets"
mount -t tmpfs -o mode=755 devnet /run
if [ ! -d "$sockets" ]; then
  mkdir -p "$sockets"
  mount --no-canonicalize --bind /proc/self/fd/9 "$sockets"
fi
exec 9<&-
mkdir ${SUPERVISOR_FOLDER}
exec "$@"
`;

/**
 * Sets up a node's namespaces, which exist already, and starts its program: as an unprivileged user, whose privileges no
 * program can raise. Arguments: host name, batch file for `ip`, folder of control sockets, working directory, then the program.
 */
export const NODE_SCRIPT = `set -eu
hostname=$1 batch=$2 sockets=$3 folder=$4
shift 4
{ echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6; } 2>/dev/null || :
ip -batch "$batch"
mount -t tmpfs -o mode=1777 devnet /run
if [ -d "$sockets" ]; then mount -t tmpfs -o mode=0 devnet "$sockets"; fi
{ echo "$hostname" > /proc/sys/kernel/hostname || hostname "$hostname"; } 2>/dev/null || :
${enterFolderAsUser('"$folder"')}
`;

/** Runs a command in the namespaces of a node. Arguments: working directory, then the command. */
export const EXEC_SCRIPT = `set -eu
folder=$1
shift
${enterFolderAsUser('"$folder"')}
`;

function enterFolderAsUser(folder: string): string {
  return `cd ${folder}\nexec unshare --user --map-user=1000 --map-group=1000 setpriv --no-new-privs "$@"`;
}
