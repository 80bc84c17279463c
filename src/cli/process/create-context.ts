import { homedir } from 'node:os'
import { join } from 'node:path'
import { printable } from '../../ui/text/printable.ts'
import { readConfigFiles, resolveConfig, xdgFolder } from '../config/config.ts'
import type { ConfigFile } from '../config/config-file.ts'
import { connect, openStoreSetup } from '../config/connect.ts'
import { exitCodes } from '../errors.ts'
import type { Context } from './context.ts'
import { runGit } from './git.ts'
import { Stop } from './stop.ts'

/** The real context: this process's streams, signals, environment and clock. */
export function createContext(): Context {
  const stop = new Stop()
  for (const stream of [process.stdout, process.stderr]) {
    // oclif's own listener throws what it does not swallow.
    stream.removeAllListeners('error').on('error', (error: NodeJS.ErrnoException) => {
      // The reader closed the pipe: it has what it wanted.
      if (error.code === 'EPIPE') stop.request('reader-left')
      else endUnwritable(error)
    })
  }
  const interrupt = () => {
    // A second Ctrl-C does not wait for a clean end.
    if (stop.reason === 'interrupted') process.exit(130)
    stop.request('interrupted')
  }
  process.on('SIGINT', interrupt)
  process.on('SIGTERM', interrupt)
  const { stdin, stdout, stderr, env } = process
  const surroundings = { env, home: homedir(), cwd: process.cwd() }
  const stateFolder = join(xdgFolder(env.XDG_STATE_HOME, join(homedir(), '.local', 'state')), 'crbus')
  let files: Promise<readonly ConfigFile[]> | undefined
  return {
    io: {
      stdin,
      stdout,
      stderr,
      color: wantsColor(env, Boolean(stdout.isTTY)),
      screen: Boolean(stdout.isTTY) && env.TERM !== 'dumb',
    },
    stop,
    now: Date.now,
    cwd: surroundings.cwd,
    // History to undo is what the XDG specification has this folder for.
    undoFolder: join(stateFolder, 'undo'),
    stateFolder,
    git: runGit,
    config: async (flags) => {
      files ??= readConfigFiles(surroundings)
      return resolveConfig(await files, flags, surroundings)
    },
    logLevel: env.CRBUS_LOG || undefined,
    openBus: connect,
    openStoreSetup,
  }
}

/** There is nowhere left to say it but where it may still be heard. */
function endUnwritable(error: NodeJS.ErrnoException): void {
  process.stderr.write(`error: the output cannot be written: ${printable(error.message)} (CRBUS_UNWRITABLE)\n`)
  process.exit(exitCodes.unwritable)
}

/** https://no-color.org and FORCE_COLOR, as chalk and Node read them. */
function wantsColor(env: NodeJS.ProcessEnv, isTty: boolean): boolean {
  if (env.NO_COLOR) return false
  if (env.FORCE_COLOR !== undefined) return env.FORCE_COLOR !== '0'
  return isTty && env.TERM !== 'dumb'
}
