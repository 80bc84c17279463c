import { spawnSync } from 'node:child_process'
import { homedir, userInfo } from 'node:os'
import { join } from 'node:path'

// rustup finds its toolchains by HOME, which a test of a fresh user's first minute sets to an empty folder.
const env = { RUSTUP_HOME: join(userInfo().homedir, '.rustup'), CARGO_HOME: join(userInfo().homedir, '.cargo') }

/** The environment to run cargo in. */
export const cargoEnv: NodeJS.ProcessEnv = homedir() === userInfo().homedir ? process.env : { ...env, ...process.env }

/** Whether Rust's own word can be had here. Tests that need it say so in their names: see `.ci/count.js`. */
export const hasCargo = spawnSync('cargo', ['--version'], { stdio: 'ignore', env: cargoEnv }).status === 0

/** Whether Rust can be formatted here. Tests that need it say that they need cargo, whose part it is. */
export const hasRustfmt = spawnSync('rustfmt', ['--version'], { stdio: 'ignore', env: cargoEnv }).status === 0
