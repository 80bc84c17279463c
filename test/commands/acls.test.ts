import { beforeEach, expect, test } from 'vitest'
import type { Acl } from '../../src/bus/cluster/acl.ts'
import AclsAllow from '../../src/commands/acls/allow.ts'
import AclsList from '../../src/commands/acls/list.ts'
import AclsRevoke from '../../src/commands/acls/revoke.ts'
import { MemoryBroker } from '../../src/drivers/memory/broker.ts'
import { InMemoryEventBus } from '../../src/drivers/memory/in-memory-event-bus.ts'
import { withAcls } from '../support/with-acls.ts'
import { type Runnable, runCli } from './run-cli.ts'

let acls: Acl[]
beforeEach(() => {
  acls = []
})

const run = (command: Runnable, ...argv: string[]) => {
  const broker = new MemoryBroker()
  return runCli(command, argv, { broker, openBus: () => withAcls(new InMemoryEventBus({ broker }), acls) })
}

const rules = () => acls.map(({ operation, resource, name, pattern }) => `${operation} ${resource} ${name} ${pattern}`)

test('an operation applies to the resources that have it', async () => {
  const argv = ['alice', '-t', 'orders', '-g', 'billing', '--operation', 'read,describe-configs,write', '--yes']

  const { stderr } = await run(AclsAllow, ...argv)

  expect(stderr).toBe('created 5 ACLs\n')
  expect(rules()).toEqual([
    'Read topic orders literal',
    'DescribeConfigs topic orders literal',
    'Write topic orders literal',
    'Read group billing literal',
    'DescribeConfigs group billing literal',
  ])
  expect(new Set(acls.map(({ principal, host, permission }) => `${principal} ${host} ${permission}`))).toEqual(
    new Set(['User:alice * allow']),
  )
})

test('a plan leaves out the ACLs that exist', async () => {
  await run(AclsAllow, 'alice', '--topic', 'orders', '--operation', 'read', '--yes')

  const { stdout } = await run(AclsAllow, 'alice', '--topic', 'orders', '--operation', 'read', '--json')

  expect(JSON.parse(stdout)).toMatchObject({ acls: [], same: [{ operation: 'Read' }], applied: false })
})

test('a revocation without operations deletes the ACLs that name exactly the resource', async () => {
  await run(AclsAllow, 'alice', '--topic', 'orders', '--operation', 'read,write', '--yes')
  await run(AclsAllow, 'alice', '--topic', 'orders', '--prefix', '--operation', 'read', '--yes')
  await run(AclsAllow, 'bob', '--topic', 'orders', '--operation', 'read', '--yes')

  const { stderr } = await run(AclsRevoke, 'alice', '--topic', 'orders', '--yes')

  expect(stderr).toBe('deleted 2 ACLs\n')
  expect(acls.map(({ principal, pattern }) => `${principal} ${pattern}`)).toEqual([
    'User:alice prefixed',
    'User:bob literal',
  ])
})

test('a revocation without a match has nothing to do', async () => {
  expect(await run(AclsRevoke, 'alice', '--topic', 'orders')).toMatchObject({
    stdout: 'no ACL matches\n',
    exitCode: 0,
  })
})

test('the list of a topic has ACLs with a prefix of its name, and the list of a user those for all users', async () => {
  await run(AclsAllow, 'alice', '--topic', 'order-', '--prefix', '--operation', 'read', '--yes')
  await run(AclsAllow, 'User:*', '--topic', '*', '--operation', 'describe', '--yes')
  await run(AclsAllow, 'bob', '--topic', 'payment-events', '--operation', 'read', '--yes')

  const { stdout } = await run(AclsList, '--topic', 'order-events', '--principal', 'alice', '--json')

  expect(JSON.parse(stdout).acls.map(({ principal }: Acl) => principal)).toEqual(['User:*', 'User:alice'])
})

test.each<readonly [string, Runnable, readonly string[], string]>([
  ['without a resource', AclsAllow, ['--operation', 'read'], 'name a resource'],
  ['without an operation', AclsAllow, ['--topic', 'a'], 'name the operations'],
  [
    'with an unknown operation',
    AclsAllow,
    ['--topic', 'a', '--operation', 'reed'],
    '--operation reed is not an operation',
  ],
  [
    'with an operation that the resource does not have',
    AclsAllow,
    ['--group', 'a', '--operation', 'write'],
    'operation Write does not apply to a group',
  ],
  [
    'with a resource that has none of the operations',
    AclsAllow,
    ['--topic', 'a', '--group', 'b', '--operation', 'write'],
    'none of the operations applies to group b',
  ],
  ['of a revocation without a resource', AclsRevoke, [], 'name a resource'],
])('a command line %s is a usage error', async (_, command, argv, message) => {
  const { stderr, exitCode } = await run(command, 'alice', ...argv)

  expect(stderr).toContain(message)
  expect(exitCode).toBe(2)
})

test('the embedded and the in-memory bus have no ACLs', async () => {
  const { stderr, exitCode } = await runCli(AclsList, [], { broker: new MemoryBroker() })

  expect(stderr).toContain('only brokers have ACLs: the embedded bus has none')
  expect(exitCode).toBe(8)
})
