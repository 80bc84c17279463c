import { busHints } from '../bus/hints.ts'

/** What the user may do next about the local servers, as a code with a general text. */
export const localHints = {
  advice: busHints.advice,
  showStatus: () => ({ code: 'show-status', text: 'show the state of the local servers' }) as const,
  stopLocal: () => ({ code: 'stop-local', text: 'stop the local servers' }) as const,
  purgeLocal: () => ({ code: 'purge-local', text: 'stop the local servers and delete their data' }) as const,
  chooseEmbedded: () => ({ code: 'choose-embedded', text: 'use the embedded bus, which needs no broker' }) as const,
  waitForServers: () => ({ code: 'wait-for-servers', text: 'wait longer for the servers' }) as const,
  choosePort: () => ({ code: 'choose-port', text: 'choose another port for the broker' }) as const,
  nameJars: () => ({ code: 'name-jars', text: 'name the folder with the jars of Kafka' }) as const,
}

export type LocalHint = ReturnType<(typeof localHints)[keyof typeof localHints]>
