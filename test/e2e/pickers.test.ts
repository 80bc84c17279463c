import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { beforeAll, describe, expect, test } from 'vitest'
import { onTerminal } from '../support/pseudo-terminal.ts'

const bin = new URL('../../bin/crbus.js', import.meta.url).pathname
const ENTER = '\r'
const ESCAPE = '\u001b'
const DOWN = '\u001b[B'

let folder: string
let env: Record<string, string>

const crbus = (...words: readonly string[]) =>
  execa(process.execPath, [bin, ...words], { env, cwd: folder, reject: false, stdin: 'ignore' })

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'crbus-pickers-'))
  env = {
    HOME: folder,
    XDG_CONFIG_HOME: join(folder, 'config'),
    XDG_CACHE_HOME: join(folder, 'cache'),
    XDG_STATE_HOME: join(folder, 'state'),
    XDG_DATA_HOME: join(folder, 'data'),
    CRBUS_DATA_DIR: join(folder, 'bus'),
    CRBUS_BROKERS: '',
    REDPANDA_BROKERS: '',
    CRBUS_PROFILE: '',
    CI: '',
    EDITOR: '',
    VISUAL: '',
    TERM: 'xterm-256color',
  }
  await crbus('publish', 'order-events', '--type', 'OrderPlaced.v1', '--data', '{"order_id":"o-1","total":1999}')
  for (const topic of ['payment-events', 'stock-events']) await crbus('topics', 'create', topic)
  for (const group of ['billing', 'shipping'])
    await crbus('reset', '--group', group, '--topic', 'order-events', '--to', 'start', '--new-group', '--yes')
})

/** Text to wait for on the terminal, and the keys to type then. */
type Step = readonly [shown: string, keys: string]

/** Runs a command line on a pseudo-terminal. Each step waits for new text. Returns all that the terminal showed. */
async function pick(words: string, steps: readonly Step[], more: Record<string, string> = {}, cwd = folder) {
  const line = `stty cols 120 rows 30; "${process.execPath}" "${bin}" ${words}`
  const running = onTerminal(line, { ...env, ...more }, { cwd })
  for (const [shown, keys] of steps) {
    await running.showsNext(shown)
    running.type(keys)
  }
  return running.ended
}

describe('on a terminal', () => {
  test('crbus tail picks a topic, which typing filters, and prints the whole command line', async () => {
    const { shown } = await pick('tail --no-follow', [
      ['stock-events', 'order'],
      ['(1 match)', ENTER],
    ])
    expect(shown).toMatch(/order-events +3 partitions {2}1 event\b/)
    expect(shown).toContain('$ crbus tail --no-follow order-events\n')
    expect(shown).toContain('"order_id":"o-1"')
  })

  test('crbus lag --group picks a group, with its state and lag', async () => {
    const { shown } = await pick('lag --group', [['shipping', `${DOWN}${ENTER}`]])
    expect(shown).toMatch(/billing +Empty {2}0 members {2}lag 1/)
    expect(shown).toMatch(/\$ crbus lag --group (billing|shipping)\n/)
    expect(shown).toContain('VERDICT')
  })

  test('crbus reset picks group, topic and position, and then asks as usual', async () => {
    const { shown, exitCode } = await pick('reset', [
      ['Which group?', ENTER],
      ['Which topic?', ENTER],
      ['an hour ago: ', `${DOWN}${ENTER}`],
      ['[y/N]', 'n\r'],
    ])
    expect(shown).toMatch(/\$ crbus reset --group (billing|shipping) --topic order-events --to end\n/)
    expect(shown).toContain('not confirmed; nothing was done')
    expect(exitCode).toBe(6)
  })

  test('crbus trace picks a conversation, the newest first', async () => {
    const own = join(folder, 'conversations')
    for (const id of ['c-old', 'c-new']) {
      const event = ['--type', 'Ended.v1', '--data', '{}', '--correlation-id', id]
      await crbus('publish', 'checkout-events', ...event, '--data-dir', own)
    }
    const { shown } = await pick('trace', [['Which conversation?', ENTER]], { CRBUS_DATA_DIR: own })
    expect(shown).toMatch(/● c-new .* Ended\.v1 {2}1 message\n.*○ c-old/)
    expect(shown).toContain('$ crbus trace c-new\n')
    expect(shown).toContain('1 message of 1 participant')
  })

  describe('with descriptions of sagas', () => {
    let project: string
    let own: Record<string, string>
    beforeAll(async () => {
      project = join(folder, 'described')
      own = { CRBUS_DATA_DIR: join(project, 'bus') }
      mkdirSync(join(project, 'sagas'), { recursive: true })
      for (const [saga, topic] of [
        ['checkout', 'order-events'],
        ['refund', 'refund-events'],
      ] as const) {
        const description = {
          ...{ crbus_saga: 1, saga, topics: [topic], events: ['Begun.v1', 'Ended.v1'] },
          ...{ startedBy: ['Begun.v1'], completedBy: ['Ended.v1'], stuckBy: [], expects: [] },
        }
        writeFileSync(join(project, 'sagas', `${saga}.json`), JSON.stringify(description))
        const event = ['--type', 'Begun.v1', '--data', '{}', '--correlation-id', `${saga}-1`]
        await crbus('publish', topic, ...event, '--data-dir', own.CRBUS_DATA_DIR as string)
      }
    })

    test('crbus sagas show picks a conversation, with its saga and its state', async () => {
      const { shown, exitCode } = await pick(
        'sagas show',
        [
          ['Which conversation?', 'refund'],
          ['(1 match)', ENTER],
        ],
        own,
        project,
      )
      expect(shown).toMatch(/refund-1 +refund +running for \S+ +Begun\.v1/)
      expect(shown).toContain('$ crbus sagas show refund-1\n')
      expect(exitCode).toBe(0)
    })

    test('crbus sagas show --saga picks a saga, and then one of its conversations', async () => {
      const steps: readonly Step[] = [
        ['Which saga?', ENTER],
        ['Which conversation?', ENTER],
      ]
      const { shown } = await pick('sagas show --saga', steps, own, project)
      expect(shown).not.toContain('refund-1')
      expect(shown).toContain('$ crbus sagas show checkout-1 --saga checkout\n')
    })

    test('crbus sagas describe asks for the name, which may be new, and picks the topics', async () => {
      const steps: readonly Step[] = [
        ['Which saga?', `returns${ENTER}`],
        ['Which topic for --on?', ENTER],
      ]
      const { shown } = await pick('sagas describe --dry-run', steps, own, project)
      expect(shown).toMatch(/\$ crbus sagas describe --dry-run returns --on (order|refund)-events\n/)
      expect(shown).toContain('"saga": "returns"')
    })

    test('without a terminal, crbus sagas describe says which sagas and topics there are', async () => {
      const words = ['sagas', 'describe', '--data-dir', own.CRBUS_DATA_DIR as string]
      const { stderr } = await execa(process.execPath, [bin, ...words], {
        env,
        cwd: project,
        reject: false,
        stdin: 'ignore',
      })
      expect(stderr).toContain('Sagas: checkout, refund. Topics: order-events, refund-events')
    })

    test('crbus sagas show says what describes a saga if none is described', async () => {
      const { shown, exitCode } = await pick('sagas show', [], own)
      expect(shown).toContain('no saga is described here')
      expect(exitCode).toBe(2)
    })
  })

  test('crbus probe picks the topic, the event type and the topic of the effects, and asks for the data', async () => {
    const { shown } = await pick('probe --dry-run', [
      ['Which topic?', ENTER],
      ['Which event type?', ENTER],
      ['--data', `{}${ENTER}`],
      ['Which topic for --expect?', 'stock'],
      ['(1 match)', ENTER],
    ])
    expect(shown).toContain(
      "$ crbus probe --dry-run order-events --type OrderPlaced.v1 --data '{}' --expect stock-events\n",
    )
  })

  test('crbus probe --group picks a group', async () => {
    const words = "probe order-events --type OrderPlaced.v1 --data '{}' --expect stock-events --dry-run --group"
    const { shown } = await pick(words, [['Which group?', ENTER]])
    expect(shown).toMatch(/--dry-run --group (billing|shipping)\n/)
  })

  test('crbus publish picks topic and type, and fills in the data of the newest event', async () => {
    const { shown, exitCode } = await pick('publish', [
      ['Which topic?', ENTER],
      ['Which event type?', ENTER],
      ['order_id', `o-2${ENTER}`],
      ['total', `x${ENTER}`],
      ['type a number', `\u007f250${ENTER}`],
      ['Publish this event', ENTER],
    ])
    expect(shown).toContain(
      `$ crbus publish order-events --type OrderPlaced.v1 --data '{"order_id":"o-2","total":250}'\n`,
    )
    expect(shown).toMatch(/order-events\[\d\]@\d OrderPlaced\.v1\n/)
    expect(exitCode).toBe(0)
  })

  test('crbus publish --type picks an event type of the topic', async () => {
    const { shown, exitCode } = await pick('publish order-events --type', [
      ['Which event type?', ENTER],
      ['order_id', ENTER],
      ['total', ENTER],
      ['Publish this event', 'n'],
    ])
    expect(shown).toMatch(/● OrderPlaced\.v1\n.*○ another event type/)
    expect(shown).toContain('$ crbus publish order-events --type OrderPlaced.v1\n')
    expect(exitCode).toBe(6)
  })

  test('crbus publish opens the editor for data with fields inside others, and publishes nothing without a yes', async () => {
    await crbus('publish', 'payment-events', '--type', 'Paid.v1', '--data', '{"by":{"card":"1"}}')
    const editor = { EDITOR: 'sed -i s/card/bank/' }
    const words = 'publish payment-events --type Paid.v1'
    const { shown, exitCode } = await pick(words, [['Publish this event', 'n']], editor)
    expect(shown).toContain('"bank": "1"')
    expect(shown).toContain('not confirmed; nothing was published')
    expect(exitCode).toBe(6)
  })

  test('crbus publish says that the editor does not exist, and publishes nothing', async () => {
    await crbus('publish', 'payment-events', '--type', 'Paid.v1', '--data', '{"by":{"card":"1"}}')
    const { shown, exitCode } = await pick('publish payment-events --type Paid.v1', [], { EDITOR: 'no-such-editor' })
    expect(shown).toContain("cannot edit the data with no-such-editor: there is no program 'no-such-editor'")
    expect(exitCode).toBe(2)
  })

  test.each([
    ['lag --group', 'group', 'crbus reset --group billing --topic order-events --to start --new-group'],
    ['tail', 'topic', 'crbus publish order-events --type OrderPlaced.v1 --data {}'],
  ])('crbus %s says what creates a %s if there is none', async (words, kind, command) => {
    const { shown, exitCode } = await pick(words, [], { CRBUS_DATA_DIR: join(folder, 'empty') })
    expect(shown).toContain(`there are no ${kind}s to choose from`)
    expect(shown).toContain(`try: ${command} (creates a ${kind})`)
    expect(exitCode).toBe(2)
  })

  test('crbus new saga asks for the name in a service, and writes nothing on Esc', async () => {
    const service = join(folder, 'shop')
    mkdirSync(service)
    writeFileSync(join(service, 'crbus.json'), '{}')
    const { exitCode } = await pick('new saga', [['What is the saga called?', ESCAPE]], {}, service)
    expect(exitCode).toBe(130)
    expect(readdirSync(service)).toEqual(['crbus.json'])
  })

  test('crbus new prints the command line that asks for nothing', async () => {
    const service = join(folder, 'shop')
    mkdirSync(service, { recursive: true })
    writeFileSync(join(service, 'crbus.json'), '{}')
    const depot = await pick('new service --dry-run', [
      ['What is the service called?', `depot${ENTER}`],
      ['Which language?', ENTER],
    ])
    expect(depot.shown).toContain('$ crbus new service --dry-run depot --lang ts\n')
    const aggregate = await pick(
      'new aggregate --dry-run',
      [
        ['What is the aggregate called?', `order${ENTER}`],
        ['Which event creates the aggregate?', `OrderPlaced:order_id=uuid${ENTER}`],
        ['Another event?', ENTER],
        ['Which encoding', ENTER],
        ['How many partitions', `6${ENTER}`],
        ['How long', ENTER],
      ],
      {},
      service,
    )
    expect(aggregate.shown).toContain(
      '$ crbus new aggregate --dry-run order --event OrderPlaced:order_id=uuid --codec cbor --partitions 6 --retention 7d\n',
    )
    const again = await crbus('new', 'service', '--dry-run', 'depot', '--lang', 'ts')
    expect(again.stderr).not.toContain('$ crbus')
  })

  test.each(['tail', 'reset', 'lag --group', 'publish', 'topics delete'])(
    'crbus %s ends with exit code 130 on Esc, and does nothing',
    async (words) => {
      const { exitCode, shown } = await pick(words, [['Search:', ESCAPE]])
      expect(exitCode).toBe(130)
      expect(shown).not.toContain('$ crbus')
    },
  )

  test('a value that is not a name is typed, and one of several values is chosen', async () => {
    const { shown } = await pick('completion', [['zsh', `${DOWN}${ENTER}`]])
    expect(shown).toContain('$ crbus completion zsh\n')
  })

  test.each([
    ['--json', {}],
    ['--yes', {}],
    ['', { CI: 'true' }],
  ])('crbus topics delete %s asks for nothing in %j', async (flag, more) => {
    const { shown, exitCode } = await pick(`topics delete ${flag}`, [], more)
    expect(shown).toContain('crbus topics delete needs a topic. Topics: order-events, payment-events, stock-events')
    expect(exitCode).toBe(2)
  })
})

test.each([
  ['tail', 'crbus tail needs a topic. Topics: order-events, payment-events, stock-events'],
  ['lag --group', '--group needs a value. Groups: billing, shipping'],
  ['reset', 'crbus reset needs --group, --topic and --to. Groups: billing, shipping. Topics: order-events'],
  ['publish', 'crbus publish needs a topic. Topics: order-events, payment-events, stock-events'],
  ['topics delete', 'crbus topics delete needs a topic. Topics: order-events, payment-events, stock-events'],
])(
  'without a terminal, crbus %s ends with exit code 2 and says what is missing and which names there are',
  async (words, message) => {
    const { stderr, exitCode } = await crbus(...words.split(' '))
    expect(stderr).toContain(message)
    expect(exitCode).toBe(2)
  },
)
