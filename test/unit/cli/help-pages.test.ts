import { globSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { eventBusErrorCodes } from '../../../src/bus/errors.ts'
import { serializedEvent } from '../../../src/bus/event.ts'
import { exitCodes } from '../../../src/cli/errors.ts'
import { environmentPage } from '../../../src/cli/help-pages/environment.ts'
import { exitCodesPage } from '../../../src/cli/help-pages/exit-codes.ts'
import { formatHelpPage } from '../../../src/cli/help-pages/help-page.ts'
import { loadHelpPage } from '../../../src/cli/help-pages/help-pages.ts'
import { logRows, positionRows, rangeRows, targetRows, timeRows } from '../../../src/cli/help-pages/offsets.ts'
import { HELP_PAGES } from '../../../src/cli/help-pages/page-names.ts'
import { whereExamples, wherePage } from '../../../src/cli/help-pages/where.ts'
import { encodeEnvelope } from '../../../src/codecs/envelope.ts'
import { compileFilter } from '../../../src/operations/events/event-filter.ts'
import { viewOf } from '../../../src/operations/events/event-view.ts'
import { scopeTypes } from '../../../src/operations/events/filter-scope.ts'
import { parsePoint, parseRange } from '../../../src/operations/offsets/offset-grammar.ts'
import { parseTarget } from '../../../src/operations/reset/target.ts'
import { eventStoreErrorCodes } from '../../../src/store/errors.ts'

const root = new URL('../../..', import.meta.url).pathname
const NOW = Date.UTC(2026, 10, 23, 10)

describe('the pages of the help', () => {
  test.each(Object.keys(HELP_PAGES))('%s fits into 80 columns and begins with its summary', async (name) => {
    const page = await loadHelpPage(name)
    const lines = formatHelpPage(page ?? { summary: '', sections: [] }).split('\n')
    expect(lines[0]).toBe(HELP_PAGES[name as keyof typeof HELP_PAGES])
    expect(lines.filter((line) => line.length > 80 || line !== line.trimEnd())).toEqual([])
  })

  test('a name that is not a page loads none', async () => {
    expect(await loadHelpPage('constructor')).toBeUndefined()
  })
})

describe('crbus help where', () => {
  test.each(whereExamples)('has an expression that is true for an event: %s', async (where) => {
    const data = {
      total: 1999,
      status: 'paid',
      coupon: 'WINTER',
      customer: { country: 'DE' },
      items: [
        { sku: 'sku-1', quantity: 1 },
        { sku: 'sku-2', quantity: 3 },
      ],
      'order-id': 'o-1',
      amount: '42',
    }
    const event = serializedEvent('OrderPlaced.v1', Buffer.from(JSON.stringify(data)), { correlationId: 'c-42' })
    const encoded = encodeEnvelope(event, 'bincode')
    const compiled = await compileFilter({ where })
    if (!compiled.ok || !encoded.ok) throw new Error(compiled.ok ? 'not encoded' : compiled.reason)
    const record = { topic: 'order-events', partition: 0, offset: 7n, timestamp: BigInt(NOW), headers: [] }
    const passes = compiled.filter?.(viewOf({ ...record, key: Buffer.from('o-1'), value: Buffer.from(encoded.bytes) }))
    expect(passes).toBe(true)
  })

  test('names every variable', () => {
    const named = wherePage.sections.flatMap(({ title, rows = [] }) =>
      title === 'VARIABLES' ? rows.flatMap(([term]) => term.split(', ')) : [],
    )
    expect(named.toSorted()).toEqual(Object.keys(scopeTypes).sort())
  })
})

describe('crbus help offsets', () => {
  /** The forms of a row such as `now, today, yesterday`, without the quotes for a shell. */
  const forms = (rows: readonly (readonly [string, string])[]) =>
    rows.flatMap(([term]) => term.split(', ').map((form) => form.replaceAll('"', '')))

  test.each(forms([...positionRows, ...timeRows, ...logRows]))('lists the valid position %s', (form) => {
    expect(parsePoint(form, NOW)).toMatchObject({ ok: true })
  })

  test.each(forms(rangeRows))('lists the valid range %s', (form) => {
    expect(parseRange(form, NOW)).toMatchObject({ ok: true })
  })

  test.each(forms([...positionRows, ...timeRows, ...targetRows]))('lists the valid target %s', (form) => {
    expect(parseTarget(form, NOW)).toMatchObject({ ok: true })
  })

  test('a day and an hour after it are a range of one hour', () => {
    const day = BigInt(Date.UTC(2026, 10, 23))
    expect(parseRange('@2026-11-23:1h', NOW)).toMatchObject({ from: { time: day }, to: { time: day + 3_600_000n } })
  })
})

describe('crbus help exit-codes', () => {
  const [codes] = exitCodesPage.sections
  const rows = codes?.rows ?? []

  test('has the table of README.md', () => {
    const table =
      /## Exit codes\n\n(?:\|.*\n){2}((?:\|.*\n)+)/.exec(readFileSync(`${root}README.md`, 'utf8'))?.[1] ?? ''
    const ofReadme = [...table.matchAll(/^\| (\d+) +\| (.*?) +\|$/gm)].map(([, code, meaning = '']) => [
      code,
      meaning.replaceAll('`', '').replaceAll('\\|', '|'),
    ])
    expect(rows).toEqual(ofReadme)
  })

  test('has every exit code', () => {
    const known = [exitCodes, eventBusErrorCodes, eventStoreErrorCodes].flatMap((one) => Object.values<number>(one))
    expect(rows.map(([code]) => Number(code))).toEqual([...new Set(known)].sort((a, b) => a - b))
  })
})

test('crbus help environment lists every variable of crbus', () => {
  const listed = environmentPage.sections.flatMap(({ rows = [] }) => rows.flatMap(([term]) => term.split(', ')))
  // Names of error codes, of a field and of a resource begin like variables.
  const notVariables = /^CRBUS_(?:USAGE|NOT_FOUND|BUG|UNWRITABLE|ANSWERS_IN_TLS|SASL|.*_)$/
  const read = globSync('src/**/*.{ts,tsx}', { cwd: root })
    .filter((file) => !file.startsWith('src/cli/help-pages/'))
    .flatMap((file) => readFileSync(`${root}${file}`, 'utf8').match(/\bCRBUS_[A-Z_]+(?!\w|…)/g) ?? [])
    .filter((name) => !notVariables.test(name))
  expect([...new Set(read)].filter((name) => !listed.includes(name))).toEqual([])
  expect(listed.filter((name) => name.startsWith('CRBUS_') && !read.includes(name))).toEqual([])
})
