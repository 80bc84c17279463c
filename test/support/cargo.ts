import { spawnSync } from 'node:child_process'
import { homedir, userInfo } from 'node:os'
import { join } from 'node:path'

// rustup finds its toolchains by HOME, which the test of the first steps sets to an empty folder.
const env = { RUSTUP_HOME: join(userInfo().homedir, '.rustup'), CARGO_HOME: join(userInfo().homedir, '.cargo') }

/** The environment for cargo. */
export const cargoEnv: NodeJS.ProcessEnv = homedir() === userInfo().homedir ? process.env : { ...env, ...process.env }

/** Whether cargo is installed. Tests that need it have "(needs cargo)" in their titles: see `.ci/count.js`. */
export const hasCargo = spawnSync('cargo', ['--version'], { stdio: 'ignore', env: cargoEnv }).status === 0

/** Whether rustfmt is installed. Tests that need it also have "(needs cargo)" in their titles. */
export const hasRustfmt = spawnSync('rustfmt', ['--version'], { stdio: 'ignore', env: cargoEnv }).status === 0
