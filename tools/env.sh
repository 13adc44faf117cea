#!/usr/bin/env bash
# Prints what puts the resolved tools to use: eval "$(tools/env.sh)"
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$here/lib.sh"

export_line() { printf 'export %s=%q\n' "$1" "$2"; }

export_line NIXMON_CACHE "$cache"
export_line PATH "$cache/bin:$outer_path"
export_line PULUMI_HOME "$cache/pulumi"
export_line PULUMI_SKIP_UPDATE_CHECK true
# The plugins are those in PULUMI_HOME: none from PATH with a warning, none downloaded.
export_line PULUMI_IGNORE_AMBIENT_PLUGINS true
export_line PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION true
