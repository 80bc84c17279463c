import { afterAll, beforeAll, onTestFinished } from 'vitest'
import { RedpandaEventBus } from '../../../src/drivers/kafka/redpanda-event-bus.ts'
import type { RedpandaEventBusOptions } from '../../../src/drivers/kafka/redpanda-options.ts'
import { startKafka, type TestKafka } from '../../support/kafka.ts'
import { type KafkaProxy, startKafkaProxy } from '../../support/kafka-proxy.ts'
import { freePort } from '../../support/watched-process.ts'

export interface ProxiedKafka {
  /** The proxy of every connection. Its rules are removed after each test that opened a bus. */
  readonly proxy: () => KafkaProxy
  /** Opens a bus through the proxy and closes it when the test ends. */
  openBus(options?: Partial<RedpandaEventBusOptions>): RedpandaEventBus
}

/** Starts a broker behind a proxy for the tests of one `describe`. */
export function proxiedKafka(): ProxiedKafka {
  let kafka: TestKafka
  let proxy: KafkaProxy

  beforeAll(async () => {
    proxy = await startKafkaProxy(await freePort())
    kafka = await startKafka({ properties: { 'advertised.listeners': `PLAINTEXT://127.0.0.1:${proxy.port}` } })
    proxy.brokerPort = Number(kafka.brokers.split(':')[1])
  })
  afterAll(async () => {
    proxy?.close()
    await kafka?.dispose()
  })

  return {
    proxy: () => proxy,
    openBus(options = {}) {
      const bus = new RedpandaEventBus({ brokers: `127.0.0.1:${proxy.port}`, ...options })
      onTestFinished(() => {
        proxy.rules = {}
        return bus.close().catch(() => undefined)
      })
      return bus
    },
  }
}
