import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BadInputError, documentsOf, type InputLine, linesOf } from '../../../src/operations/publish/lines.ts'

async function* from<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items
}

/** The lines read, and the error that ended reading. */
async function collect(batches: AsyncIterable<readonly InputLine[]>) {
  const lines: InputLine[] = []
  try {
    for await (const batch of batches) lines.push(...batch)
  } catch (error) {
    return { lines, error }
  }
  return { lines, error: undefined }
}

const read = async (...chunks: (string | Uint8Array)[]) => (await collect(linesOf(from(chunks)))).lines

describe('linesOf', () => {
  test('numbers lines and leaves out CR, byte order mark and blank lines', async () => {
    expect(await read('\ufeff{"a":1}\r\n\n  \r\n{"b":2}\n{"c":3}')).toEqual([
      { number: 1, text: '{"a":1}' },
      { number: 4, text: '{"b":2}' },
      { number: 5, text: '{"c":3}' },
    ])
  })

  test('yields nothing for empty input', async () => {
    expect(await read()).toEqual([])
    expect(await read('', '\n\n')).toEqual([])
  })

  test('yields one batch per chunk as soon as lines are complete', async () => {
    const batches: string[][] = []
    for await (const batch of linesOf(from(['a\nb', 'c\nd\n', 'e']))) batches.push(batch.map(({ text }) => text))
    expect(batches).toEqual([['a'], ['bc', 'd'], ['e']])
  })

  test('yields the same lines for any division into chunks', () => {
    const text = fc.array(fc.string({ unit: 'grapheme', maxLength: 8 })).map((lines) => lines.join('\n'))
    return fc.assert(
      fc.asyncProperty(text, fc.array(fc.nat(60)), async (whole, cuts) => {
        const bytes = Buffer.from(whole)
        const places = [0, ...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length]
        const chunks = places.slice(1).map((place, index) => bytes.subarray(places[index], place))
        expect(await read(...chunks)).toEqual(await read(bytes))
      }),
    )
  })

  test('fails at bytes that are not UTF-8 after the lines before', async () => {
    const bytes = Buffer.concat([Buffer.from('one\ntwo\n'), Buffer.from([0xff, 0xfe]), Buffer.from('\nfour\n')])
    const { lines, error } = await collect(linesOf(from([bytes])))
    expect(lines.map(({ text }) => text)).toEqual(['one', 'two'])
    expect(error).toBeInstanceOf(BadInputError)
    expect(error).toMatchObject({ line: 3, message: 'line 3: not UTF-8' })
  })

  test('fails at a line over 64 MiB', async () => {
    const megabyte = Buffer.alloc(1024 * 1024, 'x')
    const chunks = function* () {
      yield Buffer.from('one\n')
      for (let count = 0; count < 65; count += 1) yield megabyte
    }
    const { lines, error } = await collect(linesOf(from([...chunks()])))
    expect(lines).toEqual([{ number: 1, text: 'one' }])
    expect(error).toMatchObject({ line: 2, message: 'line 2: longer than 64 MiB' })
  })

  test('reads a line of many megabytes in linear time', async () => {
    const chunk = Buffer.alloc(64 * 1024, 'x')
    const startedAt = performance.now()
    const [line] = await read(...Array<Buffer>(800).fill(chunk))
    expect(line?.text.length).toBe(800 * 64 * 1024)
    expect(performance.now() - startedAt).toBeLessThan(3000)
  })
})

describe('documentsOf', () => {
  const documents = async (text: string) => (await collect(documentsOf(linesOf(from([text]))))).lines

  test('passes through one document per line', async () => {
    const text = '{"a":[1]}\n{"b":\n{"c":3}'
    expect(await documents(text)).toEqual(await read(text))
  })

  test('joins documents that span several lines', async () => {
    const values = [{ a: { b: [1, 2] }, c: 'x } "] {' }, [{ d: '\\' }], { e: null }]
    const text = values.map((value) => JSON.stringify(value, null, 2)).join('\n')
    const found = await documents(text)
    expect(found.map((line) => JSON.parse(line.text))).toEqual(values)
    expect(found.map(({ number }) => number)).toEqual([1, 10, 15])
  })

  test('yields complete documents while the last one is incomplete', async () => {
    const lines = ['{\n', '"a": 1\n', '}\n', '{\n']
    const batches: (readonly InputLine[])[] = []
    for await (const batch of documentsOf(linesOf(from(lines)))) batches.push(batch)
    expect(batches).toEqual([[{ number: 1, text: '{\n"a": 1\n}' }], [{ number: 4, text: '{' }]])
  })
})
