#!/usr/bin/env bash
# A node that understands add_peer and get_peers, and serves one message a connection. Needs bash, and socat or ncat,
# which run this script again with "serve" for every connection.
set -u
export LC_ALL=C

stay_connected() { # host port: as long as the node runs
  local wait=1
  while kill -0 "$NODE" 2>/dev/null; do
    { cat <&3; } 3<>"/dev/tcp/$1/$2"
    sleep "$wait"
    ((wait = wait < 16 ? wait * 2 : 30))
  done >/dev/null 2>&1
}

add_peer() { # "host:port" or a port, which means the sender's address
  local address=$1 port=${1##*:}
  [[ $address == "$port" ]] && address=${SOCAT_PEERADDR:-${NCAT_REMOTE_ADDR-}}:$port
  [[ $address =~ ^(\[.+\]|[^:]+):[1-9][0-9]{0,4}$ ]] && ((port < 65536)) || return
  [[ $address == "${SOCAT_SOCKADDR:-${NCAT_LOCAL_ADDR-}}:${SOCAT_SOCKPORT:-${NCAT_LOCAL_PORT-}}" ]] && return
  exec 9>>"$PEERS"
  flock 9
  grep -qxF "\"$address\"" "$PEERS" && return
  echo "\"$address\"" >&9
  local host=${address%:*}
  host=${host#[}
  stay_connected "${host%]}" "$port" 9>&- <&- >/dev/null 2>&1 &
}

serve() {
  local message='' part opened closed
  while IFS= read -r -t 10 -d '}' part; do # a message is complete when its outermost brace closes
    message+="$part}" opened=${message//[^\{]/} closed=${message//[^\}]/}
    ((${#opened} <= ${#closed})) && break
  done
  local space='[[:space:]]*' bom=$'\xef\xbb\xbf'
  [[ $message =~ ^$space($bom)?$space\{ ]] || return
  [[ $message =~ \"message_type\"$space:$space\"(add_peer|get_peers)\" ]] || return
  if [[ ${BASH_REMATCH[1]} == add_peer ]]; then
    [[ $message =~ \"payload\"$space:$space(\"[^\"]*\"|[0-9.]+)$space[,\}] ]] && add_peer "${BASH_REMATCH[1]//\"/}"
  fi
  printf '{"message_type":"peers","payload":[%s]}\n\n' "$(paste -sd, "$PEERS")"
  exec >&- # the end of the replies; the rest is read, as to close with bytes unread could overtake them
  timeout 0.3 cat >/dev/null
}

if [[ ${1-} == serve ]]; then
  serve
  exit
fi
PEERS=$(mktemp) NODE=$$ port=${DEVNET_PORT:-3000} host=${DEVNET_HOST:-0.0.0.0}
export PEERS NODE
trap 'rm -f "$PEERS"' EXIT
if command -v socat >/dev/null; then
  socat "TCP4-LISTEN:$port,bind=$host,fork,reuseaddr,backlog=256" EXEC:"$0 serve" 2>/dev/null &
else
  ncat --listen --keep-open --max-conns 256 --exec "$0 serve" "$host" "$port" &
fi
trap 'kill $!' TERM INT
wait
