import { execFileSync } from 'node:child_process'
import { homedir, userInfo } from 'node:os'
import { join } from 'node:path'

// rustup finds its toolchains by HOME, which a test of a fresh user's first minute sets to an empty folder.
const env = { RUSTUP_HOME: join(userInfo().homedir, '.rustup'), CARGO_HOME: join(userInfo().homedir, '.cargo') }

/** The environment to run cargo in. */
export const cargoEnv: NodeJS.ProcessEnv = homedir() === userInfo().homedir ? process.env : { ...env, ...process.env }

export function hasCargo(): boolean {
  try {
    execFileSync('cargo', ['--version'], { stdio: 'ignore', env: cargoEnv })
    return true
  } catch {
    return false
  }
}
