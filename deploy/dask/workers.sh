#!/usr/bin/env bash
# A Dask scheduler on this machine, and workers on others, until this is interrupted.
#
#     workers.sh ADDRESS [USER@]HOST...
#
# ADDRESS is what the hosts reach this machine by. On each of them `backprop` must be installed in the folder that
# BACKPROP_VENV names (default: ~/backprop/.venv), with the extra `scale`.
set -euo pipefail

address=${1:?"usage: workers.sh ADDRESS [USER@]HOST..."}
shift
venv=${BACKPROP_VENV:-backprop/.venv}
started=()
trap 'kill "${started[@]}" 2>/dev/null || true' EXIT

dask scheduler --host "$address" --port 8786 --no-dashboard &
started+=($!)
for host in "$@"; do
    # A terminal of its own (-tt), so that the workers end when this does.
    ssh -tt "$host" "$venv/bin/dask" worker "tcp://$address:8786" --nworkers=-1 --nthreads=1 --no-dashboard </dev/null &
    started+=($!)
done
wait
