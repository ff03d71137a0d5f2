# The machine of one Docker engine, in network, mount, host name and process namespaces of its own: an interface that the test
# puts there, its own /run, and data in memory. All of it ends with its first process, and that ends with its standard input.
# SWARM_ROOT may name the root folder of another system, whose Docker then runs.
# Arguments: name of the host, address with its prefix, number, folder of its socket, cgroup of its containers.
set -eu
name=$1 address=$2 number=$3 folder=$4 cgroup=$5
unset XDG_RUNTIME_DIR # Of the test, where runc would put files.
mount --make-rprivate /
hostname "$name"
mount -t tmpfs tmpfs /run
mount --make-shared /run # As systemd has it.
[ ! -d /etc/docker ] || mount -t tmpfs tmpfs /etc/docker
mkdir "$folder/data"
mount -t tmpfs -o size=3g tmpfs "$folder/data"
if [ -n "${SWARM_ROOT:-}" ]; then
  mount --bind "$SWARM_ROOT" "$SWARM_ROOT"
  mount -t proc proc "$SWARM_ROOT/proc"
  for part in sys dev; do mount --rbind "/$part" "$SWARM_ROOT/$part"; done
  for part in run tmp; do mount -t tmpfs tmpfs "$SWARM_ROOT/$part"; done
  mount --make-shared "$SWARM_ROOT/run"
  mkdir -p "$SWARM_ROOT$folder" "$SWARM_ROOT/.machine"
  mount --rbind "$folder" "$SWARM_ROOT$folder"
  cd "$SWARM_ROOT"
  pivot_root . .machine
  umount -l /.machine
fi
ip link set lo up
until ip link show eth0 >/dev/null 2>&1; do sleep 0.05; done
ip address add "$address" dev eth0
ip link set eth0 up
dockerd --host unix:///run/docker.sock --host "unix://$folder/docker.sock" --data-root "$folder/data" \
  --exec-root /run/docker --pidfile /run/docker.pid --cgroup-parent "$cgroup" --bip "172.29.$number.1/24" \
  --insecure-registry 172.31.77.254:5000 --default-address-pool "base=172.30.$number.0/24,size=28" >"$folder/log" 2>&1 &
while read -r _; do :; done
