#!/usr/bin/env bash
# The steps of the Dockerfile where there is no Docker: builds the package, installs it in a folder of its own without
# development dependencies, starts it as somebody who cannot write there, pings it, runs a turn, and ends it with SIGTERM.
# It needs AGENT_STATE_TABLE, and the region and credentials of that table, in the environment.
set -euo pipefail
: "${AGENT_STATE_TABLE:?}"

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
work=$(mktemp -d)
server=
trap 'if [ -n "$server" ]; then kill -9 "$server" 2>/dev/null || true; fi; chmod -R u+w "$work"; rm -rf "$work"' EXIT

echo '> build and pack'
mkdir "$work/build" "$work/app"
cp -R "$root"/{src,package.json,tsconfig.json,tsconfig.build.json,README.md,CHANGELOG.md,LICENSE} "$work/build"
ln -s "$root/node_modules" "$work/build/node_modules"
(cd "$work/build" && npm pack --silent --pack-destination "$work" >/dev/null)

echo '> npm ci --omit=dev'
cp "$here"/{package.json,main.js} "$work/app"
cd "$work/app"
# A lockfile for what was just built, which no registry has.
npm install --silent --package-lock-only --prefer-offline --no-audit --no-fund "$work"/*.tgz
npm ci --silent --omit=dev --ignore-scripts --prefer-offline --no-audit --no-fund

echo '> start, not as root and with nothing to write to'
chmod -R a-w,a+rX "$work"
as=()
if [ "$(id -u)" = 0 ]; then as=(setpriv --reuid=65534 --regid=65534 --clear-groups); fi
# exec, as in the exec form of CMD: the process that gets SIGTERM is node.
coproc out { exec "${as[@]}" env HOME=/nonexistent NODE_ENV=production PORT="${PORT:-0}" node main.js; }
server=$out_PID
port=
while [ -z "$port" ] && read -r line <&"${out[0]}"; do
  case $line in 'Listening on port '*) port=${line##* } ;; esac
done
[ -n "$port" ] || { echo 'It ended before it listened.' >&2; exit 1; }

echo '> ping, and a turn'
curl -fsS --retry 20 --retry-delay 1 --retry-all-errors "http://127.0.0.1:$port/ping" && echo
curl -fsS "http://127.0.0.1:$port/invocations" -d '{"prompt":"hello"}' \
  -H 'X-Amzn-Bedrock-AgentCore-Runtime-Session-Id: container'

echo '> SIGTERM'
kill -TERM "$server"
code=0
wait "$server" || code=$?
server=
echo "> exit $code"
exit "$code"
