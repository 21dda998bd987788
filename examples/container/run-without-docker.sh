#!/usr/bin/env bash
# The steps of the Dockerfile where there is no Docker: builds the package, installs it in a folder of its own without
# development dependencies, starts it as somebody who cannot write there, pings it, runs a turn, and ends it with SIGTERM.
# It needs AGENT_STATE_TABLE, and the region and credentials of that table, in the environment.
set -euo pipefail
: "${AGENT_STATE_TABLE:?}"

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
work=$(mktemp -d)
# What the current step has printed, which is shown if it fails.
log=$(mktemp)
step=
server=

begin() { step=$1; echo "> $step"; }

finish() {
  code=$?
  if [ -n "$server" ]; then kill -9 "$server" 2>/dev/null || true; fi
  if [ "$code" != 0 ]; then
    echo "Failed with exit code $code at: $step" >&2
    cat "$log" >&2
  fi
  chmod -R u+w "$work"
  rm -rf "$work" "$log"
  exit "$code"
}
trap finish EXIT

begin 'build and pack'
mkdir "$work/build" "$work/app"
cp -R "$root"/{src,tools,package.json,tsconfig.json,tsconfig.build.json,README.md,CHANGELOG.md,LICENSE} "$work/build"
ln -s "$root/node_modules" "$work/build/node_modules"
(cd "$work/build" && npm pack --pack-destination "$work") >"$log" 2>&1

begin 'npm ci --omit=dev'
# The lockfile has what was just built, which no registry has, and everything else in the versions of this repository:
# those that a range allows today need not fit each other in what npm has cached of the registry.
cp "$here"/{package.json,main.js} "$root/package-lock.json" "$work/app"
cd "$work/app"
npm install --package-lock-only --no-audit --no-fund "$work"/*.tgz >"$log" 2>&1
npm ci --omit=dev --ignore-scripts --no-audit --no-fund >"$log" 2>&1

begin 'start, not as root and with nothing to write to'
chmod -R a-w,a+rX "$work"
as=()
if [ "$(id -u)" = 0 ]; then as=(setpriv --reuid=65534 --regid=65534 --clear-groups); fi
# exec, as in the exec form of CMD: the process that gets SIGTERM is node.
(exec "${as[@]}" env HOME=/nonexistent NODE_ENV=production PORT="${PORT:-0}" node main.js) >"$log" 2>&1 &
server=$!
until port=$(sed -n 's/^Listening on port //p' "$log") && [ -n "$port" ]; do
  kill -0 "$server" 2>/dev/null || { wait "$server"; exit 1; }
  sleep 0.1
done

begin 'ping, and a turn'
curl -fsS --retry 20 --retry-delay 1 --retry-all-errors "http://127.0.0.1:$port/ping"
echo
curl -fsS "http://127.0.0.1:$port/invocations" -d '{"prompt":"hello"}' \
  -H 'X-Amzn-Bedrock-AgentCore-Runtime-Session-Id: container'

begin 'SIGTERM'
kill -TERM "$server"
code=0
wait "$server" || code=$?
server=
echo "> exit $code"
exit "$code"
