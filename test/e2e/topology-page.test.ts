import { join } from 'node:path'
import { execa } from 'execa'
import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { topologyPage } from '../../src/ui/page/topology-page.ts'
import { chromiumOrNotice, pageBrowser } from '../support/opened-page.ts'
import { makeTopologyDocument } from '../support/page-topology.ts'

// The page of a topology in a real browser. Without Chromium, the tests are skipped with a notice; under CI, the run fails.

const path = chromiumOrNotice()
const bin = new URL('../../bin/crbus.js', import.meta.url).pathname
const page = (services: number, topics: number) =>
  topologyPage(makeTopologyDocument(services, topics), { now: Date.UTC(2026, 10, 30, 9), bus: 'prod: kafka-1:9092' })

describe.skipIf(path === undefined)('the page of a topology', () => {
  const { folder, open } = pageBrowser(path)
  const selected = (tab: Page) => tab.locator('.view > :not([hidden]) [role=option][aria-selected=true]')
  const name = (tab: Page) => selected(tab).getAttribute('aria-label')
  const width = (tab: Page) => tab.evaluate('document.documentElement.scrollWidth')

  test('loads nothing, reports no error, and shows texts of strangers as text', async () => {
    const { page: tab, complaints } = await open(page(4, 8))
    expect(await tab.locator('.map [role=option]').count()).toBe(8 + 4 + 1)
    await tab.keyboard.press('/')
    await tab.keyboard.type('</script>')
    expect(await tab.locator('[role=status]').textContent()).toBe('1 of 13')
    await tab.keyboard.press('Enter')
    for (const key of ['1', '2', '4']) {
      await tab.keyboard.press(key)
      await tab.keyboard.press('Enter')
      // The invisible character is shown as an escape.
      expect(await tab.locator('.details').textContent()).toContain(
        '</script><img src=x onerror="document.title=1"> \\u{202e}<b>',
      )
      await tab.keyboard.press('Escape')
    }
    expect(await tab.locator('.findings').textContent()).toContain('topic topic-001 does not exist')
    expect(await tab.locator('img, b b').count()).toBe(0)
    expect(await tab.title()).toBe('prod: kafka-1:9092 · crbus topology')
    expect(complaints).toEqual([])
  })

  test('is used by keyboard alone, in its map and in its lists', async () => {
    const { page: tab, complaints } = await open(page(4, 8))
    expect(await selected(tab).count()).toBe(0)
    await tab.keyboard.press('j')
    const first = await name(tab)
    await tab.keyboard.press('l')
    expect(await name(tab)).not.toBe(first)
    await tab.keyboard.press('h')
    await tab.keyboard.press('Enter')
    expect(await tab.locator('.details').isVisible()).toBe(true)
    await tab.keyboard.press('Escape')
    expect(await tab.locator('.details').isVisible()).toBe(false)
    await tab.keyboard.press('Escape')
    expect(await selected(tab).count()).toBe(0)
    await tab.keyboard.press('2')
    await tab.keyboard.press('/')
    await tab.keyboard.type('order3')
    // The topic, and its types.
    expect(await tab.locator('.list [role=option]').count()).toBe(1 + 4)
    await tab.keyboard.press('Enter')
    await tab.keyboard.press('j')
    expect(await selected(tab).textContent()).toContain('Order3Placed.v1')
    await tab.keyboard.press('1')
    expect(await name(tab)).toBe('topic topic-003')
    await tab.keyboard.press('3')
    await tab.keyboard.press('/')
    await tab.keyboard.press('Escape')
    expect(await tab.locator('.list [role=option]').count()).toBe(5)
    await tab.keyboard.press('G')
    expect(await selected(tab).textContent()).toContain('service-3')
    await tab.keyboard.press('4')
    expect(await tab.locator('.list [role=option]').count()).toBe(7)
    await tab.keyboard.press('?')
    expect(await tab.locator('dialog').isVisible()).toBe(true)
    await tab.keyboard.press('Escape')
    expect(await tab.locator('dialog').isVisible()).toBe(false)
    expect(complaints).toEqual([])
  })

  test('leads from each finding to its topic, by the key n and by its button', async () => {
    const { page: tab } = await open(page(4, 8))
    await tab.keyboard.press('n')
    expect(await name(tab)).toBe('topic topic-001, does not exist: topic-missing')
    expect(await tab.locator('.details').textContent()).toContain('topic topic-001 does not exist')
    await tab.keyboard.press('n')
    expect(await name(tab)).toBe('topic topic-007: type-unconsumed')
    await tab.keyboard.press('N')
    expect(await name(tab)).toBe('topic topic-001, does not exist: topic-missing')
    await tab.keyboard.press('2')
    await tab.locator('.findings button').nth(1).click()
    expect(await selected(tab).textContent()).toContain('Order7Placed.v1')
    await tab.keyboard.press('f')
    expect(await tab.locator('.list [role=option]').first().textContent()).toContain('topic-001')
  })

  test('leads from the neighbors of a topic to their details', async () => {
    const { page: tab } = await open(page(4, 8))
    await tab.keyboard.press('2')
    await tab.keyboard.press('End')
    await tab.keyboard.press('Enter')
    await tab.locator('.details .map [role=option]', { hasText: 'service-3' }).click()
    expect(await tab.locator('.details h2').textContent()).toBe('service-3')
    expect(await tab.locator('[role=tab][aria-selected=true]').textContent()).toBe('Services')
    await tab.locator('.details button', { hasText: 'topic-003' }).first().click()
    expect(await selected(tab).textContent()).toContain('topic-003')
  })

  test('draws 20 services and 30 topics as a whole, without names that overlap', async () => {
    const { page: tab } = await open(page(20, 30))
    expect(await tab.locator('.map [role=option]').count()).toBe(51)
    const overlaps = await tab.evaluate(`(() => {
      const boxes = [...document.querySelectorAll('.map [role=option]')].map((node) => node.getBoundingClientRect())
      return boxes.filter((a, at) => boxes.some((b, other) => other > at && a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom)).length
    })()`)
    expect(overlaps).toBe(0)
    // The smallest text that is readable without zooming.
    const height = await tab.evaluate(
      `document.querySelector('.map [role=option] text').getBoundingClientRect().height`,
    )
    expect(height).toBeGreaterThanOrEqual(10)
  })

  test('starts with the list of 300 topics, and draws the neighbors of the selected one', async () => {
    const { page: tab, complaints } = await open(page(60, 300))
    expect(await tab.locator('[role=tab][aria-selected=true]').textContent()).toBe('Topics')
    expect(await tab.locator('.list [role=option]').count()).toBeLessThan(120)
    await tab.keyboard.press('/')
    await tab.keyboard.type('topic-123')
    await tab.keyboard.press('Enter')
    await tab.keyboard.press('Enter')
    expect(await tab.locator('.details .map [role=option]').count()).toBeGreaterThan(2)
    await tab.keyboard.press('1')
    const neighbors = await tab.locator('.view .map [role=option]').count()
    expect(neighbors).toBeGreaterThan(2)
    expect(neighbors).toBeLessThan(20)
    expect(await name(tab)).toBe('topic topic-123')
    expect(complaints).toEqual([])
  })

  test('follows the scheme of the system, and t switches it', async () => {
    const background = (tab: Page) => tab.evaluate('getComputedStyle(document.body).backgroundColor')
    const { page: tab } = await open(page(2, 3), { colorScheme: 'dark' })
    const dark = await background(tab)
    await tab.keyboard.press('t')
    expect(await background(tab)).not.toBe(dark)
  })

  test('fits a phone, and starts with the list there', async () => {
    const { page: tab } = await open(page(20, 30), { viewport: { width: 390, height: 844 } })
    expect(await tab.locator('[role=tab][aria-selected=true]').textContent()).toBe('Topics')
    for (const key of ['1', '2', '3', '4', 'n']) {
      await tab.keyboard.press(key)
      expect(await width(tab)).toBe(390)
    }
    await tab.keyboard.press('Enter')
    expect(await width(tab)).toBe(390)
  })

  test('prints its map in the width of the paper', async () => {
    const { page: tab } = await open(page(20, 30))
    await tab.emulateMedia({ media: 'print' })
    const [drawn, paper] = (await tab.evaluate(
      `[document.querySelector('.map svg').getBoundingClientRect().width, document.body.clientWidth]`,
    )) as [number, number]
    expect(drawn).toBeLessThanOrEqual(paper)
    expect(await tab.locator('.bar').isVisible()).toBe(false)
  })

  test('crbus topology -o html writes it, with the script of the build', async () => {
    const env = { ...process.env, HOME: folder, NO_COLOR: '1', CRBUS_DATA_DIR: join(folder, 'data') }
    const event = ['--type', 'PlaceOrder.v1', '--data', '{"order_id":"o-1"}']
    await execa(process.execPath, [bin, 'publish', 'order-commands', ...event], { env })
    const { stdout } = await execa(process.execPath, [bin, 'topology', '-o', 'html'], { env })
    const { page: tab, complaints } = await open(`${stdout}\n`)
    await tab.keyboard.press('n')
    expect(await name(tab)).toBe('topic order-commands: type-unconsumed')
    await tab.keyboard.press('2')
    expect(await tab.locator('.list').textContent()).toContain('PlaceOrder.v1')
    expect(complaints).toEqual([])
  })
})
