#!/usr/bin/env bash
# bench/run.sh [--duration S] [--connections N] [--json] [--help]
#
# Runs every bench on this machine, one after another: holds with their echo and the journal, each on
# SQLite and on a private PostgreSQL (fsync on), the actors' ask, and the domain's decisions. Prints one table, or with
# --json one object per line. `./dev bench` builds the programs and calls it.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."

usher=${USHER:-build/usher}
domain_benchmark=${DOMAIN_BENCHMARK:-build/release/bench/domain_benchmark}
duration=10
connections=1000
json=
usage() { sed -n '2,6s/^# \{0,1\}//p' "$0"; }
while [ $# -gt 0 ]; do
  case $1 in
    --duration) duration=$2 && shift 2 ;;
    --connections) connections=$2 && shift 2 ;;
    --json) json=yes && shift ;;
    --help) usage && exit 0 ;;
    *) echo "unknown option: $1" >&2 && usage >&2 && exit 2 ;;
  esac
done

work=$(mktemp -d)
trap 'stop_postgres; rm -rf "$work"' EXIT

# ---- a PostgreSQL of our own ---------------------------------------------------

# PostgreSQL refuses to run as root.
as_postgres() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }

find_postgres() {
  local found
  found=$(command -v pg_ctl || compgen -G '/usr/lib/postgresql/*/bin/pg_ctl' | sort -V | tail -n 1) || true
  [ -n "$found" ] && dirname "$found"
}

start_postgres() {
  local binaries
  binaries=$(find_postgres) || return 1
  mkdir "$work/postgres"
  chmod 755 "$work"
  if [ "$(id -u)" = 0 ]; then chown postgres "$work/postgres"; fi
  pg_ctl=$binaries/pg_ctl
  (cd "$work/postgres" &&
    as_postgres "$binaries/initdb" --pgdata="$work/postgres/data" --username=usher --auth=trust --encoding=UTF8 \
      --no-locale >"$work/initdb.log" &&
    as_postgres "$pg_ctl" --pgdata="$work/postgres/data" --log="$work/postgres/log" --wait \
      --options="-c listen_addresses='' -c unix_socket_directories='$work/postgres' -c fsync=on" start >"$work/start.log") || {
    cat "$work/initdb.log" "$work/start.log" "$work/postgres/log" >&2 || true
    return 1
  }
  postgres_url="postgresql://usher@/postgres?host=$work/postgres"
}

# shellcheck disable=SC2317 # the trap calls it
stop_postgres() {
  if [ -n "${postgres_url:-}" ]; then
    as_postgres "$pg_ctl" --pgdata="$work/postgres/data" --mode=immediate stop >/dev/null || true
  fi
}

# ---- the runs ------------------------------------------------------------------

failed=0
# measure NAME VERB [OPTION...]: keeps the run's object in $work/NAME.json.
measure() {
  local name=$1
  shift
  echo "» usher bench $*" | sed "s#$work#…#g" >&2
  "$usher" bench "$@" --json >"$work/$name.json" || failed=1
  if [ -n "$json" ]; then cat "$work/$name.json"; fi
}

# value NAME MEMBER: a number of that object, or - if it has none.
value() {
  local found
  found=$(grep -o "\"$2\":[-0-9.e+]*" "$work/$1.json" 2>/dev/null | head -n 1 | cut -d: -f2) || true
  echo "${found:--}"
}

row() { printf '%-34s %12s %9s %9s %9s   %s\n' "$@"; }
latency_row() {
  row "$2" "$(value "$1" per_s)" "$(value "$1" p50_ms)" "$(value "$1" p99_ms)" "$(value "$1" p999_ms)" "$3"
}

load=(--connections "$connections" --duration "$duration")
measure hold-sqlite hold "${load[@]}"
measure journal-sqlite journal --duration "$duration"
if start_postgres; then
  measure hold-postgres hold "${load[@]}" --store "$postgres_url"
  measure journal-postgres journal --duration "$duration" --store "$postgres_url"
else
  echo "» no PostgreSQL on this machine: its half is left out" >&2
  failed=1
fi
measure echo echo "${load[@]}"
measure ask ask --duration "$duration"
echo "» $(basename "$domain_benchmark")" >&2
"$domain_benchmark" --benchmark_format=console --benchmark_color=false >"$work/domain.txt" 2>"$work/domain.log" ||
  { cat "$work/domain.log" >&2 && failed=1; }

if [ -z "$json" ]; then
  echo
  row 'bench' 'per second' 'p50 ms' 'p99 ms' 'p99.9 ms' 'beside it'
  latency_row echo 'bare echo' ''
  latency_row hold-sqlite 'hold, durable, SQLite' "$(value hold-sqlite ratio_echo) × echo"
  latency_row hold-postgres 'hold, durable, PostgreSQL' "$(value hold-postgres ratio_echo) × echo"
  latency_row journal-sqlite 'journal, SQLite' "writer $(value journal-sqlite writer_per_s)/s"
  latency_row journal-postgres 'journal, PostgreSQL' "writer $(value journal-postgres writer_per_s)/s"
  latency_row ask 'section actor, hold' "$(value ask ratio_ask) × bare ask ($(value ask ask_per_s)/s)"
  echo
  cat "$work/domain.txt"
fi
exit "$failed"
