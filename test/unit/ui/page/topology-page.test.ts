import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { pageStyle } from '../../../../src/ui/page/page-style.ts'
import { pageTopology, topologyPage } from '../../../../src/ui/page/topology-page.ts'
import { topologyGraph } from '../../../../src/ui/topology/topology-graph.ts'
import { HOSTILE, makeTopology, makeTopologyDocument } from '../../../support/page-topology.ts'

const source = { now: Date.UTC(2026, 10, 30, 9), bus: undefined }

describe('the graph of a topology', () => {
  test('has lines from publishers to topics and from topics to consumers, with the types', () => {
    const { nodes, edges } = topologyGraph(makeTopology(4, 6))
    const shown = edges.map(({ from, to, kind, types }) => [nodes[from]?.name, kind, nodes[to]?.name, types.length])
    expect(shown).toContainEqual(['service-1', 'publishes', 'topic-001', 2])
    expect(shown).toContainEqual(['topic-001', 'consumes', 'service-2', 2])
    expect(shown.filter(([topic]) => topic === 'topic-005')).toEqual([])
    expect(nodes.filter(({ kind }) => kind === 'group')).toEqual([{ kind: 'group', name: 'audit' }])
    expect(nodes.filter(({ kind }) => kind === 'service').length).toBe(4)
  })

  test('has a line between topics only where it is not known for sure who handles the messages', () => {
    const { nodes, edges } = topologyGraph(makeTopology(4, 6))
    const causes = edges.filter(({ kind }) => kind === 'causes')
    expect(causes.map(({ from, to }) => [nodes[from]?.name, nodes[to]?.name])).toEqual([['topic-002', 'topic-003']])
  })

  test('has the readers of a topic whose types are not known', () => {
    const [, , topic] = makeTopology(4, 6).topics
    if (topic === undefined) throw new Error('no topic')
    const { nodes, edges } = topologyGraph({ topics: [{ ...topic, types: [] }], flows: [] })
    expect(nodes.map(({ name }) => name)).toEqual(['topic-002', 'service-3'])
    expect(edges).toEqual([{ from: 0, to: 1, kind: 'consumes', types: [] }])
  })

  test('leaves out a flow whose topic was left out', () => {
    const { topics, flows } = makeTopology(4, 6)
    const { edges } = topologyGraph({ topics: topics.slice(0, 3), flows })
    expect(edges.filter(({ kind }) => kind === 'causes')).toEqual([])
  })
})

describe('the page of a topology', () => {
  test('names for each finding the topic, group or service that it is about', () => {
    const { findings, nodes } = pageTopology(makeTopologyDocument(4, 6), source)
    expect(findings.map(({ code, nodes: about, types }) => [code, about.map((at) => nodes[at]?.name), types])).toEqual([
      ['topic-missing', ['topic-001'], []],
      ['type-unconsumed', ['topic-005'], ['Order5Placed.v1']],
      ['group-idle', ['topic-005', 'audit'], []],
    ])
  })

  test('has the notes, the time, and flows with their median as text', () => {
    const { notes, at, flows } = pageTopology(makeTopologyDocument(4, 6), source)
    expect(notes).toEqual(['this user may not see the consumer groups, so the readers of topics are unknown'])
    expect(at).toBe('2026-11-30T09:00:00.000Z')
    expect(flows[1]).toMatchObject({ fromNode: 1, toNode: 2, median: '37ms' })
  })

  test('has no text of a stranger in its markup, and its policy allows only its own script and style', () => {
    const page = topologyPage(makeTopologyDocument(4, 6), { ...source, bus: HOSTILE })
    expect(page).not.toContain('<img')
    expect(page.match(/<\/script>/g)?.length).toBe(2)
    const [, policy = ''] = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page) ?? []
    const [, style = ''] = /<style>(.*?)<\/style>/s.exec(page) ?? []
    const [, script = ''] = /<script>(.*?)<\/script>/s.exec(page) ?? []
    const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`
    expect(policy).toBe(
      `default-src 'none'; style-src ${hash(style)}; script-src ${hash(script)}; base-uri 'none'; form-action 'none'`,
    )
  })
})

describe('the colors of pages', () => {
  /** The relative luminance of a color such as #fff or #0a58ca, as WCAG defines it. */
  const luminance = (color: string): number => {
    const digits =
      color.length === 4 ? [...color.slice(1)].map((one) => one + one) : (color.slice(1).match(/../g) ?? [])
    const [red = 0, green = 0, blue = 0] = digits.map((pair) => {
      const value = Number.parseInt(pair, 16) / 255
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
  }
  const contrast = (one: string, other: string): number => {
    const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a)
    return (light + 0.05) / (dark + 0.05)
  }
  const themes = [...pageStyle.matchAll(/:root[^{]*\{([^}]*)\}/g)].map(([, body = '']) =>
    Object.fromEntries([...body.matchAll(/--([\w-]+):(#[0-9a-f]+)/g)].map(([, name, color]) => [name, color])),
  )

  test('are those of a light and a dark theme, which the system or the user chooses', () => {
    expect(themes.length).toBe(3)
    expect(themes[1]).toEqual(themes[2])
    expect(themes[0]).not.toEqual(themes[1])
  })

  test.each(themes.slice(0, 2).map((theme, at) => [at === 0 ? 'light' : 'dark', theme] as const))(
    'of texts have a contrast of at least 4.5:1 in the %s theme',
    (_, theme) => {
      const color = (name: string): string => {
        const found = theme[name]
        if (found === undefined) throw new Error(`no color ${name}`)
        return found
      }
      for (const background of ['bg', 'panel', 'select']) {
        for (const text of ['text', 'dim', 'accent', 'bad', 'warn', 'good', 'event']) {
          expect(contrast(color(text), color(background)), `${text} on ${background}`).toBeGreaterThanOrEqual(4.5)
        }
      }
      expect(contrast(color('on-accent'), color('accent'))).toBeGreaterThanOrEqual(4.5)
      // The mark of a finding in the map.
      for (const mark of ['bad', 'warn']) expect(contrast(color('bg'), color(mark))).toBeGreaterThanOrEqual(4.5)
    },
  )
})
