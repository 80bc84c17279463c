import { afterAll, beforeAll, beforeEach, describe, expect, inject, onTestFinished, test } from 'vitest'
import AclsAllow from '../../src/commands/acls/allow.ts'
import AclsDeny from '../../src/commands/acls/deny.ts'
import AclsList from '../../src/commands/acls/list.ts'
import AclsRevoke from '../../src/commands/acls/revoke.ts'
import Cluster from '../../src/commands/cluster.ts'
import GroupsList from '../../src/commands/groups/list.ts'
import Lag from '../../src/commands/lag.ts'
import Metrics from '../../src/commands/metrics.ts'
import TopicsList from '../../src/commands/topics/list.ts'
import { RedpandaEventBus } from '../../src/drivers/kafka/redpanda-event-bus.ts'
import { MemoryBroker } from '../../src/drivers/memory/broker.ts'
import { type Runnable, runCli } from '../commands/run-cli.ts'
import { type SecuredKafka, startSecuredKafka } from '../support/secured-kafka.ts'
import { newTopic, uniqueGroup, uniqueTopic } from './support/harness.ts'

// ACLs that crbus creates decide on a real Kafka what a user may do, and what a user may not see is named.

const users = { alice: 'correct-horse', bob: 'hunter2' }
const isHere = inject('kafkaBrokers') !== '' && !process.env.CRBUS_TEST_BROKERS

describe.skipIf(!isHere)('a cluster with ACLs', () => {
  let kafka: SecuredKafka
  beforeAll(async () => {
    kafka = await startSecuredKafka(users)
  })
  afterAll(() => kafka?.dispose())

  const open = (user: keyof typeof users) =>
    new RedpandaEventBus({
      brokers: kafka.at.login,
      sasl: { mechanism: 'plain', username: user, password: users[user] },
      timeout: 10_000,
    })

  function openBus(user: keyof typeof users): RedpandaEventBus {
    const bus = open(user)
    onTestFinished(() => bus.close().catch(() => undefined))
    return bus
  }

  const runAs = (user: keyof typeof users, command: Runnable, ...argv: string[]) =>
    runCli(command, argv, { broker: new MemoryBroker(), openBus: () => open(user) })
  const run = (command: Runnable, ...argv: string[]) => runAs('alice', command, ...argv)

  beforeEach(async () => {
    const bus = open('alice')
    await bus.admin.deleteAcls(await bus.admin.listAcls())
    await bus.close()
  })

  test('the roles let a user publish and consume, and a revocation takes that back', async () => {
    const topic = await newTopic(openBus('alice'))
    const group = uniqueGroup()
    const record = { key: null, value: Buffer.from('x') }
    await expect(openBus('bob').log.append(topic, [record])).rejects.toMatchObject({ code: 'AUTHENTICATION_FAILED' })

    const producer = await run(AclsAllow, 'bob', '--producer', '--topic', topic, '--yes')
    expect(producer).toMatchObject({ exitCode: 0, stderr: 'created 3 ACLs\n' })
    const consumer = await run(AclsAllow, 'bob', '--consumer', '-t', topic, '-g', group, '--yes')
    expect(consumer.stdout).toContain('exists already:')

    const bus = openBus('bob')
    await bus.log.append(topic, [record])
    await bus.admin.commitOffsets(group, [{ topic, partition: 0, offset: 1n }])

    expect(await run(AclsRevoke, 'bob', '--topic', topic, '--operation', 'write', '--yes')).toMatchObject({
      exitCode: 0,
      stderr: 'deleted 1 ACL\n',
    })
    await expect(openBus('bob').log.append(topic, [record])).rejects.toMatchObject({ code: 'AUTHENTICATION_FAILED' })
  })

  test('a deny takes precedence over an allow with a prefix', async () => {
    const topic = await newTopic(openBus('alice'))
    await run(AclsAllow, 'bob', '--topic', 't-', '--prefix', '--operation', 'describe', '--yes')
    expect((await openBus('bob').admin.listTopics()).map((known) => known.topic)).toContain(topic)

    const { stdout } = await run(AclsDeny, 'bob', '--topic', topic, '--operation', 'describe', '--yes')

    expect(stdout).toContain('warning: a deny takes precedence over every allow')
    expect((await openBus('bob').admin.listTopics()).map((known) => known.topic)).not.toContain(topic)
    const { stdout: listed } = await run(AclsList, '--topic', topic, '--principal', 'bob')
    expect(listed.split('\n').slice(1, -1)).toEqual([
      expect.stringMatching(/^allow +User:bob +Describe +topic +t- +prefixed +\*$/),
      expect.stringMatching(/^deny +User:bob +Describe +topic +t-[\w-]+ +literal +\*$/),
    ])
  })

  test('a user without the permission is told which ACL is missing', async () => {
    const { stderr, exitCode } = await runAs('bob', AclsList)

    expect(stderr).toContain('the user may not do Describe on the cluster')
    expect(exitCode).toBe(3)
  })

  test('the report of a cluster has its brokers and disks, and names the parts that a user may not see', async () => {
    await newTopic(openBus('alice'))

    const all = await run(Cluster)
    expect(all.stdout).toMatch(
      /^KIND +kafka\nCLUSTER +\S+\nRELEASE +4\.\d \(metadata\.version \d+\)\nTOPICS +\d+ \(\d+ partition/,
    )
    expect(all.stdout).toMatch(/\n +1 +127\.0\.0\.1:\d+ +- +\d\.\d\+ +controller\n/)
    expect(all.stdout).toMatch(/\n +1 +\/\S+ +\d+ +\S+ +\S+[KMGT]iB +\S+[KMGT]iB +-\n/)

    const some = await runAs('bob', Cluster, '--json')
    expect(some.exitCode).toBe(0)
    const document = JSON.parse(some.stdout)
    expect(document).toMatchObject({
      ...{ topicCount: 0, logDirs: null, quotas: null, operations: [] },
      missing: expect.arrayContaining([
        { part: 'log-dirs', code: 'not-allowed', reason: expect.stringContaining('Describe on the cluster') },
        { part: 'quotas', code: 'not-allowed', reason: expect.stringContaining('DescribeConfigs on the cluster') },
      ]),
    })
  })

  test.each<readonly [string, Runnable, string]>([
    ['topics list', TopicsList, 'topic'],
    ['groups list', GroupsList, 'group'],
    ['lag', Lag, 'group'],
    ['metrics', Metrics, 'group'],
  ])('%s says that names are hidden from a user without ACLs', async (_, command, kind) => {
    const bus = openBus('alice')
    const topic = await newTopic(bus)
    await bus.admin.commitOffsets(uniqueGroup(), [{ topic, partition: 0, offset: 0n }])

    const { stderr } = await runAs('bob', command)

    expect(stderr).toContain(`no ${kind}s are visible: brokers hide what this user may not describe`)
    expect(stderr).toContain(`"crbus acls allow USER --${kind} NAME --operation describe"`)
  })
})

describe.skipIf(!isHere)('a cluster without an authorizer', () => {
  test.each([
    [AclsList, []],
    [AclsAllow, ['bob', '--topic', uniqueTopic(), '--operation', 'read', '--yes']],
  ] as const)('says that it checks no ACLs', async (command, argv) => {
    const openBus = () => new RedpandaEventBus({ brokers: inject('kafkaBrokers') })

    const { stderr, exitCode } = await runCli(command, [...argv], { broker: new MemoryBroker(), openBus })

    expect(stderr).toContain('the brokers check no ACLs, because they have no authorizer')
    expect(exitCode).toBe(8)
  })
})
