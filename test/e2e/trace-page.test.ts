import { join } from 'node:path'
import { execa } from 'execa'
import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { tracePage } from '../../src/ui/page/trace-page.ts'
import type { TraceDocument, TraceMessage } from '../../src/ui/trace/trace-document.ts'
import { chromiumOrNotice, pageBrowser } from '../support/opened-page.ts'

// The page of a conversation in a real browser. Without Chromium, the tests are skipped with a notice; under CI, the run fails.

const path = chromiumOrNotice()

const bin = new URL('../../bin/crbus.js', import.meta.url).pathname
const HOSTILE = '</script><img src=x onerror="document.title=1"> \u202e<b>'
const START = Date.UTC(2026, 10, 30, 8, 31, 26)
const types = ['PlaceOrder.v1', 'OrderPlaced.v1', 'ChargePayment.v1', 'PaymentFailed.v1', 'OrderCancelled.v1']

/** Makes a conversation of many messages, each caused by the one before or an earlier one. */
function conversation(count: number): TraceDocument {
  const messages = Array.from({ length: count }, (_, index): TraceMessage => {
    const eventType = types[index % types.length] as string
    const owner = index % 2 === 0 ? 'order' : 'payment'
    return {
      index,
      kind: eventType.startsWith('P') ? 'event' : 'command',
      topic: `${owner}-events`,
      partition: index % 3,
      offset: index,
      time: new Date(START + index * 37).toISOString(),
      eventType,
      eventVersion: 1,
      messageId: `id-${index}`,
      correlationId: 'checkout-1',
      codec: 'json',
      data: { order_id: `o-${index}`, note: index === 1 ? HOSTILE : 'a note', lines: [{ sku: 'book', quantity: 2 }] },
      ...(index === 0 ? {} : { cause: Math.max(0, index - 1 - (index % 3)), causedBy: 'causation', elapsed: 37 }),
      depth: 0,
      from: owner,
      to: owner === 'order' ? 'payment' : 'order',
      marks: index === 3 ? ['overdue'] : [],
    }
  })
  return {
    correlationId: 'checkout-1',
    firstAt: messages[0]?.time ?? '',
    lastAt: messages.at(-1)?.time ?? '',
    duration: (count - 1) * 37,
    complete: true,
    messages,
    participants: [
      { name: 'order', topics: ['order-events'] },
      { name: 'payment', topics: ['payment-events'] },
    ],
    findings: [
      {
        code: 'overdue',
        message: `nothing followed ${HOSTILE}`,
        messages: [3],
        suggestions: [{ run: 'crbus dlq list' }],
      },
    ],
    read: { topics: ['order-events', 'payment-events'], scanned: count, indexed: 0 },
  }
}

describe.skipIf(path === undefined)('the page of a conversation', () => {
  const { folder, open } = pageBrowser(path)
  const selected = (page: Page) => page.locator('[role=option][aria-selected=true]')

  test('loads nothing, reports no error, and shows texts of records as text', async () => {
    const { page, complaints } = await open(tracePage(conversation(12)))
    expect(await page.locator('[role=option]').count()).toBe(12)
    await page.keyboard.press('j')
    await page.keyboard.press('Enter')
    // The invisible character is shown as an escape.
    expect(await page.locator('.details').textContent()).toContain(
      '</script><img src=x onerror=\\"document.title=1\\"> \\u{202e}<b>',
    )
    expect(await page.locator('.findings').textContent()).toContain('nothing followed </script><img src=x')
    expect(await page.locator('img, b b').count()).toBe(0)
    expect(await page.title()).toBe('checkout-1 · crbus trace')
    expect(complaints).toEqual([])
  })

  test('is used by keyboard alone', async () => {
    const { page, complaints } = await open(tracePage(conversation(60)))
    expect(await selected(page).textContent()).toContain('PlaceOrder.v1')
    await page.keyboard.press('n')
    expect(await selected(page).textContent()).toContain('overdue')
    await page.keyboard.press('Enter')
    expect(await page.locator('.details').isVisible()).toBe(true)
    await page.keyboard.press('Escape')
    expect(await page.locator('.details').isVisible()).toBe(false)
    await page.keyboard.press('2')
    expect(await page.locator('.heads').textContent()).toBe('orderpayment')
    await page.keyboard.press('3')
    expect(await page.locator('.heads').textContent()).toContain('+')
    await page.keyboard.press('1')
    await page.keyboard.press('/')
    await page.keyboard.type('o-42')
    expect(await page.locator('[role=option]').count()).toBe(1)
    await page.keyboard.press('Escape')
    expect(await page.locator('[role=status]').textContent()).toBe('')
    await page.keyboard.press('G')
    expect(await selected(page).getAttribute('aria-posinset')).toBe('60')
    await page.keyboard.press('f')
    expect(await page.locator('[role=option]').count()).toBe(1)
    await page.keyboard.press('f')
    await page.keyboard.press('?')
    expect(await page.locator('dialog').isVisible()).toBe(true)
    await page.keyboard.press('Escape')
    expect(await page.locator('dialog').isVisible()).toBe(false)
    expect(complaints).toEqual([])
  })

  test('follows the scheme of the system, and t switches it', async () => {
    const background = (page: Page) => page.evaluate('getComputedStyle(document.body).backgroundColor')
    const { page } = await open(tracePage(conversation(3)), { colorScheme: 'dark' })
    const dark = await background(page)
    await page.keyboard.press('t')
    const light = await background(page)
    expect(light).not.toBe(dark)
    const other = await open(tracePage(conversation(3)), { colorScheme: 'light' })
    expect(await background(other.page)).toBe(light)
  })

  test('fits a phone', async () => {
    const { page } = await open(tracePage(conversation(40)), { viewport: { width: 390, height: 844 } })
    for (const key of ['1', '2', '3']) {
      await page.keyboard.press(key)
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390)
    }
    await page.keyboard.press('Enter')
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390)
  })

  test('shows 5,000 messages, of which only the visible ones exist in the document', async () => {
    const html = tracePage(conversation(5000))
    const { page, complaints } = await open(html)
    const { domComplete } = (await page.evaluate('performance.getEntriesByType("navigation")[0].toJSON()')) as {
      readonly domComplete: number
    }
    console.log(
      `page of 5,000 messages: ${Math.round(html.length / 1024)} kB, complete after ${Math.round(domComplete)} ms`,
    )
    // A bound against a page that grows with the square of the messages; the benchmarks have the target of 1 s.
    expect(domComplete).toBeLessThan(20_000)
    expect(await page.locator('[role=option]').count()).toBeLessThan(120)
    await page.keyboard.press('End')
    expect(await selected(page).getAttribute('aria-posinset')).toBe('5000')
    await page.keyboard.press('2')
    await page.keyboard.press('3')
    expect(await page.locator('[role=option]').count()).toBeLessThan(120)
    expect(complaints).toEqual([])
  })

  test('crbus trace -o html writes it, with the script of the build', async () => {
    const data = join(folder, 'data')
    const env = { ...process.env, HOME: folder, NO_COLOR: '1', CRBUS_DATA_DIR: data }
    const event = ['--type', 'PlaceOrder.v1', '--data', '{"order_id":"o-1"}', '--correlation-id', 'c-1']
    await execa(process.execPath, [bin, 'publish', 'order-commands', ...event], { env })
    const { stdout } = await execa(process.execPath, [bin, 'trace', 'c-1', '-o', 'html'], { env })
    const { page, complaints } = await open(`${stdout}\n`)
    expect(await selected(page).textContent()).toContain('PlaceOrder.v1')
    expect(complaints).toEqual([])
  })
})
