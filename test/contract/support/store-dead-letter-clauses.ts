import { expect, test } from 'vitest'
import { serializedEvent } from '../../../src/bus/event.ts'
import type { NewDeadLetter } from '../../../src/store/event-store.ts'
import { failure, named, plain, range, type StoreContract } from './store-harness.ts'

export function deadLetterClauses({ store }: StoreContract): void {
  const letters = () => store().deadLetters
  const entry = (more: Partial<NewDeadLetter> = {}): NewDeadLetter => ({
    streamId: 'order-1',
    event: named('a', { correlationId: 'c', extra: { n: null } }),
    originalTimestamp: new Date('2026-11-24T10:00:00.123Z'),
    error: 'the reducer threw',
    ...more,
  })

  test('come back as they were added', async () => {
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
  ])('with or without a topic and details: %j', async (more) => {
    const { topic, details } = (await letters().get(await letters().add(entry(more)))) ?? {}
    expect({ topic, details }).toEqual({ topic: more.topic, details: more.details })
  })

  test('are listed oldest first, a page at a time, by status', async () => {
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

  test('another failed attempt is counted', async () => {
    const id = await letters().add(entry({ retryCount: 2 }))
    const before = await letters().get(id)
    expect(await letters().retried(id)).toBe(true)
    const after = await letters().get(id)
    expect(after).toMatchObject({ retryCount: 3, status: 'pending', firstFailedAt: before?.firstFailedAt })
    expect(after?.lastFailedAt.getTime()).toBeGreaterThanOrEqual(before?.lastFailedAt.getTime() ?? 0)
  })

  test('are settled once, with who did it and why', async () => {
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

  test.each(['', 'x', '0', '-1', '1.5', '12345678901234567890'])('there is none of the id "%s"', async (id) => {
    await letters().add(entry())
    expect(await letters().get(id)).toBeUndefined()
    expect(await letters().retried(id)).toBe(false)
    expect(await letters().resolve(id, 'ada')).toBe(false)
    expect(await letters().discard(id, 'ada')).toBe(false)
  })

  test.each<[string, Partial<NewDeadLetter>]>([
    ['a stream without a name', { streamId: '' }],
    ['an error that holds a NUL', { error: 'a\0' }],
    ['details that hold a NUL', { details: 'a\0' }],
    ['a topic of two lines', { topic: 'a\nb' }],
    ['no time', { originalTimestamp: new Date(Number.NaN) }],
    ['no number of attempts', { retryCount: 1.5 }],
    ['an event with a NUL in its type', { event: serializedEvent('\0', Buffer.of()) }],
  ])('refuses %s', async (_, more) => {
    expect(await failure(letters().add(entry(more)))).toBe('INVALID_APPEND')
    expect(await letters().count()).toBe(0)
  })
}
