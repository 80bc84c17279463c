import { expect, test } from 'vitest'
import { serializedEvent } from '../../../src/bus/event.ts'
import type {
  DeadLetterChange,
  DeadLetterStatus,
  EventStore,
  NewDeadLetter,
  RejectedCommand,
} from '../../../src/store/event-store.ts'
import { failure, named, one, outcomes, plain, range, type StoreContract } from './store-harness.ts'

export function deadLetterClauses({ store, connections }: StoreContract): void {
  const letters = () => store().deadLetters
  const entry = (more: Partial<NewDeadLetter> = {}): NewDeadLetter => ({
    streamId: 'order-1',
    event: named('a', { correlationId: 'c', extra: { n: null } }),
    originalTimestamp: new Date('2026-11-24T10:00:00.123Z'),
    error: 'the reducer threw',
    ...more,
  })

  test('are read as they were added', async () => {
    const bytes = serializedEvent('Odd { id: 1', Uint8Array.from(range(256)))
    const whole = entry({ topic: 'order-events', details: 'Error: x\n  at y', retryCount: 5, event: bytes })
    const id = await letters().add(whole)
    const found = await letters().get(id)
    expect(found && { ...found, event: plain(found.event) }).toMatchObject({
      ...whole,
      event: plain(bytes),
      id,
      status: 'pending',
    })
    expect(found?.firstFailedAt).toEqual(found?.lastFailedAt)
    expect(Math.abs((found?.firstFailedAt.getTime() ?? 0) - Date.now())).toBeLessThan(60_000)
    expect([found?.resolvedAt, found?.resolvedBy, found?.notes]).toEqual([undefined, undefined, undefined])
  })

  test.each<Partial<NewDeadLetter>>([
    {},
    { topic: 'order-events' },
    { details: 'one line' },
    { details: '' },
    { topic: 'order-events', details: '' },
    { topic: 'order-events', details: '\nlines\n' },
  ])('keep the optional topic and details: %j', async (more) => {
    const { topic, details } = (await letters().get(await letters().add(entry(more)))) ?? {}
    expect({ topic, details }).toEqual({ topic: more.topic, details: more.details })
  })

  const rejection = (more: Partial<RejectedCommand> = {}): RejectedCommand => ({
    ...entry({ topic: 'order-commands', error: 'the order is not placed yet' }),
    messageId: 'm-1',
    ...more,
  })
  const reject = (on: EventStore, ...rejected: RejectedCommand[]) =>
    on.commit('order-aggregate', [{ appends: [], rejected }])

  test('a rejected command is stored by its commit, and differs from a failure by its message id', async () => {
    const failed = await letters().add(entry())
    const whole = rejection({ details: 'order-commands[0]@7' })
    const rejected = [whole, rejection({ messageId: 'm-2', topic: undefined })]
    expect(outcomes(await store().commit('order-aggregate', [one('order-1', 0, 'a', { rejected })]))).toEqual([[1]])

    const [first, second, third] = await letters().list()
    expect([first?.id, first?.rejected]).toEqual([failed, undefined])
    const { messageId, ...kept } = whole
    expect(second && { ...second, event: plain(second.event) }).toMatchObject({
      ...kept,
      event: plain(kept.event),
      rejected: messageId,
      retryCount: 0,
      status: 'pending',
    })
    expect(third).toMatchObject({ rejected: 'm-2' })
    expect([third?.topic, third?.details]).toEqual([undefined, undefined])
  })

  test('a rejected command adds one dead letter, from any writer and in any status of that dead letter', async () => {
    await Promise.all(connections(4).map((writer) => reject(writer, rejection())))
    await reject(store(), rejection({ details: 'order-commands[0]@8' }), rejection())
    const [letter] = await letters().list()
    await letters().resolve(letter?.id as string, 'ada')
    await reject(store(), rejection())
    expect(await letters().count()).toBe(1)

    await reject(store(), rejection({ messageId: 'm-10' }), rejection({ streamId: 'order-2' }))
    expect(await letters().count()).toBe(3)
  })

  test('a commit that fails stores no rejected command', async () => {
    await store().append('order-1', 0, [named('there')])
    const commits = [one('order-1', 0, 'x', { rejected: [rejection()] }), one('order-2', 0, 'y')]
    expect(outcomes(await store().commit('order-aggregate', commits))).toEqual(['VERSION_CONFLICT', [1]])
    const unstorable = rejection({ error: 'a\0b' })
    expect(outcomes(await reject(store(), unstorable))).toEqual(['INVALID_APPEND'])
    expect(await letters().count()).toBe(0)
  })

  test('are listed oldest first, by page and by status', async () => {
    const ids: string[] = []
    for (const number of range(7)) ids.push(await letters().add(entry({ error: String(number) })))
    await letters().resolve(ids[1] as string, 'ada')
    await letters().discard(ids[3] as string, 'ada')
    const list = async (options?: Parameters<ReturnType<typeof letters>['list']>[0]) =>
      (await letters().list(options)).map(({ error }) => error)
    expect(await list()).toEqual(['0', '1', '2', '3', '4', '5', '6'])
    expect(await list({ limit: 3 })).toEqual(['0', '1', '2'])
    expect(await list({ limit: 3, after: ids[2] })).toEqual(['3', '4', '5'])
    expect(await list({ status: 'pending', limit: 3, after: ids[2] })).toEqual(['4', '5', '6'])
    expect(await list({ status: 'resolved' })).toEqual(['1'])
    expect(await list({ after: ids[6] })).toEqual([])
    expect(await list({ after: 'x' })).toEqual([])
    expect(await letters().count()).toBe(7)
    expect(await letters().count('pending')).toBe(5)
    expect(await letters().count('discarded')).toBe(1)
    expect(await letters().count('processing')).toBe(0)
  })

  test('count another failed attempt', async () => {
    const id = await letters().add(entry({ retryCount: 2 }))
    const before = await letters().get(id)
    expect(await letters().retried(id)).toBe(true)
    const after = await letters().get(id)
    expect(after).toMatchObject({ retryCount: 3, status: 'pending', firstFailedAt: before?.firstFailedAt })
    expect(after?.lastFailedAt.getTime()).toBeGreaterThanOrEqual(before?.lastFailedAt.getTime() ?? 0)
  })

  test('are settled once, with a name and notes', async () => {
    const [first, second] = [await letters().add(entry()), await letters().add(entry())]
    expect(await letters().resolve(first, 'ada', 'sent again')).toBe(true)
    expect(await letters().discard(second, 'bob')).toBe(true)
    const resolved = await letters().get(first)
    expect(resolved).toMatchObject({ status: 'resolved', resolvedBy: 'ada', notes: 'sent again' })
    expect(resolved?.resolvedAt).toBeInstanceOf(Date)
    expect(await letters().get(second)).toMatchObject({ status: 'discarded', resolvedBy: 'bob', notes: undefined })
    expect(await letters().discard(first, 'bob')).toBe(false)
    expect(await letters().resolve(second, 'bob')).toBe(false)
    expect(await letters().retried(first)).toBe(false)
    expect(await letters().get(first)).toEqual(resolved)
  })

  test('are changed only with the status and the notes that they were read with', async () => {
    const [first, second, third] = [
      await letters().add(entry()),
      await letters().add(entry()),
      await letters().add(entry()),
    ]
    const ids = [first, second, third] as string[]
    const claim = (id: string, notes: string): DeadLetterChange => ({
      id,
      from: { status: 'pending', notes: undefined },
      to: { status: 'processing', by: 'ada', notes },
    })
    expect(await letters().change([])).toEqual(new Set())
    expect(
      await letters().change([claim(ids[0] as string, 'one'), claim(ids[1] as string, 'one'), claim('x', 'one')]),
    ).toEqual(new Set(ids.slice(0, 2)))
    expect(await letters().get(ids[0] as string)).toMatchObject({
      status: 'processing',
      resolvedBy: 'ada',
      notes: 'one',
      resolvedAt: undefined,
    })
    expect(await letters().change(ids.map((id) => claim(id, 'two')))).toEqual(new Set(ids.slice(2)))
    const from = { status: 'processing', notes: 'one' } as const
    const settle = (id: string | undefined, status: DeadLetterStatus, notes = 'one'): DeadLetterChange => ({
      id: id as string,
      from: { ...from, notes },
      to: { status, by: 'bob', notes: 'done' },
    })
    expect(
      await letters().change([settle(first, 'resolved'), settle(second, 'pending'), settle(third, 'discarded')]),
    ).toEqual(new Set(ids.slice(0, 2)))
    expect(await letters().get(ids[0] as string)).toMatchObject({
      status: 'resolved',
      resolvedBy: 'bob',
      notes: 'done',
      resolvedAt: expect.any(Date),
    })
    expect(await letters().get(ids[1] as string)).toMatchObject({
      status: 'pending',
      resolvedBy: undefined,
      notes: undefined,
    })
    expect((await letters().list({ status: ['pending', 'processing'] })).map(({ id }) => id)).toEqual(ids.slice(1))
  })

  test('are claimed once by several programs that claim them at the same time', async () => {
    const ids: string[] = []
    for (const number of range(20)) ids.push(await letters().add(entry({ error: String(number) })))
    const claims = await Promise.all(
      connections(4).map((writer, at) => {
        const order = at % 2 === 0 ? ids : ids.toReversed()
        return writer.deadLetters.change(
          order.map((id) => ({
            id,
            from: { status: 'pending', notes: undefined },
            to: { status: 'processing', by: `operator ${at}`, notes: `claim ${at}` },
          })),
        )
      }),
    )
    expect(claims.flatMap((claimed) => [...claimed]).sort()).toEqual([...ids].sort())
  })

  test('a rejected command that is rejected again while it is sent again adds another dead letter', async () => {
    await reject(store(), rejection())
    const [letter] = await letters().list()
    const to = { status: 'processing', by: 'ada', notes: '{"claim":"c-1"}' } as const
    await letters().change([{ id: letter?.id as string, from: { status: 'pending', notes: undefined }, to }])
    await Promise.all(connections(3).map((writer) => reject(writer, rejection({ details: 'order-commands[0]@9' }))))
    expect((await letters().list({ status: 'pending' })).map(({ rejected }) => rejected)).toEqual(['m-1'])
  })

  test('a rejected command that was sent again and is rejected again adds another dead letter', async () => {
    await reject(store(), rejection())
    const [letter] = await letters().list()
    await letters().resolve(letter?.id as string, 'ada', 'retried to order-commands[0]@9')
    await Promise.all(connections(3).map((writer) => reject(writer, rejection({ details: 'order-commands[0]@9' }))))
    expect((await letters().list({ status: 'pending' })).map(({ rejected }) => rejected)).toEqual(['m-1'])
  })

  test.each(['o-1', '', 'a "quoted"\nkey'])('keep the record key %j with the topic', async (key) => {
    const { topic, details, ...found } =
      (await letters().get(await letters().add(entry({ topic: 'order-events', key, details: 'Error: x' })))) ?? {}
    expect({ topic, details, key: (found as { key?: string }).key }).toEqual({
      topic: 'order-events',
      details: 'Error: x',
      key,
    })
  })

  test('a message of the outbox that becomes a dead letter keeps its record key', async () => {
    const messages = [{ topic: 'order-events', key: 'o-1', event: named('m') }]
    await store().commit('orders', [{ appends: [], messages }])
    const [pending] = await store().outbox.pending('orders', 1)
    await store().outbox.bury('orders', pending?.id as string, { message: 'refused', details: 'Error: too large' })
    expect(await letters().list()).toMatchObject([{ topic: 'order-events', key: 'o-1', details: 'Error: too large' }])
  })

  test.each(['', 'x', '0', '-1', '1.5', '12345678901234567890'])('do not exist under the id "%s"', async (id) => {
    await letters().add(entry())
    expect(await letters().get(id)).toBeUndefined()
    expect(await letters().retried(id)).toBe(false)
    expect(await letters().resolve(id, 'ada')).toBe(false)
    expect(await letters().discard(id, 'ada')).toBe(false)
  })

  test.each<[string, Partial<NewDeadLetter>]>([
    ['an empty stream id', { streamId: '' }],
    ['an error with a NUL', { error: 'a\0' }],
    ['details with a NUL', { details: 'a\0' }],
    ['a topic with a line break', { topic: 'a\nb' }],
    ['an invalid time', { originalTimestamp: new Date(Number.NaN) }],
    ['an invalid number of attempts', { retryCount: 1.5 }],
    ['an event with a NUL in its type', { event: serializedEvent('\0', Buffer.of()) }],
  ])('refuses %s', async (_, more) => {
    expect(await failure(letters().add(entry(more)))).toBe('INVALID_APPEND')
    expect(await letters().count()).toBe(0)
  })
}
