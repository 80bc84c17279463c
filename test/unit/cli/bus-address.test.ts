import { describe, expect, test } from 'vitest'
import { brokersOf, isSameBus } from '../../../src/cli/config/bus-address.ts'

const kafka = (brokers: string) => ({ kind: 'kafka', brokers }) as const
const embedded = (folder: string) => ({ kind: 'embedded', folder }) as const

describe('one bus', () => {
  test.each([
    ['the same', kafka('kafka-1:9092'), kafka('kafka-1:9092')],
    ['one broker of several', kafka('kafka-1:9092,kafka-2:9092'), kafka('kafka-2:9092')],
    [
      'in other letters, with the usual port left out',
      kafka('Kafka-1.example.org.'),
      kafka('kafka-1.example.org:9092'),
    ],
    ['with a scheme and spaces', kafka(' plaintext://kafka-1:9092 , '), kafka('kafka-1')],
    ['this machine by another name', kafka('localhost:19092'), kafka('127.0.0.1:19092')],
    ['and on IPv6', kafka('[::1]:9092'), kafka('localhost')],
    ['a folder', embedded('/data/crbus'), embedded('/data/crbus')],
  ])('%s', (_, one, other) => {
    expect([isSameBus(one, other), isSameBus(other, one)]).toEqual([true, true])
  })

  test.each([
    ['another host', kafka('kafka-1:9092'), kafka('kafka-2:9092')],
    ['another port', kafka('kafka-1:9092'), kafka('kafka-1:9093')],
    ['a name that begins alike', kafka('kafka-1'), kafka('kafka-10')],
    ['another folder', embedded('/data/a'), embedded('/data/b')],
    ['another kind', kafka('kafka-1'), embedded('kafka-1')],
    ['no addresses', kafka('a b'), kafka('a b')],
  ])('not %s', (_, one, other) => {
    expect([isSameBus(one, other), isSameBus(other, one)]).toEqual([false, false])
  })
})

test.each(['', ' , ', 'kafka 1', 'kafka:port', 'kafka:1:2', 'a,b c'])('%j is no list of brokers', (text) => {
  expect(brokersOf(text)).toBeUndefined()
})
