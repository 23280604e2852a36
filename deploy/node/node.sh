#!/bin/sh
# In the place of the packaged Node 24 where that cannot run: the first Node on the PATH that is new enough.
IFS=:
for folder in $PATH; do
  case $folder in */node_modules/.bin | "") continue ;; esac
  [ -x "$folder/node" ] || continue
  major=$("$folder/node" -p 'process.versions.node.split(".")[0]' 2>/dev/null) || continue
  [ "$major" -ge 24 ] && exec "$folder/node" "$@"
done
echo "This needs Node 24, which is not here: on Alpine apk add nodejs-current, on macOS brew install node@24; with it npm start, demo, load, test and build work there, while the engines of npm run e2e and bench are for Debian and Ubuntu." >&2
exit 1
