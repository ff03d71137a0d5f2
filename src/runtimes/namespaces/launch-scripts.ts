/** Shell scripts that make namespaces into what the supervisor and the nodes need. Values come as arguments, never as text. */

/** Folder of the supervisor, on the private /run of its mount namespace. */
export const SUPERVISOR_FOLDER = '/run/devnet';
/** Path at which the supervisor sees the folder of control sockets. */
export const SUPERVISOR_SOCKETS = `${SUPERVISOR_FOLDER}/sockets`;
/** Paths at which the supervisor sees the folders of control groups, by controller. */
export const SUPERVISOR_CGROUPS = `${SUPERVISOR_FOLDER}/cgroups`;
/** Private folders of each node, as `mount` reads them: one process mounts all. */
const NODE_MOUNTS = `${SUPERVISOR_FOLDER}/fstab`;
/** Names the group that a supervisor makes in them when a node has a limit. */
export const CGROUP_VARIABLE = 'DEVNET_CGROUP';

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
 * Runs outside the namespaces, where the kernel does not remove control groups by itself: removes those of the network when its
 * supervisor has ended, and of networks whose `unshare` and this script were killed. Arguments: the folders, separated by
 * spaces, then the command.
 */
export const CGROUP_SCRIPT = `folders=$1
shift
# The shell says which signal ended \`unshare\`, to a command that may not listen any more.
trap : HUP INT TERM PIPE
remove_group() {
  [ -d "$1" ] && rmdir "$1"/*/ "$1" 2>/dev/null
  [ ! -d "$1" ]
}
# Whether another process lives can be told only where its number means the same.
namespace=$(readlink /proc/self/ns/pid)
namespace=\${namespace#*[}
prefix=devnet.\${namespace%]}.
for folder in $folders; do
  for group in "$folder/$prefix"*; do
    [ -d "/proc/\${group##*/$prefix}" ] || remove_group "$group"
  done
done
export ${CGROUP_VARIABLE}=$prefix$$
"$@"
code=$?
for folder in $folders; do
  for try in 1 2 3 4 5 6 7 8 9 10; do
    remove_group "$folder/$${CGROUP_VARIABLE}" && break
    sleep 0.1
  done
done
exit $code
`;

/**
 * Makes all files read-only but those of a private /run, since `ip netns` and the supervisor keep files there, and starts the
 * supervisor. It finds the folder of control sockets and those of control groups below ${SUPERVISOR_FOLDER}. Nothing that it
 * starts can gain privileges. Arguments: the folder of control sockets, folders of control groups as CONTROLLER=PATH separated
 * by spaces, then the supervisor's command.
 */
export const SUPERVISOR_SCRIPT = `set -eu
sockets=$1 cgroups=$2
shift 2
exec 9<"$sockets"
mount --all --internal-only --no-canonicalize -o remount,bind,ro -t noproc,nodevpts,noautofs 2>/dev/null || :
[ ! -w / ] || mount -o remount,bind,ro /
share() {
  mount --no-canonicalize --bind "$1" "$2"
  mount --no-canonicalize -o remount,bind,rw "$2"
}
mount -t tmpfs -o mode=755 devnet /run
mkdir -p ${SUPERVISOR_SOCKETS}
share /proc/self/fd/9 ${SUPERVISOR_SOCKETS}
for folder in /run /dev/shm; do
  if [ -d "$folder" ]; then echo "node $folder tmpfs mode=1777 0 0"; fi
done > ${NODE_MOUNTS}
if [ -d "$sockets" ]; then mount -t tmpfs -o mode=0,ro devnet "$sockets"; fi
for cgroup in $cgroups; do
  mkdir -p "${SUPERVISOR_CGROUPS}/\${cgroup%%=*}"
  share "\${cgroup#*=}" "${SUPERVISOR_CGROUPS}/\${cgroup%%=*}"
done
exec 9<&-
exec setpriv --no-new-privs "$@"
`;

/**
 * Sets up a node's namespaces, which exist already, and starts its program as an unprivileged user. Its files are read-only but
 * for a private /run and /dev/shm. Arguments: host name, batch file for `ip`, working directory, control groups to join,
 * separated by spaces, then the program.
 */
export const NODE_SCRIPT = `set -eu
hostname=$1 batch=$2 folder=$3 cgroups=$4
shift 4
for cgroup in $cgroups; do echo 0 > "$cgroup/cgroup.procs"; done
{ echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6; } 2>/dev/null || :
ip -batch "$batch"
mount --all --fstab ${NODE_MOUNTS}
{ echo "$hostname" > /proc/sys/kernel/hostname || hostname "$hostname"; } 2>/dev/null || :
${enterFolderAsUser('"$folder"')}
`;

/** Joins control groups and runs a command. Arguments: the groups, separated by spaces, then the command. */
export const JOIN_SCRIPT = `set -eu
cgroups=$1
shift
for cgroup in $cgroups; do echo 0 > "$cgroup/cgroup.procs"; done
exec "$@"
`;

/** Runs a command in the namespaces of a node. Arguments: working directory, then the command. */
export const EXEC_SCRIPT = `set -eu
folder=$1
shift
${enterFolderAsUser('"$folder"')}
`;

function enterFolderAsUser(folder: string): string {
  return `cd ${folder}\nexec unshare --user --map-user=1000 --map-group=1000 "$@"`;
}
