import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { removeFolders } from '../files/make-folder.ts'
import { type Local, type LocalState, logFile, refused, type ServerName } from './model.ts'
import { stopProcess } from './processes.ts'
import { programsOnPath } from './programs.ts'
import { composeDown, whyNoCompose } from './servers/compose.ts'
import { removePassword } from './servers/postgres.ts'
import { readState, removeState, writeState } from './state-file.ts'
import { serversOf } from './status.ts'
import { stopSignal } from './up.ts'

/** Stops the local servers and keeps their data. With `purge`, deletes the data, the logs and the settings too. */
export async function applyDown(local: Local, purge: boolean): Promise<void> {
  const state = readState(local)
  if (state !== undefined) {
    if (state.engine === 'java') await stopProcesses(local, state)
    else await stopContainers(local, state.engine, purge)
  }
  if (purge) deleteFiles(local)
}

async function stopProcesses(local: Local, state: LocalState): Promise<void> {
  await Promise.all(
    serversOf(state).map(async ([server, { running }]) => {
      if (running === undefined) return
      local.onProgress({ code: 'stopping', server })
      if (!(await stopProcess(running, stopSignal(server)))) local.onProgress({ code: 'killed', server })
    }),
  )
  const stopped = serversOf(state).map(([server, known]) => [server, { ...known, running: undefined }])
  writeState(local, { ...state, ...Object.fromEntries(stopped) })
}

async function stopContainers(local: Local, engine: 'docker' | 'podman', purge: boolean): Promise<void> {
  const [program] = programsOnPath(local, engine)
  if (program === undefined || (await whyNoCompose(program)) !== undefined) {
    throw refused(`the local servers are containers of ${engine}, which does not answer; nothing was done`)
  }
  await composeDown(local, program, purge)
}

/** Deletes what `up` creates, by name, and the folders if nothing else is in them. The lock stays: another process may wait for it. */
function deleteFiles(local: Local): void {
  const servers: readonly ServerName[] = ['broker', 'postgres']
  const { stateFolder, dataFolder } = local
  for (const server of servers) {
    for (const name of [server, `${server}.part`]) rmSync(join(dataFolder, name), { recursive: true, force: true })
    rmSync(logFile(local, server), { force: true })
  }
  for (const name of ['compose.yaml', 'server.properties']) rmSync(join(stateFolder, name), { force: true })
  removePassword(local)
  removeState(local)
  if (existsSync(dataFolder) && readdirSync(dataFolder).length === 0) removeFolders([dataFolder])
}
