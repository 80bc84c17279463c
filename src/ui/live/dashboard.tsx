import { Box, Text, Transform, useInput, useStdin } from 'ink'
import { memo, useMemo } from 'react'
import { lagNotes } from '../format-lag.ts'
import { type Columns, fitColumns, headerLine, rowLine } from './columns.ts'
import type { DashboardState, OpenGroup } from './dashboard-state.ts'
import { groupInView, keysLine, messageLine } from './foot-lines.ts'
import { groupColumns } from './group-columns.ts'
import { helpLines } from './help-lines.ts'
import { type Key, toKeys } from './keys.ts'
import { groupsLayout, openLayout } from './layout.ts'
import { memberLines } from './member-lines.ts'
import type { Palette } from './palette.ts'
import { cut } from './pieces.ts'
import { placeColumns } from './place-columns.ts'
import { type Keyed, type ScrollList, seen } from './scroll-list.ts'
import { groupsTitle, openTitle } from './title-lines.ts'

interface Props {
  readonly state: DashboardState
  readonly palette: Palette
  /** Said while there is no group. */
  readonly nothing: string
}

/** The whole screen: a title, what it is about, a message and the keys. */
export function Dashboard({ onKey, ...props }: Props & { readonly onKey: (key: Key) => void }) {
  const { state, palette } = props
  const { columns, rows } = state.size
  const width = widthIn(state)
  const { isRawModeSupported } = useStdin()
  const group = groupInView(state)
  const [note] = useMemo(
    () => (group === undefined ? [] : lagNotes({ groups: [group] }, state.time)),
    [group, state.time],
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

/** Cells of a line: one is left free on either side. */
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
  const empty = state.report.groups.length === 0 ? nothing : UNMATCHED
  return (
    <>
      <Line text={groupsTitle(state, palette, width)} />
      {gap && <Line text="" />}
      <Table list={groups} columns={columns} empty={empty} height={list} width={width} palette={palette} />
    </>
  )
}

function Open({ state, open, palette }: Props & { readonly open: OpenGroup }) {
  const { group, members, places } = open
  const { gap, list, members: lines } = openLayout(state.size, members.size)
  const width = widthIn(state)
  const topics = group.topics.length
  const columns = useMemo(() => placeColumns(places.rows, topics, palette), [places.rows, topics, palette])
  const empty = open.filter === '' ? 'it has committed nothing and reads nothing' : UNMATCHED
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
      <Table list={places} columns={columns} empty={empty} height={list} width={width} palette={palette} />
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
      <Lines texts={helpLines(palette, width)} />
    </>
  )
}

interface TableProps<Row extends Keyed> {
  readonly list: ScrollList<Row>
  readonly columns: Columns<Row>
  /** Said in place of rows. */
  readonly empty: string
  readonly height: number
  readonly width: number
  readonly palette: Palette
}

/** The rows that are seen, and no others, below their header. */
function Table<Row extends Keyed>({ list, columns, empty, height, width, palette }: TableProps<Row>) {
  const inner = width - MARK.length
  const fitted = useMemo(() => fitColumns(columns, inner), [columns, inner])
  const texts = seen(list, height).map((row, at) => {
    const isChosen = list.top + at === list.at
    const line = rowLine(fitted, row, inner, isChosen ? palette.chosen : undefined)
    return `${isChosen ? MARK : BLANK}${line}`
  })
  if (texts.length === 0) return <Line text={`${BLANK}${cut(empty, inner)}`} />
  return (
    <>
      <Line text={palette.quiet(`${BLANK}${headerLine(fitted, inner)}`)} />
      <Lines texts={texts} />
    </>
  )
}

const UNMATCHED = 'nothing matches the filter'

/** Before the chosen row, for those who see no colours. */
const MARK = '› '
const BLANK = '  '

const Lines = ({ texts }: { readonly texts: readonly string[] }) =>
  // biome-ignore lint/suspicious/noArrayIndexKey: a line is known by its place on the screen
  texts.map((text, at) => <Line key={at} text={text} />)

/**
 * One line of the terminal. It fits: instead of having it measured again, which costs more than all the rest of a frame,
 * ink measures a space and writes the line.
 */
const Line = memo(({ text }: { readonly text: string }) => (
  <Box flexShrink={0} height={1}>
    <Transform transform={() => text}>
      <Text> </Text>
    </Transform>
  </Box>
))
