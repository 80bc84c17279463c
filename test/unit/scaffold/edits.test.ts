import { describe, expect, test } from 'vitest'
import { parseName } from '../../../src/scaffold/name.ts'
import { editJson } from '../../../src/scaffold/plan/edit-json.ts'
import { addListItem } from '../../../src/scaffold/plan/edit-typescript.ts'
import { topicFromTypeScript } from '../../../src/scaffold/topics/topic-from-typescript.ts'

describe('JSON', () => {
  const patch = { topics: { 'order-events': { partitions: 3 } } }

  test('editJson adds missing values, and keeps everything else to the last space', () => {
    const text = '{\n  "a":   [1,2],\n  "topics": { "x": {} }\n}\n'
    const edited = editJson(text, patch)
    expect(edited).toMatchObject({ ok: true, kept: [] })
    if (!edited.ok) return
    expect(edited.text).toContain('"a":   [1,2],')
    expect(JSON.parse(edited.text)).toEqual({ a: [1, 2], topics: { x: {}, 'order-events': { partitions: 3 } } })
    expect(editJson(edited.text, patch)).toEqual({ ok: true, text: edited.text, kept: [] })
  })

  test('editJson keeps an existing value that differs, and reports it', () => {
    const text = '{ "topics": { "order-events": { "partitions": 6 } } }'
    expect(editJson(text, patch)).toEqual({ ok: true, text, kept: ['topics.order-events.partitions'] })
    expect(editJson('{ "topics": 1 }', patch)).toEqual({
      ok: true,
      text: '{ "topics": 1 }',
      kept: ['topics.order-events.partitions'],
    })
  })

  test.each(['[]', '{', '', 'null'])('editJson does not change the text %j', (text) => {
    expect(editJson(text, patch)).toMatchObject({ ok: false })
  })
})

describe('a list in a TypeScript module', () => {
  const add = (text: string, item = 'orderPart', from = './order/part.ts') =>
    addListItem(text, { list: 'parts', item, from })
  const withList = (list: string) =>
    `import type { Part } from './part.ts'\n\nexport const parts: readonly Part[] = ${list}\n`

  test.each([
    ['[]', '[orderPart]'],
    ['[a]', '[a, orderPart]'],
    ['[a, b]', '[a, b, orderPart]'],
    ['[\n  a,\n  b, // the second\n]', '[\n  a,\n  b, // the second\n  orderPart,\n]'],
    ['[\n  a,\n  b\n]', '[\n  a,\n  b,\n  orderPart,\n]'],
    ['[] satisfies Part[]', '[orderPart] satisfies Part[]'],
    [`[${'x'.repeat(70)}]`, `[\n  ${'x'.repeat(70)},\n  orderPart,\n]`],
  ])('an item is added to the list %j', (list, expected) => {
    const edited = add(withList(list))
    expect(edited.ok && edited.text).toBe(`import { orderPart } from './order/part.ts'\n${withList(expected)}`)
    expect(edited.ok && add(edited.text)).toEqual(edited)
  })

  test('imports are added in natural order', () => {
    const order = ['./order/part.ts', './order-line/part.ts', './part2.ts', './part10.ts', './z.ts']
    let text = "import { x } from 'crbus'\n\nexport const parts = [x]\n"
    for (const [index, from] of order.toReversed().entries()) {
      const edited = add(text, `item${index}`, from)
      text = edited.ok ? edited.text : ''
    }
    expect([...text.matchAll(/from '(.+)'/g)].map(([, from]) => from)).toEqual(['crbus', ...order])
  })

  test.each(['', 'export const part = []', 'const parts = 1', 'function f() { const parts = [] }'])(
    'a list is not found in %j',
    (text) => {
      expect(add(text)).toMatchObject({ ok: false, reason: "the file has no array 'parts'" })
    },
  )
})

describe('the actions of an aggregate in TypeScript', () => {
  const text = `
export interface PlaceOrder { readonly type: 'PlaceOrder'; readonly total: number }
export interface OrderPlaced {
  readonly type: 'OrderPlaced'
  readonly total: number
  readonly note?: string
  readonly lines: readonly string[]
}
export interface OrderLost { readonly type: 'OrderLost' }
export type OrderCommand = PlaceOrder
export type OrderEvent =
  | OrderPlaced
  | OrderLost
`

  test('the actions of an aggregate in TypeScript are the members of its unions, with their fields', () => {
    const found = topicFromTypeScript(text, parseName('order') ?? { words: [] }, 'src/order/actions.ts')
    expect(found).toMatchObject({
      topic: 'order-events',
      commands: [{ name: { words: ['place', 'order'] }, fields: [{ name: 'total', type: { ts: 'number' } }] }],
      events: [
        {
          name: { words: ['order', 'placed'] },
          fields: [
            { name: 'total', type: { ts: 'number' } },
            { name: 'lines', type: { ts: 'unknown' } },
          ],
        },
        { name: { words: ['order', 'lost'] }, fields: [] },
      ],
    })
    expect(topicFromTypeScript(text, { words: ['payment'] }, '')).toBeUndefined()
  })
})
