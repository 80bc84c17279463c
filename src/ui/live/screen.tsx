import { Box, Text, Transform, useInput, useStdin } from 'ink'
import { memo } from 'react'
import { screenLines } from './lines/screen-lines.ts'
import { type Key, toKeys } from './state/keys.ts'
import type { ScreenState } from './state/screen-state.ts'
import type { Palette } from './text/palette.ts'

interface Props {
  readonly state: ScreenState
  readonly palette: Palette
  /** The text while there is no group. */
  readonly nothing: string
  readonly onKey: (key: Key) => void
}

/** The whole screen. */
export function Screen({ state, palette, nothing, onKey }: Props) {
  const { columns, rows } = state.dashboard.size
  const { isRawModeSupported: canType } = useStdin()
  useInput((input, key) => toKeys(input, key).forEach(onKey), { isActive: canType })
  return (
    <Box flexDirection="column" width={columns} height={rows} paddingLeft={1} overflowY="hidden">
      {screenLines(state, { nothing, canType }, palette).map((text, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a line is identified by its row on the screen
        <Line key={at} text={text} />
      ))}
    </Box>
  )
}

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
