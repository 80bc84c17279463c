import { type CodeBlock, codeBlocks, readGuides } from './guides.ts'

/** A command line that README.md shows. */
export interface ReadmeLine {
  /** The heading above it; empty above the first one. */
  readonly heading: string
  /** Without the prompt and the comment. Lines that end with a backslash are one. */
  readonly command: string
  /** The lines of output that the README shows; `undefined` if it shows none. */
  readonly output: readonly string[] | undefined
  /** `README.md:12`, where the block begins. */
  readonly at: string
}

/** Returns the command lines in the shell blocks of README.md, in order. */
export function readmeLines(): readonly ReadmeLine[] {
  const guide = readGuides().find(({ path }) => path === 'README.md')
  if (guide === undefined) throw new Error('there is no README.md')
  const lines = guide.text.split('\n')
  const headingOf = ({ at }: CodeBlock): string => {
    const above = lines.slice(0, Number(at.split(':')[1]) - 1).filter((line) => /^##+ /.test(line))
    return above.at(-1)?.replace(/^#+ /, '') ?? ''
  }
  return codeBlocks(guide)
    .filter(({ language }) => language === 'sh' || language === 'console')
    .flatMap((block) => {
      const code = block.code.replaceAll('\\\n', '')
      const parts = block.language === 'console' ? code.split(/^\$ /m).slice(1) : code.trimEnd().split('\n')
      return parts.map((part): ReadmeLine => {
        const [first = '', ...output] = part.trimEnd().split('\n')
        const command = first.replace(/\s+# .*$/, '').replaceAll(/ {2,}/g, ' ')
        return {
          heading: headingOf(block),
          command,
          output: block.language === 'console' ? output : undefined,
          at: block.at,
        }
      })
    })
}

/** Returns a pattern of the output that the README shows: times, ages and the widths of columns differ, and `…` stands for any lines. */
export function outputPattern(output: readonly string[]): RegExp {
  const patterns = output.map((line) => {
    if (line === '…') return '[\\s\\S]*'
    const text = line.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
    const timed = text
      .replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\\\.\d{3}/g, '\\d{4}-\\d\\d-\\d\\d [\\d:.]+')
      .replaceAll(/^\d\d:\d\d:\d\d\\\.\d{3}/g, '[\\d:.]+')
      .replaceAll(/── \d{4}-\d\d-\d\d/g, '── \\d{4}-\\d\\d-\\d\\d')
      .replaceAll(/ \\[+-]\d\d:\d\d /g, ' [+-]\\d\\d:\\d\\d ')
    return `${timed.replaceAll(/\b\d+(?:ms|s)\b/g, '\\d+m?s').replaceAll(/ +/g, ' +')}\\n`
  })
  return new RegExp(patterns.join(''))
}
