import { Box, Text, Transform, useInput, useStdin } from 'ink'
import { memo, useMemo } from 'react'
import { lagNotes } from '../notes/lag-notes.ts'
import { formatBus } from '../profiles/format-bus.ts'
import { type Columns, fitColumns, headerLine, rowLine } from './columns/fit-columns.ts'
import { groupColumns } from './columns/group-columns.ts'
import { partitionColumns } from './columns/partition-columns.ts'
import { groupInView, keysLine, messageLine } from './lines/foot-lines.ts'
import { helpLines } from './lines/help-lines.ts'
import { memberLines } from './lines/member-lines.ts'
import { groupsTitle, openTitle } from './lines/title-lines.ts'
import type { DashboardState, OpenGroup } from './state/dashboard-state.ts'
import { type Key, toKeys } from './state/keys.ts'
import { groupsLayout, openLayout } from './state/layout.ts'
import { type Keyed, type ScrollList, visibleRows } from './state/scroll-list.ts'
import { cut } from './text/fit-text.ts'
import type { Palette } from './text/palette.ts'

interface Props {
  readonly state: DashboardState
  readonly palette: Palette
  /** The text while there is no group. */
  readonly nothing: string
}

/** The whole screen: a title, a body, a message and the keys. */
export function Dashboard({ onKey, ...props }: Props & { readonly onKey: (key: Key) => void }) {
  const { state, palette } = props
  const { columns, rows } = state.size
  const width = widthIn(state)
  const { isRawModeSupported } = useStdin()
  const group = groupInView(state)
  const [note] = useMemo(
    () => (group === undefined ? [] : lagNotes({ groups: [group] }, state.time, state.timeZone)),
    [group, state.time, state.timeZone],
  )
  useInput((input, key) => toKeys(input, key).forEach(onKey), { isActive: isRawModeSupported })
  return (
    <Box flexDirection="column" width={columns} height={rows} paddingLeft={1} overflowY="hidden">
      <Box flexDirection="column" flexGrow={1} flexShrink={1} overflowY="hidden">
        <Body {...props} />
      </Box>
      <Line text={messageLine(state, note, palette, width)} />
      <Line text={keysLine(state, isRawModeSupported, palette, width)} />
    </Box>
  )
}

/** Returns the width of a line. One cell is left free on either side. */
const widthIn = ({ size }: DashboardState): number => Math.max(1, size.columns - 2)

function Body(props: Props) {
  const { mode, open } = props.state
  if (mode === 'help') return <Help {...props} />
  return open === undefined ? <Groups {...props} /> : <Open {...props} open={open} />
}

function Groups({ state, palette, nothing }: Props) {
  const { groups, size } = state
  const { gap, list } = groupsLayout(size)
  const width = widthIn(state)
  const columns = useMemo(() => groupColumns(groups.rows, palette), [groups.rows, palette])
  const empty = state.report.groups.length === 0 ? nothing : NO_MATCH
  return (
    <>
      <Line text={groupsTitle(state, palette, width)} />
      {gap && <Line text="" />}
      <Table list={groups} columns={columns} empty={empty} height={list} width={width} palette={palette} />
    </>
  )
}

function Open({ state, open, palette }: Props & { readonly open: OpenGroup }) {
  const { group, members, partitions } = open
  const { gap, list, members: lines } = openLayout(state.size, members.size)
  const width = widthIn(state)
  const topics = group.topics.length
  const columns = useMemo(() => partitionColumns(partitions.rows, topics, palette), [partitions.rows, topics, palette])
  const empty = open.filter === '' ? 'the group has committed nothing and reads nothing' : NO_MATCH
  const listed = useMemo(
    () => (lines === 0 ? [] : memberLines([...members.values()], lines, palette, width)),
    [members, lines, palette, width],
  )
  return (
    <>
      <Lines texts={openTitle(state, open, palette, width)} />
      {gap && lines > 0 && <Line text="" />}
      <Lines texts={listed} />
      {gap && <Line text="" />}
      <Table list={partitions} columns={columns} empty={empty} height={list} width={width} palette={palette} />
    </>
  )
}

function Help({ state, palette }: Props) {
  const { gap } = groupsLayout(state.size)
  const width = widthIn(state)
  return (
    <>
      <Line text={groupsTitle(state, palette, width)} />
      {gap && <Line text="" />}
      <Lines texts={helpLines(palette, width, state.bus && formatBus(state.bus, false))} />
    </>
  )
}

interface TableProps<Row extends Keyed> {
  readonly list: ScrollList<Row>
  readonly columns: Columns<Row>
  /** The text if there are no rows. */
  readonly empty: string
  readonly height: number
  readonly width: number
  readonly palette: Palette
}

/** A header and the visible rows below it. */
function Table<Row extends Keyed>({ list, columns, empty, height, width, palette }: TableProps<Row>) {
  const inner = width - MARK.length
  const fitted = useMemo(() => fitColumns(columns, inner), [columns, inner])
  const texts = visibleRows(list, height).map((row, at) => {
    const isSelected = list.top + at === list.at
    const line = rowLine(fitted, row, inner, isSelected ? palette.selected : undefined)
    return `${isSelected ? MARK : BLANK}${line}`
  })
  if (texts.length === 0) return <Line text={`${BLANK}${cut(empty, inner)}`} />
  return (
    <>
      <Line text={palette.quiet(`${BLANK}${headerLine(fitted, inner)}`)} />
      <Lines texts={texts} />
    </>
  )
}

const NO_MATCH = 'nothing matches the filter'

/** Marks the selected row, also without colors. */
const MARK = '› '
const BLANK = '  '

const Lines = ({ texts }: { readonly texts: readonly string[] }) =>
  // biome-ignore lint/suspicious/noArrayIndexKey: a line is identified by its row on the screen
  texts.map((text, at) => <Line key={at} text={text} />)

/**
 * A line of the terminal. The text is already cut to the width of the screen, so ink measures a space in its place: measuring
 * the text again would cost more than the rest of a frame.
 */
const Line = memo(({ text }: { readonly text: string }) => (
  <Box flexShrink={0} height={1}>
    <Transform transform={() => text}>
      <Text> </Text>
    </Transform>
  </Box>
))
