#!/bin/sh
# Verifies hosts and prints a table: verify-hosts.sh [FILE]
#
# FILE, or standard input, has `host`, `host:port` or `[v6]:port` a line; empty lines and those that begin with # do
# not count. Needs curl and jq. The exit status is the worst of all hosts: 0 pass, 1 warn, 2 fail or unreachable,
# 3 when one could not be asked about.
#
# TLS_VERDICT_URL    the service, http://localhost:8080 by default
# TLS_VERDICT_QUERY  what else to ask for, such as ca=corp-2025 or preset=corp
# TLS_VERDICT_TOKEN  a token, where the service asks for one
set -u

url=${TLS_VERDICT_URL:-http://localhost:8080}
url=${url%/}/verify/batch${TLS_VERDICT_QUERY:+?$TLS_VERDICT_QUERY}
if [ $# -gt 0 ] && [ ! -r "$1" ]; then
  echo "cannot read $1" >&2
  exit 3
fi
folder=$(mktemp -d) || exit 3
trap 'rm -rf "$folder"' EXIT
trap 'exit 3' HUP INT TERM

# In a file, since everybody on this machine can read the arguments of a program.
printf '%s\n' 'content-type: text/plain' ${TLS_VERDICT_TOKEN:+"authorization: Bearer $TLS_VERDICT_TOKEN"} \
  >"$folder/headers" || exit 3

# shellcheck disable=SC2016 # the program is jq's
row='
def pad($width): . + " " * ([$width - length, 1] | max);
def row($state; $target; $days; $codes):
  ($state | pad(12)) + ($target | pad(40)) + ($days | pad(6)) + $codes;
if .verdict then
  row(.verdict.verdict; .target // "?"; .verdict.expiry.remaining_days // "-" | tostring;
    [.verdict.findings[] | select(.severity != "info" and (.waived | not)) | .code] | unique | join(" "))
elif .problem then row("problem"; .target // "?"; "-"; .problem.code + ": " + .problem.detail)
elif .summary then
  .summary | "\(.targets) hosts: \(.verdicts | to_entries | map("\(.value) \(.key)") | join(", ")), \(.problems) not asked"
else "could not ask: " + (.detail // "the answer is not one of tls-verdict") end'

printf '%-12s%-40s%-6s%s\n' VERDICT HOST DAYS CODES
curl --silent --show-error --no-buffer --header "@$folder/headers" --data-binary "@${1:--}" "$url" |
  tee "$folder/answer" | jq --unbuffered --raw-output "$row"

# An answer without its summary was cut.
status=$(jq --slurp 'last.summary.exit_code // 3' "$folder/answer" 2>/dev/null)
exit "${status:-3}"
