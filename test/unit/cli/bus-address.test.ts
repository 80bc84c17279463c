import { describe, expect, test } from 'vitest'
import { brokersOf, brokersProblem, isSameBus } from '../../../src/cli/config/bus-address.ts'

const kafka = (brokers: string) => ({ kind: 'kafka', brokers }) as const
const embedded = (folder: string) => ({ kind: 'embedded', folder }) as const

describe('isSameBus', () => {
  test.each([
    ['the same broker', kafka('kafka-1:9092'), kafka('kafka-1:9092')],
    ['one broker of several', kafka('kafka-1:9092,kafka-2:9092'), kafka('kafka-2:9092')],
    [
      'a host in other letter case, without the default port',
      kafka('Kafka-1.example.org.'),
      kafka('kafka-1.example.org:9092'),
    ],
    ['a broker with a scheme and spaces', kafka(' plaintext://kafka-1:9092 , '), kafka('kafka-1')],
    ['this machine under another name', kafka('localhost:19092'), kafka('127.0.0.1:19092')],
    ['this machine on IPv6', kafka('[::1]:9092'), kafka('localhost')],
    ['the same folder', embedded('/data/crbus'), embedded('/data/crbus')],
  ])('isSameBus is true for %s', (_, one, other) => {
    expect([isSameBus(one, other), isSameBus(other, one)]).toEqual([true, true])
  })

  test.each([
    ['another host', kafka('kafka-1:9092'), kafka('kafka-2:9092')],
    ['another port', kafka('kafka-1:9092'), kafka('kafka-1:9093')],
    ['a host whose name starts with the other name', kafka('kafka-1'), kafka('kafka-10')],
    ['another folder', embedded('/data/a'), embedded('/data/b')],
    ['another kind of bus', kafka('kafka-1'), embedded('kafka-1')],
    ['invalid addresses', kafka('a b'), kafka('a b')],
  ])('isSameBus is false for %s', (_, one, other) => {
    expect([isSameBus(one, other), isSameBus(other, one)]).toEqual([false, false])
  })
})

test.each(['', ' , ', 'kafka 1', 'kafka:port', 'kafka:1:2', 'a,b c'])(
  'brokersOf refuses the invalid broker list %j',
  (text) => {
    expect(brokersOf(text)).toBeUndefined()
  },
)

test.each([
  ['kafka:9092, [::1]:9093 ,', undefined],
  ['SASL_SSL://kafka-1:9093,kafka-2:9093', undefined],
  ['[fe80::1%eth0]:9092', undefined],
  ['user:hunter2@kafka:9092', 'must not contain a user name or password'],
  ['kafka:9092,SASL_SSL://user:hunter2@kafka', 'must not contain a user name or password'],
  ['kafka:0', 'must have ports from 1 to 65535'],
  ['kafka:70000', 'must have ports from 1 to 65535'],
  ['::1', 'must be host:port'],
  ['k\u0430fka:9092', 'must be host:port'],
  ['kafka\u200b:9092', 'must be host:port'],
  ['a:1\nevil:2', 'must be host:port'],
  ['http://kafka:9092', 'has the protocol http://'],
  ['SSL://kafka:9093,PLAINTEXT://kafka:9092', 'must have the same protocol'],
  ['kafka:9092,SSL://kafka:9093', 'must have the same protocol'],
])('brokersProblem of %j is %j, without the list', (text, problem) => {
  const found = brokersProblem(text)
  if (problem === undefined) expect(found).toBeUndefined()
  else expect(found).toContain(problem)
  expect(found ?? '').not.toMatch(/hunter2|evil/)
})
