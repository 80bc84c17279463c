import { homedir } from 'node:os'
import { join } from 'node:path'
import { printable } from '../../ui/text/printable.ts'
import { colorOfVariables, wantsColor } from '../config/color.ts'
import { connect, openStoreSetup, probeBus } from '../config/connect.ts'
import { readConfigFiles, userFile, xdgFolder } from '../config/find-config-files.ts'
import { resolveConfig } from '../config/resolve-config.ts'
import { dataFolder } from '../config/resolve-store.ts'
import { exitCodes } from '../errors.ts'
import type { Context } from './context.ts'
import { runGit } from './git.ts'
import { Stop } from './stop.ts'

/** Creates the context of this process: its streams, signals, environment and clock. */
export function createContext(): Context {
  const stop = new Stop()
  for (const stream of [process.stdout, process.stderr]) {
    // Replace oclif's listener, which throws most errors and swallows EPIPE.
    stream.removeAllListeners('error').on('error', (error: NodeJS.ErrnoException) => {
      // The reader closed the pipe, as `| head` does.
      if (error.code === 'EPIPE') stop.request('reader-left')
      else exitUnwritable(error)
    })
  }
  const interrupt = () => {
    // A second Ctrl-C does not wait for a clean shutdown.
    if (stop.reason === 'interrupted') process.exit(exitCodes.interrupted)
    stop.request('interrupted')
  }
  process.on('SIGINT', interrupt)
  process.on('SIGTERM', interrupt)
  const { stdin, stdout, stderr, env } = process
  const isTerminal = Boolean(stdout.isTTY) && env.TERM !== 'dumb'
  const home = homedir()
  const stateFolder = join(xdgFolder(env.XDG_STATE_HOME, join(home, '.local', 'state')), 'crbus')
  const surroundings = { env, home, cwd: process.cwd(), stateFolder }
  return {
    io: {
      stdin,
      stdout,
      stderr,
      color: wantsColor(colorOfVariables(env)?.value, isTerminal),
      screen: isTerminal,
    },
    stop,
    now: Date.now,
    ...surroundings,
    // The XDG specification names undo history as content of the state folder.
    undoFolder: join(stateFolder, 'undo'),
    dataFolder: dataFolder(surroundings),
    cacheFolder: join(xdgFolder(env.XDG_CACHE_HOME, join(home, '.cache')), 'crbus'),
    userFile: userFile(surroundings),
    git: runGit,
    config: async (flags) => resolveConfig(await readConfigFiles(surroundings), flags, surroundings),
    logLevel: env.CRBUS_LOG || undefined,
    openBus: connect,
    probeBus,
    openStoreSetup,
  }
}

/** Reports on stderr that an output stream is not writable, and exits. */
function exitUnwritable(error: NodeJS.ErrnoException): void {
  process.stderr.write(`error: cannot write the output: ${printable(error.message)} (CRBUS_UNWRITABLE)\n`)
  process.exit(exitCodes.unwritable)
}
