import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import type { Sasl } from '../../src/drivers/kafka/kafka-options.ts'
import type { RedpandaEventBus } from '../../src/drivers/kafka/redpanda-event-bus.ts'
import { type SecuredKafka, startSecuredKafka, unsecuredToken } from '../support/secured-kafka.ts'

// The build replaces kafkajs's table of all requests with the two that logins send (bin/shims/sasl-requests.cjs).
const isHere = inject('kafkaBrokers') !== '' && !process.env.CRBUS_TEST_BROKERS
let kafka: SecuredKafka

beforeAll(async () => {
  if (isHere) kafka = await startSecuredKafka({ alice: 'alice-secret' })
})
afterAll(() => kafka?.dispose())

const logins: readonly Sasl[] = [
  { mechanism: 'plain', username: 'alice', password: 'alice-secret' },
  { mechanism: 'oauthbearer', oauthBearerProvider: async () => ({ value: unsecuredToken('alice', 600) }) },
]

test.skipIf(!isHere).each(logins)('the built library logs in with $mechanism', async (sasl) => {
  const file = new URL('../../dist/index.js', import.meta.url).href
  const built: { readonly RedpandaEventBus: typeof RedpandaEventBus } = await import(file)
  const bus = new built.RedpandaEventBus({ brokers: kafka.at.login, sasl })
  expect(Array.isArray(await bus.admin.listTopics())).toBe(true)
  await bus.close()
})

// The broker has no SCRAM users, so it refuses the login after both requests.
test.skipIf(!isHere)('the built library reports a refused SCRAM login', async () => {
  const file = new URL('../../dist/index.js', import.meta.url).href
  const built: { readonly RedpandaEventBus: typeof RedpandaEventBus } = await import(file)
  const sasl: Sasl = { mechanism: 'scram-sha-256', username: 'alice', password: 'wrong' }
  const bus = new built.RedpandaEventBus({ brokers: kafka.at.login, sasl })
  await expect(bus.admin.listTopics()).rejects.toMatchObject({ code: 'AUTHENTICATION_FAILED' })
  await bus.close()
})
