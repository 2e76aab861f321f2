#!/bin/sh
# compare.sh SOFTHSM KEYSIM FOLDER: pkcs11-tool --test --login must print the same on SoftHSM and through the simulator.
set -eu
softhsm=$1
keysim=$2
folder=$3
rm -rf "$folder"
mkdir -p "$folder/tokens"
SOFTHSM2_CONF=$folder/softhsm2.conf
export SOFTHSM2_CONF
printf 'directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\n' "$folder/tokens" >"$SOFTHSM2_CONF"
printf 'module = %s\n' "$softhsm" >"$folder/keysim.conf"
softhsm2-util --init-token --free --label compare --pin 123456 --so-pin 12345678 >/dev/null
for kind in rsa:2048 EC:prime256v1; do
  pkcs11-tool --module "$softhsm" --login --pin 123456 --keypairgen --key-type "$kind" --id 01 --label key >/dev/null 2>&1
done
for module in "$softhsm" "$keysim"; do
  for what in "--list-slots" "--show-info" "--list-mechanisms" "--login --pin 123456 --list-objects" \
    "--test --login --pin 123456"; do
    echo "== $what"
    # shellcheck disable=SC2086
    pkcs11-tool --module "$module" $what 2>&1 && echo "ended with 0" || echo "ended with $?"
  done >"$folder/$(basename "$module").txt"
done
diff "$folder/$(basename "$softhsm").txt" "$folder/$(basename "$keysim").txt"
echo "the same: $(wc -l <"$folder/$(basename "$keysim").txt") lines"
