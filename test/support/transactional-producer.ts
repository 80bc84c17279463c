import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { kafkaToolCommand } from './kafka.ts'

/** Java's producer in a separate process, for transactions, which crbus cannot write. Every call waits for the broker. */
export interface TransactionalProducer {
  /** Sends records outside a transaction. */
  plain(topic: string, partition: number, count: number): Promise<void>
  /** Begins a transaction, with a new transactional id unless one is given. */
  begin(id?: string): Promise<OpenTransaction>
  /** Ends the process. An open transaction stays open. */
  die(): Promise<void>
}

interface OpenTransaction {
  send(topic: string, partition: number, count: number): Promise<void>
  commit(): Promise<void>
  abort(): Promise<void>
}

/** Starts `TransactionalProducer.java`, which takes some seconds to compile. */
export async function startTransactionalProducer(brokers: string): Promise<TransactionalProducer> {
  const source = fileURLToPath(new URL('./TransactionalProducer.java', import.meta.url))
  const [java, ...words] = await kafkaToolCommand(source, [brokers])
  const child = spawn(java, words, { stdio: ['pipe', 'pipe', 'ignore'] })
  const exited = once(child, 'exit')
  const answers: PromiseWithResolvers<void>[] = []
  const lines = createInterface({ input: child.stdout })
  lines.on('line', () => answers.shift()?.resolve())
  lines.on('close', () => {
    for (const { reject } of answers) reject(new Error('the transactional producer ended before it answered'))
  })
  const tell = (...command: (string | number)[]): Promise<void> => {
    const answer = Promise.withResolvers<void>()
    answers.push(answer)
    child.stdin.write(`${command.join(' ')}\n`)
    return answer.promise
  }
  return {
    plain: (topic, partition, count) => tell('plain', topic, partition, count),
    async begin(id = `tx-${randomUUID()}`) {
      await tell('begin', id)
      return {
        send: (topic, partition, count) => tell('send', id, topic, partition, count),
        commit: () => tell('commit', id),
        abort: () => tell('abort', id),
      }
    },
    async die() {
      child.kill('SIGKILL')
      await exited
    },
  }
}
