import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'

/** A session bus without services that start by themselves, so that the test's own keyring is the only one. */
const BUS = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:tmpdir=/tmp</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
`

/** Starts and unlocks a keyring, stores `SECRET` as soon as the keyring answers, runs the command, and ends the keyring. */
const SCRIPT = `
set -e
exec 3< <(printf pw)
gnome-keyring-daemon --foreground --unlock --components=secrets <&3 >/dev/null &
daemon=$!
trap 'kill $daemon; wait $daemon' EXIT
until printf %s "$SECRET" | secret-tool store --label=crbus service "$SERVICE" username "$ACCOUNT" 2>/dev/null; do
  kill -0 $daemon
done
"$@"
`

interface Entry {
  readonly service: string
  readonly account: string
  readonly secret: string
}

/** Runs a command in a session whose keyring holds one entry. GNOME Keyring keeps its files below `folder`. */
export function runWithKeyring(
  folder: string,
  { service, account, secret }: Entry,
  command: readonly string[],
  env: Readonly<Record<string, string>>,
) {
  const runtime = join(folder, 'runtime')
  mkdirSync(runtime, { recursive: true, mode: 0o700 })
  const config = join(folder, 'session-bus.conf')
  writeFileSync(config, BUS)
  const session = ['--config-file', config, '--', 'bash', '-c', SCRIPT, 'bash', ...command]
  return execa('dbus-run-session', session, {
    extendEnv: false,
    env: { ...env, HOME: folder, XDG_RUNTIME_DIR: runtime, SERVICE: service, ACCOUNT: account, SECRET: secret },
    timeout: 60_000,
    reject: false,
  })
}
