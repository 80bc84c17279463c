import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { serializedEvent } from '../../src/bus/event.ts'
import CheckLag from '../../src/commands/check/lag.ts'
import CheckTopic from '../../src/commands/check/topic.ts'
import GroupsClone from '../../src/commands/groups/clone.ts'
import GroupsDelete from '../../src/commands/groups/delete.ts'
import GroupsDeleteOffsets from '../../src/commands/groups/delete-offsets.ts'
import GroupsDescribe from '../../src/commands/groups/describe.ts'
import GroupsList from '../../src/commands/groups/list.ts'
import GroupsMembers from '../../src/commands/groups/members.ts'
import Lag from '../../src/commands/lag.ts'
import Publish from '../../src/commands/publish.ts'
import ResetUndo from '../../src/commands/reset/undo.ts'
import Reset from '../../src/commands/reset.ts'
import Tail from '../../src/commands/tail.ts'
import TopicsApply from '../../src/commands/topics/apply.ts'
import TopicsCreate from '../../src/commands/topics/create.ts'
import TopicsDelete from '../../src/commands/topics/delete.ts'
import TopicsDescribe from '../../src/commands/topics/describe.ts'
import TopicsList from '../../src/commands/topics/list.ts'
import { MemoryBroker } from '../../src/drivers/memory/broker.ts'
import { InMemoryEventBus } from '../../src/drivers/memory/in-memory-event-bus.ts'
import { type Runnable, runCli } from './run-cli.ts'

/** The paths of the fields of a document; `[]` stands for the items of a list. */
interface Shape {
  readonly all: ReadonlySet<string>
  /** Fields that are present whenever their parent is. */
  readonly required: ReadonlySet<string>
}

/** Parses the description of a document in JSON.md. Text after the description is a remark. */
function readShape(text: string): Shape {
  const tokens = text.match(/[[\]{}:,?]|[A-Za-z_-]+/g) ?? []
  const all = new Set<string>()
  const required = new Set<string>()
  let at = 0
  const isNext = (token: string) => tokens[at] === token && ++at > 0
  const read = (path: string): void => {
    if (isNext('[')) {
      read(`${path}[]`)
      while (!isNext(']')) at += 1
    } else if (isNext('{')) {
      do {
        const name = `${path}.${tokens[at++]}`
        all.add(name)
        if (!isNext('?')) required.add(name)
        if (isNext(':')) read(name)
      } while (isNext(','))
      if (!isNext('}')) throw new Error(`${path} does not end in ${text}`)
    } else at += 1
  }
  read('')
  return { all, required }
}

/** Returns the paths of the fields of a value, as deep as JSON.md describes them. */
function namesIn(value: unknown, known: ReadonlySet<string>, path = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((one) => [`${path}[]`, ...namesIn(one, known, `${path}[]`)])
  const isDescribed = [...known].some((name) => name.startsWith(`${path}.`))
  if (value === null || typeof value !== 'object' || !isDescribed) return []
  const within = Object.entries(value).flatMap(([name, field]) => namesIn(field, known, `${path}.${name}`))
  return [...Object.keys(value).map((name) => `${path}.${name}`), ...within]
}

const page = readFileSync(new URL('../../src/commands/JSON.md', import.meta.url), 'utf8')
const block = /<!-- documents[\s\S]*?```text\n([\s\S]*?)```/.exec(page)?.[1] ?? ''
/** An entry begins at the left, with the name of the command. */
const documents = new Map(
  block.split(/\n(?=\S)/).map((entry) => [entry.slice(0, 16).trim(), readShape(entry.slice(16))] as const),
)

describe('the documents of --json have the shapes in src/commands/JSON.md:', () => {
  let broker: MemoryBroker
  let folder: string
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'crbus-json-'))
    broker = new MemoryBroker()
    const bus = new InMemoryEventBus({ broker, createTopics: true })
    await bus.publish(
      'order-events',
      [1, 2, 3].map((id) => serializedEvent('OrderPlaced.v1', Buffer.from(`{"id":${id}}`))),
    )
    await bus.admin.commitOffsets('billing', [{ topic: 'order-events', partition: 0, offset: 1n }])
    await bus.subscribe(['order-events'], { group: 'shipping' })
    const topics = {
      'new-events': { partitions: 2, replication: 1, retention: '1d' },
      'order-events': { partitions: 3 },
    }
    writeFileSync(join(folder, 'crbus.json'), JSON.stringify({ topics }))
    return async () => {
      await bus.close()
      rmSync(folder, { recursive: true })
    }
  })

  test.each<readonly [string, Runnable, readonly string[]]>([
    ['publish', Publish, ['order-events', '--type', 'A.v1', '--data', '{}']],
    ['tail', Tail, ['order-events', '--no-follow']],
    ['topics list', TopicsList, []],
    ['topics describe', TopicsDescribe, ['order-events']],
    ['topics create', TopicsCreate, ['more-events', '--replication', '1', '--config', 'retention.ms=1000']],
    ['topics delete', TopicsDelete, ['order-events', '--yes']],
    ['topics apply', TopicsApply, ['--dry-run']],
    ['groups list', GroupsList, []],
    ['groups describe', GroupsDescribe, ['shipping']],
    ['groups members', GroupsMembers, ['shipping']],
    ['lag', Lag, []],
    ['lag', Lag, ['--sample', '1ms', '--by-type']],
    ['reset', Reset, ['--group', 'billing', '--all-topics', '--to', 'start', '--dry-run']],
    ['reset', Reset, ['--group', 'billing', '--all-topics', '--to', 'start', '--yes']],
    ['reset', GroupsClone, ['billing', 'copy', '--yes']],
    ['reset', GroupsDeleteOffsets, ['billing', '--topic', 'order-events', '--yes']],
    ['groups delete', GroupsDelete, ['billing', '--yes']],
    ['check', CheckLag, ['--group', 'billing', '--max-events', '1', '--warn-age', '1s']],
    ['check', CheckTopic, ['order-events', '--max-silence', '1h']],
  ])('the document of %s has the shape in src/commands/JSON.md', async (name, command, argv) => {
    const { stdout } = await runCli(command, [...argv, '--json'], {
      broker,
      cwd: folder,
      undoFolder: join(folder, 'undo'),
    })

    const { all, required } = documents.get(name) ?? readShape('{}')
    const names = new Set(namesIn(JSON.parse(stdout), all))
    const parentOf = (path: string) => path.slice(0, path.lastIndexOf('.'))
    expect([...names].filter((path) => !path.endsWith('[]') && !all.has(path))).toEqual([])
    const wanted = [...required].filter((path) => parentOf(path) === '' || names.has(parentOf(path)))
    expect(wanted.filter((path) => !names.has(path))).toEqual([])
    expect(wanted.length).toBeGreaterThan(0)
  })

  test.each<readonly [string, Runnable, readonly string[]]>([
    ['a group that does not exist', GroupsDescribe, ['nope']],
    ['nothing to undo', ResetUndo, ['--last']],
    ['an unknown flag', Lag, ['--nope']],
  ])('a failure has only the field error, such as for %s', async (_, command, argv) => {
    const { stdout, exitCode } = await runCli(command, [...argv, '--json'], { broker, cwd: folder, undoFolder: folder })
    const { error, ...rest } = JSON.parse(stdout)
    expect(Object.keys(error)).toEqual(['code', 'message', 'suggestions', 'exitCode'])
    expect(rest).toEqual({})
    expect(error.exitCode).toBe(exitCode)
  })

  test('a failure of publish also has the events that were published', async () => {
    const argv = ['order-events', '--type', 'A.v1', '--json']
    const { stdout } = await runCli(Publish, argv, { broker, cwd: folder, stdin: '{}\n{\n' })
    expect(JSON.parse(stdout)).toEqual({
      topic: 'order-events',
      published: 1,
      positions: [{ partition: 0, offset: 3 }],
      error: expect.objectContaining({ code: 'CRBUS_USAGE', exitCode: 2 }),
    })
  })
})
